"""The plausibility gate: what cannot be is flagged with the reason, listed, and in no total."""

from datetime import UTC, datetime
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
        ({"energy_consumed": "0.1"}, "damaged", "The parts add up to 0.360 kWh, the total is 0.100 kWh."),
        (
            {"emissions": "2"},
            "implausible_intensity",
            "Its emissions imply 5,560 g CO2e/kWh; no grid has more than 3,000 or less than 0.",
        ),
        ({"duration": "0"}, "implausible_power", "It states 0.360 kWh and no time."),
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


@pytest.mark.parametrize(("hours", "flags"), [(13, ()), (15, ("implausible_power",))])
def test_a_run_that_is_still_to_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int, flags: tuple[str, ...]
) -> None:
    """It ends at 10 o'clock: 13 hours before is its end by a clock of the far east, 15 hours before it is none."""
    ended = datetime(2026, 3, 1, 10, tzinfo=UTC).timestamp()
    monkeypatch.setattr("greentrain.importing.gate.time.time", lambda: ended - 3600 * hours)
    job = {"Start": "2026-03-01T09:00:00", "End": "2026-03-01T10:00:00", "ElapsedRaw": "3600"}
    (run,) = runs_of(tmp_path, sacct_text(job))
    assert run.flags == flags
    said = ["It ends at 2026-03-01T10:00:00Z, which is still to come."]
    assert [found.reason for found in run.findings] == (said if flags else [])
    assert run.is_counted is not bool(flags)


def test_jobs_in_columns_may_be_still_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 9,000 jobs of 9 to 10 o'clock and one of the next day the latter is in no sum, the evening before."""
    monkeypatch.setattr("greentrain.importing.gate.time.time", lambda: datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp())
    job = {"Start": "2026-03-01T09:00:00", "End": "2026-03-01T10:00:00", "ElapsedRaw": "3600"}
    jobs = [job | {"JobID": str(number), "JobIDRaw": str(number)} for number in range(9000)]
    jobs[7] |= {"Start": "2026-03-02T09:00:00", "End": "2026-03-02T10:00:00"}
    (tmp_path / "sacct").write_text(sacct_text(*jobs))
    audit = import_runs(tmp_path / "sacct", dry_run=True, by="user")
    assert (audit.totals.runs, audit.files[0].flagged) == (8999, 1)


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
