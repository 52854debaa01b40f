"""Time in which a meter read nothing, or not all: stated, filled, and never counted as a measured zero."""

import json
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import ALONE, CPU, GPU, MONO, NOON, ended, line, meter, reading, stopped, tracker

from greentrain import Run
from greentrain.estimation import UNKNOWN_SITE
from greentrain.history import Follower, read_run, slice_session
from greentrain.journal import read_journal

MEASURED_CPU = {**CPU, "name": "Unheard CPU", "quality": "measured"}
UNHEARD = {**GPU, "name": "Unheard accelerator"}
PARTS = (UNHEARD, MEASURED_CPU, {**CPU, "component": "memory", "quality": "modelled"})
"""A node of which the meter reads everything, and no table has the device: there is no estimate to compare with."""

W_SECONDS_PER_KWH = 3.6e6


def sample(seconds: float, gpu_s: float, cpu_s: float | None = None, *, gpu_w: float | None = 360, **more: Any) -> str:
    """Write a sample: 360 W of accelerators, 72 of the CPU and 18 of memory, each for so many seconds."""
    times = {"gpu": (360, gpu_s), "cpu": (72, gpu_s if cpu_s is None else cpu_s)}
    times["memory"] = (18, times["cpu"][1])
    energy = {name: watts * length / W_SECONDS_PER_KWH for name, (watts, length) in times.items()}
    power = {"gpu": gpu_w, "cpu": 72.0, "memory": 18.0}
    return reading(seconds, seconds, None, energy_kwh=energy, power_w=power, **more)


def end(seconds: float, gpu_s: float, cpu_s: float | None = None, *, unknown: float, **more: Any) -> str:
    """Write the end of a meter's journal, with the share of the components' time that it did not read."""
    quality = {"unknown_share": unknown, "measured_share": 1 - unknown}
    return sample(seconds, gpu_s, cpu_s, type="end", why="stopped", quality=quality, **more)


def compact(path: Path) -> None:
    """Write a journal as the program does, without spaces, so that samples can be passed over."""
    records = map(json.loads, path.read_text().splitlines())
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))


def shown(folder: Path, lines: list[str], seconds: float | None, parts: Any = PARTS) -> Run:
    """Read a run in the three ways: passing over samples, with all of them, and following it as it grows."""
    compact(tracker(folder, lines=[] if seconds is None else [ended(seconds)]))
    compact(path := meter(folder, components=parts, lines=lines))
    found = read_run(str(folder), NOON + 1e6)
    assert found is not None
    assert read_run(str(folder), NOON + 1e6, read_journal) == found

    whole = path.read_text().splitlines(True)
    follower = Follower([str(folder)])
    for number in range(1, len(whole) + 1):
        path.write_text("".join(whole[:number]))
        followed = follower.look(NOON + 1e6)
    assert followed == found
    return found


MISSING = {"marks": ["missing"]}


@pytest.mark.parametrize("has_ended", [True, False])
def test_a_sensor_that_stops_reading(tmp_path: Path, has_ended: bool) -> None:
    """Read for 2 of 6 s at 450 W: 6 s x 450 W = 0.00075 kWh, 0.00025 of them read; 0.15 more that no sensor sees."""
    lines = [sample(1, 1), sample(2, 2), sample(6, 2, **MISSING), end(6, 2, unknown=2 / 3)]
    run = shown(tmp_path, lines if has_ended else lines[:-1], 6)

    assert (run.coverage, run.basis, run.is_complete) == ("measured 2 of 6 s", "mixed", False)
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * 0.00075)
    assert [(gap.started - NOON, gap.seconds, gap.reason) for gap in run.gaps] == [(2.0, 4.0, "unmeasured")]


def test_silence_is_counted_once_beside_its_gap(tmp_path: Path) -> None:
    """The meter states 17.5 of the 18 s itself; what is left is negligible."""
    gap = line(20, type="gap", from_mono=MONO + 2.5, to_mono=MONO + 20, seconds=17.5, reason="unmeasured")
    run = shown(tmp_path, [sample(1, 1), sample(2, 2), gap, sample(20, 2, **MISSING), end(20, 2, unknown=0.875)], 20)
    assert [item.seconds for item in run.gaps] == [17.5]
    assert run.unmetered_seconds == 17.5


def test_silence_after_readings_that_were_not_written(tmp_path: Path) -> None:
    """After a minute a sample is written each 10 s: read until 76 of 80 s, by the meter's own account."""
    run = shown(tmp_path, [sample(60, 60), sample(70, 70), sample(80, 76, **MISSING), end(80, 76, unknown=0.05)], 80)
    assert run.unmetered_seconds == pytest.approx(4.0)
    assert [gap.reason for gap in run.gaps] == ["unmeasured"]


def test_a_reading_that_fails_on_the_way_loses_nothing(tmp_path: Path) -> None:
    """A counter has counted on."""
    run = shown(tmp_path, [sample(1, 1), sample(4, 4, **MISSING), sample(6, 6), end(6, 6, unknown=0.0)], 6)
    assert (run.coverage, run.basis, run.is_complete, run.gaps) == ("", "measured", True, ())


def test_a_meter_that_is_killed_before_the_run_ends(tmp_path: Path) -> None:
    """Two of 3.5 s; a run that goes on is given the time until the next sample."""
    lines = [sample(1, 1), sample(2, 2)]
    assert shown(tmp_path / "over", lines, 3.5).coverage == "measured 2 of 3.5 s"
    assert shown(tmp_path / "open", lines, None).coverage == ""


def test_the_part_of_a_silent_run(tmp_path: Path) -> None:
    """From 1 to 5 s one second was read."""
    shown(tmp_path, [sample(1, 1), sample(2, 2), sample(6, 2, **MISSING), end(6, 2, unknown=2 / 3)], 6)
    part = slice_session(str(tmp_path), "s1", 1.0, 5.0, {}, UNKNOWN_SITE)
    assert part is not None
    assert (part.coverage, part.basis, part.is_complete) == ("measured 1 of 4 s", "mixed", False)
    assert part.it_energy_kwh is not None
    assert part.it_energy_kwh.best == pytest.approx(ALONE * 4 * 450 / W_SECONDS_PER_KWH)


@pytest.mark.parametrize("has_ended", [True, False])
def test_a_component_that_falls_out(tmp_path: Path, has_ended: bool) -> None:
    """Accelerators for 5 of 20 s: those 0.0005 kWh are a quarter, the host's 90 W x 20 s are 0.0005 kWh."""
    lines = [sample(at, min(at, 5), at, gpu_w=360 if at <= 5 else None) for at in range(1, 21)]
    run = shown(tmp_path, [*lines, end(20, 5, 20, gpu_w=None, unknown=0.25)] if has_ended else lines, 20)

    assert run.nodes[0].unread_seconds == {"gpu": 15.0}
    assert (run.basis, run.is_complete, run.nodes[0].unmeasured) == ("mixed", False, ("gpu",))
    part = slice_session(str(tmp_path), "s1", 3.0, 10.0, {}, UNKNOWN_SITE)
    assert part is not None
    assert (part.nodes[0].unread_seconds, part.is_complete) == ({"gpu": 5.0}, False)
    before = slice_session(str(tmp_path), "s1", 1.0, 4.0, {}, UNKNOWN_SITE)
    assert before is not None
    assert (before.nodes[0].unread_seconds, before.basis) == ({"gpu": 0.0}, "measured")


def test_a_component_that_falls_out_and_comes_back(tmp_path: Path) -> None:
    """Twice, for 3 and 2 of 20 s: 5 s, a twelfth of the three components' time."""
    out = {4, 5, 6, 11, 12}
    lines = [
        sample(at, at - sum(each <= at for each in out), at, gpu_w=None if at in out else 360) for at in range(1, 21)
    ]
    run = shown(tmp_path, [*lines, end(20, 15, 20, unknown=1 / 12)], 20)
    assert run.nodes[0].unread_seconds == {"gpu": 5.0}
    assert (run.basis, run.is_complete) == ("mixed", False)


def test_a_component_that_draws_nothing_is_read(tmp_path: Path) -> None:
    """Its energy does not grow, its power is 0 and not absent."""
    lines = [sample(at, min(at, 5), at, gpu_w=360 if at <= 5 else 0.0) for at in range(1, 21)]
    run = shown(tmp_path, [*lines, end(20, 5, 20, gpu_w=0.0, unknown=0.0)], 20)
    assert (run.basis, run.is_complete, run.nodes[0].unread_seconds) == ("measured", True, {})


def test_one_board_of_two_is_mixed(tmp_path: Path) -> None:
    """A sensor read a part of what does the work."""
    boards = ({**UNHEARD, "id": "GPU-0"}, {**UNHEARD, "id": "GPU-1", "quality": "unknown"})
    run = shown(tmp_path, [sample(1, 1), end(6, 6, unknown=1 / 6)], 6, (*boards, *PARTS[1:]))
    assert (run.basis, run.is_complete) == ("mixed", False)


def test_what_is_modelled_was_not_measured(tmp_path: Path) -> None:
    """A CPU by its load, for 2 of 6 h, of which the meter states 4 h as a gap."""
    gap = line(21600, type="gap", from_mono=MONO + 7200, to_mono=MONO + 21600, seconds=14400.0, reason="unmeasured")
    lines = [reading(7200, 7200, None, 0.1), gap, stopped(21600, 21600, None, 0.1)]
    run = shown(tmp_path, lines, 21600, ({**CPU, "name": "Unheard CPU"},))
    assert (run.basis, run.coverage) == ("estimated", "modelled 2 of 6 h")


def test_times_in_few_words(tmp_path: Path) -> None:
    """Without a smaller unit that is zero."""
    gap = line(3600, type="gap", from_mono=MONO + 3060, to_mono=MONO + 3600, seconds=540.0, reason="unmeasured")
    run = shown(tmp_path, [sample(3060, 3060), gap, end(3600, 3060, unknown=0.15)], 3600)
    assert run.coverage == "measured 51 min of 1 h"
