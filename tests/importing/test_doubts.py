"""What an import doubts, by reasons with counts, energies and examples."""

from pathlib import Path

from foreign_texts import audit_of, codecarbon_text, sacct_text

from greentrain import import_runs
from greentrain.importing import DoubtCounts, Finding


def _jobs(*watts: int) -> str:
    rows = [
        {"JobIDRaw": str(number), "JobName": f"job-{number}", "ConsumedEnergyRaw": str(3600 * power)}
        for number, power in enumerate(watts, 1)
    ]
    return sacct_text(*rows)


def test_reasons_that_differ_in_numbers_are_one(tmp_path: Path) -> None:
    """Four jobs of 30 to 60 kW: 180 kWh, three of them named by id; one of 10 W apart."""
    audit = audit_of(tmp_path, _jobs(30_000, 50_000, 40_000, 60_000, 10, 200))
    many, one = audit.doubts
    assert (many.flag, many.runs, many.measured_energy_kwh, many.is_in_totals) == ("implausible_power", 4, 180, False)
    assert many.reason == "A node drew 30,000 to 60,000 W on average, at most 20,000 W is possible."
    assert many.examples == tuple(run.id for run in audit.runs[:3])
    assert many.names == ("job-1", "job-2", "job-3")
    assert one.reason == "A node drew 10.0 W on average, at least 20.0 W is possible."
    assert (audit.left_out, audit.files[0].flagged, audit.totals.runs) == (5, 5, 1)


def test_what_is_kept_is_in_totals(tmp_path: Path) -> None:
    """With --keep-flagged nothing is left out, and the doubt stays."""
    audit = audit_of(tmp_path, _jobs(30_000), keep_flagged=True)
    assert (audit.left_out, audit.totals.runs, audit.doubts[0].is_in_totals) == (0, 1, True)


def test_what_the_history_holds_is_doubted_once(tmp_path: Path) -> None:
    """A second import of the same file doubts nothing: it adds nothing."""
    path = tmp_path / "foreign"
    path.write_text(_jobs(30_000, 200))
    first, second = (import_runs(path, home=tmp_path / "home") for _ in range(2))
    assert [(each.files[0].flagged, each.left_out, len(each.doubts)) for each in (first, second)] == [
        (1, 1, 1),
        (0, 0, 0),
    ]


def test_the_same_file_twice(tmp_path: Path) -> None:
    """Counts and energies are the first one's."""
    path = tmp_path / "foreign"
    path.write_text(_jobs(30_000, 200))
    audit = import_runs([path, path], dry_run=True)
    assert [(file.flagged, file.it_energy_kwh is None) for file in audit.files] == [(1, False), (0, True)]


def test_names_in_reasons_are_left_out() -> None:
    """Records of other works are one reason, whatever these are called; 2 of CO2e is no number that differs."""
    sums = DoubtCounts()
    for name in ("a (slurm), b", "c"):
        finding = Finding("same_work", f"It is the work of {name} (slurm), by its file's name, and counts there.", True)
        sums.count([finding], 1, 0.5, {name: name}, is_in_totals=False)
    for grams in ("5,560", "4,000"):
        finding = Finding("implausible_intensity", f"Its emissions imply {grams} g CO2e/kWh.", True)
        sums.count([finding], 1, 0.5, {grams: grams}, is_in_totals=False)
    assert [each.reason for each in sums.doubts()] == [
        "It is the work of another record (slurm), by its file's name, and counts there.",
        "Its emissions imply 4,000 to 5,560 g CO2e/kWh.",
    ]


def test_other_formats(tmp_path: Path) -> None:
    """A file of codecarbon with two runs without energy of their accelerators."""
    row = {"gpu_energy": "0", "energy_consumed": "0.06"}
    audit = audit_of(tmp_path, codecarbon_text(row | {"run_id": "a"}, row | {"run_id": "b"}))
    assert [(each.flag, each.runs) for each in audit.doubts] == [("gpu_unmetered", 2)]
