"""Looking at a growing run again and again shows what reading it anew shows."""

from pathlib import Path

import pytest
from journals_by_hand import line, meter, reading, stopped, tracker

from greentrain import History, Run, UnknownName
from greentrain.history import newest
from greentrain.history.forecast import forecast
from greentrain.reporting.terminal import watch_text

_COMPONENT = {"component": "cpu", "quality": "unknown", "reason": "lost"}


def append(path: Path, *lines: str) -> None:
    """Write lines to the end of a journal."""
    with path.open("a") as file:
        file.write("".join(lines))


def test_each_look_shows_what_a_new_reading_shows(tmp_path: Path) -> None:
    """Samples, logs, gaps, a component that is lost, a torn line and the end come one after the other."""
    folder = tmp_path / "runs" / "live"
    journal = tracker(folder, total_steps=10)
    read = meter(folder)
    book = History(tmp_path)
    follower = book.follow("li")
    steps = (
        (journal, line(1, type="log", values={"step": 1, "loss": 0.5})),
        (read, reading(60, 60, 0.01, 0.001)),
        (read, line(61, type="gap", from_mono=5010.0, to_mono=5060.0, seconds=50.0, reason="late")),
        (read, reading(120, 120, 0.02, 0.002), line(121, type="component", **_COMPONENT)),
        (journal, line(122, type="span_start", span=1, parent=None, name="epoch", attributes={})),
        (journal, line(130, type="log", values={"step": 4}), line(131, type="log", values={"loss": 0.25})),
        (read, reading(180, 180, 0.03)[:-20]),
        (read, reading(180, 180, 0.03)[-20:], stopped(240, 240, 0.04)),
        (journal, line(240, type="end", status="completed")),
    )
    for path, *lines in steps:
        append(path, *lines)
        looked, anew = follower.look(), book.get("live")
        assert looked is not None
        assert what_is_shown(looked) == what_is_shown(anew)
    assert (anew.status, anew.energy_kwh["gpu"], len(anew.gaps)) == ("completed", 0.04, 1)


def what_is_shown(run: Run) -> tuple[object, ...]:
    """Return the frame of a run, its forecast, and all of it but what a follower lets go."""
    return watch_text(run), forecast(run), run._replace(spans=(), logs=())


def test_only_what_says_something_new_is_kept() -> None:
    """Of ten thousand samples and logs one each stays, in addition to gaps and what is logged under other names."""
    records = [{"type": "start"}]
    for number in range(10_000):
        records += [{"type": "sample", "n": number}, {"type": "log", "values": {"step": number}}]
    records += [{"type": "gap"}, {"type": "log", "values": {"loss": 1}}, {"type": "gap"}]

    assert newest(records) == [
        {"type": "start"}, {"type": "sample", "n": 9999}, {"type": "log", "values": {"step": 9999}},
        {"type": "gap"}, {"type": "log", "values": {"loss": 1}}, {"type": "gap"},
    ]  # fmt: skip


def test_a_run_that_is_not_there_cannot_be_followed(tmp_path: Path) -> None:
    """The same error as for `get`, with the nearest id."""
    tracker(tmp_path / "runs" / "nightly-7")
    with pytest.raises(
        UnknownName, match="no run has this id; 'greentrain history' lists them; did you mean nightly-7"
    ):
        History(tmp_path).follow("nightly-8")
