"""The jobs of a file as text and as Markdown for a comment; what the file's author wrote is escaped."""

from collections.abc import Iterator

from greentrain.errors import escaped
from greentrain.interval import Interval
from greentrain.numbers import rounded, written_span
from greentrain.planning import JobPlan
from greentrain.reporting.document.blocks import table
from greentrain.reporting.document.render_text import joined, table_lines, wrapped
from greentrain.reporting.escaping import markdown

_TOTAL = "all"


def jobs_text(found: JobPlan) -> str:
    """Write the jobs as a table of 80 columns, and the change in a sentence."""
    header = ("job", "CO2e", "energy", *(("change",) if found.before else ()))
    rows = [row if found.before else row[:3] for row in _rows(found)]
    return joined((table_lines(table("", header, rows, ())), wrapped(verdict(found), "")))


def jobs_markdown(found: JobPlan) -> str:
    """Write the jobs as a table of Markdown, and the change in a sentence."""
    header = ("job", "CO2e", "energy", *(("change",) if found.before else ()))
    lines = [f"| {' | '.join(header)} |", f"| {' | '.join('---' for _ in header)} |"]
    for row in _rows(found):
        cells = [markdown(row[0]), *row[1:]] if found.before else [markdown(row[0]), *row[1:3]]
        lines.append(f"| {' | '.join(cells)} |")
    note = "Operational emissions and energy at the facility's meter, with 90 % intervals, by greentrain."
    return "\n".join([*lines, "", verdict(found), "", note, ""])


def verdict(found: JobPlan) -> str:
    """Say in a sentence what the jobs emit together, and whether that is a clear change."""
    if found.operational_kg is None:
        return "There are no jobs."
    start = f"All jobs: {written_span(found.operational_kg, 'kg', 'CO2e')}"
    before = None if found.before is None else found.before.operational_kg
    if found.ratio is None or before is None:
        return f"{start}."
    change = f"{start}, {_ratio(found.ratio)} of the {written_span(before, 'kg', 'CO2e')} before"
    if found.ratio.is_exact and found.ratio.best == 1:
        return f"{start}, as before."
    clear = "a clear change" if found.is_clear else "a change within the doubt: what is not known is larger"
    return f"{change}, {clear}."


def _rows(found: JobPlan) -> Iterator[tuple[str, str, str, str]]:
    for job in found.jobs:
        if job.after is None:
            yield escaped(job.name), "", "", "gone"
            continue
        change = "new" if job.before is None else "" if job.ratio is None else _change(job.ratio)
        kg, kwh = written_span(job.after.operational_kg, "kg"), written_span(job.after.facility_energy_kwh, "kWh")
        yield escaped(job.name), kg, kwh, change
    if found.operational_kg is not None and found.facility_energy_kwh is not None:
        kg, kwh = written_span(found.operational_kg, "kg"), written_span(found.facility_energy_kwh, "kWh")
        yield _TOTAL, kg, kwh, "" if found.ratio is None else _change(found.ratio)


def _change(ratio: Interval) -> str:
    if ratio.is_exact and ratio.best == 1:
        return "none"
    clear = ratio.low > 1 or ratio.high < 1
    return f"{_ratio(ratio)}{'' if clear else ', within the doubt'}"


def _ratio(ratio: Interval) -> str:
    low, best, high = ratio
    return f"x{rounded(best)}" if low == high else f"x{rounded(best)} ({rounded(low)} to {rounded(high)})"
