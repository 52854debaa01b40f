"""The sections of a report of an estimate, a run or a project."""

from collections.abc import Iterator

from greentrain.interval import Interval, sum_independent
from greentrain.numbers import best, percent, rounded, span, with_span
from greentrain.reporting import scope_statements
from greentrain.reporting.charts import charts_of
from greentrain.reporting.document.blocks import Block, Bullets, Cell, Chart, Prose, Section, table
from greentrain.reporting.document.inputs import inputs_blocks
from greentrain.reporting.document.runs import runs_blocks
from greentrain.reporting.document.spans import spans_blocks
from greentrain.reporting.labels import input_words
from greentrain.reporting.report_data import ReportData

_QUANTITIES = (
    ("facility_energy_kwh", "Energy at the facility's meter", "kWh", "IT energy times PUE"),
    ("operational_kg", "Operational emissions", "kg CO2e", "of that electricity, location-based"),
    ("it_energy_kwh", "IT energy", "kWh", "accelerators and their host, before PUE"),
    ("embodied_kg", "Embodied emissions", "kg CO2e", "share of making the hardware"),
    ("water_l", "Water", "L", "consumed on site and by power stations"),
)


def footprint_sections(data: ReportData) -> Iterator[Section]:
    """Give the sections, of which those without content are to be left out."""
    charts = {chart.name: chart for chart in charts_of(data)}
    yield Section("result", "Result", tuple(_result(data, charts)))
    yield Section("scope", "What the figures cover", tuple(_scope(data)))
    yield Section("runs", "Runs", tuple(runs_blocks(data)))
    yield Section("parts", "What it is made of", tuple(_chart(charts, "waterfall")))
    yield Section("interval", "What the interval comes from", tuple(_drivers(data, charts)))
    yield Section("time", "Power over time", (*_chart(charts, "power_over_time"), *spans_blocks(data)))
    yield Section("months", "Month by month", tuple(_chart(charts, "by_month")))
    yield Section("elsewhere", "The same run elsewhere", tuple(_chart(charts, "elsewhere")))
    yield Section("methods", "The same run by published methods", tuple(_chart(charts, "methods")))
    yield Section("inputs", "Inputs, defaults and assumptions", tuple(inputs_blocks(data)))
    yield Section("notes", "Notes", _bullets(data.notes))
    yield Section("method", "Method", _bullets(data.method))


def _chart(charts: dict[str, Chart], name: str) -> Iterator[Chart]:
    """Return a chart, or nothing where it has nothing to show."""
    if name in charts:
        yield charts[name]


def _result(data: ReportData, charts: dict[str, Chart]) -> Iterator[Block]:
    energy, kg = with_span(data.facility_energy_kwh), with_span(data.operational_kg)
    exact = data.facility_energy_kwh.is_exact and data.operational_kg.is_exact
    yield Prose(
        f"{energy} kWh of electricity and {kg} kg CO2e, operational and location-based, "
        f"{scope_statements.basis_words(data)}.{'' if exact else ' In brackets: 90 % intervals.'}"
    )
    yield table("Best values and 90 % intervals", ("", "best", "90 % interval", "unit", "what"), _quantities(data),
                (1, 2))  # fmt: skip
    yield from _chart(charts, "headline")
    equivalents = tuple(
        Cell(f"{_times(item.ratio)} {item.activity.label}", tuple(item.source_ids)) for item in data.equivalents
    )
    if equivalents:
        yield Prose("The operational emissions are about")
        yield Bullets(equivalents)


def _quantities(data: ReportData) -> Iterator[tuple[str, ...]]:
    for name, words, unit, what in _QUANTITIES:
        value: Interval | None = getattr(data, name)
        yield (words, *_ends(value), unit, what)
        if name == "embodied_kg" and value is not None:
            both = sum_independent(data.operational_kg, value)
            yield ("Operational and embodied", *_ends(both), unit, "the sum of the two")


def _ends(value: Interval | None) -> tuple[str, str]:
    if value is None:
        return "not known", ""
    return best(value), "exact" if value.is_exact else f"{rounded(value.low)} to {rounded(value.high)}"


def _times(ratio: Interval) -> str:
    return f"{rounded(ratio.best)} x {span(ratio)}"


def _scope(data: ReportData) -> Iterator[Block]:
    start, end = data.period_start, data.period_end
    period = f"{start:%Y-%m-%d} to {end:%Y-%m-%d} (UTC)" if start and end else "not stated"
    rows = [
        ("boundary", scope_statements.boundary_words(data)),
        ("runs", scope_statements.runs_words(data)),
        ("hardware", scope_statements.hardware_of(data)),
        ("period", period),
        ("carbon intensity", scope_statements.factor_words(data)),
        ("energy", scope_statements.basis_words(data)),
        ("not counted", "certificates, offsets, data storage, use of the model after training"),
        ("versions", scope_statements.versions_words(data)),
    ]
    if data.made_at:
        rows.append(("report made", f"{data.made_at.isoformat(timespec='seconds')}"))
    yield table("Scope", ("", "what"), rows)


def _drivers(data: ReportData, charts: dict[str, Chart]) -> Iterator[Block]:
    if not data.drivers:
        yield Prose("There is none: every input of the operational figure is exact.")
        return
    found = list(_chart(charts, "tornado"))
    if not found:
        rows = [(input_words(name), percent(share)) for name, share in data.drivers]
        yield table("Share of the variance of the operational figure", ("input", "share"), rows, (1,))
    yield from found


def _bullets(sentences: tuple[str, ...]) -> tuple[Block, ...]:
    return (Bullets(tuple(Cell(sentence) for sentence in sentences)),) if sentences else ()
