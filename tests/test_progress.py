"""Progress of long work: what is told, to whom, and what a terminal shows of it."""

import io
import re
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from journals_of_reports import write_run

from greentrain import History, InputError, estimate_frame, import_runs, validate
from greentrain.frames import run_batch
from greentrain.progress import Telling, TerminalBar

HEAD = "timestamp,project_name,run_id,duration,emissions,energy_consumed\n"


class Told:
    """A bar as tqdm is one, which keeps what it was told."""

    all: "list[Told]" = []  # noqa: RUF012 -- emptied by each test

    def __init__(self, total: float | None = None, desc: str = "") -> None:
        self.total, self.desc, self.done, self.is_closed = total, desc, 0.0, False
        self.all.append(self)

    def update(self, n: float = 1) -> None:
        """Go on."""
        assert n >= 0
        self.done += n

    def close(self) -> None:
        """End."""
        self.is_closed = True


@pytest.fixture(autouse=True)
def _forget() -> None:
    Told.all.clear()


def test_a_table_tells_its_rows_and_comes_out_as_it_does_without() -> None:
    """Of 70,000 rows, 65,536 and then the other 4,464; the row that fails is the same."""
    frame = pd.DataFrame({"gpu": ["V100"] * 69_999 + ["H1000"], "hours": range(1, 70_001)})
    found = estimate_frame(frame, progress=Told, location="FR", year=2024)

    (bar,) = Told.all
    assert (bar.total, bar.desc, bar.done, bar.is_closed) == (70_000, "estimating rows", 70_000, True)
    pd.testing.assert_frame_equal(found, estimate_frame(frame, location="FR", year=2024))


def test_an_empty_table_has_nothing_to_tell() -> None:
    """No row, no result."""
    assert len(estimate_frame(pd.DataFrame({"gpu": [], "hours": []}), progress=Told)) == 0


def test_a_validation_tells_its_records() -> None:
    """One at a time."""
    validate(record="patterson2021-gpt3", progress=Told)
    assert [(bar.total, bar.done, bar.is_closed) for bar in Told.all] == [(1, 1, True)]


def test_a_history_tells_the_runs_that_it_has_to_read(tmp_path: Path) -> None:
    """Three runs the first time, none where their summaries are kept; `runs` reads those that were not read yet."""
    for key in "abc":
        write_run(tmp_path, key)
    history = History(tmp_path, progress=Told)
    assert len(history.runs()) == len(history.runs()) == len(history.summaries()) == 3
    assert [bar.done for bar in Told.all] == [3, 3, 3, 3, 3]
    assert all(bar.is_closed and bar.desc == "reading runs" for bar in Told.all)


def test_a_batch_and_an_import_tell_bytes(tmp_path: Path) -> None:
    """All of both files, whatever is in them; of a folder the sum of its files."""
    (tmp_path / "runs").mkdir()
    for name, rows in {"a.csv": 3, "b.csv": 5}.items():
        (tmp_path / "runs" / name).write_text("gpu,hours\n" + "V100,1\n" * rows)  # 10 bytes, and 7 a row
    run_batch(str(tmp_path / "runs"), progress=Told)
    file = tmp_path / "emissions.csv"
    file.write_text(f"{HEAD}2024-05-01T10:00:00,bert,r1,3600,0.0168,0.3\n")
    import_runs(file, dry_run=True, progress=Told)

    assert [(bar.total, bar.done) for bar in Told.all] == [(76, 76), (file.stat().st_size, file.stat().st_size)]


@pytest.mark.parametrize("wrong", ["yes", 1.0])
def test_what_is_no_bar_is_refused(wrong: Any) -> None:
    """Before any work."""
    with pytest.raises(InputError, match=r"progress .* must be True, or a class like tqdm, which takes total and desc"):
        validate(progress=wrong)


def test_a_bar_is_closed_when_the_work_fails() -> None:
    """The error goes on its way."""

    def work() -> None:
        with Telling(Told, 2, "dividing") as tell:
            tell(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert [(bar.done, bar.is_closed) for bar in Told.all] == [(1, True)]


def test_a_terminal_shows_how_far_and_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second: half of 24 signs, written over with blanks in the end; a bar that was told nothing shows none."""
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    TerminalBar(10, "waiting").close()
    assert shown.getvalue() == ""

    with Telling(True, 10, "counting") as tell:
        time.sleep(0.8)
        tell(5)
    blank, line, *rest = shown.getvalue().split("\r")
    assert blank == ""
    assert re.fullmatch(r"counting \[############............\] 50 %, [\d,]+ s left", line)
    assert rest == [" " * len(line), ""]


def test_nothing_is_told_to_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither to None nor to False."""
    for nobody in (None, False):
        with Telling(nobody, 1, "working") as tell:
            tell(1)
    assert capsys.readouterr() == ("", "")
