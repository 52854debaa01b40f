"""What a newcomer types wrongly: each message has the parameter, the value, the rule and the nearest valid choice."""

from pathlib import Path

import pytest

from greentrain.cli import run

RUN = ("estimate", "--gpu", "V100", "--hours", "3")
NO_RUN = "there is no run yet: 'greentrain track' records one, 'greentrain import' reads others"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("report", "last"), 2, f"ID 'last': {NO_RUN}"),
        (("history", "show", "last"), 2, f"ID 'last': {NO_RUN}"),
        (("history", "show", "x"), 2, "ID 'x': no run has this id; 'greentrain history' lists them"),
        (("grids", "Pariss"), 1, "no place has 'Pariss' in its name; did you mean Paris, France, "),
        (("grids", "Jean Zay"), 1, "no place has 'Jean Zay' in its name; 'greentrain grids show' knows it"),
        (("profiles", "H1000"), 1, "no profile has 'H1000' in its name; did you mean H100, "),
        (
            (*RUN, "--power", "30000"),
            2,
            "--power '30000': no NVIDIA Tesla V100 (taken as SXM2 16GB) draws that; it is rated 300 W, at most 900",
        ),
        (("estimate", "--gpu", "8xA100", "--hours", "3", "--count", "4"), 2, "--count '4': contradicts --gpu '8xA100'"),
        ((*RUN, "--gpu-hours", "2d"), 2, "--gpu-hours '2d': give either --hours (wall-clock) or --gpu-hours"),
    ],
)
def test_mistakes(
    words: tuple[str, ...],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one line on stderr, and nothing on stdout."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path))
    assert run([*words]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"greentrain: {message}")
    assert shown.err.count("\n") == 1


def test_a_table_of_runs_is_no_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What reads it is named; of a misspelt format the nearest."""
    path = tmp_path / "runs.csv"
    path.write_text("name,gpu,hours\na,V100,3\n")
    assert run(["import", str(path), "--home", str(tmp_path), "--dry-run"]) == 1
    wanted = "is a table of runs, which 'greentrain batch' and 'greentrain report --from' read"
    assert " ".join(capsys.readouterr().out.split()).startswith(f"{path}: {wanted} 0 runs")
    assert run(["import", str(path), "--home", str(tmp_path), "--format", "slrum"]) == 2
    assert capsys.readouterr().err.endswith("or names of columns joined by commas; did you mean slurm?\n")
