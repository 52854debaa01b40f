"""A paper's paragraph, table and bibliography, and the one sentence that its checklist asks for."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from greentrain.errors import InputError, either
from greentrain.html_table import typeset
from greentrain.interval import Interval
from greentrain.numbers import counted, hours_as_given, least, rounded, small_scale
from greentrain.reporting import scope_statements
from greentrain.reporting.bibliography import bibliography, cited
from greentrain.reporting.escaping import latex
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.form_units import FormUnit, form_unit
from greentrain.reporting.report_data import ReportData, RunLine
from greentrain.summation import total_of

MOST_ROWS = 30
"""More runs than this are summed by status and hardware: a table that floats does not break over pages."""

_RULES = "".join(rf"\providecommand{{\{name}}}{{\hline}}" for name in ("toprule", "midrule", "bottomrule"))
"""The rules of booktabs where a paper loads it, as most templates do; the table compiles without it too."""

_TIMES = {"h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds"}
_LEAST = 0.001
"""Of a cell, in the unit of its column, which fits the sum of all: nobody counts the zeros of less. [1]"""
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
    is_least: bool = False


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
    units = (_time_unit(data, hours), energy, mass)
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        r"\caption{Compute, energy and operational emissions of training; in brackets 90\,\% intervals.",
        f"{_caption(data, shared)}}}",
        r"\label{tab:greentrain}",
        r"\smallskip",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{3pt}",
        _RULES,
        r"\begin{tabular}{p{0.4\linewidth}rrr}" if shared else r"\begin{tabular}{p{0.2\linewidth}p{0.18\linewidth}rrr}",
        r"\toprule",
        rf"Run & {'' if shared else 'Hardware & '}{units[0].unit} & {energy.unit} & {mass.unit} CO$_2$e \\",
        r"\midrule",
        *(_row_text(row, units, shared) for row in _body(data, rows, hours)),
        r"\midrule",
        _row_text(_total(data, hours), units, shared),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines)


def _shared_hardware(data: ReportData) -> str:
    """Name the hardware of a project all of whose runs had the same; a column of it would only make rows higher."""
    found = {line.hardware for line in data.lines}
    return found.pop() if data.kind == "project" and len(found) == 1 else ""


def _caption(data: ReportData, shared: str) -> str:
    words = f"Energy is {scope_statements.basis_text(data)} and covers {scope_statements.boundary_text(data)}."
    return latex(f"{words} Hardware of each run: {shared}." if shared else words)


def _time_unit(data: ReportData, hours: Hours) -> FormUnit:
    """Choose the unit of the column of times by their sum, as those of the others are."""
    scale = small_scale(hours.total(data) or 0.0, "h")
    words = hours.words.removesuffix("hours") + _TIMES[scale.unit]
    unit = form_unit("latex", hours.field)
    return unit._replace(unit=words[0].upper() + words[1:], factor=1 / scale.size)


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
    time, energy, kg = getattr(line, hours.field), line.facility_energy_kwh, line.operational_kg
    return LatexRow(name, line.hardware, time, energy, kg, line.is_least)


def _sum(name: str, lines: Sequence[RunLine], hours: Hours) -> LatexRow:
    times = [time for line in lines if (time := getattr(line, hours.field)) is not None]
    whole, is_least = total_of([line.footprint for line in lines]), any(line.is_least for line in lines)
    return LatexRow(name, "", sum(times) if times else None, whole.facility_energy_kwh, whole.operational_kg, is_least)


def _total(data: ReportData, hours: Hours) -> LatexRow:
    return LatexRow("Total", "", hours.total(data), data.facility_energy_kwh, data.operational_kg, data.is_least)


def _row_text(row: LatexRow, units: tuple[FormUnit, FormUnit, FormUnit], shared: str) -> str:
    time, energy, mass = units
    hours = "--" if row.hours is None else _below(time, row.hours) or time.short_text(row.hours)
    amounts = f"{_cell(energy, row.energy_kwh, row.is_least)} & {_cell(mass, row.operational_kg, row.is_least)}"
    hardware = "" if shared else rf"\raggedright {_breakable(row.hardware)} & "
    return rf"\raggedright {_breakable(row.name)} & {hardware}{hours} & {amounts} \\"


def _breakable(name: str) -> str:
    """Escape a name, which may be long and without blanks, so that it can be broken."""
    return re.sub(r"(\\_|[-/.,:])", r"\1\\allowbreak{}", latex(name))


def _cell(unit: FormUnit, value: Interval | None, is_least: bool) -> str:
    if value is None:
        return "--"
    if not is_least and (below := _below(unit, value.best)):
        return below
    best = rf"$\geq$\,{unit.text(value.best)}" if is_least else unit.text(value.best)
    if value.is_exact:
        return best
    return f"{best} [{unit.text(value.low)}, {unit.text(value.high)}]"


def _below(unit: FormUnit, value: float) -> str:
    """Write that a value is too small for the unit of its column; nothing where it is not."""
    return f"$<${_LEAST:g}" if 0 < value * unit.factor < _LEAST else ""


FORM = "latex"
CHECKLISTS = ("neurips", "acl")
LARGE = 10_000.0
"""From here on energies are written in MWh [kWh] and emissions in tonnes [kg]."""

INFRASTRUCTURES = {
    "publicCloud": "a public cloud",
    "privateCloud": "a private cloud",
    "onPremise": "an internal cluster",
    "other": "neither a cloud nor an internal cluster",
}
_TABLE = r"\ifcsname r@tab:greentrain\endcsname Table~\ref{tab:greentrain}\else the table of training runs\fi"
"""The table by its number where the document has it: an answer to a checklist compiles alone too."""
_NOT_STATED = "% The question asks for {} too: {} states it."
_PARAMS_MISSING = "\n% The question asks for the number of parameters too: --params states it."
_BASES = {"estimated": "as we estimate", "measured": "as we measured", "mixed": "by measurement and estimate"}
_VERBS = {"estimated": "We estimate", "measured": "We measured", "mixed": "By measurement and estimate we find"}


def render(
    data: ReportData,
    *,
    checklist: str | None = None,
    final: str | None = None,
    memory: str | None = None,
    storage: str | None = None,
    infrastructure: str | None = None,
) -> str:
    r"""Write what a paper says of its training: to be taken in by ``\input``.

    Parameters
    ----------
    data : ReportData
        What was trained.
    checklist : {'neurips', 'acl'}, optional
        Write only the sentence that answers item 8 of the NeurIPS checklist or question C1 of the ACL's.
    final : str, optional
        Names or ids, with commas between, of the runs that the paper reports; all others count as preliminary. Left
        out, every run that did not fail is reported.
    memory, storage : str, optional
        What item 8 of the NeurIPS checklist asks for: ``512 GB per node``, ``2 TB of NVMe``. Memory left out is that of
        the accelerators, and of the hosts where it is known.
    infrastructure : {'publicCloud', 'privateCloud', 'onPremise', 'other'}, optional
        Where the computers are, which the same item asks for. Default: a public cloud for a provider's region or
        instance type, else not stated.
    """
    if checklist not in (None, *CHECKLISTS):
        raise InputError("checklist", checklist, f"must be {either(CHECKLISTS)}")
    if infrastructure not in (None, *INFRASTRUCTURES):
        raise InputError("infrastructure", infrastructure, f"must be {either(tuple(INFRASTRUCTURES))}")
    scope_statements.refuse_nothing(data, FORM)
    rows = rows_of(data, final)
    if checklist == "acl":
        return f"{_with_signs(_acl(data))}\n"
    if checklist == "neurips":
        machines = _Machines.of(data, memory, storage, infrastructure)
        return f"{_with_signs(_neurips(data, rows, final, machines))}\n"
    head = f"% {made_by(data)}\n% Take it in with \\input, and name greentrain in \\bibliography: compiling writes it."
    parts = (
        head,
        bibliography(data),
        _with_signs(_paragraph(data)),
        _with_signs(table(data, rows, energy_unit(data), mass_unit(data))),
    )
    return "\n\n".join(parts) + "\n"


def _with_signs(text: str) -> str:
    """Set formulas and signs as LaTeX does."""
    return typeset(text, "CO$_2$e", r" $\times$ ")


def energy_unit(data: ReportData) -> FormUnit:
    """Choose kWh or MWh by the total, or Wh and less where it is small."""
    return _sized("energy", data.facility_energy_kwh)


def mass_unit(data: ReportData) -> FormUnit:
    """Choose kilograms or tonnes by the total, or grams and less where it is small."""
    return _sized("emissions", data.operational_kg)


def _sized(quantity: str, value: Interval) -> FormUnit:
    unit = form_unit(FORM, f"{quantity}_large" if value.best >= LARGE else quantity)
    scale = small_scale(value.best, unit.base_unit)
    if scale.size == 1:
        return unit
    return unit._replace(unit=scale.unit.replace("\N{MICRO SIGN}", r"$\mu$"), factor=1 / scale.size)


def _paragraph(data: ReportData) -> str:
    return "\n".join(_sentences(data))


def _warnings(data: ReportData) -> str:
    """Write what doubts an input, in bold, to be seen before the paper is; nothing where nothing does."""
    return "".join(f"\\textbf{{Warning: {latex(warning)}}} " for warning in data.warnings)


def _sentences(data: ReportData) -> Iterator[str]:
    versions = latex(scope_statements.versions_text(data))
    yield f"\\paragraph{{Energy and emissions.}} {_warnings(data)}".rstrip()
    yield f"{_VERBS[data.basis]} that training on {_hardware(data)} used"
    before = least(data.is_least)
    yield f"{before}{_amount(energy_unit(data), data.facility_energy_kwh)} of electricity, which emitted"
    yield f"{before}{_amount(mass_unit(data), data.operational_kg, 'CO$_2$e')} (operational, location-based)."
    yield f"The figures cover {latex(scope_statements.boundary_text(data))}."
    yield f"They comprise {latex(scope_statements.runs_text(data))}."
    factor = latex(scope_statements.factor_text(data))
    yield f"Carbon intensity: {factor}{cited(data)}."
    yield f"Computed with {versions}~\\cite{{greentrain}}; Table~\\ref{{tab:greentrain}} lists the runs."


def _hardware(data: ReportData) -> str:
    words = latex(scope_statements.hardware_of(data) or "hardware not stated")
    time = _time(data)
    return f"{words} for {time}" if time else words


def _time(data: ReportData) -> str:
    """Write the accelerator-hours, of processors alone the wall-clock time; nothing where neither is known."""
    hours = hours_of(data)
    amount = hours.total(data)
    if amount is None:
        return ""
    if small_scale(amount, "h").unit == "h":
        return f"{form_unit(FORM, hours.field).short_text(amount)} {hours.words}"
    device = hours.words.rpartition("-")[0]
    return f"{hours_as_given(amount)} of {device} time" if device else hours_as_given(amount)


def _amount(unit: FormUnit, value: Interval, of: str = "") -> str:
    name = f"{unit.unit} {of}".strip()
    if value.is_exact:
        return f"{unit.text(value.best)}~{name}"
    return (
        f"{unit.text(value.best)}~{name} (90\\,\\% interval {unit.text(value.low)} to {unit.text(value.high)}~{name})"
    )


class _Machines(NamedTuple):
    """What item 8 asks of the machines, each None where it is not known."""

    memory: str | None
    storage: str | None
    where: str | None

    @classmethod
    def of(cls, data: ReportData, memory: str | None, storage: str | None, infrastructure: str | None) -> "_Machines":
        named = infrastructure or ("publicCloud" if scope_statements.cloud_providers(data) else None)
        return cls(memory or _memory(data), storage, INFRASTRUCTURES[named] if named else None)

    @property
    def text(self) -> str:
        memory, storage, where = (value or "not stated" for value in self)
        return latex(f"The machines: memory {memory}; storage {storage}; cloud or internal cluster: {where}.")

    @property
    def hints(self) -> str:
        """Comments on what is missing."""
        asked = (("the memory", "--memory"), ("the storage", "--storage"), ("cloud or cluster", "--infrastructure"))
        missing = (words for words, value in zip(asked, self, strict=True) if value is None)
        return "".join(f"\n{_NOT_STATED.format(*words)}" for words in missing)


def _memory(data: ReportData) -> str | None:
    """Write the memory of an accelerator, where every device of that name has the same, and of the hosts."""
    if data.estimate is None:
        return None
    run, hardware = data.estimate.run, data.estimate.catalogue.hardware
    family = next((item for item in hardware.families.values() if item.name == run["gpu_family"]), None)
    members = family.members if family else (run["gpu"],) if run["gpu"] else ()
    sizes = {hardware.accelerator(key).memory_gb for key in members}
    size = sizes.pop() if len(sizes) == 1 else None
    parts = [f"{size:g} GB per accelerator"] if size else []
    if run["instance"] and (host_gb := hardware.find_instance(run["instance"]).memory_gb):
        parts.append(f"{host_gb:g} GB of main memory per instance")
    elif "memory_gb" in run:
        parts.append(f"{round(run['memory_gb'], 1):g} GB of main memory")
    return " and ".join(parts) or None


def _neurips(data: ReportData, rows: LatexRows, final: str | None, machines: _Machines) -> str:
    """Answer item 8: compute per run and in total, the machines, and whether the project needed more."""
    is_short = len(data.lines) <= MOST_ROWS
    listed = "states the compute of each run" if is_short else "sums the compute of the runs by outcome and hardware"
    more = {
        "estimate": "failed and preliminary runs of the project are not included",
        "run": "other runs of the project are not included",
    }.get(data.kind) or _others(data, rows, final)
    return (
        f"{_warnings(data)}Training used {_hardware(data)}{_places(data)}, in total, {_BASES[data.basis]}, "
        f"{least(data.is_least)}{_amount(energy_unit(data), data.facility_energy_kwh)} and "
        f"{_amount(mass_unit(data), data.operational_kg, 'CO$_2$e')}; {_TABLE} {listed}, and {more}. "
        f"{machines.text}{machines.hints}"
    )


def _others(data: ReportData, rows: LatexRows, final: str | None) -> str:
    """Write what a project needed beyond the runs that are reported."""
    known = [line.facility_energy_kwh.best for line in rows.others if line.facility_energy_kwh is not None]
    unknown = len(data.lines) - len(scope_statements.known_lines(data))
    words = []
    if known:
        which = "runs that did not complete" if final is None else "failed and preliminary runs"
        share = 100 * sum(known) / data.facility_energy_kwh.best
        words.append(f"its total includes {which} ({rounded(share, 2)}\\,\\% of the energy)")
    elif not rows.others and not data.unreadable:
        words.append("no tracked run of the project failed" if final is None else "no other run of it was tracked")
    if unknown:
        words.append(f"{counted(unknown, 'run')} of unknown energy {'is' if unknown == 1 else 'are'} not in it")
    if data.unreadable:
        words.append(scope_statements.unreadable_text(data))
    return ", and ".join(words)


def _places(data: ReportData) -> str:
    places = scope_statements.places(data)
    return f" in {latex(', '.join(places))}" if places else ""


def _acl(data: ReportData) -> str:
    """Answer question C1: parameters, total computational budget, infrastructure."""
    size = data.size
    params = f"The model has {_count(size.params)} parameters, the" if size and size.params else "The"
    which = {
        "estimate": "computational budget, without failed and preliminary runs,",
        "run": "computational budget of this run, without others of its project,",
    }.get(data.kind, "total computational budget")
    budget = _time(data) or "not counted in hours"
    energy = f"{least(data.is_least)}{_amount(energy_unit(data), data.facility_energy_kwh)}"
    mass = _amount(mass_unit(data), data.operational_kg, "CO$_2$e")
    infrastructure = latex(scope_statements.hardware_of(data) or "hardware not stated")
    return (
        f"{_warnings(data)}{params} {which} was {budget}, which used {energy} and emitted {mass}, "
        f"and the computing infrastructure was {infrastructure}{_places(data)} ({_TABLE})."
        f"{'' if size and size.params else _PARAMS_MISSING}"
    )


def _count(value: float) -> str:
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return form_unit(FORM, "params").short_text(value)
