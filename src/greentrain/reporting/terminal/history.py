"""The history as text for a terminal of 80 columns; what users wrote is escaped."""

import textwrap
import unicodedata
from collections.abc import Sequence

from greentrain.csv_text import escaped
from greentrain.history.history import Totals, totals_of
from greentrain.history.run import Run
from greentrain.interval import Interval
from greentrain.journal.records import STATUSES
from greentrain.numbers import amount, duration, percent, rounded
from greentrain.reporting.terminal.estimate import WIDTH, Style

_BRACKETS = "In brackets: 90 % intervals."


def history_text(runs: Sequence[Run], bold: Style = str) -> str:
    """List runs, two lines each, and add them up."""
    if not runs:
        return "No runs.\n"
    is_partial = any(run.unfilled for run in runs)
    lines = [line for run in runs for line in _run_lines(run, bold)]
    blocks = ["\n".join(lines), totals_text(totals_of(runs), is_partial)]
    return "\n\n".join(blocks) + "\n"


def _run_lines(run: Run, bold: Style) -> list[str]:
    head = f"{cut(escaped(run.id), 40)}  {run.status:<11}  {duration(run.duration_seconds)}"
    name = escaped(run.name or "")
    space = WIDTH - len(head) - 2
    place, hardware = escaped(run.location or "place unknown"), escaped(run.hardware or "hardware unknown")
    facts = [run.energy_text, cut(place, 20), cut(hardware, 40)]
    first = bold(head) + (f"  {cut(name, space)}" if name and space > 3 else "")
    return [first, *wrapped(", ".join(facts), "    ")]


def totals_text(whole: Totals, is_partial: bool) -> str:
    """Add runs up in words; the sum is a lower bound where a part of a run is in no sum."""
    counts = ", ".join(f"{whole.by_status[status]} {status}" for status in STATUSES if whole.by_status[status])
    plural = "run" if whole.runs == 1 else "runs"
    lines = [f"{whole.runs} {plural} ({counts}), {duration(whole.duration_seconds)}"]
    if whole.known:
        energy, kg = amount(whole.facility_energy_kwh, "kWh"), amount(whole.operational_kg, "kg CO2e")
        lines += wrapped(f"{'at least ' if is_partial else ''}{energy}, {kg}. {_BRACKETS}", "  ")
    if whole.known < whole.runs:
        lines.append(f"  {whole.runs - whole.known} of them of unknown energy and not in the sum.")
    if whole.unfinished_share:
        lost, share = rounded(whole.unfinished_energy_kwh), percent(whole.unfinished_share)
        lines.append(f"  Failed, interrupted or killed: {lost} kWh, {share} of the energy.")
    return "\n".join(lines)


def kwh_words(interval: Interval | None) -> str:
    """Write an energy with its interval; a dash where there is none."""
    return "-" if interval is None else amount(interval, "kWh")


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
