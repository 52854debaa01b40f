"""Status of a run, from its last record, its processes and its age."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import ELSEWHERE, NOON, ended, line, meter, reading, stopped, tracker, write

from greentrain import History
from greentrain.history import read_run
from greentrain.journal import host_name, process_started


def status_of(folder: Path, seconds_after: float = 1e6) -> tuple[str, str | None]:
    """Read a run so many seconds after noon."""
    run = read_run(str(folder), NOON + seconds_after)
    assert run is not None
    return run.status, run.error


@pytest.mark.parametrize("status", ["completed", "failed", "interrupted"])
def test_the_run_says_how_it_ended(tmp_path: Path, status: str) -> None:
    """With the type of the exception."""
    error = None if status == "completed" else "ValueError"
    tracker(tmp_path, lines=[ended(5, status, error)])
    assert status_of(tmp_path) == (status, error)


def test_an_unknown_word_for_the_end_is_no_success_and_no_failure(tmp_path: Path) -> None:
    """It ended somehow."""
    tracker(tmp_path, lines=[ended(5, "splendid")])
    assert status_of(tmp_path) == ("unknown", None)


@pytest.mark.parametrize("why", ["process_ended", "terminated"])
def test_a_run_that_said_nothing_was_killed(tmp_path: Path, why: str) -> None:
    """The meter saw it end."""
    tracker(tmp_path)
    meter(tmp_path, lines=[stopped(5, 5, 0.1, why=why)])
    assert status_of(tmp_path, 6) == ("killed", None)


def test_a_meter_that_was_stopped_in_order_without_a_word_of_the_run(tmp_path: Path) -> None:
    """The tracker's journal was lost, to a full disk for example: how it ended is not known."""
    tracker(tmp_path)
    meter(tmp_path, lines=[stopped(5, 5, 0.1)])
    run = read_run(str(tmp_path), NOON + 1e6)
    assert run is not None
    assert run.status == "unknown"
    assert run.notes[0] == "The meter was stopped in order; how the run ended was not recorded."


def test_a_journal_that_breaks_off_within_a_line(tmp_path: Path) -> None:
    """Its disk was full, its meter was killed by the same: nothing shows a failure, and none is counted."""
    path = tracker(tmp_path / "runs" / "k", lines=[line(5, type="log", values={"loss": 0.5})])
    path.write_text(path.read_text()[:-9])
    meter(tmp_path / "runs" / "k", lines=[reading(4, 4, 0.1)])
    (run,) = History(tmp_path).runs()
    whole = History(tmp_path).totals()

    assert run.status == "unknown"
    assert run.notes[0] == "Its journal breaks off as on a full disk; how the run ended was not recorded."
    assert (whole.by_status["unknown"], whole.unfinished_energy_kwh, whole.unfinished_share) == (1, 0.0, 0.0)


@pytest.mark.parametrize(("more", "status"), [(0, "unknown"), (-1, "killed"), (1, "killed")])
def test_a_journal_that_ends_where_a_block_does(tmp_path: Path, more: int, status: str) -> None:
    """Of 4096 bytes, in whole lines: the next line found no block. A kill ends there once in thousands of times."""
    path = tracker(tmp_path, lines=[line(5, type="log", values={"": 0.5})])
    name = "x" * (4096 + more - path.stat().st_size)
    path.write_text(path.read_text().replace('{"":', f'{{"{name}":').replace('{"": ', f'{{"{name}": '))
    assert path.stat().st_size == 4096 + more
    assert status_of(tmp_path) == (status, None)


def test_a_process_that_was_seen_to_end_was_killed_whatever_its_last_line_is(tmp_path: Path) -> None:
    """The meter was there."""
    path = tracker(tmp_path, lines=[line(5, type="log", values={"loss": 0.5})])
    path.write_text(path.read_text()[:-9])
    meter(tmp_path, lines=[stopped(5, 5, 0.1, why="process_ended")])
    assert status_of(tmp_path) == ("killed", None)


@pytest.mark.parametrize(
    ("age", "after", "status"),
    [(30, 62.9, "running"), (30, 63.1, "killed"), (600, 89.9, "running"), (600, 90.1, "killed"),
     (7200, 239.9, "running"), (7200, 240.1, "killed")],
)  # fmt: skip
def test_a_run_on_another_computer_is_taken_for_alive_for_a_while(
    tmp_path: Path, age: float, after: float, status: str
) -> None:
    """Three intervals of writing and a minute: 63, 90 or 240 s after its newest record, by its age."""
    tracker(tmp_path)
    meter(tmp_path, lines=[reading(age, age, 0.1)])
    assert status_of(tmp_path, age + after)[0] == status


def test_a_slow_interval_gives_more_patience(tmp_path: Path) -> None:
    """Samples every 100 s: five minutes and one."""
    tracker(tmp_path, interval_seconds=100.0)
    assert status_of(tmp_path, 359)[0] == "running"
    assert status_of(tmp_path, 361)[0] == "killed"


def test_a_process_of_this_computer_is_looked_for(tmp_path: Path) -> None:
    """The test's own process is there, whatever the age of its records."""
    pid = os.getpid()
    tracker(tmp_path, host=host_name(), pid=pid, pid_started=process_started(pid))
    assert status_of(tmp_path)[0] == "running"


def test_a_process_id_that_was_used_again_is_not_the_run(tmp_path: Path) -> None:
    """The start of the process differs."""
    tracker(tmp_path, host=host_name(), pid=os.getpid(), pid_started=1)
    assert status_of(tmp_path, 1)[0] == "killed"


def test_a_process_that_has_ended_is_not_there_even_before_it_is_fetched(tmp_path: Path) -> None:
    """A zombie keeps its number until its parent asks for its exit code."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    tracker(tmp_path, host=host_name(), pid=child.pid, pid_started=process_started(child.pid))
    assert status_of(tmp_path)[0] == "running"
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert status_of(tmp_path)[0] == "killed"
    child.communicate()


def test_a_restart_that_goes_on_is_running(tmp_path: Path) -> None:
    """Although the first session failed."""
    tracker(tmp_path, lines=[ended(5, "failed", "OSError")])
    tracker(tmp_path, at=60, session="s2", pid=102)
    assert status_of(tmp_path, 70) == ("running", None)


def test_a_restart_that_was_killed_outlasts_the_failure_before_it(tmp_path: Path) -> None:
    """The newest session counts."""
    tracker(tmp_path, lines=[ended(5, "failed", "OSError")])
    tracker(tmp_path, at=60, session="s2", pid=102)
    assert status_of(tmp_path) == ("killed", None)


def test_a_killed_rank_leaves_the_last_word_to_the_others(tmp_path: Path) -> None:
    """It began before they ended; rank 0 records how the run ended."""
    tracker(tmp_path, ranks={"rank": 0}, lines=[ended(50, "failed", "DistBackendError")])
    tracker(tmp_path, at=1, pid=102, session="r1", role="joined", ranks={"rank": 1}, lines=[line(9, type="log")])
    assert status_of(tmp_path) == ("failed", "DistBackendError")


TOGETHER = {"launch": {"job": "slurm-9", "attempt": [0, 0]}}
AGAIN = {"launch": {"job": "slurm-9", "attempt": [1, 0]}}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # two at once: the first from 0 to 50 s, the second from 1 s on
        ({"lines": [ended(50, "failed", "E")]}, {"at": 1, "lines": [ended(90)]}, "failed"),
        ({"lines": [ended(50)]}, {"at": 1, "lines": [ended(9, "failed", "E")]}, "failed"),
        ({"lines": [ended(50)]}, {"at": 1, "lines": [ended(9, "interrupted", "E")]}, "interrupted"),
        ({"lines": [ended(50, "interrupted", "E")]}, {"at": 1, "lines": [ended(9, "failed", "E")]}, "failed"),
        ({"lines": [ended(50)]}, {"at": 1}, "killed"),
        ({"ranks": {"rank": 0}, "lines": [ended(50)]}, {"at": 1, "ranks": {"rank": 1}}, "completed"),
        # one after the other
        ({"lines": [ended(50, "failed", "E")]}, {"at": 51, "lines": [ended(90)]}, "completed"),
        ({"ranks": {"rank": 1}, **TOGETHER}, {"at": 51, "ranks": {"rank": 1}, **AGAIN, "lines": [ended(90)]},
         "completed"),
        ({"ranks": {"rank": 1}, **TOGETHER}, {"at": 51, "ranks": {"rank": 0}, **AGAIN, "lines": [ended(90)]},
         "completed"),
        # of ranks that were started together each counts, however late it began
        ({"ranks": {"rank": 1}, **TOGETHER, "lines": [ended(50, "failed", "E")]},
         {"at": 51, "ranks": {"rank": 0}, **TOGETHER, "lines": [ended(90)]}, "failed"),
    ],
)  # fmt: skip
def test_a_failure_of_one_session_is_the_runs_unless_another_took_its_place(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], expected: str
) -> None:
    """By when each began and was over, and by the rank of those that a launcher started."""
    tracker(tmp_path, **first)
    tracker(tmp_path, session="s2", pid=102, **second)
    assert status_of(tmp_path)[0] == expected


def test_the_exit_code_of_a_command_stands_beside_the_error_of_what_it_tracked(tmp_path: Path) -> None:
    """A training inside a wrapped command fails with an exception, and the command with a code."""
    tracker(tmp_path, wraps=True, lines=[line(9, type="end", status="failed", error=None, exit_code=1)])
    tracker(tmp_path, at=1, session="s2", pid=102, role="joined", lines=[ended(8, "failed", "ValueError")])
    run = read_run(str(tmp_path))
    assert run is not None
    assert (run.status, run.error, run.exit_code) == ("failed", "ValueError", 1)


def test_a_meter_alone_is_a_run(tmp_path: Path) -> None:
    """The tracker's journal could not be written: running while it writes, killed after."""
    meter(tmp_path, lines=[reading(10, 10, 0.1)])
    assert status_of(tmp_path, 20)[0] == "running"
    assert status_of(tmp_path)[0] == "killed"
    assert read_run(str(tmp_path)).hosts == (ELSEWHERE,)  # type: ignore[union-attr]


def test_a_meter_alone_with_a_slow_interval_is_alive_between_its_records(tmp_path: Path) -> None:
    """Readings every 100 s: five minutes and one after the newest, as for a run whose tracker left a journal."""
    start = line(0, type="start", session="s1", run_pid=100, pid=101, host=ELSEWHERE, components=[], lag_seconds=0.0,
                 interval_seconds=100.0)  # fmt: skip
    write(tmp_path, f"{ELSEWHERE}.101.s10000.meter.jsonl", [start, reading(100, 100, 0.1)])
    assert status_of(tmp_path, 100 + 359)[0] == "running"
    assert status_of(tmp_path, 100 + 361)[0] == "killed"
