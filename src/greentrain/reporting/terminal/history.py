"""The history and its calibration as text for a terminal of 80 columns; what users wrote is escaped."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from greentrain.errors import escaped
from greentrain.history.run_summary import utc
from greentrain.history.run_sums import Loads
from greentrain.history.totals import BriefRuns, RunGroup, Totals, brief_runs, groups_of, totals_of
from greentrain.interval import Interval, exact
from greentrain.journal.records import STATUSES
from greentrain.numbers import amount, counted, duration, least, percent, rounded, scaled, with_span
from greentrain.reporting.document.render_text import WIDTH, cut, joined, width, wrapped

if TYPE_CHECKING:
    from greentrain.history.calibrate import Calibration, Fit
    from greentrain.history.run import Run
    from greentrain.reporting.document.render_text import Style

AnyGroup = TypeVar("AnyGroup")
MOST_COLUMNS = 12 * WIDTH
_SHOWN = ("id", "started", "status", "duration_seconds", "name", "energy_text", "location", "hardware")
_BRACKETS = "In brackets: 90 % intervals."


def history_text(runs: "Iterable[Run] | BriefRuns", bold: "Style" = str) -> str:
    """List runs, two lines each, and add them up."""
    return "".join(history_parts(brief_runs(runs), bold))


def history_parts(runs: BriefRuns, bold: "Style" = str, most: int | None = None) -> Iterator[str]:
    """Yield the text of `history_text` run by run, of so many of the newest runs, and how many are older."""
    number = len(runs)
    if not number:
        yield "No runs.\n"
        return
    for run in runs if most is None else runs.newest(most):
        yield "\n".join([*_run_lines(bold, *(getattr(run, name) for name in _SHOWN)), ""])
    if most is not None and number > most:
        yield f"... and {counted(number - most, 'older run')}: --all lists them, --limit N so many\n"
    yield f"\n{totals_text(totals_of(runs))}\n"


def groups_text(runs: BriefRuns, by: Sequence[str], bold: "Style" = str, most: int | None = None) -> str:
    """List groups of runs, two lines each, and add all of them up; of many those of the most energy, in their order."""
    if not len(runs):
        return "No runs.\n"
    groups = groups_of(runs, by)
    chosen, rest = largest(groups, [best_of(group.facility_energy_kwh) for group in groups], most)
    lines = [line for group in chosen for line in _group_lines(group, bold)]
    return joined(([*lines, *_other_groups(rest)], [totals_text(totals_of(runs))]))


def _other_groups(rest: Sequence[RunGroup]) -> list[str]:
    kwh = sum(best_of(group.facility_energy_kwh) for group in rest)
    return others_lines(len(rest), sum(group.runs for group in rest), f"{rounded(kwh)} kWh", rest)


def largest(
    groups: Sequence[AnyGroup], kwh: Sequence[float], most: int | None
) -> tuple[list[AnyGroup], list[AnyGroup]]:
    """Part groups, in their order, into so many of the most energy [kWh] and the others."""
    order = sorted(range(len(groups)), key=lambda place: -kwh[place])
    chosen = {*order[:most]}
    return (
        [group for place, group in enumerate(groups) if place in chosen],
        [group for place, group in enumerate(groups) if place not in chosen],
    )


def others_lines(number: int, runs: int, energy: str, sums: Sequence[Any]) -> list[str]:
    """Say how many groups are not listed, and what they add up to: their runs, energy and emissions."""
    if not number:
        return []
    kg = sum(best_of(each.operational_kg) for each in sums)
    counts = f"{counted(number, 'more group')} of less energy: {counted(runs, 'run')}"
    return wrapped(f"... and {counts}, {energy}, {rounded(kg)} kg CO2e; --all lists them, --limit N so many", "", "  ")


def best_of(interval: Interval | None) -> float:
    """Return the best value, and 0 where nothing is known."""
    return 0.0 if interval is None else interval.best


def _group_lines(group: RunGroup, bold: "Style") -> list[str]:
    words = (f"no {name}" if value is None else escaped(value) for name, value in group.by.items())
    named = ", ".join(cut(word, 40) for word in words)
    facts = [f"{least(group.is_least)}{amount(energy, 'kWh')}"] if (energy := group.facility_energy_kwh) else []
    facts += [amount(group.operational_kg, "kg CO2e")] if group.operational_kg else []
    facts += [f"failed {percent(group.failed_share)}"] if group.failed_share else []
    facts += [f"interrupted {percent(interrupted)}"] if (interrupted := group.interrupted_share) else []
    facts += _load_facts(group.loads)
    hours = f", {rounded(group.loads.gpu_hours)} GPU-hours" if group.loads.gpu_hours else ""
    counts = f"  {counted(group.runs, 'run')}, {duration(group.duration_seconds)}{hours}"
    head = cut(named, max(width() - len(counts), 8)) + counts
    if facts and group.without_energy:
        facts.append(f"{group.without_energy:,} of them of unknown energy")
    return [bold(head), *shown(", ".join(facts or ["energy not known"]), "    ")]


def _load_facts(loads: Loads) -> Iterator[str]:
    """Say how busy accelerators and cores were, as far as somebody measured."""
    if loads.gpu_busy_share is not None:
        given, measured = rounded(loads.gpu_hours), rounded(loads.measured_gpu_hours)
        busy = f"accelerators busy {percent(loads.gpu_busy_share)}"
        yield busy if given == measured else f"{busy} of {measured} measured hours"
    if loads.core_idle_share is not None:
        yield f"cores idle {percent(loads.core_idle_share)}"


def _run_lines(
    bold: "Style", id: str, started: float, status: str, seconds: float, name: str | None, energy: str,
    place: str | None, hardware: str | None,
) -> list[str]:  # fmt: skip
    day = (utc(started or None) or "")[:10]
    dated = "" if id.startswith(day.replace("-", "")) else f"  {day}"  # ids of runs outside of jobs begin with it
    head = f"{cut(escaped(id), 40)}{dated}  {status:<11}  {duration(seconds)}"
    named = escaped(name or "")
    space = width() - len(head) - 2
    facts = f"{energy}, {_short(place or 'place unknown', 20)}, {_short(hardware or 'hardware unknown', 40)}"
    first = bold(head) + (f"  {cut(named, space)}" if named and space > 3 else "")
    return [first, *shown(facts, "    ")]


@lru_cache(maxsize=1024)
def _short(text: str, columns: int) -> str:
    return cut(escaped(text), columns)


def totals_text(whole: Totals) -> str:
    """Add runs up; the sum is a lower bound where a part of a run is in no sum."""
    counts = ", ".join(f"{whole.by_status[status]} {status}" for status in STATUSES if whole.by_status[status])
    plural = "run" if whole.runs == 1 else "runs"
    lines = wrapped(f"{whole.runs} {plural} ({counts}), {duration(whole.duration_seconds)}", "", "  ")
    if whole.known:
        energy, kg = amount(whole.facility_energy_kwh, "kWh"), amount(whole.operational_kg, "kg CO2e")
        lines += wrapped(f"{least(whole.is_least)}{energy}, {kg}. {_BRACKETS}")
    if whole.known < whole.runs:
        lines += wrapped(f"{whole.runs - whole.known} of them of unknown energy and not in the sum.")
    if whole.unfinished_share:
        lost, unit = scaled(exact(whole.unfinished_energy_kwh), "kWh")
        share = percent(whole.unfinished_share)
        lines += wrapped(f"Failed, interrupted or killed: {rounded(lost.best)} {unit}, {share} of the energy.")
    return "\n".join(lines)


def kwh_text(interval: Interval | None) -> str:
    """Write an energy with its interval; a dash where there is none."""
    return "-" if interval is None else amount(interval, "kWh")


def shown(text: str, indent: str = "  ", rest: str | None = None) -> list[str]:
    """Wrap what a user wrote; a text without end is cut, and a word without end is broken."""
    return wrapped(cut(text, MOST_COLUMNS), indent, rest, breaks_words=True)


_PARAMETERS = {
    "utilization": "mean power over TDP",
    "host_share": "host power per accelerator over its TDP",
    "unmetered_share": "share that no sensor reads",
}


def calibration_text(done: "Calibration") -> str:
    """Write what changed, from what to what, and what was left out."""
    lines = [line for fit in done.fits for line in _fit_lines(fit)]
    lines += [f"Written to {done.file}"] if done.file else []
    lines += [line for note in done.notes for line in shown(note)]
    return "".join(f"{line}\n" for line in lines)


def _fit_lines(fit: "Fit") -> list[str]:
    kind = f", {fit.workload}" if fit.workload else ""
    devices, runs = ", ".join(fit.devices), counted(fit.runs, "run")
    return [
        *shown(f"{fit.hardware_class}{kind}: {_PARAMETERS[fit.parameter]}, from {runs} on {devices}", ""),
        f"  was  {with_span(fit.before)}",
        f"  now  {with_span(fit.value)}",
    ]
