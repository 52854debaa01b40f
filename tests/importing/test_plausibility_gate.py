"""The plausibility gate: what cannot be is flagged with the reason, listed, and in no total."""

from pathlib import Path

import pytest
from foreign_texts import audit_of, codecarbon_text, runs_of, sacct_text

from greentrain import History, import_runs
from greentrain.history import hours_of
from greentrain.importing import DOUBTS, FLAGS


@pytest.mark.parametrize(
    ("row", "flag", "reason"),
    [
        (
            {"gpu_energy": "0", "energy_consumed": "0.06"},
            "gpu_unmetered",
            "Its accelerators have no energy, other parts have some.",
        ),
        (
            {"gpu_energy": "0.6", "energy_consumed": "0.66"},
            "implausible_power",
            "The accelerators drew 600 W on average, at most 480 W is possible.",
        ),
        (
            {"gpu_count": "", "gpu_model": "", "gpu_energy": "0", "cpu_energy": "30", "energy_consumed": "30"},
            "implausible_power",
            "The computer drew 30,000 W on average, at most 20,000 W is possible.",
        ),
        ({"energy_consumed": "0.1"}, "damaged", "The parts add up to 0.36 kWh, the total is 0.1 kWh."),
        (
            {"emissions": "2"},
            "implausible_intensity",
            "Its emissions imply 5,560 g CO2e/kWh; no grid has more than 3,000 or less than 0.",
        ),
        ({"duration": "0"}, "implausible_power", "It states 0.36 kWh and no time."),
    ],
)
def test_doubts_have_reasons(tmp_path: Path, row: dict[str, str], flag: str, reason: str) -> None:
    """An hour of one card of 400 W, which may have 480 W on average; limits are those of import_limits.csv."""
    audit = audit_of(tmp_path, codecarbon_text(row))
    (run,) = audit.runs
    assert [(found.flag, found.reason) for found in run.findings] == [(flag, reason)]
    assert run.flags == (flag,)
    assert audit.files[0].flagged == 1
    assert audit.to_dict()["totals"]["runs"] == 0


@pytest.mark.parametrize(
    ("row", "flags"),
    [
        ({"gpu_energy": "0.48", "energy_consumed": "0.54"}, ()),
        ({"gpu_energy": "0.481", "energy_consumed": "0.541"}, ("implausible_power",)),
        ({"gpu_model": "1 x Own", "gpu_energy": "1.5", "energy_consumed": "1.56"}, ("unknown_hardware",)),
        (
            {"gpu_model": "1 x Own", "gpu_energy": "1.501", "energy_consumed": "1.561"},
            ("implausible_power", "unknown_hardware"),
        ),
        ({"energy_consumed": "0.72"}, ()),
        ({"energy_consumed": "0.721"}, ("damaged",)),
        ({"energy_consumed": "0.24"}, ()),
        ({"energy_consumed": "0.239"}, ("damaged",)),
        ({"emissions": "1.08"}, ()),
        ({"emissions": "1.081"}, ("implausible_intensity",)),
        ({"emissions": "0"}, ()),
        ({"emissions": "-0.001"}, ("implausible_intensity",)),
        (
            dict.fromkeys(("gpu_energy", "gpu_count", "gpu_model"), "") | {"cpu_energy": "20", "energy_consumed": "20"},
            (),
        ),
    ],
)
def test_limits_on_both_sides(tmp_path: Path, row: dict[str, str], flags: tuple[str, ...]) -> None:
    """A board of 400 W and a fifth, one of no name and 1.5 kW, parts of half to 1.5 times their total, 3,000 g/kWh."""
    (run,) = runs_of(tmp_path, codecarbon_text({"emissions": "0.02"} | row))
    assert run.flags == flags


def test_what_can_be_has_no_flag(tmp_path: Path) -> None:
    """300 W of a card, 50 W of a CPU and 10 W of memory, at 56 g/kWh in France."""
    (run,) = runs_of(tmp_path, codecarbon_text({}))
    assert (run.flags, run.findings, run.location) == ((), (), "FR")
    assert run.footprint is not None
    assert run.footprint.basis == "measured"


def test_an_unusable_energy_gives_way_to_the_estimate(tmp_path: Path) -> None:
    """What the file states stays beside it."""
    (run,) = runs_of(tmp_path, codecarbon_text({"gpu_energy": "6", "energy_consumed": "6.06"}))
    found = run.to_dict()
    assert (found["basis"], found["measured_energy_kwh"], found["reported_kg"]) == ("estimated", 6.06, 0.02)
    assert found["it_energy_kwh"]["high"] < 1


def test_doubts_are_flags() -> None:
    """Words of the gate are words of the audit."""
    assert set(FLAGS) >= DOUBTS


def test_what_is_in_no_total_is_in_no_hour(tmp_path: Path) -> None:
    """A job of 0.2 kWh counts, one of 50 kW does not: all hours add up to the total."""
    energies = ("720000", "180000000", "180000000", "180000000")
    rows = [{"JobIDRaw": str(number), "ConsumedEnergyRaw": energy} for number, energy in enumerate(energies, 1)]
    (tmp_path / "sacct.txt").write_text(sacct_text(*rows))
    import_runs(tmp_path / "sacct.txt", home=tmp_path / "home", location="DE")
    history = History(tmp_path / "home")
    hours = hours_of(history.runs())
    assert sum(hour.runs for hour in hours) == len({hour.hour for hour in hours}) == 1
    whole = history.totals().facility_energy_kwh
    assert whole is not None
    assert sum(hour.facility_energy_kwh or 0 for hour in hours) == pytest.approx(whole.best)
