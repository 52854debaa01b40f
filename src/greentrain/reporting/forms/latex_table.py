"""The table of a paper: each run, those reported and those that failed or were preliminary, and the total."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from greentrain.errors import InputError
from greentrain.interval import Interval
from greentrain.numbers import counted
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import latex
from greentrain.reporting.form_units import FormUnit, form_unit
from greentrain.reporting.report_data import ReportData, RunLine
from greentrain.summation import total_of

MOST_ROWS = 30
"""More runs than this are summed by status and hardware: a table that floats does not break over pages."""


_NO_GPUS = (
    "ascend", "cerebras", "gaudi", "graphcore", "groq", "inferentia", "kunlun", "maia", "mlu", "mtia", "tesla-d1",
    "tpu", "trainium",
)  # fmt: skip
"""Beginnings of the ids of accelerators that nobody calls a GPU."""


class LatexRow(NamedTuple):
    """A row of the table; blank quantities are None."""

    name: str
    hardware: str
    hours: float | None
    energy_kwh: Interval | None
    operational_kg: Interval | None


class Hours(NamedTuple):
    """How the time of computers is counted.

    Attributes
    ----------
    field : str
        The field of a run that holds it, and its quantity in the map of units.
    words : str
        Its unit in words.
    """

    field: str
    words: str

    def total(self, data: ReportData) -> float | None:
        """Sum it over all runs. [h]"""
        sums = {"accelerator_hours": scope_statements.accelerator_hours, "hours": scope_statements.wall_clock_hours}
        return sums[self.field](data)


def hours_of(data: ReportData) -> Hours:
    """Count accelerator-hours, called GPU-hours where all are GPUs; without accelerators, wall-clock time."""
    if scope_statements.accelerator_hours(data) is None:
        return Hours("hours", form_unit("latex", "hours").unit)
    is_other = any(line.gpu and line.gpu.startswith(_NO_GPUS) for line in data.lines)
    return Hours("accelerator_hours", "device-hours" if is_other else form_unit("latex", "accelerator_hours").unit)


class LatexRows(NamedTuple):
    """The runs that the paper reports, and the others."""

    reported: tuple[RunLine, ...]
    others: tuple[RunLine, ...]


def rows_of(data: ReportData, final: str | None) -> LatexRows:
    """Part the runs into those that the paper reports and the others.

    Parameters
    ----------
    data : ReportData
        What was run.
    final : str or None
        Names or ids of the reported ones, with commas between; None for all that did not fail.

    Raises
    ------
    InputError
        If no run has one of these names.
    """
    wanted = {name.strip() for name in final.split(",")} if final is not None else None
    unknown = (wanted or set()) - {key for line in data.lines for key in (line.id, line.name)}
    if unknown:
        raise InputError("final", min(unknown), "is no name or id of a run of this report")
    groups: tuple[list[RunLine], list[RunLine]] = ([], [])
    for line in data.lines:
        groups[not _is_reported(line, wanted)].append(line)
    return LatexRows(*map(tuple, groups))


def _is_reported(line: RunLine, wanted: set[str] | None) -> bool:
    if wanted is None:
        return not line.is_unfinished
    return line.id in wanted or line.name in wanted


def table(data: ReportData, rows: LatexRows, energy: FormUnit, mass: FormUnit) -> str:
    """Write the table.

    Parameters
    ----------
    data : ReportData
        For the total and the caption.
    rows : LatexRows
        The runs in their two groups.
    energy, mass : FormUnit
        Units of the columns.
    """
    shared, hours = _shared_hardware(data), hours_of(data)
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        r"\caption{Compute, energy and operational emissions of training; in brackets 90\,\% intervals.",
        f"{_caption(data, shared)}}}",
        r"\label{tab:greentrain}",
        r"\smallskip",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{3pt}",
        r"\begin{tabular}{p{0.4\linewidth}rrr}" if shared else r"\begin{tabular}{p{0.2\linewidth}p{0.18\linewidth}rrr}",
        r"\hline",
        rf"Run & {'' if shared else 'Hardware & '}{_column(hours)} & {energy.unit} & {mass.unit} CO$_2$e \\",
        r"\hline",
        *(_written(row, energy, mass, shared) for row in _body(data, rows, hours)),
        r"\hline",
        _written(_total(data, hours), energy, mass, shared),
        r"\hline",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines)


def _shared_hardware(data: ReportData) -> str:
    """Name the hardware of a project all of whose runs had the same; a column of it would only make rows higher."""
    found = {line.hardware for line in data.lines}
    return found.pop() if data.kind == "project" and len(found) == 1 else ""


def _caption(data: ReportData, shared: str) -> str:
    words = f"Energy is {scope_statements.basis_words(data)} and covers {scope_statements.boundary_words(data)}."
    return latex(f"{words} Hardware of each run: {shared}." if shared else words)


def _column(hours: Hours) -> str:
    return hours.words[0].upper() + hours.words[1:]


def _body(data: ReportData, rows: LatexRows, hours: Hours) -> Iterator[LatexRow]:
    is_short = len(data.lines) <= MOST_ROWS
    if data.kind == "run":
        yield from _listed(data.lines, is_short, hours)
        return
    yield from _listed(rows.reported, is_short, hours)
    if data.kind == "estimate":
        yield LatexRow("Failed and preliminary runs", "not included", None, None, None)
    elif data.kind == "project":
        yield _sum("Subtotal, reported runs", rows.reported, hours)
        yield from _listed(rows.others, is_short, hours)
        yield _sum("Subtotal, failed and preliminary runs", rows.others, hours)


def _listed(lines: Sequence[RunLine], is_short: bool, hours: Hours) -> Iterator[LatexRow]:
    if is_short:
        yield from (_row(line, hours) for line in lines)
        return
    groups: dict[tuple[str, str], list[RunLine]] = defaultdict(list)
    for line in lines:
        groups[line.status, line.hardware].append(line)
    for (status, hardware), members in groups.items():
        name = f"{counted(len(members), 'run')} ({status})"
        yield _sum(name, members, hours)._replace(hardware=hardware)


def _row(line: RunLine, hours: Hours) -> LatexRow:
    name = line.name if line.status in ("completed", "estimated") else f"{line.name} ({line.status})"
    return LatexRow(name, line.hardware, getattr(line, hours.field), line.facility_energy_kwh, line.operational_kg)


def _sum(name: str, lines: Sequence[RunLine], hours: Hours) -> LatexRow:
    times = [time for line in lines if (time := getattr(line, hours.field)) is not None]
    whole = total_of([line.footprint for line in lines])
    return LatexRow(name, "", sum(times) if times else None, whole.facility_energy_kwh, whole.operational_kg)


def _total(data: ReportData, hours: Hours) -> LatexRow:
    return LatexRow("Total", "", hours.total(data), data.facility_energy_kwh, data.operational_kg)


def _written(row: LatexRow, energy: FormUnit, mass: FormUnit, shared: str) -> str:
    hours = "--" if row.hours is None else form_unit("latex", "accelerator_hours").short_text(row.hours)
    amounts = f"{_amount(energy, row.energy_kwh)} & {_amount(mass, row.operational_kg)}"
    hardware = "" if shared else rf"\raggedright {_breakable(row.hardware)} & "
    return rf"\raggedright {_breakable(row.name)} & {hardware}{hours} & {amounts} \\"


def _breakable(name: str) -> str:
    """Escape a name, which may be long and without blanks, so that it can be broken."""
    return re.sub(r"(\\_|[-/.,:])", r"\1\\allowbreak{}", latex(name))


def _amount(unit: FormUnit, value: Interval | None) -> str:
    if value is None:
        return "--"
    if value.is_exact:
        return unit.text(value.best)
    return f"{unit.text(value.best)} [{unit.text(value.low)}, {unit.text(value.high)}]"
