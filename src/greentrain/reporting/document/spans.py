"""The table of spans: what the named parts of a training took, those of one name together."""

from collections import defaultdict
from collections.abc import Iterator

from greentrain.numbers import percent
from greentrain.reporting.charts.si_prefixes import written
from greentrain.reporting.document.blocks import Block, Prose, table
from greentrain.reporting.report_data import PowerSpan, ReportData

MOST_NAMES = 50
"""Longer tables are not read; JSON holds every span. [1]"""


def spans_blocks(data: ReportData) -> Iterator[Block]:
    """Give the spans of a run by name, the longest first; nothing for a run without spans."""
    if not data.spans:
        return
    groups: dict[str, list[PowerSpan]] = defaultdict(list)
    for span in data.spans:
        groups[span.name].append(span)
    longest = sorted(groups.items(), key=lambda group: -_seconds(group[1]))
    if len(longest) > MOST_NAMES:
        yield Prose(f"The {MOST_NAMES} names of spans that took longest, of {len(longest):,}; the form json holds all.")
    measured = _measured_kwh(data)
    if any(span.depth for span in data.spans):
        yield Prose("Some spans lie inside others; what they took is in both.")
    rows = [_row(name, spans, measured) for name, spans in longest[:MOST_NAMES]]
    header = ("span", "times", "time", "energy", "share of the run's")
    yield table("Spans by name, energy before PUE", header, rows, (1, 2, 3, 4))


def _row(name: str, spans: list[PowerSpan], measured_kwh: float | None) -> tuple[str, ...]:
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
    """Give what the meters saw of the whole run, before PUE. [kWh]"""
    (line,) = data.lines
    return None if line.measured is None else line.measured.total_kwh
