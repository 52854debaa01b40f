"""Runs matched with carbon intensity by slot, as plain data and as text for a terminal of 80 columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from greentrain.errors import escaped
from greentrain.history.rematch import HourlyMatch
from greentrain.intensity import utc_text
from greentrain.numbers import amount, counted, percent, rounded
from greentrain.reporting.document.blocks import bullets, table
from greentrain.reporting.document.render_text import group, joined, table_lines, wrapped

if TYPE_CHECKING:
    from greentrain.reporting.document.render_text import Style

_MOST_HOURS = 48
_NONE: Mapping[str, str] = {}


def matches_dict(found: Sequence[HourlyMatch], left_out: Mapping[str, str] = _NONE) -> dict[str, Any]:
    """Return matches as plain data, with their sums; a run without an hourly figure is in neither sum.

    Parameters
    ----------
    found : sequence of HourlyMatch
        The matches.
    left_out : mapping of str to str, optional
        Runs that cannot be matched, and why.
    """
    known = [match for match in found if match.operational_kg is not None]
    sums = {
        "runs": len(known),
        "operational_kg": sum(match.operational_kg.best for match in known if match.operational_kg),
        "annual_operational_kg": sum(match.annual_kg.best for match in known),
    }
    series = found[0].series.to_dict() if found else None
    return {
        "kind": "rematch",
        "series": series,
        "runs": [match.to_dict() for match in found],
        "totals": sums,
        "left_out": [{"id": id, "reason": reason} for id, reason in left_out.items()],
    }


def matches_text(found: Sequence[HourlyMatch], bold: "Style" = str, left_out: Mapping[str, str] = _NONE) -> str:
    """Write each run with both figures; of a single one its hours too; then what is left out, and why."""
    if not found and not left_out:
        return "No runs.\n"
    groups = [_lines(match, bold) for match in found]
    if len(found) == 1:
        groups.append(_hours(found[0]))
    notes = dict.fromkeys(note for match in found for note in match.notes)
    reasons = [
        f"{counted(sum(each == reason for each in left_out.values()), 'run')} left out: {reason}."
        for reason in dict.fromkeys(left_out.values())
    ]
    return joined([*groups, group("Notes", bullets([*notes, *reasons]))])


def _lines(match: HourlyMatch, bold: "Style") -> list[str]:
    series = match.series
    by_hour = "not stated" if match.operational_kg is None else amount(match.operational_kg, "kg CO2e")
    rows = [
        ("by power over time", by_hour, f"{rounded(match.g_per_kwh)} g/kWh"),
        ("by the annual mean", amount(match.annual_kg, "kg CO2e"), f"{rounded(match.annual_g_per_kwh)} g/kWh"),
    ]
    words = (
        f"Series: {escaped(series.source)}, {series.basis}, {counted(len(series.slots), 'slot')}, {series.missing} "
        f"missing, {percent(match.forecast_share)} of the energy in forecasts; plain mean of the time "
        f"{rounded(match.slots_g_per_kwh)} g/kWh."
    )
    return [bold(escaped(match.run_id)), *table_lines(table("", ("", "", ""), rows, ())), *wrapped(words)]


def _hours(match: HourlyMatch) -> list[str]:
    rows = [
        (utc_text(hour.start)[:16], rounded(hour.facility_energy_kwh), rounded(hour.g_per_kwh),
         rounded(hour.operational_kg))
        for hour in match.hours[:_MOST_HOURS]
    ]  # fmt: skip
    lines = table_lines(table("", ("hour (UTC)", "kWh", "g/kWh", "kg CO2e"), rows, (1, 2, 3)))
    rest = len(match.hours) - len(rows)
    return [*lines, *([f"  ... and {counted(rest, 'more hour')}; --json has all."] if rest else [])]
