"""The sections of a report of an estimate, a run or a project."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from greentrain.estimation.labels import input_amount, input_label
from greentrain.html_table import OF_ENERGY
from greentrain.inputs import BASIS_WORDS, Input
from greentrain.interval import Interval, sum_independent
from greentrain.numbers import (
    Scale,
    as_given,
    best,
    duration,
    in_small_unit,
    least,
    percent,
    rounded,
    scaled,
    small_scale,
    span,
    with_span,
    written,
)
from greentrain.reporting import scope_statements
from greentrain.reporting.charts import charts_of
from greentrain.reporting.document.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Prose,
    Section,
    Table,
    table,
    without_empty_columns,
)
from greentrain.reporting.report_data import STATUSES, GroupLine, PowerSpan, ReportData, RunLine
from greentrain.units import SECONDS_PER_HOUR

_QUANTITIES = (
    ("facility_energy_kwh", "Energy at the facility's meter", "kWh", "IT energy times PUE"),
    ("operational_kg", "Operational emissions", "kg CO2e", "of that electricity, location-based"),
    ("it_energy_kwh", "IT energy", "kWh", "the computers, before PUE"),
    ("embodied_kg", "Embodied emissions", "kg CO2e", "share of making the hardware"),
    ("water_l", "Water", "L", "consumed on site and by power stations"),
)


def footprint_sections(data: ReportData) -> Iterator[Section]:
    """Return the sections, of which those without content are to be left out."""
    charts = {chart.name: chart for chart in charts_of(data)}
    yield Section("result", "Result", tuple(_result(data, charts)))
    yield Section("scope", "What the figures cover", tuple(_scope(data)))
    yield Section("runs", "Runs", tuple(runs_blocks(data)))
    yield Section("parts", "What it is made of", tuple(_chart(charts, "waterfall")))
    yield Section("interval", "What the interval comes from", tuple(_drivers(data, charts)))
    yield Section("time", "Power over time", (*_power(data, charts), *spans_blocks(data)))
    yield Section("months", "Month by month", tuple(_chart(charts, "by_month")))
    yield Section("groups", _groups_title(data, charts), tuple(_groups(data, charts)))
    which = "runs" if data.kind == "project" else "run"
    yield Section("elsewhere", f"The same {which} elsewhere", tuple(_chart(charts, "elsewhere")))
    yield Section("methods", "The same run by published methods", tuple(_chart(charts, "methods")))
    yield Section("inputs", "Inputs, defaults and assumptions", tuple(inputs_blocks(data)))
    yield Section("notes", "Notes", _bullets(tuple(note for note in data.notes if note not in data.warnings)))
    yield Section("method", "Method", _bullets(data.method))


def _chart(charts: dict[str, Chart], name: str) -> Iterator[Chart]:
    """Return a chart, or nothing where it has nothing to show."""
    if name in charts:
        yield charts[name]


def _power(data: ReportData, charts: dict[str, Chart]) -> Iterator[Block]:
    """Return power over time; of so few readings that nothing is drawn, the words and numbers of the chart."""
    from greentrain.reporting.charts import power_over_time

    if any(data.power_series.values()) and "power_over_time" not in charts:
        yield Prose(power_over_time.summary(data))
        yield table(power_over_time.TITLE, *power_over_time.table(data), (1, 2, 3, 4))
    yield from _chart(charts, "power_over_time")


def _result(data: ReportData, charts: dict[str, Chart]) -> Iterator[Block]:
    yield from (Prose(f"Warning: {warning}") for warning in data.warnings)
    energy, kg = _with_unit(data.facility_energy_kwh, "kWh"), _with_unit(data.operational_kg, "kg")
    exact = data.facility_energy_kwh.is_exact and data.operational_kg.is_exact
    yield Prose(
        f"{least(data.is_least).capitalize()}{energy} of electricity and {kg} CO2e, operational and location-based, "
        f"{scope_statements.basis_text(data)}.{'' if exact else ' In brackets: 90 % intervals.'}"
    )
    header = ("", "best", "90 % interval", "unit", "what")
    amounts = table("Best values and 90 % intervals", header, _quantities(data), (1, 2))
    yield amounts._replace(unbroken=frozenset((header.index("unit"),)))
    yield from _chart(charts, "headline")
    equivalents = tuple(
        Cell(f"{_times(item.ratio)} {item.activity.label}", tuple(item.source_ids))
        for item in data.equivalents
        if item.is_telling
    )
    if equivalents:
        yield Prose("The operational emissions are about")
        yield Bullets(equivalents)


def _quantities(data: ReportData) -> Iterator[tuple[str, ...]]:
    for name, words, unit, what in _QUANTITIES:
        value: Interval | None = getattr(data, name)
        yield (words, *_ends(value, unit, data.is_least and name in OF_ENERGY), what)
        if name == "embodied_kg" and value is not None:
            both = sum_independent(data.operational_kg, value)
            yield ("Operational and embodied", *_ends(both, unit, data.is_least), "the sum of the two")


def _ends(value: Interval | None, unit: str, is_least: bool) -> tuple[str, str, str]:
    """Write best value, interval and unit."""
    if value is None:
        return "not known", "", unit
    base, *substance = unit.split(" ", 1)
    shown, scale = _scaled(value, base)
    ends = "exact" if value.is_exact else f"{rounded(shown.low)} to {rounded(shown.high)}"
    return f"{least(is_least)}{best(shown)}", ends, " ".join([scale.unit, *substance])


def _with_unit(value: Interval, unit: str) -> str:
    shown, scale = _scaled(value, unit)
    return f"{with_span(shown)} {scale.unit}"


def _scaled(value: Interval, unit: str) -> tuple[Interval, Scale]:
    scale = small_scale(value.best, unit)
    return (value if scale.unit == unit else value.scaled(1 / scale.size)), scale


def _times(ratio: Interval) -> str:
    return f"{rounded(ratio.best)} x {span(ratio)}"


def _scope(data: ReportData) -> Iterator[Block]:
    start, end = data.period_start, data.period_end
    days = dict.fromkeys(f"{time:%Y-%m-%d}" for time in (start, end) if time) if start and end else ()
    period = f"{' to '.join(days)} (UTC)" if days else "not stated"
    rows = [
        ("boundary", scope_statements.boundary_text(data)),
        ("runs", scope_statements.runs_text(data)),
        ("hardware", scope_statements.hardware_of(data)),
        ("period", period),
        ("carbon intensity", scope_statements.factor_text(data)),
        ("energy", scope_statements.basis_text(data)),
        ("not counted", "certificates, offsets, data storage, use of the model after training"),
        ("versions", scope_statements.versions_text(data)),
    ]
    if data.made_at:
        rows.append(("report made", f"{data.made_at.isoformat(timespec='seconds')}"))
    yield table("Scope", ("", "what"), rows)


_CHARTED = ("run", "place", "hardware", "user")


def _groups_title(data: ReportData, charts: dict[str, Chart]) -> str:
    """Name what runs are told apart by: ``By run, place and hardware``."""
    names = [name for name in _CHARTED if f"by_{name}" in charts]
    names += [name for name, groups in data.groups.items() if _is_table(name, groups, charts)]
    *some, last = names or ["group"]
    return f"By {', '.join(some)}{' and ' if some else ''}{last}"


def _is_table(name: str, groups: Sequence[GroupLine], charts: dict[str, Chart]) -> bool:
    """Whether groups stand as a table: those of no chart, and months, whose chart has no intervals."""
    return len(groups) > 1 and (name not in _CHARTED or f"by_{name}" not in charts)


def _groups(data: ReportData, charts: dict[str, Chart]) -> Iterator[Block]:
    """Return the charts of groups, and tables of those that have none."""
    yield from (charts[f"by_{name}"] for name in _CHARTED if f"by_{name}" in charts)
    for name, groups in data.groups.items():
        if _is_table(name, groups, charts):
            header = (name, "runs", "energy", "90 % interval", "CO2e", "90 % interval")
            yield table(f"Runs by {name}", header, map(_group_row, groups), (1, 2, 3, 4, 5))


def _group_row(group: GroupLine) -> tuple[str, ...]:
    amounts = ((group.footprint.facility_energy_kwh, "kWh"), (group.footprint.operational_kg, "kg"))
    ends = (end for value, unit in amounts for end in _amount_and_ends(value, unit, group.is_least))
    return (group.label, f"{group.runs:,}", *ends)


def _amount_and_ends(value: Interval | None, unit: str, is_least: bool) -> tuple[str, str]:
    if value is None:
        return "not known", ""
    shown, ends, scale = _ends(value, unit, is_least)
    return f"{shown} {scale}", ends


def _drivers(data: ReportData, charts: dict[str, Chart]) -> Iterator[Block]:
    if not data.drivers:
        yield Prose("There is none: every input of the operational figure is exact.")
        return
    found = list(_chart(charts, "tornado"))
    if not found:
        rows = [(input_label(name), percent(share)) for name, share in data.drivers]
        yield table("Share of the variance of the operational figure", ("input", "share"), rows, (1,))
    yield from found


def _bullets(sentences: tuple[str, ...]) -> tuple[Block, ...]:
    return (Bullets(tuple(Cell(sentence) for sentence in sentences)),) if sentences else ()


_BASES = {
    "given": "given by the user",
    "measured": "measured",
    "mixed": "measured in part",
    "published": "published",
    "default": "default of greentrain",
    "assumed": "assumed, on weak evidence",
}


def inputs_blocks(data: ReportData) -> Iterator[Block]:
    """Return the table of inputs and the list of defaults and assumptions."""
    if not data.inputs:
        return
    header = ("input", "value", "unit", "how it is known", "sources", "note")
    yield table("Every number used, and where it is from", header, map(_input_row, _alike(data.inputs)), (1,))
    defaults = [*_alike(data.defaults)]
    if defaults:
        number = len(defaults)
        words = "One input was" if number == 1 else f"{number} inputs were"
        yield Prose(f"{words} filled in by default:")
        yield Bullets(tuple(map(_default, defaults)))
    else:
        yield Prose("No defaults were used.")


def _alike(inputs: Iterable[Input]) -> Iterator[Sequence[Input]]:
    """Yield inputs one by one, but together those of many runs that differ in nothing but their values and notes."""
    found: dict[tuple[str, ...], list[Input]] = {}
    for item in inputs:
        found.setdefault((item.name, item.unit, item.basis, item.source), []).append(item)
    for items in found.values():
        yield from [items] if len(items) > _MOST_APART else ([item] for item in items)


def _values_text(items: Sequence[Input]) -> tuple[str, str]:
    """Write the value of an input, or how many and which ones it has in several runs; and their unit."""
    if len(items) == 1:
        return input_amount(items[0])
    best = [item.value.best for item in items]
    values, unit = scaled(Interval(min(best), max(best), max(best)), "" if items[0].unit == "1" else items[0].unit)
    shown = as_given if all(item.value.is_exact for item in items) else rounded
    return f"{len(items)} values, {shown(values.low)} to {shown(values.high)}", unit


def _input_row(items: Sequence[Input]) -> tuple[str | Cell, ...]:
    item = items[0]
    value, unit = _values_text(items)
    cited = Cell("", tuple(item.source_ids))
    notes = dict.fromkeys(each.note for each in items)
    note = item.note if len(notes) == 1 else "each run has its own"
    return input_label(item.name), value, unit, _BASES[item.basis], cited, note


def _default(items: Sequence[Input]) -> Cell:
    item = items[0]
    value = " ".join(filter(None, _values_text(items)))
    assumed = " (assumed)" if item.basis == "assumed" else ""
    return Cell(f"{input_label(item.name)}: {value}{assumed}", tuple(item.source_ids))


_MOST_APART = 3
"""More values of one input, alike in all else, are one row; the table of runs has those of each. [1]"""
MOST_RUNS = 100
"""Longer tables are not read; CSV and JSON hold every run. [1]"""


def runs_blocks(data: ReportData) -> Iterator[Block]:
    """Return the runs of a project by how they ended, and one by one, the largest first where there are many."""
    if data.kind != "project":
        return
    energy, mass = small_scale(data.facility_energy_kwh.best, "kWh"), small_scale(data.operational_kg.best, "kg")
    units = (energy.unit, f"{mass.unit} CO2e")
    if len({line.status for line in data.lines}) > 1:
        yield table("Runs by how they ended", ("status", "runs", *units, "share of energy"),
                    _by_status(data.lines, energy, mass), (1, 2, 3, 4))  # fmt: skip
    shown = data.lines
    if len(shown) > MOST_RUNS:
        largest = sorted(shown, key=lambda line: (-_best(line.facility_energy_kwh), line.id))
        shown = tuple(largest[:MOST_RUNS])
        yield Prose(f"The {MOST_RUNS} runs that took most energy, of {len(data.lines):,}; the forms csv and json "
                    "hold all.")  # fmt: skip
    yield _runs_table(shown)


_OF_ALL = (6, 7)
"""Columns of runs that stand in the caption where all runs have the same: hardware, and how the energy is known."""


_MOST_UNBROKEN = 34
"""Longer names of hardware are broken in the table of runs. [characters]"""


def _runs_table(lines: Sequence[RunLine]) -> Table:
    """Write a row for each run; what all of them have alike stands in the caption."""
    rows = [*map(_run_row, lines)]
    alike = {place: rows[0][place] for place in _OF_ALL if len(rows) > 1 and len({row[place] for row in rows}) == 1}
    told = [*filter(None, (alike.get(6), f"energy {alike[7]}" if 7 in alike else ""))]
    caption = f"Runs, all of them: {', '.join(told)}" if told else "Runs"
    header = ("run", "time", "energy", "CO2e", "status", "start (UTC)", "hardware", "basis", "id")
    head, *kept = ([cell for place, cell in enumerate(row) if place not in alike] for row in (header, *rows))
    made = table(caption, head, kept, (1, 2, 3))
    places = (place for place, name in enumerate(head) if name in ("start (UTC)", "hardware"))
    short = (place for place in places if all(len(row[place]) <= _MOST_UNBROKEN for row in kept))
    ids = frozenset((head.index("id"),))
    return without_empty_columns(made._replace(unbroken=frozenset(short), spare=ids))


def _run_row(line: RunLine) -> tuple[str, ...]:
    started = f"{line.started:%Y-%m-%d %H:%M}" if line.started else ""
    time = "" if line.hours is None else duration(line.hours * SECONDS_PER_HOUR)
    energy, kg = _figure(line.facility_energy_kwh, "kWh"), _figure(line.operational_kg, "kg")
    without = f", without {' and '.join(line.unmeasured)}" if line.is_least else ""
    known = f"{BASIS_WORDS[line.basis]}{without}"
    return (line.name, time, energy, kg, line.status, started, line.hardware_name, known, line.id)


def _figure(value: Interval | None, unit: str) -> str:
    """Write an amount in a unit of its own: runs of seconds stand beside those of weeks."""
    return "not known" if value is None else in_small_unit(value.best, unit) or f"{rounded(value.best)} {unit}"


def _best(value: Interval | None) -> float:
    return 0.0 if value is None else value.best


def _by_status(lines: Iterable[RunLine], energy_scale: Scale, mass_scale: Scale) -> Iterator[tuple[str, ...]]:
    groups: dict[str, list[RunLine]] = defaultdict(list)
    for line in lines:
        groups[line.status].append(line)
    groups = {status: groups[status] for status in STATUSES if status in groups}
    everything = [line for group in groups.values() for line in group]
    whole = sum(_best(line.facility_energy_kwh) for line in everything)
    for status, group in (*groups.items(), ("all", everything)):
        energy = sum(_best(line.facility_energy_kwh) for line in group)
        kg = sum(_best(line.operational_kg) for line in group)
        before = least(any(line.is_least for line in group))
        shown = (f"{before}{rounded(value)}" for value in (energy / energy_scale.size, kg / mass_scale.size))
        yield status, f"{len(group):,}", *shown, percent(energy / whole) if whole else ""


MOST_NAMES = 50
"""Longer tables are not read; JSON holds every span. [1]"""


def spans_blocks(data: ReportData) -> Iterator[Block]:
    """Return the spans of a run by name, the longest first; nothing for a run without spans."""
    if not data.spans:
        return
    groups: dict[str, list[PowerSpan]] = defaultdict(list)
    for item in data.spans:
        groups[item.name].append(item)
    longest = sorted(groups.items(), key=lambda group: -_seconds(group[1]))
    if len(longest) > MOST_NAMES:
        yield Prose(f"The {MOST_NAMES} names of spans that took longest, of {len(longest):,}; the form json holds all.")
    measured = _measured_kwh(data)
    if any(span.depth for span in data.spans):
        yield Prose("Some spans lie inside others; what they took is in both.")
    rows = [_span_row(name, spans, measured) for name, spans in longest[:MOST_NAMES]]
    header = ("span", "times", "time", "energy", "share of the run's")
    yield table("Spans by name, energy before PUE", header, rows, (1, 2, 3, 4))


def _span_row(name: str, spans: list[PowerSpan], measured_kwh: float | None) -> tuple[str, ...]:
    known = [span.it_energy_kwh for span in spans if span.it_energy_kwh is not None]
    going_on = sum(span.to_seconds is None for span in spans)
    time = written(_seconds(spans), "s") if going_on < len(spans) else "not ended"
    times = f"{len(spans):,}" + (f", {going_on:,} not ended" if 0 < going_on < len(spans) else "")
    if not known:
        return name, times, time, "not measured", ""
    share = percent(sum(known) / measured_kwh) if measured_kwh else ""
    return name, times, time, written(sum(known), "kWh"), share


def _seconds(spans: list[PowerSpan]) -> float:
    return sum(span.to_seconds - span.from_seconds for span in spans if span.to_seconds is not None)


def _measured_kwh(data: ReportData) -> float | None:
    """Return what the meters saw of the whole run, before PUE. [kWh]"""
    (line,) = data.lines
    return None if line.measured is None else line.measured.total_kwh
