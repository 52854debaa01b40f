"""The sums of a table of runs as text for a terminal of 80 columns; what users wrote is escaped."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from greentrain.errors import escaped
from greentrain.estimation.labels import input_amount, input_label
from greentrain.footprint import Footprint
from greentrain.inputs import Input
from greentrain.numbers import amount, counted, percent, rounded
from greentrain.reporting.document.blocks import table
from greentrain.reporting.document.render_text import cut, joined, table_lines, wrapped

if TYPE_CHECKING:
    from greentrain.frames import Batch, SummedGroup
    from greentrain.interval import Interval
    from greentrain.reporting.document.render_text import Style

_QUANTITIES = (
    ("facility_energy_kwh", "energy", "kWh"),
    ("operational_kg", "operational", "kg CO2e"),
    ("embodied_kg", "embodied", "kg CO2e"),
    ("water_l", "water", "L"),
)
_MOST_VALUES = 4
_WIDEST = 24


def batch_text(batch: "Batch", bold: "Style" = str, *, explain: bool = False) -> str:
    """List the groups of a table of runs and their total; with the assumptions that drive it, if wanted."""
    total = batch.sums.total()
    parts = [_groups(batch)] if batch.sums.by and batch.sums.groups else []
    parts.append(_total(batch, total, bold))
    if explain and total.runs:
        parts.append(_drivers(total.footprint))
    return joined(parts)


def _groups(batch: "Batch") -> list[str]:
    header = (*batch.sums.by, "runs", "kWh", "kg CO2e", "90 % interval")
    rows = [_row(group) for group in batch.sums.groups_found()]
    first = len(batch.sums.by)
    return table_lines(table("", header, rows, range(first, first + 4)), indent="")


def _row(group: "SummedGroup") -> tuple[str, ...]:
    kwh, kg = group.footprint.facility_energy_kwh, group.footprint.operational_kg
    names = (cut(escaped("" if value is None else str(value)), _WIDEST) for value in group.by.values())
    failed = f", {group.failed:,} failed" if group.failed else ""
    return (*names, f"{group.runs:,}{failed}", _best(kwh), _best(kg), _ends(kg))


def _best(value: "Interval | None") -> str:
    return "" if value is None else rounded(value.best)


def _ends(value: "Interval | None") -> str:
    return "" if value is None else "exact" if value.is_exact else f"{rounded(value.low)} to {rounded(value.high)}"


def _total(batch: "Batch", total: "SummedGroup", bold: "Style") -> list[str]:
    failed = f", {counted(batch.failed, 'row')} without a result" if batch.failed else ""
    lines = [bold(f"{counted(total.runs, 'run')} in {counted(batch.rows, 'row')}{failed}")]
    for name, words, unit in _QUANTITIES:
        value = getattr(total.footprint, name)
        if value is not None:
            lines.append(f"  {words:<12}{amount(value, unit)}")
    return [*lines, *(["  In brackets: 90 % intervals."] if total.runs else [])]


def _drivers(footprint: Footprint) -> list[str]:
    """Write which inputs the width of the total comes from, the defaults and assumptions among them with values."""
    lines = ["What the interval of the emissions comes from"]
    for name, share in footprint.drivers:
        items = [item for item in footprint.inputs if item.name == name]
        known = ", ".join(sorted({item.basis for item in items})) or "given or each run's own"
        lines.append(f"  {percent(share):>6}  {input_label(name)} ({known})")
        for words in _values(items):
            lines += wrapped(words, " " * 10)
    return lines


def _values(items: Iterable[Input]) -> Iterator[str]:
    """Yield the values that were taken by default, each once with its source."""
    found: dict[str, Any] = {}
    for item in items:
        text = f"{' '.join(filter(None, input_amount(item)))}, {item.basis} [{'; '.join(item.source_ids)}]"
        found.setdefault(f"{item.note}: {text}" if item.note and len(item.note) < _WIDEST * 2 else text, None)
    shown = [*found][:_MOST_VALUES]
    yield from shown
    if len(found) > len(shown):
        yield f"and {len(found) - len(shown)} more"
