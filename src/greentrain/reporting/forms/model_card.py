"""The Hugging Face model card: emissions in grams for its front matter, and the section on environmental impact."""

from greentrain.errors import InputError, either
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import markdown, one_line, yaml_string
from greentrain.reporting.form_units import cell, plain_decimal
from greentrain.reporting.model_card.front_matter import with_mapping
from greentrain.reporting.model_card.section import with_section
from greentrain.reporting.subject import Subject

FORM, KEY = "model-card", "co2_eq_emissions"
TRAINING_TYPES = ("pre-training", "fine-tuning")
SMALLEST_G = 1e-4
"""Below this Python writes a number with an exponent, and readers take ``2.6e-05`` for 2.6. [g]"""


def render(subject: Subject, *, training_type: str | None = None) -> str:
    """Write a card that holds nothing but the emissions, to be filled in.

    Parameters
    ----------
    subject : Subject
        Whose emissions it states.
    training_type : {'pre-training', 'fine-tuning'}, optional
        What was done.
    """
    front = with_mapping("", KEY, metadata(subject, training_type))
    return front + with_section("", section_lines(subject), "\n")


def metadata(subject: Subject, training_type: str | None = None) -> dict[str, str]:
    """Give the keys below ``co2_eq_emissions``, values as YAML; the emissions are a plain decimal number. [g]

    Raises
    ------
    InputError
        If the result has no emissions that a card can state, or there is no such training type.
    """
    if subject.kind == "validation":
        raise InputError("result", "of type ValidationReport", "is no footprint that a model card could state")
    if training_type not in (None, *TRAINING_TYPES):
        raise InputError("training_type", training_type, f"must be {either(TRAINING_TYPES)}")
    scope_statements.refuse_nothing(subject, FORM)
    found = {"emissions": _grams(subject), "source": yaml_string(one_line(_source(subject)))}
    if training_type is not None:
        found["training_type"] = yaml_string(training_type)
    places = scope_statements.places(subject)
    if places:
        found["geographical_location"] = yaml_string(one_line("; ".join(places)))
    if hardware := scope_statements.hardware_of(subject):
        found["hardware_used"] = yaml_string(one_line(hardware))
    return found


def _grams(subject: Subject) -> str:
    grams = cell(FORM, "emissions").number(subject.operational_kg.best)
    if not grams >= SMALLEST_G:
        rule = f"emits {grams:.2g} g of CO2e; below 0.0001 g readers of a model card take the number for another one"
        raise InputError("result", None, rule)
    return plain_decimal(grams)


def _source(subject: Subject) -> str:
    emissions, value = cell(FORM, "emissions_text"), subject.operational_kg
    span = scope_statements.span_words(value, emissions.text(value.low), emissions.with_unit(value.high))
    how = f"{scope_statements.basis_words(subject)}, operational, location-based, {_boundary(subject)}, {span}"
    return f"{scope_statements.versions_words(subject)}; {how}"


def _boundary(subject: Subject) -> str:
    words = {"facility": "whole facility", "node": "computers", "accelerator": "accelerators only"}[subject.boundary]
    missing = scope_statements.unmeasured(subject)
    return f"{words} without {' and '.join(missing)} (not measured)" if missing else words


def section_lines(subject: Subject) -> list[str]:
    """Write the lines of the section on environmental impact, in Markdown."""
    codes = (line.location for line in subject.lines if line.location)
    providers = dict.fromkeys(code.partition(":")[0] for code in codes if ":" in code)
    facts = {
        "Hardware Type": scope_statements.hardware_of(subject) or "not stated",
        "Hours used": _hours(subject),
        "Cloud Provider": "; ".join(providers) or "not stated",
        "Compute Region": "; ".join(scope_statements.places(subject)) or "not stated",
        "Carbon Emitted": _emitted(subject),
        "Energy Consumed": _energy(subject),
    }
    return [*(f"- **{name}:** {markdown(value)}" for name, value in facts.items()), "", _statement(subject)]


def _hours(subject: Subject) -> str:
    hours = cell(FORM, "hours")
    wall, devices = scope_statements.wall_clock_hours(subject), scope_statements.accelerator_hours(subject)
    parts = [f"{hours.short_text(wall)} h of wall-clock time"] if wall is not None else []
    parts += [f"{hours.short_text(devices)} accelerator-hours"] if devices is not None else []
    return ", ".join(parts) or "not stated"


def _emitted(subject: Subject) -> str:
    value, grams, text = subject.operational_kg, cell(FORM, "emissions"), cell(FORM, "emissions_text")
    span = scope_statements.span_words(value, text.text(value.low), text.with_unit(value.high))
    return f"{grams.short_text(value.best)} g CO2e = {text.with_unit(value.best)} ({span})"


def _energy(subject: Subject) -> str:
    value, energy = subject.facility_energy_kwh, cell(FORM, "energy")
    span = scope_statements.span_words(value, energy.text(value.low), energy.with_unit(value.high))
    return f"{energy.with_unit(value.best)} ({span})"


def _statement(subject: Subject) -> str:
    sources = scope_statements.factor_sources(subject)
    sentences = (
        f"Energy was {scope_statements.basis_words(subject)}.",
        f"Boundary: {scope_statements.boundary_words(subject)}.",
        f"Runs: {scope_statements.runs_words(subject)}.",
        f"Carbon intensity: {scope_statements.factor_words(subject)}{f'; source: {sources}' if sources else ''}.",
        "Emissions are those of the electricity; making the hardware is not included.",
        f"Computed with {scope_statements.versions_words(subject)}.",
    )
    return markdown(" ".join(sentences))
