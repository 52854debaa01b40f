"""A paper's paragraph, table and bibliography, and the one sentence that its checklist asks for."""

from collections.abc import Iterator

from greentrain.errors import InputError, either
from greentrain.interval import Interval
from greentrain.numbers import counted
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import latex
from greentrain.reporting.form_units import FormUnit, form_unit
from greentrain.reporting.forms.latex_bibliography import bibliography, cited
from greentrain.reporting.forms.latex_table import MOST_ROWS, LatexRows, hours_of, rows_of, table
from greentrain.reporting.provenance_mark import made_by
from greentrain.reporting.report_data import ReportData

FORM = "latex"
CHECKLISTS = ("neurips", "acl")
LARGE = 10_000.0
"""From here on energies are written in MWh [kWh] and emissions in tonnes [kg]."""

SMALL = 0.1
"""Below this energies are written in Wh [kWh] and emissions in grams [kg]."""

_PARAMS_MISSING = "\n% The question asks for the number of parameters too: --params states it."
_VERBS = {"estimated": "We estimate", "measured": "We measured", "mixed": "By measurement and estimate we find"}


def render(data: ReportData, *, checklist: str | None = None, final: str | None = None) -> str:
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
    """
    if checklist not in (None, *CHECKLISTS):
        raise InputError("checklist", checklist, f"must be {either(CHECKLISTS)}")
    scope_statements.refuse_nothing(data, FORM)
    rows = rows_of(data, final)
    if checklist is not None:
        return f"{_neurips(data, rows, final) if checklist == 'neurips' else _acl(data)}\n"
    head = f"% {made_by(data)}\n% Take it in with \\input, and name greentrain in \\bibliography: compiling writes it."
    parts = (
        head,
        bibliography(data),
        _paragraph(data),
        table(data, rows, energy_unit(data), mass_unit(data)),
    )
    return "\n\n".join(parts) + "\n"


def energy_unit(data: ReportData) -> FormUnit:
    """Choose Wh, kWh or MWh by the total."""
    return _sized("energy", data.facility_energy_kwh)


def mass_unit(data: ReportData) -> FormUnit:
    """Choose grams, kilograms or tonnes by the total."""
    return _sized("emissions", data.operational_kg)


def _sized(quantity: str, value: Interval) -> FormUnit:
    size = "_large" if value.best >= LARGE else "_small" if value.best < SMALL else ""
    return form_unit(FORM, f"{quantity}{size}")


def _paragraph(data: ReportData) -> str:
    return "\n".join(_sentences(data))


def _sentences(data: ReportData) -> Iterator[str]:
    versions = latex(scope_statements.versions_words(data))
    yield f"\\paragraph{{Energy and emissions.}} {_VERBS[data.basis]} that training on {_hardware(data)} used"
    yield f"{_amount(energy_unit(data), data.facility_energy_kwh)} of electricity, which emitted"
    yield f"{_amount(mass_unit(data), data.operational_kg, 'CO$_2$e')} (operational, location-based)."
    yield f"The figures cover {latex(scope_statements.boundary_words(data))}."
    yield f"They comprise {latex(scope_statements.runs_words(data))}."
    factor = latex(scope_statements.factor_words(data)).replace("CO2e", "CO$_2$e")
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
    return "" if amount is None else f"{form_unit(FORM, hours.field).short_text(amount)} {hours.words}"


def _amount(unit: FormUnit, value: Interval, of: str = "") -> str:
    name = f"{unit.unit} {of}".strip()
    if value.is_exact:
        return f"{unit.text(value.best)}~{name}"
    return (
        f"{unit.text(value.best)}~{name} (90\\,\\% interval {unit.text(value.low)} to {unit.text(value.high)}~{name})"
    )


def _neurips(data: ReportData, rows: LatexRows, final: str | None) -> str:
    """Answer item 8: compute per run and in total, and whether the project needed more than the paper reports."""
    is_short = len(data.lines) <= MOST_ROWS
    listed = "states the compute of each run" if is_short else "sums the compute of the runs by outcome and hardware"
    more = {
        "estimate": "failed and preliminary runs of the project are not included",
        "run": "other runs of the project are not included",
    }.get(data.kind) or _others(data, rows, final)
    return (
        f"Training used {_hardware(data)}{_places(data)}, in total "
        f"{_amount(energy_unit(data), data.facility_energy_kwh)} and "
        f"{_amount(mass_unit(data), data.operational_kg, 'CO$_2$e')}; "
        f"Table~\\ref{{tab:greentrain}} {listed}, and {more}."
    )


def _others(data: ReportData, rows: LatexRows, final: str | None) -> str:
    """Say what a project needed beyond the runs that are reported."""
    known = [line.facility_energy_kwh.best for line in rows.others if line.facility_energy_kwh is not None]
    unknown = len(data.lines) - len(scope_statements.known_lines(data))
    words = []
    if known:
        which = "runs that did not complete" if final is None else "failed and preliminary runs"
        share = 100 * sum(known) / data.facility_energy_kwh.best
        words.append(f"its total includes {which} ({share:.2g}\\,\\% of the energy)")
    elif not rows.others and not data.unreadable:
        words.append("no tracked run of the project failed" if final is None else "no other run of it was tracked")
    if unknown:
        words.append(f"{counted(unknown, 'run')} of unknown energy {'is' if unknown == 1 else 'are'} not in it")
    if data.unreadable:
        words.append(scope_statements.unreadable_words(data))
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
    energy = _amount(energy_unit(data), data.facility_energy_kwh)
    mass = _amount(mass_unit(data), data.operational_kg, "CO$_2$e")
    infrastructure = latex(scope_statements.hardware_of(data) or "hardware not stated")
    return (
        f"{params} {which} was {budget}, which used {energy} and emitted {mass}, "
        f"and the computing infrastructure was {infrastructure}{_places(data)} (Table~\\ref{{tab:greentrain}})."
        f"{'' if size and size.params else _PARAMS_MISSING}"
    )


def _count(value: float) -> str:
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return form_unit(FORM, "params").short_text(value)
