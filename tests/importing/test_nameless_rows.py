"""Rows of codecarbon without a run's id: in any order, grown, in part or twice they are the runs that they were."""

from itertools import permutations
from pathlib import Path

import pytest

from greentrain.importing import ImportStore, import_runs

HEAD = "timestamp,project_name,duration,emissions,energy_consumed,country_iso_code,cpu_model"


def _row(time: str, seconds: float, kwh: float, project: str = "p") -> str:
    return f"2021-03-01T{time},{project},{seconds},{kwh / 20},{kwh},FRA,Xeon"


LATER = [
    _row("08:10:00", 599.6, 0.1),  # both began at 8:00:00, within the rounding of the time stamp
    _row("08:20:00", 1200.4, 0.2),
    _row("09:20:00", 600, 0.15, "q"),
    _row("10:20:00", 600, 0.3),
]
BESIDE = [_row("08:10:00", 600, 0.1), _row("08:10:00", 600, 0.2)]


def _energies(folder: Path, home: Path, *files: list[str]) -> list[float]:
    """Import files one after the other, and return the energies of the runs that are stored then. [kWh]"""
    for number, rows in enumerate(files):
        path = folder / f"{number}.csv"
        path.write_text("\n".join([HEAD, *rows, ""]))
        import_runs(path)
    return sorted(run.stated.measured_energy_kwh or 0.0 for run in ImportStore(str(home)).runs())


@pytest.mark.parametrize("order", [*permutations(range(4))][::5])
def test_the_order_of_rows_does_not_matter(tmp_path: Path, home: Path, order: tuple[int, ...]) -> None:
    """Three runs of 0.2, 0.15 and 0.3 kWh, however the copy is sorted, and with every row twice."""
    moved = [LATER[place] for place in order]
    assert _energies(tmp_path, home, LATER, moved, LATER * 2) == [0.15, 0.2, 0.3]


@pytest.mark.parametrize("first", [[0], [1], [0, 2], [1, 3], [3, 2, 1, 0]])
def test_a_file_that_grew_holds_the_runs_that_it_held(tmp_path: Path, home: Path, first: list[int]) -> None:
    """Some of the rows, then all, then one more of the first run: 0.41 kWh in 2,401 s in place of 0.2."""
    grown = [*LATER, _row("08:40:00", 2400.6, 0.41)]
    assert _energies(tmp_path, home, [LATER[place] for place in first], LATER, grown) == [0.15, 0.3, 0.41]


@pytest.mark.parametrize("files", [[BESIDE, BESIDE[::-1]], [BESIDE[1:], BESIDE], [BESIDE[1:], BESIDE[::-1]]])
def test_runs_that_begin_together_are_two(tmp_path: Path, home: Path, files: list[list[str]]) -> None:
    """0.1 and 0.2 kWh of one second and one length are two processes, whichever of them comes first, or alone."""
    assert _energies(tmp_path, home, *files) == [0.1, 0.2]


def test_runs_that_begin_together_go_on(tmp_path: Path, home: Path) -> None:
    """After 20 minutes they have 0.21 and 0.4 kWh: each goes on from the one whose mean power it has."""
    later = [*BESIDE, _row("08:20:00", 1200, 0.21), _row("08:20:00", 1200, 0.4)]
    assert _energies(tmp_path, home, BESIDE, later, later[::-1]) == [0.21, 0.4]
