"""The history as text for a terminal of 80 columns; what users wrote is escaped."""

import textwrap
import unicodedata
from collections.abc import Sequence

from greentrain.history.history import Totals, totals_of
from greentrain.history.plain import escaped
from greentrain.history.run import Run
from greentrain.interval import Interval
from greentrain.journal.records import STATUSES
from greentrain.reporting.numbers import best, percent, rounded, span
from greentrain.reporting.text import WIDTH, Style

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_BRACKETS = "In brackets: 90 % intervals."


def history_text(runs: Sequence[Run], bold: Style = str) -> str:
    """List runs, two lines each, and add them up."""
    if not runs:
        return "No runs.\n"
    is_partial = any(run.facility_energy_kwh is not None and not run.is_complete for run in runs)
    lines = [line for run in runs for line in _run_lines(run, bold)]
    blocks = ["\n".join(lines), totals_text(totals_of(runs), is_partial)]
    return "\n\n".join(blocks) + "\n"


def _run_lines(run: Run, bold: Style) -> list[str]:
    head = f"{cut(escaped(run.id), 40)}  {run.status:<11}  {duration_words(run.duration_seconds)}"
    name = escaped(run.name or "")
    space = WIDTH - len(head) - 2
    place, hardware = escaped(run.location or "place unknown"), escaped(run.hardware or "hardware unknown")
    facts = [energy_words(run), cut(place, 20), cut(hardware, 40)]
    first = bold(head) + (f"  {cut(name, space)}" if name and space > 3 else "")
    return [first, *wrapped(", ".join(facts), "    ")]


def energy_words(run: Run) -> str:
    """Say what was measured of a run, with intervals."""
    if run.facility_energy_kwh is None or run.operational_kg is None:
        if run.it_energy_kwh is None:
            return "not measured"
        return f"{amount_words(run.it_energy_kwh, 'kWh')} of the computers"
    least = "" if run.is_complete else "at least "
    return f"{least}{amount_words(run.facility_energy_kwh, 'kWh')}, {amount_words(run.operational_kg, 'kg CO2e')}"


def amount_words(interval: Interval, unit: str) -> str:
    """Write a best value with its unit and interval."""
    return f"{best(interval)} {unit}" if interval.is_exact else f"{best(interval)} {unit} {span(interval)}"


def totals_text(whole: Totals, is_partial: bool) -> str:
    """Add runs up in words; the sum is a least one where of a run only a part was measured."""
    counts = ", ".join(f"{whole.by_status[status]} {status}" for status in STATUSES if whole.by_status[status])
    plural = "run" if whole.runs == 1 else "runs"
    lines = [f"{whole.runs} {plural} ({counts}), {duration_words(whole.duration_seconds)}"]
    if whole.measured:
        energy, kg = amount_words(whole.facility_energy_kwh, "kWh"), amount_words(whole.operational_kg, "kg CO2e")
        lines += wrapped(f"{'at least ' if is_partial else ''}{energy}, {kg}. {_BRACKETS}", "  ")
    if whole.measured < whole.runs:
        lines.append(f"  {whole.runs - whole.measured} of them not measured and not in the sum.")
    if whole.unfinished_share:
        lost, share = rounded(whole.unfinished_energy_kwh), percent(whole.unfinished_share)
        lines.append(f"  Failed, interrupted or killed: {lost} kWh, {share} of the energy.")
    return "\n".join(lines)


def duration_words(seconds: float) -> str:
    """Write a duration in its two largest units."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def kwh_words(interval: Interval | None) -> str:
    """Write an energy with its interval; a dash where there is none."""
    return "-" if interval is None else amount_words(interval, "kWh")


def columns_of(text: str) -> int:
    """Count the columns that a text takes in a terminal: letters of some scripts take two, combining marks none."""
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """Cut a text to so many columns, two dots at its end if anything is missing."""
    if columns_of(text) <= columns:
        return text
    taken, used = "", 2
    for letter in text:
        used += _columns(letter)
        if used > columns:
            break
        taken += letter
    return f"{taken}.."


def wrapped(text: str, indent: str) -> list[str]:
    """Wrap a paragraph at 80 columns; a text without end is cut."""
    shown = cut(text, 12 * WIDTH)
    width = WIDTH if columns_of(shown) <= len(shown) else WIDTH // 2
    lines = textwrap.wrap(shown, width, initial_indent=indent, subsequent_indent=indent)
    return [cut(line, WIDTH) for line in lines]
