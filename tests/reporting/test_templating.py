"""Templates of one's own: the documented context, escaped, in a sandbox."""

from pathlib import Path

import pytest
from journals_of_reports import write_run

import greentrain
from greentrain import History, InputError, report

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
        ("{{ subject.__class__.__mro__ }}", "access to attribute '__class__' of 'ReportData' object is unsafe."),
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


def test_names_of_runs_stay_text_in_a_template(tmp_path: Path) -> None:
    """A name that looks like a template is not one."""
    write_run(tmp_path, "a", name="{{ 7 * 7 }}")
    path = tmp_path / "t.j2"
    path.write_text("{% for line in subject.lines %}{{ line.name }}{% endfor %}")
    assert report(History(tmp_path).get("a"), "text", template=path) == "{{ 7 * 7 }}"
