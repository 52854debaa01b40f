"""A run shows one number wherever it is shown, with its basis and with how much of its time was measured."""

import csv
import io
import json
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from journals_by_hand import (
    ALONE,
    CPU,
    GPU,
    MEMORY,
    PARTS,
    SXM,
    ended,
    line,
    meter,
    one_hour,
    reading,
    stopped,
    tracker,
)
from shown_numbers import (
    ESTIMATED,
    FORMS,
    MEASURED,
    MIXED,
    Shown,
    is_least,
    it_energy_kwh,
    of_data,
    of_line,
    of_row,
    of_words,
)
from shown_numbers import of_notebook as shown_in_notebook
from shown_numbers import of_repr as shown_by_repr

import greentrain
from greentrain import Footprint, History, InputError, LiveRun, Run, report, total, update_card
from greentrain.cli import run as run_command
from greentrain.history import rows_of, totals_of
from greentrain.reporting import forms
from greentrain.reporting.terminal import totals_text, watch_text
from greentrain.tracking import summary

CARD = "---\nlicense: mit\n---\n# A model\n"
SAID = {"location": "FR", "year": 2024}
EIGHT = {**SAID, "gpu": "V100-SXM2-32GB", "count": 8}
A100 = [{**GPU, "id": f"GPU-{number}", "name": "NVIDIA A100-SXM4-80GB"} for number in range(8)]
DEARER = {"low": 1.4, "best": 1.5, "high": 1.6, "basis": "given", "source": "user"}
DIRTIER = {"low": 250.0, "best": 300.0, "high": 360.0, "basis": "given", "source": "user"}


def whole(folder: Path) -> None:
    """Every component, for an hour: 2 + 0.5 + 0.1 kWh."""
    tracker(folder, lines=[ended(3600)], estimate_inputs=SAID)
    parts = [*PARTS[:-1], {**MEMORY, "quality": "modelled"}]
    meter(folder, components=parts, lines=[reading_of(1800, 1.0, 0.25, 0.05), reading_of(3600, 2.0, 0.5, 0.1, "end")])


def reading_of(seconds: float, gpu: float, cpu: float, memory: float, kind: str = "sample") -> str:
    """Write a reading of all three components."""
    energy = {"gpu": gpu, "cpu": cpu, "memory": memory}
    return reading(seconds, seconds, gpu, energy_kwh=energy, type=kind, why="stopped", quality={})


def accelerators_alone(folder: Path) -> None:
    """2 kWh of accelerators, and a host factor of 1.5 for the rest: 3 kWh."""
    one_hour(folder, 2.0, None, estimate_inputs={**SAID, "host_factor": 1.5})


def memory_alone(folder: Path) -> None:
    """0.02 kWh of memory by its size, and nothing of the CPU that does the work."""
    tracker(folder, lines=[ended(3600)])
    parts = [{**CPU, "quality": "unknown"}, {**MEMORY, "quality": "modelled"}]
    energy = {"gpu": None, "cpu": None, "memory": 0.02}
    meter(
        folder,
        components=parts,
        lines=[stopped(3600, 3600, None).replace(json.dumps({**energy, "memory": None}), json.dumps(energy))],
    )


def half_the_time(folder: Path) -> None:
    """1.25 kWh in half an hour, and as much again in the half hour in which nothing was read: 2.5 kWh."""
    tracker(folder, lines=[ended(3600)], estimate_inputs=SAID)
    meter(folder, lines=[stopped(1800, 1800, 1.0, 0.25)])


def nearly_all_the_time(folder: Path) -> None:
    """2.375 kWh in 57 of 60 minutes, at 2.5 kW: 2.5 kWh."""
    tracker(folder, lines=[ended(3600)], estimate_inputs=SAID)
    meter(folder, lines=[stopped(3420, 3420, 1.9, 0.475)])


def lost_accelerators(folder: Path) -> None:
    """1 kWh of accelerators until they were lost half way, so 2; the CPU's 0.5 kWh is of the whole hour: 2.5 kWh."""
    gone = line(1801, type="component", component="gpu", quality="unknown", reason="the driver is gone")
    tracker(folder, lines=[ended(3600)], estimate_inputs=SAID)
    meter(folder, lines=[reading(1800, 1800, 1.0, 0.25), gone, stopped(3600, 3600, 1.0, 0.5)])


def one_node_without_a_meter(folder: Path) -> None:
    """2.5 kWh on one node, and as much on the other, which had none: 5 kWh."""
    two_nodes(folder)
    (unread,) = folder.glob("node-b.*.meter.jsonl")
    unread.unlink()


def two_of_six_seconds(folder: Path) -> None:
    """0.0012 kWh in 2 s, three times as much in 6 s: 0.0036 kWh."""
    tracker(folder, lines=[ended(6)], estimate_inputs=SAID)
    meter(folder, lines=[stopped(2, 2, 0.001, 0.0002)])


def two_sessions(folder: Path, **second: Any) -> None:
    """1.25 kWh in half an hour, and 1.25 kWh in another one an hour later: 2.5 kWh."""
    tracker(folder, lines=[line(1800, type="end", status="failed", error="OSError", exit_code=1)], estimate_inputs=SAID)
    meter(folder, lines=[stopped(1800, 1800, 1.0, 0.25)])
    tracker(folder, at=3600, pid=200, session="s2", lines=[ended(5400)], estimate_inputs=SAID, **second)
    meter(folder, at=3600, pid=201, session="s2", lines=[stopped(5400, 1800, 1.0, 0.25)])


def two_places(folder: Path) -> None:
    """The second session at PUE 1.5 and 300 g/kWh: 1.25 x 1.2 + 1.25 x 1.5 kWh, 1.5 x 0.1 + 1.875 x 0.3 kg."""
    two_sessions(folder, pue=DEARER, grid_intensity=DIRTIER)


def two_nodes(folder: Path) -> None:
    """2.5 kWh on either: 5 kWh."""
    for host in ("node-a", "node-b"):
        tracker(folder, host=host, lines=[ended(3600)], estimate_inputs=SAID, ranks={"rank": int(host == "node-b")})
        parts = [{**part, "id": f"{host}-{part['id']}"} for part in PARTS]
        meter(folder, host=host, components=parts, lines=[stopped(3600, 3600, 2.0, 0.5)])


def no_meter(folder: Path) -> None:
    """8 x 250 W x 1.25 for an hour, as somebody said: 2.5 kWh."""
    arguments = {**EIGHT, "power": 250, "host_factor": 1.25}
    tracker(folder, lines=[ended(3600)], estimate_inputs=arguments, meter="none")


def killed(folder: Path) -> None:
    """1.25 kWh until its process was gone, which only the meter saw."""
    tracker(folder, estimate_inputs=SAID)
    meter(folder, lines=[reading(900, 900, 0.5, 0.125), stopped(1800, 1800, 1.0, 0.25, "process_ended")])


def named_accelerator(folder: Path) -> None:
    """8 A100 seen by the meter, one named by the user: 2.4 + 0.6 kWh."""
    tracker(folder, lines=[ended(3600)], estimate_inputs={**SAID, "gpu": "A100-SXM4-80GB"})
    meter(folder, components=[*A100, CPU], lines=[stopped(3600, 3600, 2.4, 0.6)])


def impossible(folder: Path) -> None:
    """1.25 W per accelerator is implausibly low: 8 x 250 W x 1.25 are used."""
    one_hour(folder, 0.01, 0.5, estimate_inputs={**EIGHT, "power": 250, "host_factor": 1.25})


class Case(NamedTuple):
    """A run in journals, and what it took: where accelerators and CPU were read, with what no sensor sees.

    Attributes
    ----------
    write : callable
        Writes its journals.
    it_kwh, kwh, kg : float
        Energy before and after PUE [kWh], and emissions [kg CO2e].
    basis : str
        How the energy is known.
    status : str
        How it ended.
    missing : str
        What the words say of the time without a reading; empty where nothing is missing.
    is_least : bool
        Whether a part of the computers is in no sum.
    """

    write: Callable[[Path], None]
    it_kwh: float
    kwh: float
    kg: float
    basis: str
    status: str = "completed"
    missing: str = ""
    is_least: bool = False


CASES = {
    "whole": Case(whole, 2.6 * SXM, 3.12 * SXM, 0.312 * SXM, MEASURED),
    "accelerators-alone": Case(accelerators_alone, 3.0, 3.6, 0.36, MEASURED),
    "memory-alone": Case(memory_alone, 0.02, 0.024, 0.0024, ESTIMATED, is_least=True),
    "half": Case(half_the_time, 2.5 * SXM, 3.0 * SXM, 0.3 * SXM, MIXED, "completed", "measured 30 min of 1 h", True),
    "nearly": Case(
        nearly_all_the_time, 2.5 * SXM, 3.0 * SXM, 0.3 * SXM, MEASURED, "completed", "measured 57 min of 1 h", True
    ),
    "lost": Case(lost_accelerators, 2.5 * SXM, 3.0 * SXM, 0.3 * SXM, MIXED, "completed", "measured in part", True),
    "one-of-two": Case(
        one_node_without_a_meter, 5.0 * SXM, 6.0 * SXM, 0.6 * SXM, MIXED, "completed", "measured 30 min of 1 h", True
    ),
    "seconds": Case(
        two_of_six_seconds, 0.0036 * SXM, 0.00432 * SXM, 0.000432 * SXM, MIXED, "completed", "measured 2 of 6 s", True
    ),
    "two-sessions": Case(two_sessions, 2.5 * SXM, 3.0 * SXM, 0.3 * SXM, MEASURED, is_least=True),
    "two-places": Case(two_places, 2.5 * SXM, 3.375 * SXM, 0.7125 * SXM, MEASURED, is_least=True),
    "two-nodes": Case(two_nodes, 5.0 * SXM, 6.0 * SXM, 0.6 * SXM, MEASURED, is_least=True),
    "no-meter": Case(no_meter, 2.5, 3.0, 0.3, ESTIMATED),
    "killed": Case(killed, 1.25 * SXM, 1.5 * SXM, 0.15 * SXM, MEASURED, "killed", is_least=True),
    "named": Case(named_accelerator, 3.0 * SXM, 3.6 * SXM, 0.36 * SXM, MEASURED, is_least=True),
    "impossible": Case(impossible, 2.5, 3.0, 0.3, ESTIMATED),
}
names = pytest.mark.parametrize("name", CASES)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, each in a home of its own."""
    found = tmp_path_factory.mktemp("homes")
    for name, case in CASES.items():
        case.write(found / name / "runs" / name)
    return found


@pytest.fixture
def run(home: Path, name: str) -> Run:
    """The run as the history has it."""
    return History(str(home / name)).get(name)


def assert_shows(shown: Shown, footprint: Footprint) -> None:
    """Compare what a place shows with a footprint, rounded as the place does."""
    quantities = (footprint.facility_energy_kwh, footprint.operational_kg)
    places = zip((shown.kwh, shown.kg), quantities, shown.digits, shown.factors, strict=True)
    for numbers, interval, digits, factor in places:
        assert interval is not None
        wanted = tuple(interval) if len(numbers) == 3 else (interval.best,) * len(numbers)
        assert numbers == pytest.approx([float(f"{value * factor:.{digits}g}") for value in wanted], rel=1e-11)
    if shown.basis is not None:
        assert shown.basis == footprint.basis


def forms_of(run: Any, status: str) -> dict[str, str]:
    """Return what all forms say; the score needs another unit than the run where that was not completed."""
    score: dict[str, Any] = {"tokens": 1000, "functional_unit": "token"} if status != "completed" else {}
    return {form: report(run, form, **(score if form == "sci" else {})) for form in FORMS}


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that succeeds, and give what it printed."""
    assert run_command(list(arguments)) == 0
    return capsys.readouterr().out


def test_every_form_is_read_here() -> None:
    """A new one has to show the same number."""
    assert set(FORMS) == set(forms.FORMS)


@names
def test_the_number_is_the_one_worked_out_by_hand(run: Run, name: str) -> None:
    """See how each case is written; its ends hold the best value."""
    case = CASES[name]
    found = run.footprint
    for interval, wanted in (
        (found.it_energy_kwh, case.it_kwh), (found.facility_energy_kwh, case.kwh), (found.operational_kg, case.kg),
    ):  # fmt: skip
        assert interval is not None
        assert interval.best == pytest.approx(wanted)
        assert interval.low < interval.best < interval.high or interval is found.it_energy_kwh
    assert (run.status, run.basis) == (case.status, case.basis)
    assert sum(part.energy_kwh for part in found.breakdown) == pytest.approx(case.kwh)
    assert total([run]) == found


@names
@pytest.mark.parametrize("form", FORMS)
def test_every_form_shows_it(run: Run, name: str, form: str) -> None:
    """In the form's units and digits, with the basis, and that it is at least so much where a part is missing."""
    score: dict[str, Any] = {"tokens": 1000, "functional_unit": "token"}
    text = report(run, form, **(score if form == "sci" and run.status != "completed" else {}))
    assert_shows(FORMS[form](text), run.footprint)
    assert form == "codecarbon" or is_least(form, text) == CASES[name].is_least
    before_pue = it_energy_kwh(form, text)
    assert before_pue is None or before_pue == pytest.approx(CASES[name].it_kwh, rel=1e-11)


@names
def test_a_card_shows_it(run: Run, name: str) -> None:
    """As the form of the model card does."""
    assert_shows(FORMS["model-card"](update_card(CARD, run)), run.footprint)


@names
def test_the_run_itself_shows_it(run: Run, name: str) -> None:
    """Printed in the words of the line at its end, in a notebook, as rows of a table and a database, as plain data."""
    case = CASES[name]
    assert_shows(shown_by_repr(repr(run)), run.footprint)
    text = str(run)
    assert_shows(of_line(text), run.footprint)
    assert text.startswith(f"{name} {case.status} after ")
    assert ("at least" in text, "; estimated" in text) == (case.is_least, case.basis == ESTIMATED)
    assert case.missing in text
    assert_shows(of_words(watch_text(run)), run.footprint)
    assert_shows(shown_in_notebook(run._repr_html_()), run.footprint)
    (row,) = rows_of("runs", run)
    assert_shows(of_row({key: str(value) for key, value in row.items()}), run.footprint)
    assert_shows(of_data(run.to_dict()), run.footprint)
    assert_shows(of_row({key: str(value) for key, value in run.to_row().items()}), run.footprint)
    twin = pickle.loads(pickle.dumps(run))
    assert (twin.footprint, twin.to_dict()) == (run.footprint, run.to_dict())


@names
def test_the_list_shows_it(run: Run, home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, JSON and CSV, in the row and in the totals; the library says the same."""
    case, folder = CASES[name], str(home / name)
    text = printed(capsys, "history", "--home", folder)
    words = " ".join(text.split())
    of_run, of_all = words.split("1 run (")
    assert_shows(of_words(of_run), run.footprint)
    assert_shows(of_words(of_all), run.footprint)
    assert of_run.count("at least") == of_all.count("at least") == case.is_least
    assert case.missing in of_run
    assert case.missing or case.basis != MIXED

    found = json.loads(printed(capsys, "history", "--json", "--home", folder))
    (row,) = found["runs"]
    assert_shows(of_row(row), run.footprint)
    assert_shows(of_data(found["totals"], case.basis), run.footprint)
    (row,) = csv.DictReader(io.StringIO(printed(capsys, "history", "--csv", "--home", folder)))
    assert_shows(of_row(row), run.footprint)
    assert found == History(folder).to_dict()


@names
def test_one_run_shown_shows_it(run: Run, home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """At its head and where measurement and estimate stand beside each other, as text and as JSON."""
    case, folder = CASES[name], str(home / name)
    words = " ".join(printed(capsys, "history", "show", name, "--home", folder).split())
    assert_shows(of_words(words), run.footprint)
    assert words.replace("host factor at least", "").count("at least") == 3 * case.is_least
    assert run.operational_kg is not None
    scale = 1e6 if name == "seconds" else 1e3 if name == "memory-alone" else 1
    low, best, high = run.operational_kg.scaled(scale)
    unit = {1: "kg", 1e3: "g", 1e6: "mg"}[scale]
    shown = [f"{value:#.3g}".removesuffix(".") for value in (best, low, high)]
    assert f" {shown[0]} {unit} CO2e ({shown[1]} to {shown[2]})" in words.partition("that is")[2]
    found = json.loads(printed(capsys, "history", "show", name, "--json", "--home", folder))
    assert_shows(of_data(found), run.footprint)
    assert found["reconciliation"]["operational_kg"] == found["operational_kg"]
    assert found["reconciliation"]["it_energy_kwh"] == found["it_energy_kwh"]


@names
def test_missing_time_is_said(run: Run, home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In the list, where one run is shown, and in every document; elsewhere the basis says that it is mixed."""
    case, folder = CASES[name], str(home / name)
    for arguments in (["history"], ["history", "show", name]):
        words = " ".join(printed(capsys, *arguments, "--home", folder).split())
        assert case.missing in words
        assert bool(re.search("; measured .* of |; measured in part", words)) == bool(case.missing)
    for form in ("text", "json"):
        assert ("of the time was not measured" in " ".join(report(run, form).split())) == bool(case.missing)


@names
def test_the_same_run_has_the_same_number_from_the_command_line(
    run: Run, home: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``report`` and ``card`` find the run that the library was given."""
    folder = str(home / name)
    for form in ("json", "ghg"):
        text = printed(capsys, "report", name, "--home", folder, "--format", form)
        assert_shows(FORMS[form](text), run.footprint)
    card = tmp_path / "README.md"
    card.write_text(CARD)
    printed(capsys, "card", str(card), "--run", name, "--home", folder)
    assert_shows(FORMS["model-card"](card.read_text()), run.footprint)


@pytest.mark.parametrize(
    "form", ["html", "markdown", "text", "latex", "model-card", "gpai", "sci", "cyclonedx", "spdx"]
)
def test_a_project_shows_its_total(home: Path, form: str) -> None:
    """Of several runs the forms show what `total` and the totals of the history say."""
    runs = [History(str(home / name)).get(name) for name in CASES]
    whole_of_it = total(runs)
    assert_shows(FORMS[form](report(runs, form)), whole_of_it)
    sums = totals_of(runs)
    assert (sums.facility_energy_kwh, sums.operational_kg) == (
        whole_of_it.facility_energy_kwh, whole_of_it.operational_kg,
    )  # fmt: skip
    assert sums.facility_energy_kwh.best == pytest.approx(sum(case.kwh for case in CASES.values()))
    assert sums.operational_kg.best == pytest.approx(sum(case.kg for case in CASES.values()))
    assert_shows(of_words(totals_text(sums)), whole_of_it)
    assert_shows(FORMS["model-card"](update_card(CARD, runs)), whole_of_it)


def test_eight_accelerators_of_which_the_user_named_one(home: Path) -> None:
    """The estimate beside the measurement is of as many as the meter saw."""
    run = History(str(home / "named")).get("named")
    assert run.estimate is not None
    assert (run.estimate.count, run.estimate.run["gpu"], run.estimate.run["hours"]) == (8, "a100-sxm4-80gb", 1.0)


def test_a_run_of_which_nothing_is_known_shows_no_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nowhere is it zero."""
    tracker(tmp_path / "runs" / "r", lines=[ended(3600)], estimate_inputs={})
    run = History(str(tmp_path)).get("r")
    assert "energy not known" in repr(run)
    words = (
        printed(capsys, "history", "--home", str(tmp_path)),
        printed(capsys, "history", "show", "r", "--home", str(tmp_path)),
    )
    assert all("energy not known" in text and "kg CO2e" not in text for text in words)
    assert run.to_row()["operational_kg_best"] is None
    assert run.to_dict()["operational_kg"] is None
    for form in FORMS:
        with pytest.raises(InputError, match="nothing is known of the energy"):
            report(run, form)
    with pytest.raises(InputError, match="nothing is known of the energy"):
        update_card(CARD, run)


# Runs of this process.

EIGHT_A100 = """
import time
from greentrain.meter.base import Component, Reading


class Eight:
    name, version, is_machine_wide, cpu_w_per_thread, awaits_component = "eight", "1", False, 5.0, False
    components = tuple(
        Component("gpu", f"GPU-{number}", "NVIDIA A100-SXM4-80GB", "nvml", "measured") for number in range(8)
    )

    def __init__(self, settings):
        self.started = 0.0

    def start(self, run_started_mono):
        self.started = run_started_mono

    def wait_until_ready(self, timeout_seconds):
        return True

    def read(self, timeout_seconds):
        now = time.monotonic()
        return Reading(now, {"gpu": 2400 * (now - self.started) / 3.6e6}, {"gpu": 2400.0})

    def stop(self):
        pass
"""


@pytest.fixture
def tracked(tmp_path: Path) -> Callable[..., LiveRun]:
    """Return a function that tracks a run by a recorded meter of 450 W."""
    power = tmp_path / "power.jsonl"

    def track(*steps: dict[str, Any], **arguments: Any) -> LiveRun:
        replayed = [{"seconds": 0, "gpu_w": 360, "cpu_w": 72, "memory_w": 18}, *steps]
        power.write_text("".join(json.dumps(step) + "\n" for step in replayed))
        found = greentrain.track("bert", meter=f"replay:{power}", home=tmp_path, location="FR", **arguments)
        return found.start()

    return track


def assert_shown_everywhere(run: LiveRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Compare all places that show a run of this process; gives the run of the history."""
    stderr = capsys.readouterr().err
    assert run.measurement is not None
    assert run.key is not None
    footprint = run.footprint
    in_history = History(str(tmp_path)).get(run.key)
    assert in_history.footprint == footprint == run.measurement.footprint == run.view().footprint
    assert in_history.status == run.record["status"]

    (end_line,) = [text for text in stderr.splitlines() if text.startswith("greentrain: bert")]
    assert str(run) == end_line
    assert_shows(of_line(end_line), footprint)
    assert_shows(of_line(str(in_history)), footprint)
    assert str(in_history).partition(" after ")[2] == end_line.partition(" after ")[2]
    assert_shows(shown_in_notebook(run.measurement._repr_html_()), footprint)
    for text in (repr(run), repr(run.measurement), repr(run.view()), repr(in_history)):
        assert_shows(shown_by_repr(text), footprint)
    assert_shows(of_data(run.measurement.to_dict()), footprint)
    assert_shows(of_data(run.record["measurement"]), footprint)
    assert_shows(of_data(json.loads(run.view().to_json())["measurement"]), footprint)
    assert pickle.loads(pickle.dumps(run)).footprint == footprint
    assert footprint.it_energy_kwh is not None
    assert footprint.operational_kg is not None
    for view in (run, run.view()):
        assert (view.energy_kwh_so_far(), view.kg_so_far()) == (
            footprint.it_energy_kwh.best, footprint.operational_kg.best,
        )  # fmt: skip
    estimates = (run.estimate, in_history.estimate, run.view().estimate)
    assert len({found and (found.it_energy_kwh, found.operational_kg, found.count) for found in estimates}) == 1

    text = " ".join(printed(capsys, "history", "--home", str(tmp_path)).split())
    assert_shows(of_words(text), footprint)
    for words in end_line.partition(");")[2].split("; "):
        assert words.strip() in text
    found = json.loads(printed(capsys, "history", "--json", "--home", str(tmp_path)))
    assert_shows(of_row(found["runs"][0]), footprint)
    for form, shown in forms_of(run, in_history.status).items():
        assert_shows(FORMS[form](shown), footprint)
    assert report(run, "json") == report(run.view(), "json") == report(in_history, "json")
    assert_shows(FORMS["model-card"](update_card(CARD, run)), footprint)
    return in_history


@pytest.mark.slow
def test_a_run_that_completed(tracked: Callable[..., LiveRun], tmp_path: Path, capsys: Any) -> None:
    """450 W for as long as it took, and 0.15 of that."""
    run = tracked()
    time.sleep(0.3)
    run.stop()
    found = assert_shown_everywhere(run, tmp_path, capsys)
    assert (found.status, found.basis, found.is_complete) == ("completed", MEASURED, True)
    assert found.it_energy_kwh is not None
    assert found.it_energy_kwh.best == pytest.approx(ALONE * 450 * found.duration_seconds / 3.6e6, rel=0.02)


@pytest.mark.slow
def test_a_run_that_failed(tracked: Callable[..., LiveRun], tmp_path: Path, capsys: Any) -> None:
    """What it took counts all the same."""
    run = tracked()
    time.sleep(0.2)
    run.end(ValueError("diverged"))
    found = assert_shown_everywhere(run, tmp_path, capsys)
    assert (found.status, found.error, found.basis) == ("failed", "ValueError", MEASURED)


def test_a_run_whose_accelerator_was_named(tracked: Callable[..., LiveRun], tmp_path: Path, capsys: Any) -> None:
    """The estimate stands beside it; the number is the measurement."""
    run = tracked(gpu="A100-SXM4-80GB")
    time.sleep(0.3)
    run.stop()
    found = assert_shown_everywhere(run, tmp_path, capsys)
    assert found.estimate is not None
    assert (found.estimate.run["gpu"], found.reconciliation.believed) == ("a100-sxm4-80gb", "measurement")


@pytest.mark.slow
@pytest.mark.timing
def test_a_run_whose_readings_fail(tracked: Callable[..., LiveRun], tmp_path: Path, capsys: Any) -> None:
    """Half a second was read; the rest is filled, and said to be."""
    run = tracked({"seconds": 0.5, "error": "the driver is gone"}, interval=0.2)
    time.sleep(3.2)
    run.stop()
    line_of_run = str(run)
    found = assert_shown_everywhere(run, tmp_path, capsys)
    assert (found.basis, found.is_complete) == (MIXED, False)
    assert (
        f"measured {found.duration_seconds - found.unmetered_seconds:.1f} of {found.duration_seconds:.1f} s"
        in line_of_run
    )
    assert found.it_energy_kwh is not None
    assert found.it_energy_kwh.best == pytest.approx(ALONE * 450 * found.duration_seconds / 3.6e6, rel=0.2)


@pytest.mark.slow
def test_a_run_inside_another(tmp_path: Path, capsys: Any) -> None:
    """The outer run holds the inner one; the inner one's own number is a part of it."""
    power = tmp_path / "power.jsonl"
    power.write_text('{"seconds": 0, "gpu_w": 360, "cpu_w": 72, "memory_w": 18}\n')
    with greentrain.track("bert", meter=f"replay:{power}", home=tmp_path, location="FR") as run:
        time.sleep(0.2)
        with greentrain.track("inner", home=tmp_path, pue=1.0, location="PL") as inner:
            time.sleep(0.3)
        time.sleep(0.1)
    found = assert_shown_everywhere(run, tmp_path, capsys)
    assert [span.name for span in found.spans] == ["inner"]
    part, whole_of_it = inner.footprint.it_energy_kwh, run.footprint.it_energy_kwh
    assert part is not None
    assert whole_of_it is not None
    assert inner.duration_seconds is not None
    assert part.best == pytest.approx(ALONE * 450 * inner.duration_seconds / 3.6e6, rel=0.1)
    assert part.best < whole_of_it.best
    assert_shows(of_line(str(inner)), inner.footprint)
    assert_shows(shown_by_repr(repr(inner)), inner.footprint)
    with pytest.raises(InputError, match="is a part of the run"):
        report(inner)


def test_a_run_without_a_meter(tmp_path: Path, capsys: Any) -> None:
    """8 x 250 W x 1.25 for as long as it took, estimated."""
    arguments: dict[str, Any] = {
        "gpu": "A100-SXM4-80GB",
        "count": 8,
        "meter": "none",
        "home": tmp_path,
        "location": "FR",
    }
    run = greentrain.track("bert", **arguments).start()
    time.sleep(0.2)
    run.stop()
    text = str(run)
    found = assert_shown_everywhere(run, tmp_path, capsys)
    assert (found.basis, found.status) == (ESTIMATED, "completed")
    assert text.endswith("; estimated")
    assert found.estimate is not None
    assert found.footprint.it_energy_kwh == found.estimate.it_energy_kwh
    assert summary(run, run.result()) == f"{text}\n"  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("gpu", ["A100-SXM4-80GB", "8xA100-SXM4-80GB"])
def test_eight_accelerators_of_a_run_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, gpu: str
) -> None:
    """One or eight are named, the meter sees eight: the estimate is of eight, here, in a view and in the history."""
    packages = tmp_path / "packages"
    facts = packages / "eight_meter-1.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: eight-meter\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[greentrain.meters]\neight = eight_meter:Eight\n")
    (packages / "eight_meter.py").write_text(EIGHT_A100)
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.setenv("PYTHONPATH", str(packages))
    run = greentrain.track("bert", gpu=gpu, meter="eight", home=tmp_path, location="FR").start()
    time.sleep(0.5)
    run.stop()
    found = assert_shown_everywhere(run, tmp_path, capsys)
    for estimate in (run.estimate, run.view().estimate, pickle.loads(pickle.dumps(run)).estimate, found.estimate):
        assert estimate is not None
        assert (estimate.count, estimate.run["gpu"]) == (8, "a100-sxm4-80gb")
    assert found.accelerators == {"NVIDIA A100-SXM4-80GB": 8}
    assert run.record["estimate"]["run"]["count"] == 8


@pytest.mark.slow
def test_a_command(tmp_path: Path) -> None:
    """The line at the end of a wrapped command says what the history says."""
    power = tmp_path / "power.jsonl"
    power.write_text(json.dumps({"seconds": 0, "gpu_w": 360, "cpu_w": 72, "memory_w": 18}) + "\n")
    arguments = ["--name", "bert", "--meter", f"replay:{power}", "--home", str(tmp_path), "--location", "FR"]
    sleeper = [sys.executable, "-c", "import time; time.sleep(0.3)"]
    command = [str(Path(sys.executable).with_name("greentrain")), "track", *arguments, "--", *sleeper]
    ended_command = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    (run,) = History(str(tmp_path)).runs()
    (end_line,) = ended_command.stderr.splitlines()
    assert end_line.startswith("greentrain: bert completed after ")
    assert_shows(of_line(end_line), run.footprint)
    assert run.basis == MEASURED
