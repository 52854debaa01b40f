"""From journals to a run: one measurement per node and session, nothing twice, nothing invented."""

import json
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import (
    CPU,
    ELSEWHERE,
    GPU,
    MEMORY,
    MONO,
    NOON,
    PUE,
    SXM,
    ended,
    line,
    meter,
    one_hour,
    reading,
    stopped,
    tracker,
)

from greentrain import Run
from greentrain.estimation import UNKNOWN_SITE
from greentrain.history import read_run, slice_session
from greentrain.journal import read_journal

MEASURED_MEMORY = {**MEMORY, "quality": "modelled"}


def run_of(folder: Path) -> Run:
    """Read a run, a long time after it."""
    run = read_run(str(folder), NOON + 1e6)
    assert run is not None
    return run


def test_a_completed_run(tmp_path: Path) -> None:
    """An hour on one node: what was stated, what was read, how it ended."""
    run = run_of(one_hour(tmp_path / "20251122T120000Z-1a2b3c"))

    assert (run.id, run.name, run.project, run.status) == ("20251122T120000Z-1a2b3c", "bert", "nlp", "completed")
    assert (run.started, run.ended, run.duration_seconds) == (NOON, NOON + 3600, 3600)
    assert run.energy_kwh == {"gpu": 2.0, "cpu": 0.5, "memory": None}
    assert (run.hosts, run.ranks, run.location, run.year) == ((ELSEWHERE,), 1, "FR", 2024)
    assert run.hardware == "8 x Tesla V100-SXM2-32GB"
    known = {name: run.footprint.inputs[name] for name in ("pue", "grid_intensity")}
    assert {name: (item.basis, item.source) for name, item in known.items()} == {
        "pue": ("default", "uptime_2025"),
        "grid_intensity": ("published", "ember"),
    }
    assert (run.basis, run.footprint.scope) == ("measured", "facility")
    assert (run.gaps, run.notes, run.command) == ((), (), ("train.py",))


def test_the_interval_of_a_measurement(tmp_path: Path) -> None:
    """GPU 2 kWh within 5 %, modelled CPU 0.5 kWh within a factor of two, 0.19 of both, PUE 1.2, grid 100 g/kWh."""
    run = run_of(one_hour(tmp_path))
    low, high = sqrt(0.1**2 + 0.25**2), sqrt(0.1**2 + 0.5**2)
    below = sqrt(log(2.5 / (2.5 - low)) ** 2 + log(1.19 / 1.10) ** 2)
    above = sqrt(log((2.5 + high) / 2.5) ** 2 + log(1.30 / 1.19) ** 2)
    down, up = sqrt(below**2 + log(1.2 / 1.1) ** 2), sqrt(above**2 + log(1.4 / 1.2) ** 2)
    it_kwh, kwh, kg = 2.5 * SXM, 3.0 * SXM, 0.3 * SXM

    assert run.it_energy_kwh == pytest.approx((it_kwh * exp(-below), it_kwh, it_kwh * exp(above)))
    assert run.facility_energy_kwh == pytest.approx((kwh * exp(-down), kwh, kwh * exp(up)))
    assert run.operational_kg is not None
    assert run.operational_kg.best == pytest.approx(kg)
    assert run.operational_kg.low == pytest.approx(kg * exp(-sqrt(down**2 + log(100 / 80) ** 2)))
    assert run.operational_kg.high == pytest.approx(kg * exp(sqrt(up**2 + log(130 / 100) ** 2)))


def test_a_component_that_was_not_measured_makes_the_run_incomplete(tmp_path: Path) -> None:
    """None is not 0: the sum is marked as one of a part."""
    run = run_of(one_hour(tmp_path))
    assert run.nodes[0].unmeasured == ("memory",)
    assert run.nodes[0].quality == {"gpu": "measured", "cpu": "modelled", "memory": "unknown"}
    assert run.is_complete is False


def test_a_measured_zero_is_zero(tmp_path: Path) -> None:
    """No division by it."""
    tracker(tmp_path, lines=[ended(3600)])
    meter(tmp_path, components=[CPU], lines=[stopped(3600, 3600, None, 0.0)])
    run = run_of(tmp_path)
    assert run.energy_kwh == {"gpu": None, "cpu": 0.0, "memory": None}
    assert run.it_energy_kwh == run.facility_energy_kwh == run.operational_kg == (0, 0, 0)


def test_a_run_without_a_meter(tmp_path: Path) -> None:
    """Nothing was measured, and a note states that."""
    tracker(tmp_path, lines=[ended(60)])
    run = run_of(tmp_path)

    assert (run.status, run.duration_seconds) == ("completed", 60)
    assert run.energy_kwh == {"gpu": None, "cpu": None, "memory": None}
    assert run.it_energy_kwh is run.facility_energy_kwh is run.operational_kg is None
    assert run.notes == (f"{ELSEWHERE}: no meter wrote anything; nothing was measured.",)


def test_a_run_that_states_no_grid(tmp_path: Path) -> None:
    """Of hardware that no table knows only the computers' energy is known; PUE alone gives no emissions."""
    tracker(tmp_path, lines=[ended(3600)], grid_intensity={})
    meter(tmp_path, components=[{**GPU, "name": "Unheard accelerator"}], lines=[stopped(3600, 3600, 2.0)])
    run = run_of(tmp_path)
    assert run.it_energy_kwh is not None
    assert run.facility_energy_kwh is run.operational_kg is None
    assert run.footprint.scope == "node"
    assert run.notes[-1].startswith("Neither PUE nor carbon intensity of the place is known")


def test_a_run_that_states_no_grid_takes_the_factors_of_its_estimate(tmp_path: Path) -> None:
    """1.19 x 2.5 kWh at the PUE and grid that the estimate of the same run has, and a note that states it."""
    run = run_of(one_hour(tmp_path, grid_intensity={}, estimate_inputs={"location": "FR", "year": 2024}))
    assert run.estimate is not None
    assert run.facility_energy_kwh is not None
    assert run.footprint.grid == run.estimate.grid
    assert run.facility_energy_kwh.best == pytest.approx(SXM * 2.5 * run.estimate.inputs["pue"].value.best)


def test_a_killed_run_counts_to_its_last_sample(tmp_path: Path) -> None:
    """SIGKILL, and the meter too: what was read is kept, the rest is a gap."""
    tracker(tmp_path, lines=[line(100, type="log", values={"step": 1})])
    meter(tmp_path, lines=[reading(50, 50, 0.01, 0.002), reading(60, 60, 0.012, 0.003)])
    run = run_of(tmp_path)

    assert run.status == "killed"
    assert run.energy_kwh["gpu"] == 0.012
    assert run.duration_seconds == 100
    assert run.gaps == ((ELSEWHERE, NOON + 60, 40.0, "unmeasured"),)


def test_two_nodes_add_up_once(tmp_path: Path) -> None:
    """Same hour, two meters: energies add, time does not; each rank's logs count once."""
    for place, host in enumerate(("a", "b")):
        stated = [line(5, type="log", values={"loss": 1.0}), ended(3600)]
        tracker(tmp_path, host=host, session=host, ranks={"rank": 8 * place}, lines=stated)
        meter(tmp_path, host=host, session=host, lines=[stopped(3600, 3600, 2.0 + place, 0.5)])
    run = run_of(tmp_path)

    assert run.hosts == ("a", "b")
    assert run.energy_kwh == {"gpu": 5.0, "cpu": 1.0, "memory": None}
    assert (run.duration_seconds, run.gaps, len(run.logs)) == (3600, (), 1)
    # 5 kWh of GPUs whose sensors err alike, 1 kWh of CPUs, and 0.10 to 0.30 of both
    below = sqrt(log(6 / (6 - sqrt(0.25**2 + 0.5**2))) ** 2 + log(1.19 / 1.10) ** 2)
    above = sqrt(log((6 + sqrt(0.25**2 + 1.0**2)) / 6) ** 2 + log(1.30 / 1.19) ** 2)
    assert run.it_energy_kwh == pytest.approx((6 * SXM * exp(-below), 6 * SXM, 6 * SXM * exp(above)))


def test_joined_ranks_have_no_energy_of_their_own(tmp_path: Path) -> None:
    """Four ranks on one node are one measurement, also where they have sessions of their own."""
    one_hour(tmp_path)
    for rank in (1, 2, 3):
        tracker(tmp_path, pid=100 + rank, session=f"r{rank}", role="joined", ranks={"rank": rank}, lines=[ended(3599)])
    run = run_of(tmp_path)

    assert (len(run.nodes), run.ranks) == (1, 4)
    assert run.energy_kwh["gpu"] == 2.0


def test_ranks_without_their_meter_are_stated(tmp_path: Path) -> None:
    """Before the rank that starts it came, and after it went; a moment is nothing to speak of."""
    tracker(tmp_path, at=10, session="first", lines=[ended(110)], ranks={"rank": 0})
    meter(tmp_path, at=10, session="first", lines=[stopped(110, 100, 0.02, 0.005)])
    tracker(tmp_path, pid=7, session="other", role="joined", lines=[ended(150)], ranks={"rank": 1})
    run = run_of(tmp_path)
    assert [(gap.started - NOON, gap.seconds, gap.reason) for gap in run.gaps] == [
        (0.0, 10.0, "unmeasured"), (110.0, 40.0, "unmeasured")
    ]  # fmt: skip
    assert (run.duration_seconds, run.energy_kwh["gpu"], run.is_complete) == (100.0, 0.02, False)


def test_ranks_that_come_and_go_within_a_moment(tmp_path: Path) -> None:
    """No launcher starts all ranks at once."""
    tracker(tmp_path, at=1, session="first", lines=[ended(110)], ranks={"rank": 0})
    meter(tmp_path, at=1, session="first", lines=[stopped(110, 109, 0.02, 0.005)])
    tracker(tmp_path, pid=7, session="other", role="joined", lines=[ended(112)], ranks={"rank": 1})
    assert run_of(tmp_path).gaps == ()


def test_a_node_whose_meter_never_started_is_named(tmp_path: Path) -> None:
    """Only joined ranks were there."""
    one_hour(tmp_path)
    tracker(tmp_path, host="b", session="r9", role="joined", ranks={"rank": 9}, lines=[ended(3599)])
    run = run_of(tmp_path)
    assert run.notes == ("b: took part, but had no meter; its energy is not in the sum.",)
    assert run.is_complete is False


def test_a_restart_joins_and_its_gap_is_stated(tmp_path: Path) -> None:
    """Preempted after an hour, back ten minutes later: energies add up, the pause is no running time."""
    one_hour(tmp_path, gpu=2.0, cpu=None)
    tracker(tmp_path, at=4200, pid=200, session="s2", name=None, lines=[ended(6000)])
    meter(tmp_path, at=4200, pid=201, session="s2", lines=[stopped(6000, 1800, 1.0, None)])
    run = run_of(tmp_path)

    assert run.energy_kwh == {"gpu": 3.0, "cpu": None, "memory": None}
    assert run.duration_seconds == 5400
    assert run.gaps == (("", NOON + 3600, 600.0, "restart"),)
    assert run.name == "bert"


@pytest.mark.parametrize(
    ("stated", "components", "is_complete"),
    [
        ({}, (CPU, MEASURED_MEMORY), True),
        ({"gpu": "V100"}, (CPU, MEASURED_MEMORY), False),
        ({}, ({**GPU, "quality": "unknown"}, CPU, MEASURED_MEMORY), False),  # it is there, and cannot be read
    ],
)
def test_a_computer_without_accelerators_lacks_none(
    tmp_path: Path, stated: dict[str, str], components: tuple[dict[str, str], ...], is_complete: bool
) -> None:
    """A run on CPUs is complete without an accelerator's energy, unless somebody spoke of one or the meter saw one."""
    tracker(tmp_path, lines=[ended(60)], estimate_inputs=stated)
    energy = {"gpu": None, "cpu": 0.005, "memory": 0.001}
    meter(
        tmp_path,
        components=components,
        lines=[stopped(60, 60, None, 0.005).replace('"memory": null', '"memory": 0.001')],
    )
    run = run_of(tmp_path)
    assert (run.energy_kwh, run.is_complete) == (energy, is_complete)


def test_two_meters_at_once_on_one_node_count_once(tmp_path: Path) -> None:
    """The second began at minute 30, drew 1 kWh an hour, and is counted from minute 60 on."""
    one_hour(tmp_path, gpu=2.0, cpu=0.5)
    tracker(tmp_path, at=1800, pid=200, session="s2", lines=[ended(5400)])
    meter(
        tmp_path, at=1800, pid=201, session="s2", lines=[reading(3000, 1200, 0.4, 0.0), stopped(5400, 3600, 1.0, 0.0)]
    )
    run = run_of(tmp_path)

    # by minute 60 it had reached 0.4 + 0.6 x 600 / 2400 = 0.55
    assert run.energy_kwh["gpu"] == pytest.approx(2.0 + 0.45)
    assert f"{ELSEWHERE}: two meters measured the gpu at once for 1800.0 s; it counts once." in run.notes
    assert run.duration_seconds == 5400


def test_a_meter_that_started_late_is_not_at_once_with_the_next_one(tmp_path: Path) -> None:
    """On a busy computer the first meter needs half a second to start; it counts from the run's start all the same."""
    tracker(tmp_path, lines=[ended(60)])
    meter(tmp_path, lag=0.5, lines=[stopped(60, 60, 0.02, 0.005)])
    tracker(tmp_path, at=60.2, pid=200, session="s2", lines=[ended(120.2)])
    meter(tmp_path, at=60.2, lag=0.04, pid=201, session="s2", lines=[stopped(120.2, 60, 0.01, 0.0025)])
    run = run_of(tmp_path)

    assert run.energy_kwh == {"gpu": 0.03, "cpu": 0.0075, "memory": None}
    assert run.notes == ()


@pytest.mark.parametrize(("early_seconds", "counted"), [(0.004, 0.03), (30.0, 0.025)])
def test_clocks_of_milliseconds_make_no_overlap(tmp_path: Path, early_seconds: float, counted: float) -> None:
    """A session that follows the one before at once begins a few milliseconds early by the journals' clocks."""
    tracker(tmp_path, lines=[ended(60)])
    meter(tmp_path, lines=[stopped(60, 60, 0.02)])
    start = 60 - early_seconds
    tracker(tmp_path, at=start, pid=200, session="s2", lines=[ended(start + 60)])
    meter(tmp_path, at=start, pid=201, session="s2", lines=[stopped(start + 60, 60, 0.01)])
    assert run_of(tmp_path).energy_kwh["gpu"] == pytest.approx(counted)


def test_two_meters_at_once_on_different_devices_both_count(tmp_path: Path) -> None:
    """Their GPUs have different ids; the CPU is one and counts once."""
    one_hour(tmp_path, gpu=2.0, cpu=0.5)
    tracker(tmp_path, pid=200, session="s2", lines=[ended(3600)])
    other = {**GPU, "id": "GPU-8"}
    meter(tmp_path, pid=201, session="s2", components=(other, CPU), lines=[stopped(3600, 3600, 0.5, 0.5)])
    run = run_of(tmp_path)

    assert run.energy_kwh == {"gpu": 2.5, "cpu": 0.5, "memory": None}
    assert run.hardware == "9 x Tesla V100-SXM2-32GB"


PROCESSES = {"cpu": "processes", "memory": "processes"}


@pytest.mark.parametrize(
    ("first", "second", "counted"),
    [
        # Each counted its own processes: 0.5 + 0.5. GPU-1 was read twice.
        ((False, PROCESSES), (False, PROCESSES), {"gpu": 0.2, "cpu": 1.0}),
        # They knew of each other, so nothing of what the one counted is in the other's: 0.2 + 0.2 as well.
        ((True, {"gpu": "equal", **PROCESSES}), (True, {"gpu": "equal", **PROCESSES}), {"gpu": 0.4, "cpu": 1.0}),
        ((True, {"cpu": "job"}), (True, PROCESSES), {"gpu": 0.2, "cpu": 1.0}),
        # Both counted all that one job used, or the whole computer: once.
        ((False, {"cpu": "job"}), (False, {"cpu": "job"}), {"gpu": 0.2, "cpu": 0.5}),
        ((False, {"cpu": "job"}), (False, PROCESSES), {"gpu": 0.2, "cpu": 0.5}),
        ((False, {}), (False, {}), {"gpu": 0.2, "cpu": 0.5}),
        ((True, {}), (True, {}), {"gpu": 0.2, "cpu": 0.5}),
        # The one knew of the other and left its part; the other knew of none.
        ((True, {"cpu": "job"}), (False, PROCESSES), {"gpu": 0.2, "cpu": 0.5}),
    ],
)
def test_only_what_was_read_twice_counts_once(
    tmp_path: Path, first: tuple[bool, Any], second: tuple[bool, Any], counted: dict[str, float]
) -> None:
    """Two meters of one run at once on one computer, 0.2 kWh of GPU-1 and 0.5 kWh of the CPU each."""
    for number, (known, methods) in enumerate((first, second)):
        tracker(tmp_path, pid=200 + number, session=f"s{number}", lines=[ended(3600)])
        end = stopped(3600, 3600, 0.2, 0.5)
        end = json.dumps({**json.loads(end), "share_method": methods}) + "\n"
        facts = {"session": f"s{number}", "pid": 300 + number, "components": (GPU, CPU), "is_shared_out": known}
        meter(tmp_path, **facts, lines=[end])
    run = run_of(tmp_path)

    assert run.energy_kwh == {**counted, "memory": None}
    assert [node.meter.get("share_method", {}) for node in run.nodes] == [first[1], second[1]]


def test_a_clock_that_was_set_back_does_not_make_two_sessions_one(tmp_path: Path) -> None:
    """Within one boot the monotonic clock shows that they follow each other; the wall clock jumped a minute."""
    one_hour(tmp_path, gpu=2.0, cpu=None)
    tracker(
        tmp_path, at=3600, pid=200, session="s2", lines=[line(7140, type="end", status="completed", mono=MONO + 7200)]
    )
    path = meter(tmp_path, at=3540, pid=201, session="s2", lines=[stopped(7140, 3600, 1.0)])
    path.write_text(path.read_text().replace(f'"mono": {MONO + 3540}', f'"mono": {MONO + 3600}'))

    assert run_of(tmp_path).energy_kwh["gpu"] == 3.0


def test_each_session_has_its_own_pue_and_grid(tmp_path: Path) -> None:
    """An hour in France, an hour elsewhere: 2 kWh x 1.2 x 100 g + 1 kWh x 1 x 500 g."""
    exact = {"low": 1.0, "best": 1.0, "high": 1.0}
    grid = {"low": 500.0, "best": 500.0, "high": 500.0}
    unheard = [{**GPU, "name": "Unheard accelerator"}]
    tracker(tmp_path, lines=[ended(3600)])
    meter(tmp_path, components=unheard, lines=[stopped(3600, 3600, 2.0)])
    tracker(tmp_path, at=3600, host="b", session="s2", lines=[ended(7200)], pue=exact, grid_intensity=grid)
    meter(tmp_path, at=3600, host="b", session="s2", components=unheard, lines=[stopped(7200, 3600, 1.0)])
    run = run_of(tmp_path)

    assert run.facility_energy_kwh is not None
    assert run.operational_kg is not None
    assert run.facility_energy_kwh.best == pytest.approx(3.4)
    assert run.operational_kg.best == pytest.approx(0.74)


def test_torn_and_damaged_lines(tmp_path: Path) -> None:
    """They are left out and counted; the torn last one is dropped without a note."""
    tracker(tmp_path, lines=["garbage\n", "\x00\x00\n", '{"v": 9, "type": "log"}\n', ended(3600), '{"v": 1, "ty'])
    run = run_of(tmp_path)
    name = f"{ELSEWHERE}.100.s10000.tracker.jsonl"

    assert run.status == "completed"
    assert run.notes[:2] == (
        f"{name}: 1 lines are of a newer greentrain and are left out.",
        f"{name}: 2 damaged lines are left out.",
    )


def test_fields_of_the_wrong_kind_count_as_absent(tmp_path: Path) -> None:
    """Whatever is in a file, reading it does not fail."""
    wrong: dict[str, object] = {
        "name": 7, "project": ["x"], "pid_started": "1", "ranks": 3, "argv": "x", "location": {}, "year": "2024",
        "pue": {"low": 3, "best": 2, "high": 1}, "grid_intensity": [], "estimate_inputs": "gpu", "budget": 5,
        "interval_seconds": "fast", "total_steps": 1e300, "versions": None,
    }  # fmt: skip
    tracker(tmp_path, lines=[line(1, type="log", values=[1]), line(2, type="span_start"), ended(60)], **wrong)
    meter(tmp_path, components=[], lines=[reading(9, -5, 1.0), line(10, type="sample", energy_kwh={"gpu": "x"}),
                                          line(11, type="gap"), line(12, type="component")])  # fmt: skip
    run = run_of(tmp_path)

    assert (run.name, run.project, run.location, run.year, run.budget) == (None, None, None, None, None)
    assert (run.hosts, run.pue, run.g_per_kwh, run.estimate_inputs) == ((ELSEWHERE,), None, None, {})
    assert run.energy_kwh == {"gpu": None, "cpu": None, "memory": None}
    assert run.to_dict()["estimate"] is None


def test_readings_never_run_backwards(tmp_path: Path) -> None:
    """A counter that was reset keeps what had been reached."""
    tracker(tmp_path, lines=[ended(30)])
    meter(tmp_path, lines=[reading(10, 10, 0.005), reading(20, 20, 0.001), stopped(30, 30, 0.002)])
    assert run_of(tmp_path).energy_kwh["gpu"] == 0.005


def test_a_component_that_was_lost_on_the_way(tmp_path: Path) -> None:
    """Its energy up to then counts, and a note states why it is not whole."""
    tracker(tmp_path, lines=[ended(30)])
    lost = line(15, type="component", component="gpu", quality="unknown", reason="nvidia-smi hangs")
    meter(tmp_path, components=[GPU], lines=[reading(10, 10, 0.0005), lost, stopped(30, 30, 0.0005)])
    run = run_of(tmp_path)

    assert run.energy_kwh["gpu"] == 0.0005
    assert (run.nodes[0].quality["gpu"], run.nodes[0].unmeasured) == ("measured", ("gpu", "cpu", "memory"))
    assert run.nodes[0].unread_seconds == {"gpu": 20.0}
    part = slice_session(str(tmp_path), "s1", 5.0, 25.0, {}, UNKNOWN_SITE)
    assert part is not None
    assert part.nodes[0].unread_seconds == {"gpu": 15.0}
    assert run.notes == (f"{ELSEWHERE}: gpu became unknown during the run: nvidia-smi hangs.",)


def test_devices_that_the_meter_finds_later(tmp_path: Path) -> None:
    """They replace a place-holder in the first record."""
    tracker(tmp_path, lines=[ended(30)])
    found = [line(2, type="component", **{**GPU, "id": f"GPU-{number}"}) for number in (1, 2)]
    unknown = {**GPU, "id": "", "name": "", "quality": "unknown"}
    meter(tmp_path, components=[unknown, MEMORY], lines=[*found, stopped(30, 30, 0.005)])
    run = run_of(tmp_path)

    assert [part.id for part in run.nodes[0].components if part.component == "gpu"] == ["GPU-1", "GPU-2"]
    assert (run.nodes[0].quality["gpu"], run.hardware) == ("measured", "2 x Tesla V100-SXM2-32GB")


def test_gaps_of_a_meter_are_handed_on(tmp_path: Path) -> None:
    """With their moment by the wall clock."""
    tracker(tmp_path, lines=[ended(300)])
    gap = line(250, type="gap", from_mono=MONO + 100, to_mono=MONO + 220, seconds=120.0, reason="suspended")
    meter(tmp_path, lines=[gap, stopped(300, 300, 0.05)])
    assert run_of(tmp_path).gaps == ((ELSEWHERE, NOON + 100, 120.0, "suspended"),)


def test_spans_and_logs(tmp_path: Path) -> None:
    """Spans by number, open ones without an end; values that are no numbers are left out."""
    stated = [
        line(1, type="span_start", span=1, parent=None, name="epoch", attributes={"epoch": 0}),
        line(2, type="span_start", span=2, parent=1, name="eval", attributes={}),
        line(3, type="log", values={"loss": 0.5, "note": "x", "nan": None}),
        line(4, type="span_end", span=2, error="ValueError"),
    ]
    tracker(tmp_path, lines=stated)
    run = run_of(tmp_path)

    assert [(span.name, span.parent, span.seconds, span.error) for span in run.spans] == [
        ("epoch", None, None, None),
        ("eval", 1, 2.0, "ValueError"),
    ]
    assert run.spans[0].attributes == {"epoch": 0}
    assert [(log.number, log.moment, log.values) for log in run.logs] == [(0, NOON + 3, {"loss": 0.5})]


def test_warnings_of_the_run_become_notes(tmp_path: Path) -> None:
    """Warnings of the tracker stay with the run."""
    tracker(tmp_path, lines=[line(1, type="warning", message="the home cannot be written"), ended(2)])
    assert run_of(tmp_path).notes[-1] == "the home cannot be written"


@pytest.mark.parametrize(
    "name", ["a, b", 'say "hi"', "two\nlines", "=HYPERLINK(1)", "\u8bad\u7ec3", "x" * 10_000, "\x1b[31mred", "a\0b"]
)
def test_names_are_kept_as_they_are(tmp_path: Path, name: str) -> None:
    """Only NUL, which no database holds, is written out."""
    assert run_of(one_hour(tmp_path, name=name)).name == name.replace("\0", "\\x00")


def test_a_folder_without_journals_is_no_run(tmp_path: Path) -> None:
    """Nor is one whose only journal lost its first record."""
    assert read_run(str(tmp_path)) is None
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "h.1.abcdef.tracker.jsonl").write_text(ended(3))
    assert read_run(str(tmp_path)) is None
    assert read_run(str(tmp_path / "missing")) is None


def test_a_killed_run_is_no_surer_of_its_grid_than_a_finished_one(tmp_path: Path) -> None:
    """An hour at a place named by its code, stated by the meter where the training had no time to write more."""
    stated = {"estimate_inputs": {"location": "FR", "year": 2024}, "pue": None, "grid_intensity": None}
    runs = []
    for name, lines in (("finished", [ended(3600)]), ("killed", [])):
        tracker(tmp_path / name, lines=lines, **stated)
        meter(tmp_path / name, lines=[reading(3600, 3600, 2.0, 0.5)])
        runs.append(run_of(tmp_path / name))
    finished, killed = runs
    assert (finished.status, killed.status) == ("completed", "killed")
    assert killed.g_per_kwh == finished.g_per_kwh
    assert killed.operational_kg == finished.operational_kg


def test_a_run_is_the_same_whether_or_not_all_its_samples_are_read(tmp_path: Path) -> None:
    """Gaps, a component that is lost, a session after another, a kill: only what no sum needs is left out."""
    samples = [reading(10.0 * number, 10.0 * number, 0.001 * number, 0.0001 * number) for number in range(1, 30)]
    gap = line(150, type="gap", from_mono=MONO + 100, to_mono=MONO + 140, seconds=40.0, reason="late")
    lost = line(155, type="component", component="cpu", quality="unknown", reason="lost")
    without_cpu = [reading(10.0 * number, 10.0 * number, 0.001 * number) for number in range(16, 30)]
    kinds = {
        "killed": [samples], "ended": [[*samples, stopped(300, 300, 0.03, 0.003)]],
        "gap": [[*samples[:15], gap, *samples[15:]]], "lost": [[*samples[:15], lost, *without_cpu]],
        "again": [samples, samples],
    }  # fmt: skip
    for name, sessions in kinds.items():
        for number, lines in enumerate(sessions):
            stated = {"session": f"s{number}", "at": 100.0 * number}
            compact(tracker(tmp_path / name, pid=100 + number, **stated))
            compact(meter(tmp_path / name, pid=200 + number, lines=lines, **stated))
        place = str(tmp_path / name)
        whole = read_run(place, NOON + 1e6, read_journal)
        assert read_run(place, NOON + 1e6) == whole
        assert whole is not None
        assert whole.energy_kwh["gpu"] is not None


def compact(path: Path) -> None:
    """Write a journal as the program does, without spaces."""
    records = map(json.loads, path.read_text().splitlines())
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))


def test_a_run_in_two_homes_is_one(tmp_path: Path) -> None:
    """One node wrote elsewhere; a copied file counts once."""
    tracker(tmp_path / "one" / "k", host="a", session="a", lines=[ended(60)])
    meter(tmp_path / "one" / "k", host="a", session="a", lines=[stopped(60, 60, 0.01)])
    tracker(tmp_path / "two" / "k", host="b", session="b", lines=[ended(60)])
    copy = meter(tmp_path / "two" / "k", host="b", session="b", lines=[stopped(60, 60, 0.02)])
    (tmp_path / "one" / "k" / copy.name).write_text(copy.read_text())
    run = read_run([str(tmp_path / "one" / "k"), str(tmp_path / "two" / "k")])

    assert run is not None
    assert (run.id, run.energy_kwh["gpu"]) == ("k", 0.03)


def test_a_run_cannot_be_changed(tmp_path: Path) -> None:
    """It states what was."""
    run = run_of(one_hour(tmp_path))
    with pytest.raises(AttributeError, match="Run values are frozen: status cannot be set"):
        run.status = "completed"  # type: ignore[misc]
    assert PUE["best"] == 1.2


def test_what_a_run_used_is_read_from_its_result(tmp_path: Path) -> None:
    """PUE and grid are written when the run ends; they win over those of its start, and end no later than it."""
    used = {"low": 50.0, "best": 50.0, "high": 50.0, "basis": "published", "source": "x"}
    result = line(3700, type="inputs", pue={**PUE, "best": 1.1}, grid_intensity=used)
    tracker(tmp_path, lines=[ended(3600), result])
    meter(tmp_path, lines=[stopped(3600, 3600, 2.0, 0.5)])
    run = run_of(tmp_path)

    assert run.operational_kg is not None
    assert run.operational_kg.best == pytest.approx(SXM * 2.5 * 1.1 * 50 / 1000)
    source = run.footprint.inputs["grid_intensity"].source
    assert (run.duration_seconds, run.ended, source) == (3600, NOON + 3600, "x")


def test_a_killed_run_is_placed_by_what_was_said(tmp_path: Path) -> None:
    """It wrote neither PUE nor grid: the same tables give what the estimate of the run takes."""
    stated = {"gpu": "V100", "count": 8, "location": "FR", "year": 2024, "pue": 1.25}
    tracker(tmp_path, lines=[line(3600, type="log", values={})], pue=None, grid_intensity=None, estimate_inputs=stated)
    meter(tmp_path, lines=[stopped(3600, 3600, 2.0, 0.5)])
    run = run_of(tmp_path)

    assert run.estimate is not None
    inputs = {item.name: item.value for item in run.estimate.inputs}
    assert (run.pue, run.g_per_kwh) == (inputs["pue"], inputs["grid_intensity"])
    assert run.facility_energy_kwh is not None
    assert run.facility_energy_kwh.best == pytest.approx(SXM * 2.5 * 1.25)


def test_a_change_may_list_every_component_anew(tmp_path: Path) -> None:
    """The newest list counts."""
    tracker(tmp_path, lines=[ended(30)])
    everything = [{**GPU, "id": "GPU-7"}, CPU]
    change = line(2, type="component", **{**GPU, "id": "GPU-7"}, components=everything)
    meter(tmp_path, components=[{**GPU, "quality": "unknown"}, MEMORY], lines=[change, stopped(30, 30, 0.0005)])
    assert [part.id for part in run_of(tmp_path).nodes[0].components] == ["GPU-7", ""]


def test_a_wrapper_is_no_rank_of_the_training(tmp_path: Path) -> None:
    """It counts where it is all there is; the steps that the training inside states are the run's."""
    tracker(tmp_path, lines=[ended(60)], wraps=True, argv=["python", "train.py"])
    alone = run_of(tmp_path)
    tracker(tmp_path, pid=200, session="s2", role="joined", argv=["train.py"], total_steps=90, lines=[ended(59)])
    found = run_of(tmp_path)

    assert (alone.ranks, alone.total_steps) == (1, None)
    assert (found.ranks, found.total_steps, found.command) == (1, 90, ("python", "train.py"))


def test_one_damaged_line(tmp_path: Path) -> None:
    """Is one line."""
    path = tracker(tmp_path, lines=["no record\n", ended(60)])
    assert f"{path.name}: 1 damaged line is left out." in run_of(tmp_path).notes


def test_a_board_that_was_not_read_leaves_the_others_incomplete(tmp_path: Path) -> None:
    """Whichever of two boards the meter wrote of last: the energy is of one, and so measured, and not complete."""
    boards = [{**GPU, "id": "GPU-0", "quality": "unknown"}, {**GPU, "id": "GPU-1"}]
    for place, order in enumerate((boards, boards[::-1])):
        folder = tmp_path / str(place)
        tracker(folder, lines=[ended(3600)])
        changes = [line(2, type="component", **board, components=order) for board in order]
        meter(folder, components=[{**GPU, "id": "", "quality": "unknown"}], lines=[*changes, stopped(3600, 3600, 0.25)])
        node = run_of(folder).nodes[0]
        assert (node.quality["gpu"], "gpu" in node.unmeasured) == ("measured", True)


def test_secrets_in_command_lines_of_earlier_versions_are_not_shown(tmp_path: Path) -> None:
    """Greentrain 0.1.0 recorded them as they were typed."""
    tracker(tmp_path, lines=[ended(60)], argv=["t.py", "--token", "HIDE", "x://u:HIDE@h", "API_KEY=HIDE", 5, "--lr=1"])
    run = read_run(str(tmp_path))

    assert run is not None
    assert run.command == ("t.py", "--token", "***", "x://u:***@h", "API_KEY=***", "--lr=1")
    assert "HIDE" not in run.to_json()


def test_a_wrapped_wrapper_is_no_second_rank(tmp_path: Path) -> None:
    """Of four that a launcher started there are four, also where each of them wraps another one."""
    for pid in range(8):
        facts = {"session": f"s{pid}", "role": "joined" if pid % 2 else "main", "wraps": True, "lines": [ended(60)]}
        tracker(tmp_path / "four", pid=pid, ranks={"rank": pid // 2, "local_rank": pid // 2}, **facts)
        if pid < 2:
            tracker(tmp_path / "nested", pid=pid, **facts)
    found = [read_run(str(tmp_path / name)) for name in ("nested", "four")]

    assert [run.ranks for run in found if run is not None] == [1, 4]
