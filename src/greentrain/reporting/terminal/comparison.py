"""Alternatives for one job as text for a terminal of 80 columns."""

from greentrain.estimation.labels import run_label
from greentrain.light_typing import TYPE_CHECKING
from greentrain.numbers import as_given, ascii_unit, counted, rounded, small_scale
from greentrain.planning import Alternative, Comparison
from greentrain.reporting.document.blocks import Table, bullets, table
from greentrain.reporting.document.render_text import group, joined, table_lines, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from greentrain.reporting.document.render_text import Style

_EXPLAINED = (
    "In brackets: 90 % intervals. Times the best: what both share cancels, so this interval, not whether those of the "
    "emissions overlap, tells whether two alternatives differ."
)


def comparison_text(found: Comparison, top: int, bold: "Style" = str) -> str:
    """Write the ranking: the verdict, one row per alternative, the way from the first named to the best.

    Parameters
    ----------
    found : Comparison
        What to write.
    top : int
        How many alternatives to show.
    bold : callable, optional
        Marks the verdict.
    """
    shown = found.rows[:top]
    rest = len(found.rows) - len(shown)
    more = [f"  ... and {counted(rest, 'more alternative')}; --top {len(found.rows)} shows all."] if rest else []
    change = [] if not found.change else wrapped(f"{found.change[:1].upper()}{found.change[1:]}", "", "  ")
    groups = (
        [bold(line) for line in wrapped(verdict(found), "")],
        [*table_lines(_table(found, shown)), *more],
        wrapped(_EXPLAINED, "") if len(shown) > 1 else [],
        change,
        group("Notes", bullets(found.notes)),
    )
    return joined(groups)


def verdict(found: Comparison) -> str:
    """Say in one sentence which alternative is clearly the best, or which cannot be told apart."""
    if len(found.rows) == 1:
        return f"One alternative: {run_label(found.best.estimate)}"
    first, worse = found.groups[0], len(found.rows) - len(found.groups[0])
    if len(first) == 1:
        return f"{found.best.label} is clearly the best of {len(found.rows)}."
    rest = f"; {counted(worse, 'other')} {'is' if worse == 1 else 'are'} clearly worse" if worse else ""
    if not worse:
        return f"None of the {len(found.rows)} alternatives is clearly better than the others."
    return f"{found.best.label} is lowest, but {len(first)} alternatives cannot be told apart{rest}."


def _table(found: Comparison, shown: "Sequence[Alternative]") -> Table:
    mass = small_scale(max(row.estimate.operational_kg.best for row in found.rows), "kg")
    energy = small_scale(max(row.estimate.facility_energy_kwh.best for row in found.rows), "kWh")
    water = small_scale(max(row.estimate.water_l.best for row in found.rows), "L")
    columns = [
        ("", [str(row.rank) for row in shown]),
        ("alternative", [row.label for row in shown]),
        (f"{ascii_unit(mass)} CO2e", [_span(row, mass.size) for row in shown]),
        ("times the best", [_times(row) for row in shown]),
        (ascii_unit(energy), [rounded(row.estimate.facility_energy_kwh.best / energy.size) for row in shown]),
        (ascii_unit(water), [rounded(row.estimate.water_l.best / water.size) for row in shown]),
        ("hours", [_hours(row) for row in shown]),
        ("cost", ["" if row.cost is None else f"{row.cost:,.2f}" for row in shown]),
    ]
    kept = [(head, cells) for head, cells in columns if any(cells)]
    numeric = [
        number for number, (head, _) in enumerate(kept) if head in ("", "cost", "hours") or head[:1] in "kgmuLMWn"
    ]
    rows = list(zip(*(cells for _, cells in kept), strict=True))
    return table("", [head for head, _ in kept], rows, numeric, notes=list(_notes(found, shown)))


def _span(row: Alternative, size: float) -> str:
    low, best, high = row.estimate.operational_kg.scaled(1 / size)
    return rounded(best) if low == high else f"{rounded(best)} ({rounded(low)} to {rounded(high)})"


def _times(row: Alternative) -> str:
    low, best, high = row.over_best
    return rounded(best) if low == high else f"{rounded(best)} ({rounded(low)} to {rounded(high)})"


def _hours(row: Alternative) -> str:
    if row.hours is None:
        return ""
    return as_given(row.hours) if "hours" in row.said else rounded(row.hours)


def _notes(found: Comparison, shown: "Sequence[Alternative]") -> "list[str]":
    """Write below the last shown row of each group how many are in it."""
    last = {row.group: row.rank for row in shown}
    sizes = {number: sum(row.group == number for row in found.rows) for number in last}
    return [
        f"^ {sizes[row.group]} that cannot be told apart (group {row.group})"
        if last[row.group] == row.rank and sizes[row.group] > 1
        else ""
        for row in shown
    ]
