"""Templates of one's own: the documented context, escaped, in a sandbox."""

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from journals_of_reports import write_run
from markupsafe import Markup

import greentrain
from greentrain import History, InputError, report
from greentrain.reporting import report_data_of
from greentrain.reporting.document.blocks import Cell
from greentrain.reporting.templating import NamedItems, context, environment

_EXACT = {"count": 64, "hours": 79.2, "power": 188.1486, "host_factor": 1, "pue": 1.58, "grid_intensity": 432.73}


def _filled(folder: Path, template: str, format: str = "text", **options: object) -> str:
    path = folder / "mine.j2"
    path.write_text(template, encoding="utf-8")
    return report(greentrain.estimate("V100", **_EXACT), format, template=path, **options)


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    """1,506.8 kWh is 1.51 MWh with a prefix."""
    readme = (Path(greentrain.__file__).parent / "reporting" / "templates" / "README.md").read_text()
    example = readme.split("```jinja\n")[1].split("```")[0]
    assert _filled(tmp_path, example) == (
        "64 x NVIDIA Tesla V100 (taken as SXM2 16GB), 79.2 h, grid as given took 1.51 MWh\nand emitted 652.0 kg CO2e.\n"
    )


@pytest.mark.parametrize(
    ("format", "expected"),
    [("html", "&lt;b&gt;_x_&lt;/b&gt;"), ("markdown", r"&lt;b&gt;\_x\_&lt;/b&gt;"), ("text", "<b>_x_</b>")],
)
def test_values_are_escaped_for_the_form(tmp_path: Path, format: str, expected: str) -> None:
    """What the template itself says stays as it is."""
    assert _filled(tmp_path, "<i>{{ subject.title }}</i>", format, title="<b>_x_</b>") == f"<i>{expected}</i>"


def test_a_template_may_replace_blocks_of_the_page(tmp_path: Path) -> None:
    """The head with its policy stays, the content is one's own; a chart comes with caption and table."""
    template = (
        '{% extends "report.html.j2" %}\n{% from "parts.html.j2" import chart with context %}\n'
        '{% block content %}<p>Only this.</p>{{ chart("waterfall") }}{% endblock %}\n'
    )
    text = _filled(tmp_path, template, "html")
    assert "Content-Security-Policy" in text
    assert "<p>Only this.</p>" in text
    assert text.count("<figure") == 1
    assert 'id="chart-waterfall"' in text


def test_a_template_may_include_files_beside_it(tmp_path: Path) -> None:
    """Its own folder comes before the shipped templates."""
    (tmp_path / "foot.txt").write_text("by me")
    assert _filled(tmp_path, "{% include 'foot.txt' %}") == "by me"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("a\n{% if %}", "line 2: Expected an expression, got 'end of statement block'"),
        ("{{ subject.__class__.__mro__ }}", "access to attribute '__class__' of 'SimpleNamespace' object is unsafe."),
        ("{{ 1 / 0 }}", "ZeroDivisionError: division by zero"),
        ("{% include 'gone.txt' %}", "gone.txt"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_a_faulty_template_is_refused(tmp_path: Path, template: str, message: str) -> None:
    """With what Jinja2 says of it, and the line where there is one."""
    with pytest.raises(InputError) as caught:
        _filled(tmp_path, template)
    assert str(caught.value).startswith(f"template {ascii(str(tmp_path / 'mine.j2'))[:82]}"[:70])
    assert message in str(caught.value)


def test_the_mark_of_an_editor_is_no_text(tmp_path: Path) -> None:
    """Some begin a file in UTF-8 with a byte order mark; it would land in the report."""
    (tmp_path / "x.j2").write_bytes(b"\xef\xbb\xbf{{ subject.kind }}")
    assert report(greentrain.estimate("V100", hours=1), "text", template=tmp_path / "x.j2") == "estimate"


@pytest.mark.parametrize(("content", "message"), [(None, "there is no such file"), (b"\xff\xfe", "is not UTF-8 text")])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    """The message says why."""
    path = tmp_path / "x.j2"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        report(greentrain.estimate("V100", hours=1), "text", template=path)
    assert str(caught.value).endswith(f": {message}")


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_a_template_does_nothing_to_a_terminal(tmp_path: Path, format: str) -> None:
    """Controls and marks of direction of its own text, and of what it says is safe, are shown; no-break blanks stay."""
    template = "a\x1b[2Jb\u202ec\r\nd\te\u00a0{{ '\x9b1m' | safe }}\n"
    assert _filled(tmp_path, template, format) == "a\\x1b[2Jb\\u202ec\nd\te\u00a0\\x9b1m\n"


def test_names_of_runs_stay_text_in_a_template(tmp_path: Path) -> None:
    """A name that looks like a template is not one."""
    write_run(tmp_path, "a", name="{{ 7 * 7 }}")
    path = tmp_path / "t.j2"
    path.write_text("{% for line in subject.lines %}{{ line.name }}{% endfor %}")
    assert report(History(tmp_path).get("a"), "text", template=path) == "{{ 7 * 7 }}"


class _Seen:
    """All that can be reached from a context by attributes and items whose names have no underscore in front."""

    def __init__(self, context: dict[str, Any]) -> None:
        self.types: set[type] = set()
        self.callables: set[str] = set()
        self._visited: dict[int, object] = {}
        for name, value in context.items():
            self._visit(name, value)

    def _visit(self, path: str, value: object) -> None:
        if id(value) in self._visited:
            return
        self._visited[id(value)] = value
        if callable(value):
            self.callables.add(path)
        self.types.add(type(value))
        if type(value) in _TEXT_AND_NUMBERS:
            return
        for name in vars(value) if hasattr(value, "__dict__") else ():
            self._visit(f"{path}.{name}", getattr(value, name))
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
        for key, item in members:
            self._visit(f"{path}[{key!r}]", item)


_TEXT_AND_NUMBERS = {type(None), bool, int, float, str, Markup}
_PLAIN = _TEXT_AND_NUMBERS | {dict, tuple, Cell, NamedItems, SimpleNamespace}
_FUNCTIONS = {"range", "dict", "cycler", "joiner", "namespace", "cite", "cell", "show_table", "source_line", "address"}


def _results(home: Path) -> dict[str, Any]:
    write_run(home, "a", name="first", project="p", spans=[("load", 0, 60), ("step", 60, 90, 0)])
    write_run(home, "b", name="second", project="p", status="failed")
    history = History(home)
    described = greentrain.estimate("V100", hours=96, location="FR", params="110M", tokens="137B")
    return {
        "estimate": described, "run": history.get("a"), "project": history.select(project="p"),
        "validation": greentrain.validate(claims=True),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["estimate", "run", "project", "validation"])
def test_a_template_sees_plain_values_alone(tmp_path: Path, kind: str) -> None:
    """Nothing reachable has methods but text, numbers and containers; what can be called is listed by name."""
    seen = _Seen(context(report_data_of(_results(tmp_path)[kind], made_at=datetime(2026, 1, 1, tzinfo=UTC))))
    assert seen.callables == set()
    assert seen.types <= _PLAIN
    assert {name for name, value in environment().globals.items() if callable(value)} == _FUNCTIONS
    assert environment().globals.keys() == _FUNCTIONS


@pytest.mark.parametrize(
    "template",
    [
        '{{ charts.headline.draw("light").write_html("x.pth") }}',
        '{{ document.sections[0].blocks[0].draw("light") }}',
        '{{ charts.headline["draw"]("light").show(renderer="browser") }}',
        '{{ (charts.headline | attr("draw"))("light") }}',
        "{{ subject.estimate.to_json() }}",
        "{{ subject.estimate.catalogue }}",
        "{{ show_table.__globals__ }}",
        "{{ show_table.__wrapped__ }}",
        "{{ address.__code__.co_filename }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ '{0.__class__}'.format(subject) }}",
        "{% include '../secret.txt' %}",
        "{% include '/etc/hostname' %}",
        "{% include 'link.txt' %}",
        "{% include '.hidden' %}",
        "{% include 'linked/secret.txt' %}",
        "{% include 'pipe' %}",
        "{{ [] | map(attribute='__class__') | first }}",
        "{{ subject | map('write') | list }}",
    ],
)
def test_a_template_reaches_nothing_else(tmp_path: Path, template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither figures nor modules, nor files outside of its folder, by whatever way."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path)
    (folder / ".hidden").write_text("secret")
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    before = {*tmp_path.rglob("*")}
    with pytest.raises(InputError):
        _filled(folder, template)
    assert {*tmp_path.rglob("*")} == before | {folder / "mine.j2"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ('{{ "a" * 10**10 }}', "needs more than 512 MiB of memory"),
        ('{{ "x".ljust(10**11) }}', "needs more than 512 MiB of memory"),
        ('{{ "%99999999999d" | format(1) }}', "needs more than 512 MiB of memory"),
        ("{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}", "makes more than 32 MiB of text"),
        ("{% set n = namespace(x='x') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
         "needs more than 512 MiB of memory"),
        ("{{ range(10**9) | list }}", "OverflowError: Range too big."),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "RecursionError: maximum recursion depth exceeded"),
        ("x" * (2**20 + 1), "is longer than 1 MiB"),
    ],
)  # fmt: skip
def test_a_template_has_little_memory(tmp_path: Path, template: str, message: str) -> None:
    """And makes little text; the limits are in the message."""
    with pytest.raises(InputError) as caught:
        _filled(tmp_path, template)
    assert message in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "template",
    ["{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "{{ 10 ** (10 ** 9) }}"],
)
def test_a_template_has_little_time(tmp_path: Path, template: str) -> None:
    """Nested loops, and one operation that Python cannot interrupt, end after ten seconds."""
    with pytest.raises(InputError) as caught:
        _filled(tmp_path, template)
    assert str(caught.value).endswith("mine.j2': takes longer than 10 s")


def test_the_process_of_a_template_has_limits_of_its_own(tmp_path: Path) -> None:
    """It takes neither the caller's variables nor its limits; a text of 20 MB is made."""
    assert len(_filled(tmp_path, "{{ 'x' * 20_000_000 }}")) == 20_000_000


def test_values_keep_their_names_and_their_order(tmp_path: Path) -> None:
    """An interval is read by name, by number and taken apart; an input by its name."""
    template = (
        "{% set low, best, high = totals.it_energy_kwh %}{{ best == totals.it_energy_kwh[1] }}"
        " {{ subject.inputs.pue.value.best }} {{ subject.inputs['pue'].unit }} {{ 'pue' in subject.inputs }}"
        " {{ subject.lines[0].count }} {{ subject.inputs | length > 3 }} {{ subject.estimate.run.gpu }}"
    )
    assert _filled(tmp_path, template) == "True 1.58 1 True 64 True v100-sxm2-16gb"
