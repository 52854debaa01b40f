"""The replay meter: recorded power in, cumulative energy out."""

from pathlib import Path

import pytest

from greentrain import DataError, ReplayMeter
from greentrain.meter import Meter


def file(folder: Path, text: str) -> Path:
    """Write a file to replay."""
    path = folder / "power.jsonl"
    path.write_text(text)
    return path


def test_energy_is_power_held_from_line_to_line(tmp_path: Path) -> None:
    """300 W for 10 s and 100 W for 5 s are 3,500 J; the last line holds on."""
    path = file(tmp_path, '{"seconds": 0, "gpu_w": 300, "memory_w": 8}\n{"seconds": 10, "gpu_w": 100}\n')
    meter: Meter = ReplayMeter(path)
    assert [part.component for part in meter.components] == ["gpu", "memory"]
    reading = ReplayMeter(path).at(15.0)
    assert reading.energy_kwh == pytest.approx({"gpu": 3500 / 3.6e6, "memory": 80 / 3.6e6})
    assert reading.power_w == {"gpu": 100.0}
    assert ReplayMeter(path).at(-1.0).energy_kwh == {}


def test_line_with_an_error_fails_until_the_next(tmp_path: Path) -> None:
    """Readings fail in the stretch of an error and go on after it."""
    meter = ReplayMeter(file(tmp_path, '{"seconds": 0, "cpu_w": 10}\n{"seconds": 2, "error": "no"}\n{"seconds": 3}\n'))
    assert meter.at(1.9).energy_kwh == pytest.approx({"cpu": 19 / 3.6e6})
    with pytest.raises(OSError, match=r"^no$"):
        meter.at(2.5)
    assert meter.at(3.5).energy_kwh == pytest.approx({"cpu": 20 / 3.6e6})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'no line; wanted JSON lines such as {"seconds": 0, "gpu_w": 300}'),
        ("{", "row 1: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", "row 1: not a JSON object"),
        (
            '{"seconds": 0, "watts": 1}',
            "row 1: unknown key 'watts'; known are seconds, gpu_w, cpu_w, memory_w and error",
        ),
        ('{"gpu_w": 1}', "row 1, column seconds: not a number"),
        ('{"seconds": 0, "gpu_w": "1"}', "row 1, column gpu_w: not a number"),
        ('{"seconds": 0, "gpu_w": NaN}', "row 1, column gpu_w: not a number"),
        ('{"seconds": 1}\n{"seconds": 1}', "row 2, column seconds: seconds must increase from line to line"),
    ],
)
def test_bad_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong is named with its line and column."""
    path = file(tmp_path, text)
    with pytest.raises(DataError) as raised:
        ReplayMeter(path)
    separator = ", " if message.startswith("row") else ": "
    assert str(raised.value) == f"{path}{separator}{message}"
