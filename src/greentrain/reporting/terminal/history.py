"""The history and its calibration as text for a terminal of 80 columns; what users wrote is escaped."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from greentrain.errors import escaped
from greentrain.history.calibrate import Calibration, Fit
from greentrain.history.history import Totals, totals_of
from greentrain.history.run import Run
from greentrain.interval import Interval
from greentrain.journal.records import STATUSES
from greentrain.numbers import amount, counted, duration, percent, rounded, with_span
from greentrain.reporting.document.render_text import WIDTH, cut, joined, wrapped

if TYPE_CHECKING:
    from greentrain.reporting.document.render_text import Style

MOST_COLUMNS = 12 * WIDTH
_BRACKETS = "In brackets: 90 % intervals."


def history_text(runs: Sequence[Run], bold: "Style" = str) -> str:
    """List runs, two lines each, and add them up."""
    if not runs:
        return "No runs.\n"
    is_partial = any(run.unfilled for run in runs)
    lines = [line for run in runs for line in _run_lines(run, bold)]
    return joined((lines, [totals_text(totals_of(runs), is_partial)]))


def _run_lines(run: Run, bold: "Style") -> list[str]:
    head = f"{cut(escaped(run.id), 40)}  {run.status:<11}  {duration(run.duration_seconds)}"
    name = escaped(run.name or "")
    space = WIDTH - len(head) - 2
    place, hardware = escaped(run.location or "place unknown"), escaped(run.hardware or "hardware unknown")
    facts = [run.energy_text, cut(place, 20), cut(hardware, 40)]
    first = bold(head) + (f"  {cut(name, space)}" if name and space > 3 else "")
    return [first, *shown(", ".join(facts), "    ")]


def totals_text(whole: Totals, is_partial: bool) -> str:
    """Add runs up; the sum is a lower bound where a part of a run is in no sum."""
    counts = ", ".join(f"{whole.by_status[status]} {status}" for status in STATUSES if whole.by_status[status])
    plural = "run" if whole.runs == 1 else "runs"
    lines = [f"{whole.runs} {plural} ({counts}), {duration(whole.duration_seconds)}"]
    if whole.known:
        energy, kg = amount(whole.facility_energy_kwh, "kWh"), amount(whole.operational_kg, "kg CO2e")
        lines += wrapped(f"{'at least ' if is_partial else ''}{energy}, {kg}. {_BRACKETS}")
    if whole.known < whole.runs:
        lines.append(f"  {whole.runs - whole.known} of them of unknown energy and not in the sum.")
    if whole.unfinished_share:
        lost, share = rounded(whole.unfinished_energy_kwh), percent(whole.unfinished_share)
        lines.append(f"  Failed, interrupted or killed: {lost} kWh, {share} of the energy.")
    return "\n".join(lines)


def kwh_text(interval: Interval | None) -> str:
    """Write an energy with its interval; a dash where there is none."""
    return "-" if interval is None else amount(interval, "kWh")


def shown(text: str, indent: str = "  ") -> list[str]:
    """Wrap what a user wrote; a text without end is cut, and a word without end is broken."""
    return wrapped(cut(text, MOST_COLUMNS), indent, breaks_words=True)


_PARAMETERS = {
    "utilization": "mean power over TDP",
    "host_share": "host power per accelerator over its TDP",
    "unmetered_share": "share that no sensor reads",
}


def calibration_text(done: Calibration) -> str:
    """Write what changed, from what to what, and what was left out."""
    lines = [line for fit in done.fits for line in _fit_lines(fit)]
    lines += [f"Written to {done.file}"] if done.file else []
    lines += [line for note in done.notes for line in shown(note)]
    return "".join(f"{line}\n" for line in lines)


def _fit_lines(fit: Fit) -> list[str]:
    kind = f", {fit.workload}" if fit.workload else ""
    devices, runs = ", ".join(fit.devices), counted(fit.runs, "run")
    return [
        *shown(f"{fit.hardware_class}{kind}: {_PARAMETERS[fit.parameter]}, from {runs} on {devices}", ""),
        f"  was  {with_span(fit.before)}",
        f"  now  {with_span(fit.value)}",
    ]
