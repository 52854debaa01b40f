"""Software carbon intensity, ISO/IEC 21031: SCI = (O + M) per R, with every coefficient in a table."""

from collections.abc import Iterator
from typing import NamedTuple

from greentrain.errors import InputError, either
from greentrain.inputs import Input
from greentrain.interval import Interval, sum_independent
from greentrain.numbers import SMALL, ascii_unit, least, rounded, scale_for
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import markdown
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.form_units import form_unit, grouped
from greentrain.reporting.report_data import ReportData
from greentrain.units import G_PER_KG

FORM = "sci"
UNITS = ("run", "token", "flop")
_RATIONALES = {
    "run": "training is done once per run; the figure holds for runs of this size alone",
    "token": "the cost of training grows with the tokens trained on, all epochs counted",
    "flop": "the cost of training grows with its operations, whatever the model",
}
_SCI_FOR_AI = (
    "SCI for AI, which the Green Software Foundation ratified (specification of 12 January 2026, looked at in November "
    "2026), asks a provider for more: all of inception, training with its intermediate runs, and deployment, per FLOP, "
    "training token or billion parameters, gross or effective. This is the score of training alone by ISO/IEC 21031"
)
_LEAST_G = 1e-9
"""Nobody counts more zeros than that. [g]"""
_WATER = ("wue", "water_intensity")
_METHODS = {
    "measured": "measured",
    "mixed": "measured and modeled",
    "given": "sourced",
    "published": "sourced",
    "default": "modeled",
    "assumed": "modeled",
}


class Unit(NamedTuple):
    """A functional unit: its name, and how many of it the runs have delivered. [1]"""

    name: str
    count: float  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


def render(data: ReportData, *, functional_unit: str = "run") -> str:
    """Write score, components and coefficients in Markdown.

    Parameters
    ----------
    data : ReportData
        What to report.
    functional_unit : {'run', 'token', 'flop'}, optional
        R, by which the emissions are divided: a completed or estimated run, a token trained on, an operation.
    """
    scope_statements.refuse_nothing(data, FORM)
    unit = _unit(data, functional_unit)
    score = sum_independent(*_terms(data)).scaled(1 / unit.count)
    lines = [
        f"<!-- {made_by(data)} -->",
        "",
        f"# Software carbon intensity of training: {markdown(data.title)}",
        "",
        f"**SCI = {_score(score, unit)}",
        "",
        *scope_statements.warning_lines(data),
        *_explained(data, unit),
        "",
        "## Components",
        "",
        "| component | g CO2e | share |",
        "| --- | --- | --- |",
        *_components(data),
        "",
        "## Coefficients",
        "",
        "| name | value | unit | methodology | source |",
        "| --- | --- | --- | --- | --- |",
        *_coefficients(data, unit),
    ]
    return "\n".join(lines) + "\n"


def _unit(data: ReportData, name: str) -> Unit:
    if name not in UNITS:
        raise InputError("functional_unit", name, f"must be {either(UNITS)}")
    delivered = {
        "run": float(sum(line.runs for line in data.lines if line.status in ("completed", "estimated"))),
        "token": scope_statements.total_tokens(data),
        "flop": data.size.flops if data.size and not data.size.unstated else None,
    }
    count = delivered[name]
    if not count:
        missing = {
            "run": "no run completed; give token or flop, where these are known",
            "token": "the number of tokens is not known; give {tokens}, of a described run {params} too",
            "flop": "the number of operations is not known; give {flops}, or {params} and {tokens}",
        }
        raise InputError("functional_unit", name, missing[name])
    return Unit(name if name != "flop" else "FLOP", count)


def _terms(data: ReportData) -> tuple[Interval, ...]:
    operational, embodied = data.operational_kg, data.embodied_kg
    terms = (operational,) if embodied is None else (operational, embodied)
    return tuple(term.scaled(form_unit(FORM, "emissions").factor) for term in terms)


def _grams(value: float) -> str:
    """Write grams in decimals; per operation they are too small for these."""
    if value < _LEAST_G:
        return f"{value:.3e}"
    unit = form_unit(FORM, "emissions")
    return unit.text(value / unit.factor)


def _score(score: Interval, unit: Unit) -> str:
    """Write the score in grams, or with a prefix where these are few."""
    if not _LEAST_G <= score.best < SMALL:
        return f"{_grams(score.best)} g CO2e per {unit.name}** ({_span(score)})"
    scale = scale_for(score.best / G_PER_KG, "kg")
    low, best, high = (rounded(value / G_PER_KG / scale.size) for value in score)
    name = f"{ascii_unit(scale)} CO2e"
    return f"{best} {name} per {unit.name}** ({scope_statements.span_text(score, low, f'{high} {name}')})"


def _span(value: Interval) -> str:
    return scope_statements.span_text(value, _grams(value.low), f"{_grams(value.high)} g CO2e")


def _explained(data: ReportData, unit: Unit) -> Iterator[str]:
    embodied = data.embodied_kg
    yield f"- Functional unit R: one {unit.name}; {_RATIONALES[unit.name.casefold()]}. R counts {unit.count:,.6g}."
    yield f"- Boundary: {markdown(scope_statements.boundary_text(data))}."
    yield f"- Runs: {markdown(scope_statements.runs_text(data))}."
    yield f"- Energy: {scope_statements.basis_text(data)}; of hardware reserved, idle or not."
    yield f"- Carbon intensity I: {markdown(scope_statements.factor_text(data))}, yearly average."
    yield "- Market-based instruments and compensation do not enter the score."
    if embodied is None:
        yield "- M is not known for this hardware: the score holds O alone and is incomplete."
    elif lacking := sum(line.embodied_kg is None for line in scope_statements.known_lines(data)):
        yield f"- M is not known of {lacking:,} of {len(data.lines):,} runs: the score is incomplete."
    yield f"- {_SCI_FOR_AI}."
    yield f"- Versions: {scope_statements.versions_text(data)}."


def _components(data: ReportData) -> Iterator[str]:
    names = ("O, operational = E x I", "M, embodied share of the hardware")
    terms = _terms(data)
    whole = sum(term.best for term in terms)
    for name, term in zip(names, terms, strict=False):
        yield f"| {name} | {_grams(term.best)} ({_span(term)}) | {100 * term.best / whole:.3g} % |"


def _coefficients(data: ReportData, unit: Unit) -> Iterator[str]:
    tag = _METHODS.get(data.basis, "modeled")
    energy = data.facility_energy_kwh
    words = form_unit(FORM, "energy")
    span = scope_statements.span_text(energy, words.text(energy.low), words.text(energy.high))
    shown = f"{least(data.is_least)}{words.text(energy.best)} ({span})"
    yield f"| E, facility energy | {shown} | kWh | {tag} | this report |"
    for place, grid in scope_statements.grids(data):
        tagged = _METHODS.get(grid.basis, "modeled")
        name = f"I, carbon intensity, {markdown(place or 'place not stated')}{f' {grid.year}' if grid.year else ''}"
        value = form_unit(FORM, "intensity").text(grid.g_per_kwh.best)
        yield f"| {name} | {value} | g CO2e/kWh | {tagged} | {markdown(_titles(data, grid.source.split(';')))} |"
    for item in data.inputs:
        if item.name not in ("grid_intensity", *_WATER):
            yield _row(data, item)
    yield f"| R, {unit.name} | {unit.count:,.6g} | 1 | sourced | this report |"


def _row(data: ReportData, item: Input) -> str:
    from greentrain.estimation.labels import input_label

    low, best, high = item.value
    span = "" if item.value.is_exact else f" ({_coefficient(low, 4)} to {_coefficient(high, 4)})"
    tagged = _METHODS.get(item.basis, "modeled")
    titles = markdown(_titles(data, item.source_ids))
    return f"| {markdown(input_label(item.name))} | {_coefficient(best, 6)}{span} | {item.unit} | {tagged} | {titles} |"


def _coefficient(value: float, digits: int) -> str:
    """Write a coefficient with so many significant digits, in decimals: 52,560 h, not 5.256e+04."""
    shown = float(f"{value:.{digits}g}")
    return f"{shown:,.0f}" if abs(shown) >= 10**digits else grouped(f"{shown:.{digits}g}")


def _titles(data: ReportData, keys: list[str]) -> str:
    return "; ".join(data.sources[key.strip()]["title"] for key in keys if key.strip() in data.sources)
