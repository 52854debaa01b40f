"""The meters by name, and those of other packages: checked before the run, and never trusted."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import metered
import pytest

import greentrain
from greentrain import ReplayMeter
from greentrain.meter import MeterSettings, NoMeter, backends
from greentrain.meter.backends import BACKENDS, checked_meter, make_meter
from greentrain.meter.launch import launch

THEIRS = """
import time
from greentrain.meter.base import Component, Reading


class Plug:
    name, version, is_machine_wide, cpu_w_per_thread, awaits_component = "plug", "9", False, 5.0, False
    components = (Component("cpu", "", "wall plug", "power x time", "measured"),)

    def __init__(self, settings):
        self.watts = float(settings.argument or 100)

    def start(self, run_started_mono):
        self.started = run_started_mono

    def wait_until_ready(self, timeout_seconds):
        return True

    def read(self, timeout_seconds):
        now = time.monotonic()
        return Reading(now, {{"cpu": self.watts * (now - self.started) / 3.6e6}}, {{"cpu": self.watts}})

    def stop(self):
        pass


{fault}
"""
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs a package with a meter called ``plug``, which may have a fault."""

    def installed(fault: str = "", points_at: str = "their_plug:Plug") -> Path:
        packages = tmp_path / "packages"
        facts = packages / "their_plug-2.5.dist-info"
        facts.mkdir(parents=True)
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: their-plug\nVersion: 2.5\n")
        (facts / "entry_points.txt").write_text(f"[greentrain.meters]\nplug = {points_at}\n")
        (packages / "their_plug.py").write_text(THEIRS.format(fault=fault))
        monkeypatch.syspath_prepend(str(packages))
        monkeypatch.setenv("PYTHONPATH", str(packages))
        runs = tmp_path / "runs"
        runs.mkdir()
        return runs

    return installed


def settings(meter: str) -> MeterSettings:
    """Make the settings of a meter."""
    return MeterSettings("", "s", 1, None, 1, 0.0, 1.0, {}, meter)


def measured(runs: Path, meter: str, seconds: float = 1.0) -> metered.Records:
    """Measure with a meter for a while and give its journal."""
    handle = launch(str(runs), "s", meter=meter, interval_seconds=0.2)
    metered.wait_for_type(runs, "sample")
    time.sleep(seconds)
    assert handle.stop(5.0)
    return metered.records(runs)


def test_every_meter_of_ours_is_made_under_its_name(tmp_path: Path) -> None:
    """The table's names are those that the meters give themselves, which the journal records."""
    (tmp_path / "power.jsonl").write_text('{"seconds": 0, "gpu_w": 1}\n')
    for written in BACKENDS:
        made = make_meter(settings(written.replace("FILE", f"{tmp_path}/power.jsonl")))
        assert made.name == written.partition(":")[0]


def test_a_file_is_fixed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The meter starts in another folder than the training, so the file's path is made absolute."""
    (tmp_path / "power.jsonl").write_text('{"seconds": 0, "gpu_w": 1}\n')
    monkeypatch.chdir(tmp_path)
    assert checked_meter("replay:power.jsonl") == f"replay:{tmp_path}/power.jsonl"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", 'no line; wanted JSON lines such as {"seconds": 0, "gpu_w": 300}'),
        (b"[1]\n", "in row 1: not a JSON object"),
        (b'{"seconds": 0}\n{"seconds": 1, "gpu": 300}\n',
         "in row 2: unknown key 'gpu'; known are seconds, gpu_w, cpu_w, memory_w and error"),
        (b'{"seconds": 0, "gpu_w": 1}\n{"seconds": 0, "gpu_w": 1}\n',
         "in row 2: seconds must increase from line to line"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_recording(tmp_path: Path, content: bytes, fault: str) -> None:
    """It is refused when the run is set up, not found out by a meter that then measures nothing."""
    (tmp_path / "power.jsonl").write_bytes(content)
    with pytest.raises(greentrain.InputError) as caught:
        checked_meter(f"replay:{tmp_path}/power.jsonl")
    where = " " if fault.startswith("in row") else ": "
    assert str(caught.value) == f"meter 'replay:{tmp_path}/power.jsonl': is no recording{where}{fault}"


def test_a_meter_that_cannot_be_made_gives_way_to_none() -> None:
    """Every component has the reason; the run goes on."""
    for meter, reason in (("replay:/nowhere", "No such file"), ("plug", "no meter called plug is installed")):
        made = make_meter(settings(meter))
        assert isinstance(made, NoMeter)
        assert all(reason in part.reason for part in made.components)


def test_a_meter_of_another_package_measures(install: Install) -> None:
    """100 W for the run's time, under the name of its entry point and with the version of its package."""
    found = measured(install(), "plug")
    start, end = found[0], found[-1]
    assert (start["meter_name"], start["meter_version"], "codecarbon_version" in start) == ("plug", "2.5", False)
    newest = [record for record in found if record.get("components")][-1]  # it may not be ready at the start
    assert [(part["component"], part["name"]) for part in newest["components"]] == [("cpu", "wall plug")]
    assert end["energy_kwh"]["cpu"] == pytest.approx(100 * end["elapsed_seconds"] / 3.6e6, rel=0.02)
    assert end["energy_kwh"]["gpu"] is None
    assert end["quality"]["measured_share"] == pytest.approx(1.0, abs=0.02)
    assert end["quality"]["meter_w"] > 0


def test_a_meter_of_another_package_takes_an_argument(install: Install) -> None:
    """What follows the colon is the back-end's own."""
    end = measured(install(), "plug:250")[-1]
    assert end["power_w"]["cpu"] == pytest.approx(250, rel=0.02)


def test_a_run_names_it_and_a_slip_of_it(install: Install, tmp_path: Path) -> None:
    """`track` takes the name before anything of the package is loaded, and lists it among the others."""
    install()
    assert checked_meter("plug:1") == "plug:1"
    assert "their_plug" not in sys.modules
    with pytest.raises(greentrain.UnknownName) as caught:
        greentrain.track(meter="plugg", home=tmp_path)
    rule = "must be codecarbon, native, none, replay:FILE, plug or a ReplayMeter"
    assert str(caught.value) == f"meter 'plugg': {rule}; did you mean plug?"


def test_our_names_are_not_theirs(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that calls its meter as one of ours is called changes nothing; ours is not looked up among theirs."""
    (file,) = install().parent.glob("packages/*/entry_points.txt")
    file.write_text("[greentrain.meters]\nnone = their_plug:Plug\n")
    assert isinstance(make_meter(settings("none")), NoMeter)
    monkeypatch.setattr(backends, "added", lambda group: pytest.fail("looked up"))
    assert checked_meter("native") == "native"


@pytest.mark.parametrize("meter", ["codecarbon", "native", "none"])
def test_a_name_of_ours_loads_no_metadata(meter: str) -> None:
    """The start of a training does not wait for a look at everything that is installed."""
    code = f"import sys, greentrain; greentrain.track(meter={meter!r}); print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("fault", "points_at", "reason"),
    [
        ("raise RuntimeError('no licence')", "their_plug:Plug", "plug could not start: RuntimeError no licence"),
        ("import sys; sys.exit(3)", "their_plug:Plug", "plug could not start: SystemExit 3"),
        ("", "their_plug:Socket", "plug could not start: AttributeError module 'their_plug' has no attribute"),
        ("", "their_plug:Component", "plug could not start: TypeError "),
        ("Plug.start = lambda self, mono: 1 / 0", "their_plug:Plug", "plug could not start: ZeroDivisionError"),
        ("del Plug.version, Plug.cpu_w_per_thread", "their_plug:Plug", "plug could not start: AttributeError "),
        ("Plug.components = (('fan', '', '', '', 'measured'),)", "their_plug:Plug", "a component of kind 'fan'"),
        ("Plug.read = lambda self, seconds: 1 / 0", "their_plug:Plug", "readings fail: ZeroDivisionError"),
        ("Plug.read = lambda self, seconds: exit(1)", "their_plug:Plug", "readings fail: SystemExit 1"),
        (
            "Plug.read = lambda self, seconds: Reading(time.monotonic(), {'cpu': float('nan')}, {'cpu': 1.0})",
            "their_plug:Plug",
            "readings fail: MeterError a reading that is no number",
        ),
        ("Plug.read = lambda self, seconds: None", "their_plug:Plug", "readings fail: AttributeError"),
    ],
)
def test_a_faulty_meter_of_another_package(install: Install, fault: str, points_at: str, reason: str) -> None:
    """Whatever it does, its components become unknown with the reason, and the record ends as the run does."""
    runs = install(fault, points_at)
    handle = launch(str(runs), "s", meter="plug", interval_seconds=0.1)

    def told() -> bool:
        newest = [record["components"] for record in metered.records(runs) if "components" in record][-1:]
        return any(reason in part["reason"] and part["quality"] == "unknown" for parts in newest for part in parts)

    metered.wait_for(told)
    assert handle.stop(5.0)
    end = metered.wait_for_end(runs)
    assert (end["why"], end["energy_kwh"]["cpu"]) == ("stopped", None)
    assert end["quality"]["unknown_share"] == 1.0


@pytest.mark.parametrize(
    "fault",
    [
        "time.sleep(1000)",
        "Plug.start = lambda self, mono: time.sleep(1000)",
        "Plug.read = lambda self, seconds: time.sleep(1000)",
    ],
)
def test_a_meter_of_another_package_that_hangs(install: Install, fault: str) -> None:
    """The meter's process sees the run's end all the same, writes its record and is gone within two seconds."""
    runs = install(fault)
    handle = launch(str(runs), "s", meter="plug", interval_seconds=0.1)
    metered.wait_for_type(runs, "start")
    assert handle.stop(2.0)
    end = metered.wait_for_end(runs)
    assert (end["why"], end["quality"]["unknown_share"]) == ("stopped", 1.0)


def test_what_was_read_before_a_failure_stays(install: Install) -> None:
    """A back-end that dies after three readings has its energy until then; what follows is not covered."""
    fault = "Plug.good, Plug.left = Plug.read, [0, 1, 2]\n"
    fault += "Plug.read = lambda self, s: self.good(s) if self.left.pop() >= 0 else None"
    found = measured(install(fault), "plug", 2.0)
    end = found[-1]
    energies = [record["energy_kwh"]["cpu"] for record in metered.of_type(found, "sample")]
    assert end["energy_kwh"]["cpu"] == max(energy for energy in energies if energy is not None)
    assert end["power_w"]["cpu"] is None
    assert end["quality"]["missing"] == 3
    covered = end["energy_kwh"]["cpu"] * 3.6e6 / 100
    assert end["quality"]["unknown_share"] == pytest.approx(1 - covered / end["elapsed_seconds"], abs=0.1)


def test_a_replay_meter_is_one_of_the_table(tmp_path: Path) -> None:
    """Its class is public; the table makes the same one."""
    (tmp_path / "power.jsonl").write_text('{"seconds": 0, "gpu_w": 1}\n')
    assert isinstance(make_meter(settings(f"replay:{tmp_path}/power.jsonl")), ReplayMeter)
