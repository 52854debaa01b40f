"""The table of runs: one by one, and by how they ended."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from greentrain.interval import Interval
from greentrain.numbers import percent, rounded
from greentrain.reporting.document.blocks import Block, Prose, table
from greentrain.reporting.report_data import ReportData, RunLine

MOST_RUNS = 100
"""Longer tables are not read; CSV and JSON hold every run. [1]"""

_STATUSES = ("completed", "failed", "interrupted", "killed", "running")


def runs_blocks(data: ReportData) -> Iterator[Block]:
    """Give the runs of a project, the largest first where there are many; nothing for a single one."""
    if data.kind != "project":
        return
    yield table("Runs by how they ended", ("status", "runs", "kWh", "kg CO2e", "share of energy"),
                _by_status(data.lines), (1, 2, 3, 4))  # fmt: skip
    shown = data.lines
    if len(shown) > MOST_RUNS:
        largest = sorted(shown, key=lambda line: (-_best(line.facility_energy_kwh), line.id))
        shown = tuple(largest[:MOST_RUNS])
        yield Prose(f"The {MOST_RUNS} runs that took most energy, of {len(data.lines):,}; the forms csv and json "
                    "hold all.")  # fmt: skip
    header = ("run", "id", "status", "start (UTC)", "hardware", "h", "kWh", "kg CO2e", "energy")
    yield table("Runs", header, [_row(line) for line in shown], (5, 6, 7))


def _row(line: RunLine) -> tuple[str, ...]:
    started = f"{line.started:%Y-%m-%d %H:%M}" if line.started else ""
    hours = "" if line.hours is None else rounded(line.hours)
    energy, kg = _figure(line.facility_energy_kwh), _figure(line.operational_kg)
    return (line.name, line.id, line.status, started, line.hardware, hours, energy, kg, line.basis)


def _figure(value: Interval | None) -> str:
    return "not known" if value is None else rounded(value.best)


def _best(value: Interval | None) -> float:
    return 0.0 if value is None else value.best


def _by_status(lines: Iterable[RunLine]) -> Iterator[tuple[str, ...]]:
    groups: dict[str, list[RunLine]] = defaultdict(list)
    for line in lines:
        groups[line.status].append(line)
    groups = {status: groups[status] for status in _STATUSES if status in groups}
    everything = [line for group in groups.values() for line in group]
    whole = sum(_best(line.facility_energy_kwh) for line in everything)
    for status, group in (*groups.items(), ("all", everything)):
        energy = sum(_best(line.facility_energy_kwh) for line in group)
        kg = sum(_best(line.operational_kg) for line in group)
        yield status, f"{len(group):,}", rounded(energy), rounded(kg), percent(energy / whole) if whole else ""
