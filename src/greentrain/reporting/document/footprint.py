"""The sections of a report of an estimate, a run or a project."""

from collections.abc import Iterator

from greentrain.interval import Interval, sum_independent
from greentrain.numbers import best, percent, rounded, span, with_span
from greentrain.reporting import scope_statements
from greentrain.reporting.document.blocks import Block, Bullets, Cell, Prose, Section, table
from greentrain.reporting.document.charts import Charts
from greentrain.reporting.document.inputs import inputs_blocks
from greentrain.reporting.document.runs import runs_blocks
from greentrain.reporting.document.spans import spans_blocks
from greentrain.reporting.labels import input_words
from greentrain.reporting.subject import Subject

_QUANTITIES = (
    ("facility_energy_kwh", "Energy at the facility's meter", "kWh", "IT energy times PUE"),
    ("operational_kg", "Operational emissions", "kg CO2e", "of that electricity, location-based"),
    ("it_energy_kwh", "IT energy", "kWh", "accelerators and their host, before PUE"),
    ("embodied_kg", "Embodied emissions", "kg CO2e", "share of making the hardware"),
    ("water_l", "Water", "L", "consumed on site and by power stations"),
)


def footprint_sections(subject: Subject) -> Iterator[Section]:
    """Give the sections, of which those without content are to be left out."""
    charts = Charts(subject)
    yield Section("result", "Result", tuple(_result(subject, charts)))
    yield Section("scope", "What the figures cover", tuple(_scope(subject)))
    yield Section("runs", "Runs", tuple(runs_blocks(subject)))
    yield Section("parts", "What it is made of", tuple(charts.of("waterfall")))
    yield Section("interval", "What the interval comes from", tuple(_drivers(subject, charts)))
    yield Section("time", "Power over time", (*charts.of("power_over_time"), *spans_blocks(subject)))
    yield Section("months", "Month by month", tuple(charts.of("by_month")))
    yield Section("elsewhere", "The same run elsewhere", tuple(charts.of("elsewhere")))
    yield Section("methods", "The same run by published methods", tuple(charts.of("methods")))
    yield Section("inputs", "Inputs, defaults and assumptions", tuple(inputs_blocks(subject)))
    yield Section("notes", "Notes", _bullets(subject.notes))
    yield Section("method", "Method", _bullets(subject.method))


def _result(subject: Subject, charts: Charts) -> Iterator[Block]:
    energy, kg = with_span(subject.facility_energy_kwh), with_span(subject.operational_kg)
    exact = subject.facility_energy_kwh.is_exact and subject.operational_kg.is_exact
    yield Prose(
        f"{energy} kWh of electricity and {kg} kg CO2e, operational and location-based, "
        f"{scope_statements.basis_words(subject)}.{'' if exact else ' In brackets: 90 % intervals.'}"
    )
    yield table("Best values and 90 % intervals", ("", "best", "90 % interval", "unit", "what"), _quantities(subject),
                (1, 2))  # fmt: skip
    yield from charts.of("headline")
    equivalents = tuple(
        Cell(f"{_times(item.ratio)} {item.activity.label}", tuple(item.source_ids)) for item in subject.equivalents
    )
    if equivalents:
        yield Prose("The operational emissions are about")
        yield Bullets(equivalents)


def _quantities(subject: Subject) -> Iterator[tuple[str, ...]]:
    for name, words, unit, what in _QUANTITIES:
        value: Interval | None = getattr(subject, name)
        yield (words, *_ends(value), unit, what)
        if name == "embodied_kg" and value is not None:
            both = sum_independent(subject.operational_kg, value)
            yield ("Operational and embodied", *_ends(both), unit, "the sum of the two")


def _ends(value: Interval | None) -> tuple[str, str]:
    if value is None:
        return "not known", ""
    return best(value), "exact" if value.is_exact else f"{rounded(value.low)} to {rounded(value.high)}"


def _times(ratio: Interval) -> str:
    return f"{rounded(ratio.best)} x {span(ratio)}"


def _scope(subject: Subject) -> Iterator[Block]:
    start, end = subject.period_start, subject.period_end
    period = f"{start:%Y-%m-%d} to {end:%Y-%m-%d} (UTC)" if start and end else "not stated"
    rows = [
        ("boundary", scope_statements.boundary_words(subject)),
        ("runs", scope_statements.runs_words(subject)),
        ("hardware", scope_statements.hardware_of(subject)),
        ("period", period),
        ("carbon intensity", scope_statements.factor_words(subject)),
        ("energy", scope_statements.basis_words(subject)),
        ("not counted", "certificates, offsets, data storage, use of the model after training"),
        ("versions", scope_statements.versions_words(subject)),
    ]
    if subject.made_at:
        rows.append(("report made", f"{subject.made_at.isoformat(timespec='seconds')}"))
    yield table("Scope", ("", "what"), rows)


def _drivers(subject: Subject, charts: Charts) -> Iterator[Block]:
    if not subject.drivers:
        yield Prose("There is none: every input of the operational figure is exact.")
        return
    found = list(charts.of("tornado"))
    if not found:
        rows = [(input_words(name), percent(share)) for name, share in subject.drivers]
        yield table("Share of the variance of the operational figure", ("input", "share"), rows, (1,))
    yield from found


def _bullets(sentences: tuple[str, ...]) -> tuple[Block, ...]:
    return (Bullets(tuple(Cell(sentence) for sentence in sentences)),) if sentences else ()
