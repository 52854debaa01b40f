"""Places, settings, names and surroundings that are wrong or hostile."""

import json

import pytest
from fault_room import GREENTRAIN, Room

from greentrain import estimate


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("Atlantis", "unknown"),
        ("US-CALIFRONIA", "US-CA"),
        ("califronia", "US-CA"),
        ("aws:us-esat-1", "aws:us-east-1"),
    ],
)
def test_unknown_place(room: Room, place: str, words: str) -> None:
    """Fault 19: a place that is none is an error before the training starts, from the decorator's own line."""
    outcome = room.run("refused", f"dict(name='x', location={place!r})")

    assert outcome[:2] == (1, "before\n")
    lines = outcome.err.splitlines()
    assert words in lines[-1]
    assert place in lines[-1]
    own = [line for line in lines if "refused.py" in line]
    assert len(own) == 1
    assert "@track(**eval(sys.argv[1]))" in outcome.err
    assert room.runs() == ()


def test_no_place(room: Room) -> None:
    """Fault 19: without a place the energy is recorded, and CO2e gets the interval of the whole world."""
    outcome = room.run("with_arguments", "dict(name='nowhere', pue=1.0)", 0.5)
    measurement = json.loads(outcome.err)["record"]["measurement"]
    world = next(item for item in estimate("V100", hours=1).inputs if item.name == "grid_intensity").value
    energy, mass = measurement["it_energy_kwh"], measurement["operational_kg"]

    assert outcome.code == 0
    assert mass["best"] == pytest.approx(energy["best"] * world.best / 1000, rel=1e-6)
    assert mass["low"] == pytest.approx(energy["low"] * world.low / 1000, rel=0.15)
    assert mass["high"] == pytest.approx(energy["high"] * world.high / 1000, rel=0.15)
    run = room.run_alone()
    assert run.operational_kg is not None
    assert run.operational_kg.best == pytest.approx(mass["best"], rel=0.02)


def test_place_of_a_killed_run(room: Room) -> None:
    """Fault 19: a run that could not say what its place means is given PUE and grid by the history."""
    training = room.start("with_arguments", "dict(name='killed', location='FR', year=2024)", 30).wait_for()
    training.signal(9).end()
    run = room.run_alone()
    inputs = {item.name: item.value for item in estimate("V100", hours=1, location="FR", year=2024).inputs}
    assert run.status == "killed"
    assert run.g_per_kwh is not None
    assert run.g_per_kwh.best == inputs["grid_intensity"].best
    assert run.operational_kg is not None


def test_settings_of_codecarbon(room: Room) -> None:
    """Fault 25: hostile configuration files and variables of codecarbon change nothing."""
    measured = {"METER": "codecarbon"}
    plain = json.loads(room.run("with_arguments", "dict(name='plain', location='FR')", 1.2, environment=measured).err)
    hostile = {
        "CODECARBON_FORCE_CPU_POWER": "9999", "CODECARBON_FORCE_RAM_POWER": "9999", "CODECARBON_PUE": "7",
        "CODECARBON_MEASURE_POWER_SECS": "x", "CODECARBON_SAVE_TO_FILE": "True", "CODECARBON_GPU_IDS": "None,[",
        "CODECARBON_LOG_LEVEL": "nonsense", "CODECARBON_API_ENDPOINT": "http://127.0.0.1:1",
    }  # fmt: skip
    for folder in (room.user, room.work):
        (folder / ".codecarbon.config").write_text("[codecarbon\nforce_ram_power = 9999\npue=7\n\0")
    other = room.run("with_arguments", "dict(name='hostile', location='FR')", 1.2, environment=measured | hostile)
    records_of = [plain["record"]["measurement"], json.loads(other.err)["record"]["measurement"]]

    assert other.code == 0
    first, second = (found["energy_kwh"]["memory"] / found["duration_seconds"] for found in records_of)
    assert second == pytest.approx(first, rel=0.05)
    assert records_of[0]["components"] == records_of[1]["components"]
    assert sorted(path.name for path in room.work.iterdir()) == [".codecarbon.config"]


@pytest.mark.parametrize("value", ["0", "-1", "'often'", "float('nan')", "True", "None", "[]"])
def test_silly_interval(room: Room, value: str) -> None:
    """Fault 26: an interval that is none is an error that names it, before the training starts."""
    outcome = room.run("refused", f"dict(name='x', interval={value})")
    assert outcome[:2] == (1, "before\n")
    assert "interval" in outcome.err.splitlines()[-1]
    assert room.runs() == ()


def test_names_in_the_terminal(room: Room) -> None:
    """Fault 28: no name of a run sends anything to a terminal but itself, and none is wider than its line."""
    room.run("with_arguments", "dict(name='\\x1b[31mred\\x07\\nsecond', location='FR')")
    loud = room.run("training", "returns", environment={"QUIET": None})
    listed = room.launch([*GREENTRAIN, "history"]).end()
    assert loud.code == 0
    assert listed.code == 0
    assert "\x1b" not in listed.out
    assert "\x07" not in listed.out
    assert "\\x1b[31mred\\x07\\nsecond" in listed.out


@pytest.mark.parametrize("options", [("-O",), ("-OO",), ("-W", "error"), ("-X", "dev", "-W", "error"), ("-bb",)])
def test_python_options(room: Room, options: tuple[str, ...]) -> None:
    """Fault 29: the same with assertions switched off and with warnings as errors; mistakes are still refused."""
    refused = room.start("refused", "dict(name='x', interval=0)", options=options)
    elsewhere = room.start("training", "returns", options=options, environment={"GREENTRAIN_HOME": "/proc/none"})
    assert room.both("training", "returns", options=options).err == "the function's end\n"
    assert room.run_alone().status == "completed"
    assert elsewhere.end()[:2] == (0, "returned {'weights': [1, 2, 3]}\n")
    assert room.run_alone(room.spare_home).status == "completed"
    assert refused.end()[:2] == (1, "before\n")
