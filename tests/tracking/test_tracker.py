"""The tracker: one run per call and block, one meter per process, the user's own result and exceptions."""

import copy
import json
import os
import pickle
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tracked import ALONE, KWH_PER_SECOND, journals, meter, of_type, replay, tracker

import greentrain
from greentrain import History, Interval
from greentrain.footprint import amounts
from greentrain.tracking.lifecycle import REGISTRY

TrackQuietly = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Folder of the records."""
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """After each test this process is in no run, and shows none to its children."""
    yield
    assert REGISTRY.active is None
    assert "GREENTRAIN_SESSION" not in os.environ


@pytest.fixture
def track(tmp_path: Path, home: Path) -> TrackQuietly:
    """``track`` with a recorded meter of 450 W, PUE 1.5 and 200 g/kWh."""
    defaults = {"home": home, "meter": replay(tmp_path), "pue": 1.5, "grid_intensity": 200, "quiet": True}
    return lambda name=None, **more: greentrain.track(name, **{**defaults, **more})


@pytest.mark.parametrize(
    ("variable", "stated", "recorded"),
    [
        (None, {}, ["t.py", "--api-key=***", "--lr", "1"]),
        ("1", {}, ["t.py", "--api-key=***", "--lr", "1"]),
        ("0", {}, None),
        (" No ", {}, None),
        (None, {"record_command": False}, None),
        ("1", {"record_command": False}, None),
        ("0", {"record_command": True}, ["t.py", "--api-key=***", "--lr", "1"]),
    ],
)
def test_command_lines_are_recorded_without_secrets_or_not_at_all(
    track: TrackQuietly,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    stated: dict[str, bool],
    recorded: list[str] | None,
) -> None:
    """What the run says counts, then the environment; no file of the run holds the secret."""
    monkeypatch.setattr("sys.argv", ["t.py", "--api-key=HIDE", "--lr", "1"])
    if variable is not None:
        monkeypatch.setenv("GREENTRAIN_RECORD_COMMAND", variable)
    with track("t", meter="none", **stated):
        pass
    (run,) = greentrain.History(home).runs()

    assert tracker(home)[0].get("argv") == recorded
    assert run.command == tuple(recorded or ())
    assert [path for path in home.rglob("*.jsonl") if "HIDE" in path.read_text()] == []


def test_a_function_keeps_its_result_and_its_run_is_recorded(track: TrackQuietly, home: Path) -> None:
    """The decorated function returns what it returns; the journal records who ran and how it ended."""

    @track("bert", project="demo", location="FR", year=2024, run_id="a run/1", total_steps=7)
    def train(one: int, *, two: int) -> tuple[int, int]:
        return one, two

    assert train(1, two=2) == (1, 2)
    start, end, _ = tracker(home)
    stated = ("name", "project", "run_id", "location", "year", "role")
    assert [start[key] for key in stated] == ["bert", "demo", "a run/1", "FR", 2024, "main"]
    assert (start["pid"], start["host"], start["total_steps"]) == (os.getpid(), os.uname().nodename, 7)
    assert start["estimate_inputs"] == {"location": "FR", "year": 2024, "grid_intensity": 200, "pue": 1.5}
    ends = {"low": 1.5, "best": 1.5, "high": 1.5}
    assert start["pue"] == {"name": "pue", **ends, "unit": "1", "basis": "given", "source": "user"}
    assert (end["type"], end["status"], end["error"], end["exit_code"]) == ("end", "completed", None, None)
    assert next((home / "runs").iterdir()).name == "a-run-1-" + greentrain_hash("a run/1")


def greentrain_hash(text: str) -> str:
    """Return the digits that tell changed names apart."""
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:8]


@pytest.mark.slow
def test_energy_is_power_times_time_then_pue_then_grid_once(track: TrackQuietly) -> None:
    """450 W for the run's length, and 0.15 of that; facility = IT x 1.5; kg = facility x 0.2; parts in proportion."""
    with track() as run:
        time.sleep(0.6)
    found = run.measurement

    assert found.it_energy_kwh.best == pytest.approx(ALONE * KWH_PER_SECOND * found.duration_seconds, rel=0.02)
    assert found.facility_energy_kwh.best / found.it_energy_kwh.best == pytest.approx(1.5, rel=1e-12)
    assert found.operational_kg.best / found.facility_energy_kwh.best == pytest.approx(0.2, rel=1e-12)
    assert found.energy_kwh["gpu"] / found.energy_kwh["memory"] == pytest.approx(360 / 18, rel=1e-3)
    assert found.it_energy_kwh.best == pytest.approx(ALONE * sum(found.energy_kwh.values()), rel=1e-12)
    for interval in (found.it_energy_kwh, found.facility_energy_kwh, found.operational_kg):
        assert isinstance(interval, Interval)
        assert interval.low < interval.best < interval.high


def test_the_users_exception_passes_as_the_same_object(track: TrackQuietly, home: Path) -> None:
    """Nothing is wrapped or chained; the journal has the type."""
    mine = ValueError("mine")

    @track
    def train() -> None:
        raise mine

    with pytest.raises(ValueError, match=r"^mine$") as caught:
        train()
    assert caught.value is mine
    assert (mine.__cause__, mine.__context__) == (None, None)
    (end,) = of_type(tracker(home), "end")
    assert (end["status"], end["error"]) == ("failed", "ValueError")


@pytest.mark.parametrize(
    ("raised", "status", "error", "code"),
    [
        (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt", None),
        (SystemExit(3), "failed", "SystemExit", 3),
        (SystemExit("text"), "failed", "SystemExit", 1),
        (SystemExit(None), "completed", None, 0),
        (MemoryError(), "failed", "MemoryError", None),
    ],
)
def test_base_exceptions_pass_too(
    raised: BaseException, status: str, error: str | None, code: int | None, track: TrackQuietly, home: Path
) -> None:
    """Ctrl-C and ``sys.exit`` go through unchanged, and the status distinguishes them."""
    with pytest.raises(type(raised)) as caught, track():
        raise raised

    assert caught.value is raised
    (end,) = of_type(tracker(home), "end")
    assert (end["status"], end["error"], end["exit_code"]) == (status, error, code)


def test_spans_have_their_own_clocks_and_share_the_energy(track: TrackQuietly, home: Path) -> None:
    """Spans nest, know their errors, and get energy in proportion to their time at constant power."""
    with track() as run:
        with run.span("epoch", epoch=1):
            time.sleep(0.3)
            with pytest.raises(OSError, match="gone"), run.span("save"):
                raise OSError("gone")
        time.sleep(0.1)
    save, epoch = run.measurement.spans

    assert [(item["name"], item["parent"], item["error"]) for item in (save, epoch)] == [
        ("save", 1, "OSError"),
        ("epoch", None, None),
    ]
    assert epoch["attributes"] == {"epoch": 1}
    assert epoch["it_energy_kwh"] == pytest.approx(KWH_PER_SECOND * epoch["duration_seconds"], rel=0.05)
    assert 0.3 <= epoch["duration_seconds"] < run.measurement.duration_seconds
    assert [record["span"] for record in of_type(tracker(home), "span_start")] == [1, 2]


def test_logged_numbers_are_kept_and_others_refused(track: TrackQuietly, home: Path) -> None:
    """Last value, sum and count of each name; what is no number is named in a warning and changes nothing."""
    with track() as run:
        run.log(loss=0.5, tokens=1000)
        run.log(loss=0.25, tokens=1000)
        with pytest.warns(
            greentrain.GreentrainWarning, match=r"^greentrain: not logged, since they are no numbers: name$"
        ):
            run.log(name="text", loss=0.125)

    assert run.measurement.logs["loss"] == {"last": 0.125, "sum": 0.875, "count": 3}
    assert run.measurement.logs["tokens"] == {"last": 1000, "sum": 2000, "count": 2}
    assert [record["values"] for record in of_type(tracker(home), "log")] == [
        {"loss": 0.5, "tokens": 1000},
        {"loss": 0.25, "tokens": 1000},
        {"loss": 0.125},
    ]


def test_two_blocks_of_one_tracker_are_two_runs(track: TrackQuietly, home: Path) -> None:
    """Each entry has a journal, a meter and a measurement of its own."""
    tracked = track("twice")
    with tracked as first:
        time.sleep(0.2)
    with tracked as second:
        pass

    assert len(journals(home, "tracker")) == 2
    assert first.measurement.duration_seconds >= 0.2 > second.measurement.duration_seconds
    assert tracked.measurement is second.measurement
    assert first.key != second.key


def test_inner_and_recursive_runs_are_spans_of_the_outer(track: TrackQuietly, home: Path) -> None:
    """One meter, one journal; a recursion of depth three is two spans, each inside the other."""

    @track("outer")
    def descend(depth: int) -> int:
        if depth:
            return descend(depth - 1) + 1
        with track("leaf") as leaf:
            time.sleep(0.1)
        assert leaf.role == "span"
        return 0

    assert descend(2) == 2
    starts = of_type(tracker(home), "span_start")
    assert [(start["name"], start["parent"]) for start in starts] == [("outer", None), ("outer", 1), ("leaf", 2)]
    assert meter(home)[-1]["why"] == "stopped"


def of_seconds(seconds: float) -> tuple[float, None, float]:
    """Return the energy of so many seconds, and what a quarter of a second makes of it.

    A loaded machine reads the clock and the meter that far apart at the ends of a slice, and two runs share what the
    meter reads while the first ends.
    """
    return ALONE * KWH_PER_SECOND * seconds, None, ALONE * KWH_PER_SECOND * 0.25


def test_an_inner_run_gets_its_part_of_the_energy(track: TrackQuietly) -> None:
    """Its measurement is the meter's over its own time, never more than the outer's."""
    with track("outer") as outer:
        time.sleep(0.5)
        with track("inner") as inner:
            time.sleep(0.5)
    inside, whole = inner.measurement, outer.measurement

    assert inside.it_energy_kwh.best == pytest.approx(*of_seconds(inside.duration_seconds))
    assert inside.it_energy_kwh.best < whole.it_energy_kwh.best


def test_runs_that_end_out_of_order_lose_nothing(track: TrackQuietly, home: Path) -> None:
    """The inner one of two goes on as a run of its own when the outer one ends first."""
    first, second = track("first"), track("second")
    first.start()
    second.start()
    first.stop()
    time.sleep(0.5)
    second.stop()
    second.stop()

    one, two = journals(home, "tracker")
    assert [records[0]["name"] for records in (one, two)] == ["first", "second"]
    assert [len(of_type(records, "end")) for records in (one, two)] == [1, 1]
    assert second.measurement.it_energy_kwh.best == pytest.approx(*of_seconds(second.measurement.duration_seconds))


def test_two_threads_share_one_meter(track: TrackQuietly, home: Path) -> None:
    """Runs that overlap in threads are one run and its span."""
    barrier = threading.Barrier(2)

    @track("threaded")
    def train() -> None:
        barrier.wait(10)
        time.sleep(0.1)
        barrier.wait(10)

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    overlapping = journals(home, "tracker")[0]
    assert len(of_type(overlapping, "span_start")) == 1
    assert of_type(overlapping, "span_start")[0]["name"] == "threaded"


def test_stop_without_start_and_twice_does_nothing(track: TrackQuietly, home: Path) -> None:
    """Order does not matter, and one end is recorded."""
    tracked = track()
    tracked.stop()
    tracked.log(loss=1)
    with tracked.span("early"):
        pass
    assert tracked.measurement is None
    assert tracked.record is None
    run = tracked.start()
    run.stop()
    run.stop()
    run.log(loss=1)

    assert [record["type"] for record in tracker(home)] == ["start", "end", "inputs"]


@pytest.mark.slow
def test_results_are_there_after_the_block_only(track: TrackQuietly) -> None:
    """Inside it there is the energy so far instead."""
    with track(gpu="A100") as run:
        assert (run.measurement, run.estimate, run.record["status"]) == (None, None, "running")
        deadline = time.monotonic() + 60
        while run.energy_kwh_so_far() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        so_far, kg = run.energy_kwh_so_far(), run.kg_so_far()
        assert kg == pytest.approx(so_far * 1.5 * 0.2, rel=0.5)

    assert 0 < so_far <= run.measurement.it_energy_kwh.best * 1.02
    assert run.record["status"] == "completed"
    assert run.record["measurement"] == run.measurement.to_dict()


def test_the_estimate_beside_is_for_the_same_time_and_place(track: TrackQuietly) -> None:
    """As long as the run, with its PUE and grid."""
    with track(gpu="V100", count=2) as run:
        time.sleep(0.1)
    hours = run.measurement.duration_seconds / 3600
    expected = greentrain.estimate("V100", count=2, hours=hours, pue=1.5, grid_intensity=200)

    assert run.estimate.it_energy_kwh == pytest.approx(expected.it_energy_kwh, rel=1e-9)
    assert run.estimate.operational_kg == pytest.approx(expected.operational_kg, rel=1e-9)


@pytest.mark.parametrize("copied", [lambda run: pickle.loads(pickle.dumps(run)), copy.deepcopy, copy.copy])
def test_a_copy_is_a_finished_view(copied: Callable[[Any], Any], track: TrackQuietly, home: Path) -> None:
    """A checkpoint may hold the run or the tracker; what comes out records nothing and holds what was known."""
    tracked = track("kept")
    with tracked as run:
        early, early_tracker = copied(run), copied(tracked)
    late = copied(run)

    assert (early.measurement, early.record["status"]) == (None, "running")
    assert early_tracker.record["name"] == "kept"
    assert late.measurement == run.measurement
    assert late.key == run.key
    for view in (early, early_tracker, late):
        view.log(loss=1)
        with view.span("nothing"):
            view.stop()
    assert [record["type"] for record in tracker(home)] == ["start", "end", "inputs"]


def test_the_place_of_the_records_is_fixed_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydra and others change the working folder during the run."""
    (tmp_path / "later").mkdir()
    meter_file = replay(tmp_path)
    monkeypatch.chdir(tmp_path)
    with greentrain.track("moving", home="records", meter=meter_file, quiet=True):
        os.chdir(tmp_path / "later")

    assert [record["type"] for record in tracker(tmp_path / "records")] == ["start", "end", "inputs"]
    assert list((tmp_path / "later").iterdir()) == []


def test_an_unmeasured_run_has_the_figures_of_its_estimate(tmp_path: Path) -> None:
    """Without a meter nothing was read, which is None and not zero; the estimate fills it, as the basis states."""
    with greentrain.track(gpu="V100", home=tmp_path, meter="none", location="FR", quiet=True) as run:
        time.sleep(0.01)
    found = run.measurement

    assert found.energy_kwh == {"gpu": None, "cpu": None, "memory": None}
    assert (found.is_measured, found.basis) == (False, "estimated")
    assert found.it_energy_kwh == run.estimate.it_energy_kwh
    assert "Nothing was measured: the estimate is used." in found.notes
    assert run.estimate.run["gpu"] == "v100-sxm2-16gb"


def test_an_unmeasured_run_of_unknown_hardware_is_none_and_not_zero(tmp_path: Path) -> None:
    """There is nothing to fill it with."""
    with greentrain.track(home=tmp_path, meter="none", location="FR", quiet=True) as run:
        time.sleep(0.01)
    found = run.measurement
    assert (found.it_energy_kwh, found.facility_energy_kwh, found.operational_kg) == (None, None, None)
    assert str(run).endswith(": energy not known")


def test_a_missing_component_is_left_out_and_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The sum is of what was measured where there is no estimate, and the line at the end names what is missing."""
    with greentrain.track(home=tmp_path, meter=replay(tmp_path, gpu_w=100), pue=1) as run:
        time.sleep(0.3)
    found = run.measurement

    assert (found.energy_kwh["cpu"], found.energy_kwh["memory"]) == (None, None)
    assert found.it_energy_kwh.best == pytest.approx(100 / 3.6e6 * found.duration_seconds, rel=0.05)
    assert {f"The {part} was not measured and is not in the sum." for part in ("CPU", "memory")} < set(found.notes)
    assert capfd.readouterr().err.endswith("; without CPU and memory\n")


@pytest.mark.parametrize(("gpu", "end"), [(None, "; without memory\n"), ("V100", "; estimated\n")])
def test_a_computer_without_accelerator_lacks_none(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], gpu: str | None, end: str
) -> None:
    """It is not named as missing; where the user named one that no meter saw, the estimate is used."""
    with greentrain.track(gpu=gpu, home=tmp_path, meter=replay(tmp_path, cpu_w=100), location="FR") as run:
        time.sleep(0.3)
    assert run.measurement.energy_kwh["gpu"] is None
    assert capfd.readouterr().err.endswith(end)


def test_what_a_run_shows_of_itself(track: TrackQuietly) -> None:
    """One line each, and a table of three quantities in a notebook."""
    with track("bert") as run:
        assert repr(run.span("epoch", epoch=1)) == "<Span 'epoch', epoch=1>"
        assert repr(copy.copy(run)) == "<FinishedRun 'bert', running>"
        assert "bert is running</caption>" in run._repr_html_()
        assert "bert running</caption>" in copy.copy(run)._repr_html_()
    view = copy.copy(run)
    assert repr(view) == f"<FinishedRun 'bert', completed: {amounts(run.footprint)}>"
    assert repr(run) == f"<LiveRun 'bert', completed: {amounts(run.footprint)}>"
    assert json.loads(view.to_json())["measurement"] == json.loads(run.measurement.to_json())
    assert run.measurement._repr_html_().count("<tr>") == 4
    assert run._repr_html_() == view._repr_html_()
    assert "bert completed after" in run._repr_html_()


def test_a_replay_meter_may_be_given_as_an_object(tmp_path: Path) -> None:
    """The shipped class names its file."""
    recorded = greentrain.ReplayMeter(replay(tmp_path).removeprefix("replay:"))
    with greentrain.track(home=tmp_path, meter=recorded, quiet=True):
        pass

    assert tracker(tmp_path)[0]["meter"] == replay(tmp_path)


def test_the_meters_journal_and_ours_are_of_one_session(track: TrackQuietly, home: Path) -> None:
    """What belongs together is known from the records alone."""
    with track():
        time.sleep(0.05)

    assert meter(home)[0]["session"] == tracker(home)[0]["session"]
    assert meter(home)[0]["run_pid"] == os.getpid()


def test_a_tracked_function_leads_to_the_run_that_its_tracker_began(track: TrackQuietly) -> None:
    """Functions of one tracker each lead to their own run, the tracker to the newest of all."""
    tracked = track("shared", meter="none")
    first, second = tracked(lambda: 1), tracked(lambda: 2)
    first()
    second()

    assert first.run is not second.run
    assert tracked.measurement is second.run.measurement


@pytest.mark.slow
def test_another_name_of_the_host_is_the_only_one_in_the_record(tmp_path: Path) -> None:
    """Of tracker and meter, whatever the meter hides from the library that it hosts."""
    program = "import greentrain, time\nwith greentrain.track('run', location='FR'): time.sleep(1.5)"
    environment = os.environ | {"GREENTRAIN_HOST": "node-x", "GREENTRAIN_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)

    (run,) = History(tmp_path).runs()
    assert run.hosts == ("node-x",)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if f'"host":"{platform.node()}"' in path.read_text()]


def test_a_quiet_run_keeps_its_place(tmp_path: Path) -> None:
    """PUE and carbon intensity stand in the journal, so that later tables change nothing; no note says otherwise."""
    with greentrain.track("quiet", home=tmp_path, location="FR", meter="none", quiet=True):
        pass
    (record,) = [record for record in tracker(tmp_path) if record["type"] == "inputs"]
    (run,) = History(tmp_path).runs()
    assert (record["pue"]["best"], record["grid_intensity"]["source"]) == (1.52, "ember_2026_10")
    assert not [note for note in run.notes if "is missing" in note]
