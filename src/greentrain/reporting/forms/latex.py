"""A paper's paragraph, table and bibliography, and the one sentence that its checklist asks for."""

from collections.abc import Iterator

from greentrain.errors import InputError, either
from greentrain.interval import Interval
from greentrain.numbers import counted
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import latex
from greentrain.reporting.form_units import Cell, cell
from greentrain.reporting.forms.latex_bibliography import bibliography, cited
from greentrain.reporting.forms.latex_table import MOST_ROWS, Rows, hours_of, rows_of, table
from greentrain.reporting.provenance_mark import made_by
from greentrain.reporting.subject import Subject

FORM = "latex"
CHECKLISTS = ("neurips", "acl")
LARGE = 10_000.0
"""From here on energies are written in MWh [kWh] and emissions in tonnes [kg]."""

SMALL = 0.1
"""Below this energies are written in Wh [kWh] and emissions in grams [kg]."""

_PARAMS_MISSING = "\n% The question asks for the number of parameters too: --params states it."
_VERBS = {"estimated": "We estimate", "measured": "We measured", "mixed": "By measurement and estimate we find"}


def render(subject: Subject, *, checklist: str | None = None, final: str | None = None) -> str:
    r"""Write what a paper says of its training: to be taken in by ``\input``.

    Parameters
    ----------
    subject : Subject
        What was trained.
    checklist : {'neurips', 'acl'}, optional
        Write only the sentence that answers item 8 of the NeurIPS checklist or question C1 of the ACL's.
    final : str, optional
        Names or ids, with commas between, of the runs that the paper reports; all others count as preliminary. Left
        out, every run that did not fail is reported.
    """
    if checklist not in (None, *CHECKLISTS):
        raise InputError("checklist", checklist, f"must be {either(CHECKLISTS)}")
    scope_statements.refuse_nothing(subject, FORM)
    rows = rows_of(subject, final)
    if checklist is not None:
        return f"{_neurips(subject, rows, final) if checklist == 'neurips' else _acl(subject)}\n"
    head = (
        f"% {made_by(subject)}\n% Take it in with \\input, and name greentrain in \\bibliography: compiling writes it."
    )
    parts = (
        head,
        bibliography(subject),
        _paragraph(subject),
        table(subject, rows, energy_cell(subject), mass_cell(subject)),
    )
    return "\n\n".join(parts) + "\n"


def energy_cell(subject: Subject) -> Cell:
    """Choose Wh, kWh or MWh by the total."""
    return _sized("energy", subject.facility_energy_kwh)


def mass_cell(subject: Subject) -> Cell:
    """Choose grams, kilograms or tonnes by the total."""
    return _sized("emissions", subject.operational_kg)


def _sized(quantity: str, value: Interval) -> Cell:
    size = "_large" if value.best >= LARGE else "_small" if value.best < SMALL else ""
    return cell(FORM, f"{quantity}{size}")


def _paragraph(subject: Subject) -> str:
    return "\n".join(_sentences(subject))


def _sentences(subject: Subject) -> Iterator[str]:
    versions = latex(scope_statements.versions_words(subject))
    yield f"\\paragraph{{Energy and emissions.}} {_VERBS[subject.basis]} that training on {_hardware(subject)} used"
    yield f"{_amount(energy_cell(subject), subject.facility_energy_kwh)} of electricity, which emitted"
    yield f"{_amount(mass_cell(subject), subject.operational_kg, 'CO$_2$e')} (operational, location-based)."
    yield f"The figures cover {latex(scope_statements.boundary_words(subject))}."
    yield f"They comprise {latex(scope_statements.runs_words(subject))}."
    factor = latex(scope_statements.factor_words(subject)).replace("CO2e", "CO$_2$e")
    yield f"Carbon intensity: {factor}{cited(subject)}."
    yield f"Computed with {versions}~\\cite{{greentrain}}; Table~\\ref{{tab:greentrain}} lists the runs."


def _hardware(subject: Subject) -> str:
    words = latex(scope_statements.hardware_of(subject) or "hardware not stated")
    time = _time(subject)
    return f"{words} for {time}" if time else words


def _time(subject: Subject) -> str:
    """Write the accelerator-hours, of processors alone the wall-clock time; nothing where neither is known."""
    hours = hours_of(subject)
    amount = hours.total(subject)
    return "" if amount is None else f"{cell(FORM, hours.field).short_text(amount)} {hours.words}"


def _amount(unit: Cell, value: Interval, of: str = "") -> str:
    name = f"{unit.unit} {of}".strip()
    if value.is_exact:
        return f"{unit.text(value.best)}~{name}"
    return (
        f"{unit.text(value.best)}~{name} (90\\,\\% interval {unit.text(value.low)} to {unit.text(value.high)}~{name})"
    )


def _neurips(subject: Subject, rows: Rows, final: str | None) -> str:
    """Answer item 8: compute per run and in total, and whether the project needed more than the paper reports."""
    is_short = len(subject.lines) <= MOST_ROWS
    listed = "states the compute of each run" if is_short else "sums the compute of the runs by outcome and hardware"
    more = {
        "estimate": "failed and preliminary runs of the project are not included",
        "run": "other runs of the project are not included",
    }.get(subject.kind) or _others(subject, rows, final)
    return (
        f"Training used {_hardware(subject)}{_places(subject)}, in total "
        f"{_amount(energy_cell(subject), subject.facility_energy_kwh)} and "
        f"{_amount(mass_cell(subject), subject.operational_kg, 'CO$_2$e')}; "
        f"Table~\\ref{{tab:greentrain}} {listed}, and {more}."
    )


def _others(subject: Subject, rows: Rows, final: str | None) -> str:
    """Say what a project needed beyond the runs that are reported."""
    known = [line.facility_energy_kwh.best for line in rows.others if line.facility_energy_kwh is not None]
    unknown = len(subject.lines) - len(scope_statements.known_lines(subject))
    words = []
    if known:
        which = "runs that did not complete" if final is None else "failed and preliminary runs"
        share = 100 * sum(known) / subject.facility_energy_kwh.best
        words.append(f"its total includes {which} ({share:.2g}\\,\\% of the energy)")
    elif not rows.others and not subject.unreadable:
        words.append("no tracked run of the project failed" if final is None else "no other run of it was tracked")
    if unknown:
        words.append(f"{counted(unknown, 'run')} of unknown energy {'is' if unknown == 1 else 'are'} not in it")
    if subject.unreadable:
        words.append(scope_statements.unreadable_words(subject))
    return ", and ".join(words)


def _places(subject: Subject) -> str:
    places = scope_statements.places(subject)
    return f" in {latex(', '.join(places))}" if places else ""


def _acl(subject: Subject) -> str:
    """Answer question C1: parameters, total computational budget, infrastructure."""
    size = subject.size
    params = f"The model has {_count(size.params)} parameters, the" if size and size.params else "The"
    which = {
        "estimate": "computational budget, without failed and preliminary runs,",
        "run": "computational budget of this run, without others of its project,",
    }.get(subject.kind, "total computational budget")
    budget = _time(subject) or "not counted in hours"
    energy = _amount(energy_cell(subject), subject.facility_energy_kwh)
    mass = _amount(mass_cell(subject), subject.operational_kg, "CO$_2$e")
    infrastructure = latex(scope_statements.hardware_of(subject) or "hardware not stated")
    return (
        f"{params} {which} was {budget}, which used {energy} and emitted {mass}, "
        f"and the computing infrastructure was {infrastructure}{_places(subject)} (Table~\\ref{{tab:greentrain}})."
        f"{'' if size and size.params else _PARAMS_MISSING}"
    )


def _count(value: float) -> str:
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return cell(FORM, "params").short_text(value)
