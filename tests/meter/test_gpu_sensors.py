"""Boards read through their drivers' libraries, with numbers worked out by hand."""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from greentrain.meter.computer import RunGpus
from greentrain.meter.gpu_selection import Gpu
from greentrain.meter.gpu_sensors import AmdSensor, Board, Boards, NvidiaSensor, open_sensor

HERE = Path(__file__).parent
KWH = 1 / 3.6e6


class Sensor:
    """A board that gives what a test sets; an exception is raised instead."""

    name = "NVML"

    def __init__(self, energy_j: float | None = None, power_w: float | None = None) -> None:
        self.energy: float | Exception | None = energy_j
        self.power: float | Exception | None = power_w

    def energy_j(self) -> float | None:
        """Return the counter. [J]"""
        if isinstance(self.energy, Exception):
            raise self.energy
        return self.energy

    def power_w(self) -> float | None:
        """Return the power. [W]"""
        if isinstance(self.power, Exception):
            raise self.power
        return self.power


def test_a_counter_counts() -> None:
    """From 1,000 J to 1,700 J in 2 s: 700 J, 350 W; what the counter held before is not the run's."""
    sensor = Sensor(1000.0, 999.0)
    board = Board(sensor, 10.0)
    assert (board.energy_kwh, board.method) == (0.0, "NVML counter")
    sensor.energy = 1700.0
    board.read(12.0)
    assert board.energy_kwh == pytest.approx(700 * KWH)
    assert board.power_w == pytest.approx(350.0)


def test_without_a_counter_power_times_time() -> None:
    """100 W at first, 300 W after 2 s, 300 W after 3 s: 400 J and 300 J, by the mean of both ends."""
    sensor = Sensor(None, 100.0)
    board = Board(sensor, 0.0)
    assert board.method == "NVML power x time"
    sensor.power = 300.0
    board.read(2.0)
    assert (board.energy_kwh, board.power_w) == (pytest.approx(400 * KWH), pytest.approx(200.0))
    board.read(3.0)
    assert (board.energy_kwh, board.power_w) == (pytest.approx(700 * KWH), pytest.approx(300.0))


def test_a_counter_that_starts_again() -> None:
    """A driver loaded anew counts from 0: the interval goes by its power, 3 s at 200 W, then the counter goes on."""
    sensor = Sensor(5000.0, 200.0)
    board = Board(sensor, 0.0)
    sensor.energy = 50.0
    board.read(3.0)
    assert board.energy_kwh == pytest.approx(600 * KWH)
    sensor.energy = 150.0
    board.read(4.0)
    assert board.energy_kwh == pytest.approx(700 * KWH)


@pytest.mark.parametrize("energy", [0.0, None])
def test_a_reading_that_fails_is_made_up_for(energy: float | None) -> None:
    """Two failures at 100 W, and the next reading covers all 3 s: 300 J, by counter and by power."""
    sensor = Sensor(energy, 100.0)
    board = Board(sensor, 0.0)
    for second in (1.0, 2.0):
        sensor.energy = None if energy is None else RuntimeError("lost")
        sensor.power = RuntimeError("lost")
        with pytest.raises(RuntimeError, match="lost"):
            board.read(second)
    sensor.energy, sensor.power = (None if energy is None else 300.0), 100.0
    board.read(3.0)
    assert board.energy_kwh == pytest.approx(300 * KWH)


def test_a_board_that_gives_nothing() -> None:
    """Neither energy nor power is an error at once; either of them that ends is one then."""
    with pytest.raises(OSError, match="NVML gives neither its energy nor its power"):
        Board(Sensor(), 0.0)
    for sensor, words in ((Sensor(1.0), "energy"), (Sensor(None, 1.0), "power")):
        board = Board(sensor, 0.0)
        sensor.energy = sensor.power = None
        with pytest.raises(OSError, match=f"NVML gives its {words} no more"):
            board.read(1.0)


def test_a_board_that_is_lost_and_one_that_is_not() -> None:
    """Three failures in a row pass, the fourth loses the board; the other one is read all along."""
    good, bad = Sensor(0.0), Sensor(0.0)
    boards = Boards(lambda gpu: (good, bad)[gpu.number])
    began = boards.open([Gpu(0, "a", "A100"), Gpu(1, "b", "A100")])
    bad.energy = RuntimeError("GPU is lost")
    found = []
    for second in (1, 2, 3, 4):
        good.energy = 100.0 * second
        found.append(boards.read(began + second))
    assert found == ["RuntimeError GPU is lost"] * 3 + [None]
    assert boards.lost == {1: "readings fail: RuntimeError GPU is lost"}
    assert boards.readings() == {0: (pytest.approx(400 * KWH), pytest.approx(100.0))}


def test_a_board_that_does_not_open() -> None:
    """It is lost from the start, with the reason; the other one is read."""

    def opened(gpu: Gpu) -> Sensor:
        if gpu.number == 0:
            raise PermissionError("no permission")
        return Sensor(0.0) if gpu.number == 1 else Sensor()

    boards = Boards(opened)
    boards.open([Gpu(number, str(number), "A100") for number in range(3)])
    assert boards.lost == {
        0: "PermissionError no permission",
        2: "OSError NVML gives neither its energy nor its power",
    }
    assert (set(boards.readings()), boards.methods) == ({1}, {1: "NVML counter"})


def test_the_time_before_the_boards_are_read_has_their_mean_power() -> None:
    """1 s before, then 2 s at 300 W: 900 J; a later second of 100 J is added as it is."""
    gpus = RunGpus({"CUDA_VISIBLE_DEVICES": "0"})
    gpus.choose((Gpu(0, "GPU-a", "A100"),))
    gpus.start(11.0, 10.0)
    gpus.add(11.1, {0: (30 * KWH, 300.0)})
    assert (gpus.energy_kwh, gpus.awaits_mean) == (None, True)  # 0.1 s is too short for a mean
    gpus.add(13.0, {0: (570 * KWH, 300.0)})
    assert gpus.energy_kwh == pytest.approx(900 * KWH)
    gpus.add(14.0, {0: (100 * KWH, 100.0)})
    assert (gpus.energy_kwh, gpus.power_w) == (pytest.approx(1000 * KWH), 100.0)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put made-up libraries of both vendors in the place of theirs."""
    for name in ("pynvml", "amdsmi"):
        shutil.copy(HERE / f"fake_{name}.py", tmp_path / f"{name}.py")
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "boards").write_text("2")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("pynvml", "amdsmi"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("vendor", "kind"), [("nvidia", NvidiaSensor), ("amd", AmdSensor)])
def test_the_vendors_units(library: Path, vendor: str, kind: type) -> None:
    """Millijoules and milliwatts of NVML, steps of microjoules and watts of AMD SMI: the second board draws 200 W."""
    sensor = open_sensor(Gpu(1, "b", "", vendor))
    assert isinstance(sensor, kind)
    assert sensor.power_w() == 200.0
    assert sensor.energy_j() == pytest.approx(200.0 * time.monotonic(), abs=100.0)  # within half a second
    assert Board(sensor, 0.0).method == f"{sensor.name} counter"


@pytest.mark.parametrize("vendor", ["nvidia", "amd"])
def test_a_board_without_a_counter(library: Path, vendor: str) -> None:
    """What the driver does not support is no failure: power is read instead."""
    (library / "no_counter").touch()
    sensor = open_sensor(Gpu(0, "a", "", vendor))
    board = Board(sensor, 0.0)
    board.read(2.0)
    assert (board.energy_kwh, board.method) == (pytest.approx(200 * KWH), f"{sensor.name} power x time")


@pytest.mark.parametrize(
    ("fields", "watts"),
    [
        ({"current_socket_power": "N/A", "average_socket_power": 350}, 350.0),
        ({"current_socket_power": 700, "average_socket_power": "N/A"}, 700.0),
        ({"current_socket_power": 0xFFFFFFFF, "average_socket_power": 90}, 90.0),
        ({"current_socket_power": 0, "average_socket_power": 120}, 120.0),
        ({"current_socket_power": "N/A"}, None),
    ],
)
def test_the_power_of_amds_boards(library: Path, fields: dict[str, object], watts: float | None) -> None:
    """Newer boards give one field, older ones the other; a text or the highest number means that it is not given."""
    import amdsmi

    amdsmi.amdsmi_get_power_info = lambda handle: fields
    assert AmdSensor(0).power_w() == watts
