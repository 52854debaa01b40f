"""CPU and memory read by ourselves: counters as the system shows them, and models where there are none."""

import os
import time
from pathlib import Path

import pytest

from greentrain.journal import JournalWriter
from greentrain.meter import MeterSettings, NoMeter, Reading, RunEnd, host_reader
from greentrain.meter import __main__ as meter_process
from greentrain.meter.host_reader import HostReader
from greentrain.meter.process_share import ProcessShare
from greentrain.meter.recorder import Recorder

KWH = 1 / 3.6e6


@pytest.fixture
def chips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Show two chips with counters that start again at 1,000 J, and a part of one that counts what its chip counts."""
    for number, name in (("0", "package-0"), ("0:0", "core"), ("1", "package-1")):
        folder = tmp_path / f"intel-rapl:{number}"
        folder.mkdir()
        (folder / "name").write_text(f"{name}\n")
        (folder / "energy_uj").write_text("900000000\n")
        (folder / "max_energy_range_uj").write_text("1000000000\n")
    monkeypatch.setattr(host_reader, "_RAPL", str(tmp_path / "intel-rapl:[0-9]*"))
    return tmp_path / "intel-rapl:0/energy_uj", tmp_path / "intel-rapl:1/energy_uj"


def test_the_counters_of_all_chips(chips: tuple[Path, Path]) -> None:
    """60 J on one chip, and 140 J on the other, whose counter starts again on the way: 200 J, the cores not twice."""
    reader = HostReader(cpu_tdp_w=1000.0, memory_w=10.0)
    began = time.monotonic()
    reader.start(began)
    time.sleep(0.2)
    chips[0].write_text("960000000\n")
    chips[1].write_text("40000000\n")
    reading = reader.read()
    assert reader.counter == "RAPL counter"
    assert reading.energy_kwh["cpu"] == pytest.approx(200 * KWH, rel=0.01)
    assert reading.power_w["cpu"] == pytest.approx(200 / (reading.mono - began), rel=0.02)
    assert reading.energy_kwh["memory"] == pytest.approx(10 * (reading.mono - began) * KWH, rel=0.01)


def test_a_counter_that_may_not_be_read_is_none(chips: tuple[Path, Path]) -> None:
    """Without numbers in its files, as without permission, the CPU is modelled: a tenth of its TDP to all of it."""
    for counter in chips:
        counter.write_text("")
    reader = HostReader(cpu_tdp_w=100.0, memory_w=None)
    began = time.monotonic()
    reader.start(began)
    time.sleep(0.2)
    reading = reader.read()
    assert reader.counter is None
    assert 9.9 <= reading.power_w["cpu"] <= 100.1
    assert set(reading.energy_kwh) == {"cpu"}  # memory of unknown size is not known, and not 0


class RunEndWatch:
    """Waits, and sees the end after so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.waits: list[float] = []

    def wait(self, seconds: float) -> RunEnd | None:
        """Wait, or give the end."""
        if len(self.waits) == self.times:
            return RunEnd("stopped", 0.0)
        self.waits.append(seconds)
        time.sleep(max(0.0, seconds))
        return None


class Failing(NoMeter):
    """Counts how often it is read, and fails each time."""

    reads = 0

    def read(self, timeout_seconds: float) -> Reading:
        """Count."""
        self.reads += 1
        raise OSError("lost")


def recorder(folder: Path) -> tuple[Recorder, Failing]:
    """Make a recorder of a meter that fails, of this process."""
    settings = MeterSettings(str(folder), "s", os.getpid(), None, os.getpid(), time.monotonic(), 1.0, {}, "none")
    meter = Failing("")
    return Recorder(settings, JournalWriter(str(folder), "meter"), meter, ProcessShare(os.getpid())), meter


def test_a_long_pause_is_read_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause is waited for in parts of at most 0.1 s, between which there are readings that are not recorded."""
    monkeypatch.setattr(meter_process, "LONGEST_PAUSE_SECONDS", 0.1)
    (reader, meter), watch = recorder(tmp_path), RunEndWatch(100)
    end = meter_process._wait_until(time.monotonic() + 0.45, reader, watch)  # type: ignore[arg-type]

    *whole, last = watch.waits
    assert end is None
    assert meter.reads == len(whole)
    assert set(whole) == {0.1}
    assert last <= 0.1


def test_a_long_pause_ends_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After two parts, each followed by a reading, the run is over."""
    monkeypatch.setattr(meter_process, "LONGEST_PAUSE_SECONDS", 0.1)
    (reader, meter), watch = recorder(tmp_path), RunEndWatch(2)
    end = meter_process._wait_until(time.monotonic() + 60, reader, watch)  # type: ignore[arg-type]

    assert end is not None
    assert meter.reads == 2
