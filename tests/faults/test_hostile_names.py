"""Names of every kind in every output: shown as they are, and nothing that they do to any of its languages."""

import csv
import io
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import jsonschema
import pytest
import spdx_python_model
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from fault_room import GREENTRAIN, Room

from greentrain import History, Run, report
from greentrain.csv_text import escaped
from greentrain.history import export, runs_csv, runs_dict
from greentrain.reporting.forms import FORMS
from greentrain.reporting.terminal import history_text, run_text, watch_text

PLAIN = "plain"
LONG = "x" * 10_000
NAMES = (
    PLAIN, "a,b", 'say "run"', "two\nlines", "=HYPERLINK(1)", "+1", "@x", "-1", "\t=1", "модель 模型 نموذج", LONG,
    "\x1b[31mred\x07", "../../etc/passwd", "nul\0byte", "<script>alert(1)</script>", "</script><b>&amp;", "\u202eback",
    "\ud800 alone", "50 % of \\R&D_2 ${x} \\input{y}", "[a](javascript:1) `b` |c|", "--- #!x: [y", "null", "'; DROP--",
)  # fmt: skip
STORED = {"nul\0byte": "nul\\x00byte", "\ud800 alone": "\\ud800 alone"}
"""What no database and no file of text can hold is escaped when it is read."""

CELLS = {"csv": "name", "ghg": "activity", "codecarbon": "project_name"}
SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "boamps_report.schema.json").read_text())
PAPER = "\\documentclass{article}\n\\begin{document}\n{body}\n\\end{document}\n"
Runs = dict[str, Run]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run for each name, which is also the name of its project, of a span and of a number."""
    room = Room(tmp_path_factory.mktemp("names"))
    assert room.run("named", json.dumps(NAMES)) == (0, "", "")
    assert len(room.runs()) == len(NAMES)
    room.tidy()
    return room.home


@pytest.fixture(scope="module")
def runs(home: Path) -> Runs:
    """The runs by name."""
    found = {run.name: run for run in History(home).runs(since="2026-01-02")}
    assert set(found) == {STORED.get(name, name) for name in NAMES}
    return {str(name): run for name, run in found.items()}


def on_a_line(text: str) -> str:
    """Return a text as one line, a blank in place of all that is no letter."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def test_names_are_stored_as_they_are(home: Path, runs: Runs) -> None:
    """Fault 28: in the journal, and in what the library gives as data."""
    paths = home.glob("runs/*/*.tracker.jsonl")
    starts = [json.loads(path.read_bytes().split(b"\n")[0]) for path in paths]
    assert sorted(start["name"] for start in starts) == sorted((*NAMES, "earlier"))
    for name, run in runs.items():
        (span,), (log,) = run.spans, run.logs
        assert (run.project, span.name, log.values) == (name, name, {name: 0.5, "step": 1.0})
    data = json.loads(json.dumps(runs_dict(tuple(runs.values())), allow_nan=False))
    assert [row["name"] for row in data["runs"]] == list(runs)


def test_names_in_the_table_of_the_history(runs: Runs) -> None:
    """Fault 28: a row each in CSV, in which no name is a formula or breaks its line."""
    rows = list(csv.DictReader(io.StringIO("".join(runs_csv(tuple(runs.values()))))))
    shown = [row["name"] for row in rows]
    assert len(rows) == len(NAMES)
    assert {"a,b", 'say "run"', "two\\nlines", "'=HYPERLINK(1)", "'+1", "'@x", "'-1", "модель 模型 نموذج"} < set(shown)
    assert all(letter.isprintable() for name in shown for letter in name)
    assert [name for name in shown if name.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize("write", [run_text, watch_text, lambda run: history_text((run,))])
def test_names_in_the_terminal(runs: Runs, write: Callable[[Run], str]) -> None:
    """Fault 28: list, show and watch send nothing but what can be seen, in lines of 80 columns."""
    for run in runs.values():
        lines = write(run).splitlines()
        assert all(letter.isprintable() for line in lines for letter in line)
        assert max(map(columns, lines)) <= 80


def columns(line: str) -> int:
    """Return the width of a line in a terminal, where letters of some scripts take two columns."""
    return sum(1 + (east_asian_width(letter) in "WF") for letter in line)


@pytest.mark.parametrize("words", [["list"], ["list", "--csv"], ["list", "--json"]])
def test_names_by_the_command(room: Room, home: Path, words: list[str]) -> None:
    """Fault 28: the commands print every name to a pipe whose encoding lacks most letters."""
    command = [*GREENTRAIN, "history", *words, "--home", str(home)]
    narrow = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}
    listed = room.launch(command, environment=narrow).end()
    assert (listed.code, listed.err) == (0, "")
    assert all(letter.isprintable() or letter in "\r\n" for letter in listed.out)
    assert "HYPERLINK(1)" in listed.out


def test_names_in_a_database(runs: Runs, tmp_path: Path) -> None:
    """Fault 28: SQLite holds each as it is, of runs, projects, spans and numbers."""
    pytest.importorskip("sqlalchemy", reason="the extra 'sql' is not installed")
    export(tuple(runs.values()), f"sqlite:///{tmp_path / 'x.db'}")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        rows = connection.execute("select name, project from runs").fetchall()
        spans = connection.execute("select name from spans").fetchall()
        logs = connection.execute("select name from logs where value = 0.5").fetchall()
    assert sorted(rows) == sorted((name, name) for name in runs)
    assert sorted(name for (name,) in spans) == sorted(runs)
    assert len(logs) == len(runs)


@pytest.mark.parametrize("form", CELLS)
def test_names_in_tables(runs: Runs, form: str) -> None:
    """Fault 28: reports in CSV have as many rows and columns as ever, and the name is a text in its cell."""
    plain = cells(report(runs[PLAIN], form))
    for name, run in runs.items():
        rows = cells(report(run, form))
        assert [list(row) for row in rows] == [list(row) for row in plain]
        shown = escaped(name)
        assert rows[0][CELLS[form]] == (f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown)
        assert shown.isprintable()


def cells(text: str) -> list[dict[str, str]]:
    """Read CSV in which every row must have all columns."""
    return list(csv.DictReader(io.StringIO(text), strict=True))


@pytest.mark.parametrize("form", ["json", "cyclonedx", "spdx", "boamps"])
def test_names_in_data(runs: Runs, form: str) -> None:
    """Fault 28: reports as data keep their official schemas, and give back the name as it is."""
    for name, run in runs.items():
        text = report(run, form)
        found = json.loads(text)
        if form == "cyclonedx":
            assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
        elif form == "spdx":
            _, objects = spdx_python_model.load_data(found)
            assert objects.missing_ids == set()
        elif form == "boamps":
            jsonschema.Draft4Validator(SCHEMA).validate(found)
        assert any(words == name or on_a_line(name) in words for words in strings(found))


def strings(value: Any) -> Iterable[str]:
    """Return every text in plain data."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(item)


@pytest.mark.parametrize("form", ["markdown", "model-card", "gpai", "sci", "text"])
def test_names_in_documents(runs: Runs, form: str) -> None:
    """Fault 28: a document has the same lines and the same table whatever the name, and no markup by it."""
    plain = report(runs[PLAIN], form)
    for name, run in runs.items():
        text = report(run, form)
        assert all(letter.isprintable() or letter == "\n" for letter in text)
        if form == "text":
            continue
        assert skeleton(text) == skeleton(plain)
        assert re.findall("<[a-z/]+>", text) == re.findall("<[a-z/]+>", plain)
        assert not re.search(r"(?<!\\)\[a(?<!\\)\]\(javascript", text)
        if form == "model-card":
            front = yaml.safe_load(text.split("---\n")[1])
            assert list(front) == ["co2_eq_emissions"]
        elif name == PLAIN:
            assert name in text


def skeleton(text: str) -> list[str]:
    """Return what makes each line of Markdown a heading, an item, a quotation or a row, and all bars between cells."""
    return ["".join(re.findall(r"^(?:#+|[-*>]) |(?<!\\)\|", line)) for line in text.split("\n")]


DRAWN = {"svg", "title", "g", "pattern", "path", "rect", "line", "circle", "polygon", "text", "tspan"}
"""Elements of a drawing: none of them loads or runs anything."""


TIME_DRAWN = {"p", "figure role aria-labelledby", "figcaption id", "span class", "a href aria-label"}
"""Elements of the section of power over time."""


def without_time(page: str) -> str:
    """Return a page without its section of power over time."""
    rest, removed = re.subn(r'<section aria-labelledby="time">.*?</section>', "", page, flags=re.S)
    assert removed == 1
    return rest


class Elements(HTMLParser):
    """Collects the elements of a page, those of its drawings apart, and the text outside its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.drawn: set[str] = set()
        self._drawings = 0
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect an element with the names of its attributes."""
        self._drawings += tag == "svg"
        if self._drawings:
            self.drawn.add(tag)
        else:
            self.tags.append(" ".join([tag, *(name for name, _ in attrs)]))

    def handle_endtag(self, tag: str) -> None:
        """Notice the end of a drawing."""
        self._drawings -= tag == "svg"

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text.append(data)


def test_names_in_a_page(runs: Runs) -> None:
    """Fault 28: the HTML report consists of the same elements whatever the name, which it shows.

    How many lines and texts a drawing has depends on the run's numbers and on how long its name is; their kinds don't.
    Whether power over time is drawn depends on how many readings the machine came to take.
    """
    page = report(runs[PLAIN], "html")
    plain, shape = Elements(page), Elements(without_time(page)).tags
    assert plain.drawn <= DRAWN
    for name in ("two\nlines", "<script>alert(1)</script>", "</script><b>&amp;", "модель 模型 نموذج", LONG):
        page = report(runs[name], "html")
        found = Elements(page)
        assert Elements(without_time(page)).tags == shape
        assert set(found.tags) <= set(plain.tags) | TIME_DRAWN
        assert found.drawn <= DRAWN
        assert on_a_line(name) in on_a_line(" ".join(found.text))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (Debian: texlive-latex-base)")
def test_names_in_a_paper(runs: Runs, tmp_path: Path) -> None:
    """Fault 28: the LaTeX of all of them compiles, each alone and as the runs of one project."""
    texts = [report(chosen, "latex") for chosen in (*runs.values(), tuple(runs.values()))]
    (tmp_path / "paper.tex").write_text(PAPER.replace("{body}", "\n".join(texts)))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_every_form_is_tested() -> None:
    """Fault 28: the forms above are all that there are."""
    tested = {*CELLS, "json", "cyclonedx", "spdx", "boamps", "markdown", "model-card", "gpai", "sci", "text", "html"}
    assert tested | {"latex"} == set(FORMS)
