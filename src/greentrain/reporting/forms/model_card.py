"""The Hugging Face model card: emissions in grams for its front matter, and the section on environmental impact."""

from greentrain.errors import InputError, either
from greentrain.numbers import hours_as_given, in_small_unit, least, small_scale
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import markdown, one_line, yaml_string
from greentrain.reporting.form_units import form_unit, grouped, plain_decimal
from greentrain.reporting.model_card.front_matter import with_mapping
from greentrain.reporting.model_card.section import with_section
from greentrain.reporting.model_card.stated_emissions import KEY
from greentrain.reporting.report_data import ReportData

FORM = "model-card"
TRAINING_TYPES = ("pre-training", "fine-tuning")
SMALLEST_G = 1e-4
"""Below this Python writes a number with an exponent, and readers take ``2.6e-05`` for 2.6: it stands as text. [g]"""


def render(data: ReportData, *, training_type: str | None = None) -> str:
    """Write a card that holds nothing but the emissions, to be filled in.

    Parameters
    ----------
    data : ReportData
        Whose emissions it states.
    training_type : {'pre-training', 'fine-tuning'}, optional
        What was done.
    """
    front = with_mapping("", KEY, metadata(data, training_type))
    return front + with_section("", section_lines(data), "\n")


def metadata(data: ReportData, training_type: str | None = None) -> dict[str, str]:
    """Return the keys below ``co2_eq_emissions``, values as YAML; the emissions are plain decimals. [g]

    Raises
    ------
    InputError
        If the result has no emissions that a card can state, or there is no such training type.
    """
    if data.kind == "validation":
        raise InputError("result", "of type ValidationReport", "is no footprint that a model card could state")
    if training_type not in (None, *TRAINING_TYPES):
        raise InputError("training_type", training_type, f"must be {either(TRAINING_TYPES)}")
    scope_statements.refuse_nothing(data, FORM)
    found = {"emissions": _grams(data), "source": yaml_string(one_line(_source(data)))}
    if training_type is not None:
        found["training_type"] = yaml_string(training_type)
    places = scope_statements.places(data)
    if places:
        found["geographical_location"] = yaml_string(one_line("; ".join(places)))
    if hardware := scope_statements.hardware_of(data):
        found["hardware_used"] = yaml_string(one_line(hardware))
    return found


def _grams(data: ReportData) -> str:
    grams = form_unit(FORM, "emissions").number(data.operational_kg.best)
    text = plain_decimal(grams)
    return text if grams >= SMALLEST_G else f'"{text}"'


def _source(data: ReportData) -> str:
    emissions, value = form_unit(FORM, "emissions_text"), data.operational_kg
    span = scope_statements.span_text(value, emissions.text(value.low), emissions.with_unit(value.high))
    how = f"{scope_statements.basis_text(data)}, operational, location-based, {_boundary(data)}, {span}"
    doubt = "; WARNING: an input is implausible, see the card's section" if data.warnings else ""
    return f"{scope_statements.versions_text(data)}; {how}{doubt}"


def _boundary(data: ReportData) -> str:
    words = {"facility": "whole facility", "node": "computers", "accelerator": "accelerators only"}[data.boundary]
    missing = scope_statements.unmeasured(data)
    return f"{words} without {' and '.join(missing)} (not measured)" if missing else words


def section_lines(data: ReportData) -> list[str]:
    """Write the lines of the section on environmental impact, in Markdown."""
    facts = {
        "Hardware Type": scope_statements.hardware_of(data) or "not stated",
        "Hours used": _hours(data),
        "Cloud Provider": "; ".join(scope_statements.cloud_providers(data)) or "not stated",
        "Compute Region": "; ".join(scope_statements.places(data)) or "not stated",
        "Carbon Emitted": _emitted(data),
        "Energy Consumed": _energy(data),
    }
    rows = (f"- **{name}:** {markdown(value)}" for name, value in facts.items())
    return [*scope_statements.warning_lines(data), *rows, "", _statement(data)]


def _hours(data: ReportData) -> str:
    hours = form_unit(FORM, "hours")
    wall, devices = scope_statements.wall_clock_hours(data), scope_statements.accelerator_hours(data)
    parts = [] if wall is None else [f"{_time(wall) or f'{hours.short_text(wall)} h'} of wall-clock time"]
    if devices is not None:
        small = _time(devices)
        parts.append(f"{small} of accelerator time" if small else f"{hours.short_text(devices)} accelerator-hours")
    return ", ".join(parts) or "not stated"


def _time(hours: float) -> str:
    """Write a time that is small in hours in minutes or less, nothing for others."""
    return "" if small_scale(hours, "h").unit == "h" else hours_as_given(hours)


def _emitted(data: ReportData) -> str:
    value, grams, text = data.operational_kg, form_unit(FORM, "emissions"), form_unit(FORM, "emissions_text")
    span = scope_statements.span_text(value, text.text(value.low), text.with_unit(value.high))
    amount = f"{least(data.is_least)}{grouped(grams.decimal(value.best))} g CO2e = {text.with_unit(value.best)}"
    small = "" if small_scale(value.best, "kg").unit == grams.unit else _small(value.best, "kg", " CO2e")
    return f"{amount} ({span}){small}"


def _energy(data: ReportData) -> str:
    value, energy = data.facility_energy_kwh, form_unit(FORM, "energy")
    span = scope_statements.span_text(value, energy.text(value.low), energy.with_unit(value.high))
    return f"{least(data.is_least)}{energy.with_unit(value.best)} ({span}){_small(value.best, 'kWh')}"


def _small(value: float, unit: str, of: str = "") -> str:
    shown = in_small_unit(value, unit)
    return f" = {shown}{of}" if shown else ""


def _statement(data: ReportData) -> str:
    sources = scope_statements.factor_sources(data)
    sentences = (
        f"Energy was {scope_statements.basis_text(data)}.",
        f"Boundary: {scope_statements.boundary_text(data)}.",
        f"Runs: {scope_statements.runs_text(data)}.",
        f"Carbon intensity: {scope_statements.factor_text(data)}{f'; source: {sources}' if sources else ''}.",
        "Emissions are those of the electricity; making the hardware is not included.",
        f"Computed with {scope_statements.versions_text(data)}.",
    )
    return markdown(" ".join(sentences))
