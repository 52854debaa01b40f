"""Energies that no hardware like that of the record can have drawn: left out, counted and flagged when it is read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from journals_by_hand import ALONE, CPU, GPU, MONO, NOON, Record, ended, line, meter, reading, tracker

from greentrain import Run
from greentrain.history import read_run
from greentrain.journal import read_journal

PARTS = (GPU, {**CPU, "quality": "measured"}, {**CPU, "component": "memory", "name": "", "quality": "modelled"})
W_SECONDS_PER_KWH = 3.6e6


def sample(seconds: float, more_kwh: Record | None = None, **more: object) -> str:
    """Write a sample: 240 W of a V100, 60 W of the CPU and 9 W of memory since the start, and what was added to it."""
    watts = {"gpu": 240.0, "cpu": 60.0, "memory": 9.0}
    energy = {name: each * seconds / W_SECONDS_PER_KWH for name, each in watts.items()}
    energy |= {name: energy[name] + kwh for name, kwh in (more_kwh or {}).items()}
    return reading(seconds, seconds, None, energy_kwh=energy, power_w=watts, **more)


def run_of(folder: Path, lines: list[str], start: Record | None = None) -> Run:
    """Read the run of a minute, as the history does and in full, which gives the same."""
    tracker(folder, lines=[ended(60)])
    path = meter(folder, components=PARTS, lines=[*lines])
    if start:
        first = line(0, type="start", session="s1", run_pid=100, pid=101, components=[*PARTS], lag_seconds=0.0, **start)
        path.write_text("".join([first, *lines]))
    run = read_run(str(folder), NOON + 1e6)
    assert run is not None
    assert run == read_run(str(folder), NOON + 1e6, read_journal)
    return run


def end(seconds: float, more_kwh: Record | None = None, **more: object) -> str:
    """Write the end of the meter's journal."""
    return sample(seconds, more_kwh, type="end", why="stopped", quality={"unknown_share": 0.0}, **more)


def test_a_plausible_run_has_no_flag(tmp_path: Path) -> None:
    """240 + 60 + 9 W for a minute."""
    run = run_of(tmp_path, [sample(30), end(60)])
    assert (run.flags, run.is_complete) == ((), True)
    assert sum(kwh or 0 for kwh in run.energy_kwh.values()) == pytest.approx(309 * 60 / W_SECONDS_PER_KWH)


@pytest.mark.parametrize(
    ("name", "more_kwh"),
    [
        ("gpu", 0.02),  # 2,640 W on average over half a minute; twice a V100's 300 W is its limit
        ("cpu", 0.05),  # 6 kW; two sockets of five times 225 W are 2.25
        ("memory", 0.776),
        ("memory", 1e6),
        ("gpu", -5.0),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_reading_beyond_the_hardware_in_an_old_journal(
    tmp_path: Path, name: str, more_kwh: float, place: int
) -> None:
    """In a sample, the next record makes up for it; in the last record, its half minute is filled at the mean power."""
    added: list[Record | None] = [None, None]
    added[place] = {name: more_kwh}
    run = run_of(tmp_path, [sample(30, added[0]), end(60, added[1])])
    whole = run_of(tmp_path / "whole", [sample(30), end(60)])

    assert run.flags[:1] == ("implausible_power",)
    assert "implausible readings are left out" in run.energy_text
    assert "far-away: 1 reading is left out: below zero, or beyond what the hardware can draw." in run.notes
    part = 1.0 if place == 0 else 0.5
    assert run.energy_kwh[name] == pytest.approx(part * (whole.energy_kwh[name] or 0.0))
    if name != "memory" or place == 0:
        assert run.it_energy_kwh is not None
        assert whole.it_energy_kwh is not None
        assert run.it_energy_kwh.best == pytest.approx(whole.it_energy_kwh.best)


def test_the_meters_own_ceilings_count(tmp_path: Path) -> None:
    """It knew its computer: 300 W of a CPU are beyond the 200 W of a slice, though not beyond a whole chip."""
    stated = {"ceilings_w": {"cpu": 200.0}}
    run = run_of(tmp_path, [sample(30), end(60, {"cpu": 240 * 30 / W_SECONDS_PER_KWH})], stated)
    assert (run.flags, run.nodes[0].unread_seconds) == (("implausible_power",), {"cpu": 30.0})


def test_what_the_meter_left_out_is_stated_and_filled_once(tmp_path: Path) -> None:
    """It read no CPU for 20 of 60 s: 40 s are in the sum, and the CPU is filled to 1.5 times that."""
    left = {"left_out": 3, "unread_seconds": {"cpu": 20.0}, "marks": ["clamped"]}
    missing = {"cpu": -60 * 20 / W_SECONDS_PER_KWH}
    without = {"power_w": {"gpu": 240.0, "memory": 9.0}}
    lines = [sample(20), line(40, type="sample", elapsed_seconds=40.0, energy_kwh=energies(40, 20), **without, **left)]
    run = run_of(tmp_path, [*lines, end(60, missing, **left)])

    assert (run.flags, run.nodes[0].unread_seconds) == (("implausible_power",), {"cpu": 20.0})
    assert run.energy_kwh["cpu"] == pytest.approx(60 * 40 / W_SECONDS_PER_KWH)


def energies(seconds: float, cpu_seconds: float) -> Record:
    """Return the energies of the sample at a moment, the CPU's of fewer seconds. [kWh]"""
    return {"gpu": 240 * seconds / W_SECONDS_PER_KWH, "cpu": 60 * cpu_seconds / W_SECONDS_PER_KWH,
            "memory": 9 * seconds / W_SECONDS_PER_KWH}  # fmt: skip


@pytest.mark.parametrize("of_reading", [lambda kwh: kwh * 1e6, lambda kwh: -kwh, lambda kwh: -5.0])
def test_a_component_without_a_plausible_reading_is_not_known(
    tmp_path: Path, of_reading: Callable[[float], float]
) -> None:
    """It is None and not 0, though the sample at the end and the record of the end show the same twice."""

    def odd(seconds: float, **more: object) -> str:
        energy = energies(seconds, seconds)
        return sample(seconds, {"memory": of_reading(energy["memory"]) - energy["memory"]}, **more)

    run = run_of(tmp_path, [odd(30), odd(60), odd(60, type="end", why="stopped")])
    assert (run.energy_kwh["memory"], run.flags, run.is_complete) == (None, ("implausible_power",), False)
    assert run.energy_kwh["cpu"] == pytest.approx(60 * 60 / W_SECONDS_PER_KWH)


def test_a_memory_that_nobody_read_is_estimated(tmp_path: Path) -> None:
    """16 GB at 0.3725 W for an hour are 0.00596 kWh; 0.1 kWh of the CPU are read, and 15 % is added for the rest."""
    tracker(tmp_path, lines=[ended(3600)])
    seen = {"cpu": "AMD EPYC 7742", "cpu_cores": 64, "memory_gb": 16.0}
    lines = [reading(1800, 1800, None, 0.05), reading(3600, 3600, None, 0.1, type="end", why="stopped")]
    meter(tmp_path, components=[{**CPU, "quality": "measured"}], computer=seen, lines=lines)
    run = read_run(str(tmp_path), NOON + 1e6)

    assert run is not None
    assert run.energy_kwh["memory"] is None
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(ALONE * (0.1 + 16 * 0.3725 / 1000))
    assert "at least" not in run.energy_text
    assert "The memory was not measured: its part is the estimate's." in run.reconciliation.reasons


NEVER = 1e18
DAY_SECONDS = 86_400.0


@pytest.mark.parametrize(
    ("kind", "place", "odd"),
    [
        ("meter", 0, {"t": "1970-01-01T00:00:00.000Z"}),
        ("meter", 1, {"elapsed_seconds": NEVER}),
        ("meter", 2, {"elapsed_seconds": NEVER}),
        ("meter", 2, {"elapsed_seconds": 2 * DAY_SECONDS}),
        ("meter", 2, {"t": "2126-01-01T00:00:00.000Z"}),
        ("tracker", 0, {"t": "1970-01-01T00:00:00.000Z"}),
        ("tracker", 0, {"mono": NEVER}),
        ("tracker", 0, {"mono": -DAY_SECONDS}),
        ("tracker", 1, {"mono": NEVER}),
        ("tracker", 1, {"t": "2126-01-01T00:00:00.000Z"}),
    ],
)
def test_times_of_an_old_journal_that_cannot_be(tmp_path: Path, kind: str, place: int, odd: Record) -> None:
    """A reading without its time is filled, what the run used stays as it is, and the record is flagged."""
    whole = run_of(tmp_path, [sample(30), end(60)])
    (path,) = tmp_path.glob(f"*.{kind}.jsonl")
    lines = path.read_text().splitlines()
    lines[place] = json.dumps(json.loads(lines[place]) | odd)
    path.write_text("\n".join(lines) + "\n")
    run = read_run(str(tmp_path), NOON + 1e6)

    assert run is not None
    assert run.flags[:1] == ("damaged",)
    assert f"{path.name}: its clocks contradict each other; what cannot be is left out." in run.notes
    assert run.duration_seconds == 60.0
    assert run.it_energy_kwh is not None
    assert whole.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(whole.it_energy_kwh.best)


def test_a_computer_that_slept_has_no_odd_clocks(tmp_path: Path) -> None:
    """The time of day goes on for a night, the other clock does not."""
    tracker(tmp_path, lines=[json.dumps(json.loads(ended(60 + 8 * 3600)) | {"mono": MONO + 60}) + "\n"])
    meter(tmp_path, components=PARTS, lines=[sample(30), end(60)])
    run = read_run(str(tmp_path), NOON + 1e6)

    assert run is not None
    assert (run.flags, run.duration_seconds) == ((), 60.0)
