"""``greentrain report``: what it reports, where it writes, and what it never overwrites unasked."""

import json
import os
import pty
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from journals_of_reports import FIRST_START, write_run

import greentrain
from greentrain import History, report
from greentrain.cli import run
from greentrain.cli.options import flag_of
from greentrain.cli.parser import parse
from greentrain.cli.report import COMMAND, FORM_OPTIONS, REPORT_OPTIONS
from greentrain.reporting.forms import FORMS

DESCRIBED = ["report", "--gpu", "V100", "--hours", "96", "--location", "FR", "--year", "2024"]


def _estimate() -> greentrain.Estimate:
    return greentrain.estimate("V100", hours=96, location="FR", year=2024)


@pytest.mark.parametrize("format", [name for name, form in FORMS.items() if not form.is_dated])
def test_a_described_run_is_reported_in_every_form(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints what the library returns."""
    assert run([*DESCRIBED, "--format", format]) == 0
    captured = capsys.readouterr()
    assert captured.out == report(_estimate(), format)
    assert captured.err == ""


def test_the_help_says_that_pictures_need_a_folder() -> None:
    """Which is what the command answers where none is given."""
    (words,) = (option.help for option in REPORT_OPTIONS if option.name == "format")
    assert "; svg or png for the charts alone, with --charts. [" in words


def test_text_is_the_form_unless_something_else_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal that is what one reads."""
    assert run(DESCRIBED) == 0
    assert capsys.readouterr().out == report(_estimate(), "text")


@pytest.mark.parametrize(
    ("ending", "format"), [("html", "html"), ("MD", "markdown"), ("txt", "text"), ("json", "json"), ("csv", "csv")]
)
def test_the_ending_of_the_file_tells_the_form(tmp_path: Path, ending: str, format: str) -> None:
    """Without a word on stdout, and without a trace beside the file."""
    path = tmp_path / f"report.{ending}"
    assert run([*DESCRIBED, "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == report(_estimate(), format)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_runs_and_projects_are_reported_from_a_data_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run by the beginning of its id, a project by its name, all by the folder alone."""
    write_run(tmp_path, "20260301T000000Z-aa", project="p")
    write_run(tmp_path, "20260401T000000Z-bb", project="p", status="failed", started=FIRST_START + timedelta(days=31))
    write_run(tmp_path, "20260501T000000Z-cc", project="q")
    history = History(tmp_path)
    assert run(["report", "20260301", "--home", str(tmp_path), "--format", "json"]) == 0
    assert capsys.readouterr().out == report(history.get("20260301"), "json")
    assert run(["report", "--project", "p", "--home", str(tmp_path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [line["id"][-2:] for line in found["lines"]] == ["aa", "bb"]
    assert found["failed_share"] == pytest.approx(0.5)
    assert run(["report", "--home", str(tmp_path), "--format", "json"]) == 0
    assert [line["id"][-2:] for line in json.loads(capsys.readouterr().out)["lines"]] == ["aa", "cc", "bb"]


def test_the_validation_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """With its claims."""
    assert run(["report", "--validation", "--format", "json"]) == 0
    assert capsys.readouterr().out == report(greentrain.validate(claims=True), "json")


def test_references_are_the_validations(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside anything else they would be left out in silence."""
    assert run([*DESCRIBED, "--references", "x.csv"]) == 2
    assert capsys.readouterr().err == "greentrain: --references 'x.csv': has an effect only with --validation\n"


def test_the_schema_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """No result is needed."""
    assert run(["report", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "greentrain report"


def test_a_dash_is_stdout(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As elsewhere; no file of that name is made."""
    monkeypatch.chdir(tmp_path)
    assert run([*DESCRIBED, "-o", "-"]) == 0
    assert capsys.readouterr().out == report(_estimate(), "text")
    assert list(tmp_path.iterdir()) == []


def test_title_date_and_options_of_a_form_are_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    """A date with its zone, in UTC."""
    more = ["--title", "Mine", "--made-at", "2026-11-22T12:00+01:00", "--format", "json"]
    assert run([*DESCRIBED, *more]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["title"], found["made_at"]) == ("Mine", "2026-11-22T11:00:00Z")
    assert run([*DESCRIBED, "--format", "sci", "--functional-unit", "run"]) == 0
    assert capsys.readouterr().out == report(_estimate(), "sci", functional_unit="run")


def test_a_report_of_ours_is_overwritten_without_asking(tmp_path: Path) -> None:
    """Twice into one file, in every form that carries the mark."""
    for ending in ("html", "md", "txt", "json", "csv"):
        path = tmp_path / f"report.{ending}"
        assert run([*DESCRIBED, "-o", str(path)]) == 0
        assert run([*DESCRIBED, "--title", "Other", "-o", str(path)]) == 0
        assert "Other" in path.read_text() or ending == "csv"


def test_a_result_that_cannot_be_reported_is_no_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and no option in the message that nobody typed: a run of which nothing is known; no file."""
    folder = write_run(tmp_path, "20260301T000000Z-aaaaaa")
    (folder / "node1.101.bbbbbb.meter.jsonl").unlink()
    journal = folder / "node1.100.aaaaaa.tracker.jsonl"
    journal.write_text(journal.read_text().replace("v100-sxm2-16gb", "unheard-of"))
    path = tmp_path / "card.md"
    described = ["report", "20260301T000000Z-aaaaaa", "--home", str(tmp_path), "--format", "model-card"]
    assert run([*described, "-o", str(path)]) == 1
    assert capsys.readouterr().err == (
        "greentrain: result: nothing is known of the energy of these runs, measured or estimated\n"
    )
    assert not path.exists()


def test_an_inventory_of_ours_is_written_again_without_asking(tmp_path: Path) -> None:
    """Its columns are ours; codecarbon's rows look the same from whoever they are."""
    path = tmp_path / "ghg.csv"
    assert run([*DESCRIBED, "--format", "ghg", "-o", str(path)]) == 0
    assert run([*DESCRIBED, "--format", "ghg", "--scope", "2", "-o", str(path)]) == 0
    assert ",scope 2," in path.read_text()
    path = tmp_path / "emissions.csv"
    assert run([*DESCRIBED, "--format", "codecarbon", "-o", str(path)]) == 0
    assert run([*DESCRIBED, "--format", "codecarbon", "-o", str(path)]) == 1


def test_what_is_not_ours_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is there to be asked: exit code 1 and the file as it was; with --force it is overwritten."""
    path = tmp_path / "notes.md"
    path.write_text("my notes on greentrain 0.1.0\n")
    assert run([*DESCRIBED, "-o", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"greentrain: {path} exists and is not a report of ours; --force overwrites it\n"
    )
    assert path.read_text() == "my notes on greentrain 0.1.0\n"
    assert run([*DESCRIBED, "-o", str(path), "--force"]) == 0
    assert path.read_text() == report(_estimate(), "markdown")


@pytest.mark.parametrize(("answer", "code", "kept"), [("y\n", 0, False), ("n\n", 1, True), ("\n", 1, True)])
def test_on_a_terminal_the_user_is_asked(tmp_path: Path, answer: str, code: int, kept: bool) -> None:
    """Only a yes overwrites."""
    path = tmp_path / "notes.txt"
    path.write_text("mine\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "greentrain", *DESCRIBED, "-o", str(path)]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.write(ours, answer.encode())
        assert process.wait(timeout=120) == code
        shown = os.read(ours, 4096).decode()
    os.close(ours)
    os.close(theirs)
    assert "exists and is not a report of ours. Overwrite it? [y/N]" in shown
    assert (path.read_text() == "mine\n") is kept


def test_pictures_are_written_and_not_overwritten_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that has one of them is left alone; the report itself goes to its file before."""
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "headline.svg").write_text("mine")
    assert run([*DESCRIBED, "--format", "csv", "--charts", str(tmp_path / "charts")]) == 1
    assert capsys.readouterr().err == (
        f"greentrain: {tmp_path / 'charts'} has headline.svg already; --force overwrites\n"
    )
    assert (tmp_path / "charts" / "headline.svg").read_text() == "mine"


@pytest.mark.parametrize("more", [[], ["-o", "report.md"]])
def test_a_kind_of_picture_as_the_form_writes_pictures_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    """Nothing on stdout; beside a file the form is told by its ending, and the kind is that of the pictures."""
    monkeypatch.chdir(tmp_path)
    Path("charts").mkdir()
    Path("charts/headline.png").write_text("mine")
    assert run([*DESCRIBED, "--format", "png", "--charts", "charts", *more]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "greentrain: charts has headline.png already; --force overwrites\n"
    assert [path.name for path in Path().glob("*.*")] == more[1:]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["report"], 2, "--gpu: describe a run, its --hours too, or name what to report: the ID of a run, --proj"),
        (["report", "--schema", "--format", "csv"], 2, "--format 'csv': has no schema; --schema is that of "),
        ([*DESCRIBED, "-o", "/"], 2, "--output '/': is a folder; give a file in it"),
        (["report", "runs.csv"], 2, "ID 'runs.csv': a file is no run's id; --from reads a table of runs"),
        (["report", "x", "--project", "p"], 2, "--project 'p': excludes the id of a run"),
        (["report", "--validation", "--project", "p"], 2, "--validation: excludes --project"),
        (["report", "x", "--gpu", "V100"], 2, "--gpu 'V100': describes a run, and so excludes the id of a run"),
        ([*DESCRIBED, "--format", "pdf"], 2, "--format 'pdf': must be html, markdown, text, json, csv, latex, "),
        ([*DESCRIBED, "-o", "report.doc"], 2, "--output 'report.doc': has an ending that no form has; a word "
         "processor opens html"),
        ([*DESCRIBED, "-o", "report.svg"], 2, "--output 'report.svg': is a picture; give the folder for the charts "
         "with --charts and --chart-format svg"),
        ([*DESCRIBED, "-o", "report.x"], 2, "--output 'report.x': has an ending that no form has; give --format"),
        ([*DESCRIBED, "-o", "report.PDF"], 2, "--output 'report.PDF': has an ending that no form has; a browser "),
        ([*DESCRIBED, "-o", "/nowhere/at/all.md"], 2, "--output '/nowhere/at/all.md': lies in a folder that does not"),
        ([*DESCRIBED, "--format", "text", "-o", "/dev/null"], 2, "--output '/dev/null': is no regular file; leave "),
        ([*DESCRIBED, "--made-at", "noon"], 2, "--made-at 'noon': must be now, or a time with its zone such as "),
        ([*DESCRIBED, "--format", "csv", "--template", "x"], 2, "--template: is no option of the form csv; "),
        ([*DESCRIBED, "--format", "ghg", "--template", "x"], 2, "--template: is no option of the form ghg; it has "
         "--market-based-kg, --scope or --market-intensity"),
        ([*DESCRIBED, "--charts", "c", "--chart-format", "gif"], 2, "--chart-format 'gif': must be svg or png"),
        ([*DESCRIBED, "--chart-format", "png"], 2, "--chart-format 'png': has an effect only with --charts"),
        ([*DESCRIBED, "--charts", "c", "--format", "svg", "--chart-format", "png"], 2, "--chart-format 'png': "
         "contradicts --format svg"),
        ([*DESCRIBED, "--format", "svg"], 2, "--format 'svg': is a kind of picture; give the folder for the charts "
         "with --charts"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named as the option is typed, and nothing is written."""
    assert run(arguments) == code
    captured = capsys.readouterr()
    assert captured.err.startswith(f"greentrain: {message}")
    assert captured.err.count("\n") == 1


def test_an_unknown_project_is_refused_with_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the projects that have runs."""
    write_run(tmp_path, "a", project="llama-small")
    assert run(["report", "--project", "lama-small", "--home", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "greentrain: --project 'lama-small': no tracked run belongs to it; 'greentrain history' lists them; "
        "did you mean llama-small?\n"
    )


def test_a_write_that_fails_leaves_the_old_report(tmp_path: Path) -> None:
    """All or nothing: where the new file cannot be made, the old one is there as it was."""
    path = tmp_path / "report.md"
    assert run([*DESCRIBED, "-o", str(path)]) == 0
    before = path.read_bytes()
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from greentrain.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *DESCRIBED, "--title", "New", "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr == f"greentrain: {path}: cannot be written: File too large\n"
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["report.md"]


def test_the_short_way_reads_what_typer_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """Options by the table; help, abbreviations and mistakes are left to typer."""
    values = {"id": "abc", "output": "x.md", "force": True}
    assert parse(["report", "abc", "-o", "x.md", "--force"]) == (COMMAND, values)
    for arguments in (["report", "--help"], ["report", "--oops", "1"], ["report", "--force=1"]):
        assert parse(arguments) is None
    assert run(["report", "--help"]) == 0
    shown = capsys.readouterr().out
    for option in REPORT_OPTIONS:
        assert flag_of(option.name) in shown


def test_the_options_of_forms_are_those_of_the_library() -> None:
    """Every keyword of a form is an option of the command, and the other way round."""
    from importlib import import_module

    modules = {form.module for form in FORMS.values()}
    renders = [import_module(f"greentrain.reporting.forms.{module}").render for module in modules]
    assert {name for render in renders for name in render.__kwdefaults__ or ()} == {
        option.name for option in FORM_OPTIONS
    }


@pytest.mark.slow
def test_reports_in_plain_forms_load_nothing_heavy() -> None:
    """No chart library, no template engine, no parser of options."""
    program = (
        "import sys; from greentrain.cli.main import run; run(sys.argv[1:]);"
        "found = {'plotly', 'jinja2', 'typer', 'pydantic', 'numpy', 'codecarbon', 'inspect'} & set(sys.modules);"
        "sys.exit(f'loaded {found}' if found else 0)"
    )
    for format in ("text", "markdown", "csv", "json"):
        command = [sys.executable, "-c", program, *DESCRIBED, "--format", format]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_form_without_a_place_for_warnings_has_them_beside(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, while the rows are codecarbon's alone; no line for an ordinary run."""
    said = ["report", "--gpu", "T4", "--hours", "1", "--location", "FR", "--format", "codecarbon"]
    assert run([*said, "--power", "140"]) == 0
    out, error = capsys.readouterr()
    assert out.startswith("timestamp,")
    start = "greentrain: warning, for which the form codecarbon has no place: 140 W is 2.0 x the TDP of"
    assert error.startswith(start)
    assert run(said) == 0
    assert capsys.readouterr().err == ""
