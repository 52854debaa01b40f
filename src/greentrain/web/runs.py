"""The runs of the history as pages: the list with filters and groups, live runs, and one run in full; read-only."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from greentrain.errors import InputError
from greentrain.history import (
    GROUPINGS,
    History,
    Run,
    RunSummary,
    checked_by,
    groups_of,
    totals_of,
)
from greentrain.history.forecast import forecast
from greentrain.history.found_runs import Summaries
from greentrain.history.run_summary import utc
from greentrain.html_table import interval_bar
from greentrain.interval import Interval
from greentrain.journal.records import COMPONENTS, STATUSES
from greentrain.numbers import Scale, counted, duration, percent, scale_for, written
from greentrain.reporting.build_data import report_data_of
from greentrain.reporting.charts import FEWEST_READINGS
from greentrain.reporting.charts.axes import axis_of
from greentrain.reporting.charts.power_over_time import Points, lanes_of, length_of, mean_w, thinned
from greentrain.reporting.document.build import document_of
from greentrain.reporting.place_names import place_label
from greentrain.reporting.plain_values import plain
from greentrain.reporting.report_data import PowerSpan, ReportData
from greentrain.web.settings import LONGEST_TEXT

FILTERS = ("project", "status", "since", "until", "by")
MOST_RUNS = 200
"""Longer lists are not read; the filters make them shorter. [1]"""

_WIDTH, _HEIGHT, _PARTS = 600.0, 120.0, ("gpu", "cpu", "memory")
_ROOM = 1.05
"""How high the picture of power is, over the highest reading. [1]"""
_UP_PX, _ALONG_PX, _WIDE_PX, _LETTER_PX = 300.0, 300.0, 600.0, 8.0
"""What the axes have, the one along the time on a telephone and on a page, and what a letter takes. [px]"""
_NAMES = {"gpu": "accelerators", "cpu": "processors", "memory": "memory"}
_DETAILS = ("scope", "time", "inputs", "notes", "method")


def list_of(home: str | None, query: Mapping[str, str], root: str, token: str) -> dict[str, Any]:
    """Work out the list of runs for a query.

    Parameters
    ----------
    home : str or None
        The data folder.
    query : mapping
        The filters, blank ones included.
    root : str
        The way from the page to the top of the service.
    token : str
        To be carried on in addresses; blank where none is needed.
    """
    given = {name: value.strip() for name, value in query.items() if name in FILTERS and value.strip()}
    book = History(home)
    page: dict[str, Any] = {
        "root": root,
        "token": token,
        "fault": "",
        "by": list(GROUPINGS),
        "statuses": list(STATUSES),
    }
    page |= {"given": {name: given.get(name, "") for name in FILTERS}, "groups": [], "live": [], "rows": []}
    try:
        by = checked_by(given["by"]) if "by" in given else ()
        found = book.summaries(**{name: value for name, value in given.items() if name != "by"})
    except InputError as error:
        return plain(page | {"fault": error.message(), "totals": None, "left_out": [], "more": 0})  # type: ignore[no-any-return]
    page |= _listed(found, by, root, token)
    page["live"] = [live_of(book.get(row["id"]), root, token) for row in page["rows"] if row["status"] == "running"]
    left = [*(f"{folder}: nothing in it can be read" for folder in found.unreadable), *found.left_out]
    return plain(page | {"left_out": left})  # type: ignore[no-any-return]


def _listed(found: Summaries, by: Sequence[str], root: str, token: str) -> dict[str, Any]:
    newest = found.newest(MOST_RUNS)
    most = max((run.operational_kg.high for run in newest if run.operational_kg), default=0.0)
    rows = [_row(run, most, root, token) for run in newest]
    listed = {"rows": rows, "more": max(0, len(found) - MOST_RUNS), "totals": _totals(found)}
    return listed | ({"groups": _groups(found, by)} if by else {})


def _row(run: Run | RunSummary, most_kg: float, root: str, token: str) -> dict[str, Any]:
    query = f"?{urlencode({'token': token})}" if token else ""
    return {
        "id": run.id,
        "name": _short(run.name or run.id),
        "href": f"{root}runs/{_in_address(run.id)}{query}",
        "project": _short(run.project or ""),
        "status": run.status,
        "started": (utc(run.started) or "")[:16].replace("T", " "),
        "took": duration(run.duration_seconds),
        "hardware": run.hardware or "not known",
        "kwh": run.facility_energy_kwh,
        "kg": run.operational_kg,
        "basis": run.basis,
        "is_least": bool(run.unfilled),
        "bar": interval_bar(run.operational_kg, most_kg) if run.operational_kg else None,
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."


def _in_address(id: str) -> str:
    from urllib.parse import quote

    return quote(id, safe="")


def _totals(found: Summaries) -> dict[str, Any]:
    whole = totals_of(found)
    lost = "" if whole.unfinished_share is None else percent(whole.unfinished_share)
    return {"runs": counted(whole.runs, "run"), "kwh": whole.facility_energy_kwh, "kg": whole.operational_kg,
            "unknown": whole.runs - whole.known, "unfinished": lost, "is_least": whole.is_least}  # fmt: skip


def _groups(found: Summaries, by: Sequence[str]) -> list[dict[str, Any]]:
    """Return groups with bars: in the order of time by month, else the largest first."""
    groups = groups_of(found, by)
    most = max((group.operational_kg.high for group in groups if group.operational_kg), default=0.0)
    rows = [
        {
            "name": ", ".join(_short(value or "not stated") for value in group.by.values()),
            "runs": counted(group.runs, "run"),
            "kwh": group.facility_energy_kwh,
            "kg": group.operational_kg,
            "is_least": group.is_least,
            "bar": interval_bar(group.operational_kg, most) if group.operational_kg else None,
        }
        for group in groups
    ]
    return rows if "month" in by else sorted(rows, key=lambda row: -row["kg"].best if row["kg"] else 0.0)


def live_of(run: Run, root: str, token: str) -> dict[str, Any]:
    """Return a live run: power by component, energy, forecast and budget."""
    found = _row(run, 0.0, root, token) | {"power": _power_now(run), "text": run.energy_text}
    ahead = forecast(run)
    if ahead is not None and ahead.facility_energy_kwh is not None and ahead.operational_kg is not None:
        done = f"step {ahead.step:,.0f} of {ahead.total_steps:,.0f}"
        at_end = f"{written(ahead.facility_energy_kwh.best, 'kWh')}, {written(ahead.operational_kg.best, 'kg')} CO2e"
        found["forecast"] = {"done": done, "share": f"{100 * ahead.share_done:.1f}%",
                             "left": duration(ahead.seconds_left), "at_end": at_end}  # fmt: skip
    else:
        found["forecast"] = None
    return found | {"budgets": _budgets(run)}


def _power_now(run: Run) -> list[dict[str, Any]]:
    found = []
    for name in COMPONENTS:
        watts = [node.power_w[name] for node in run.nodes if node.is_running]
        known = [value for value in watts if value is not None]
        kwh = run.energy_kwh[name]
        power = written(sum(known), "W") if known else "not measured"
        found.append({"name": _NAMES[name], "power": power, "kwh": "" if kwh is None else written(kwh, "kWh")})
    return found


def _budgets(run: Run) -> list[dict[str, Any]]:
    found = []
    for name, words, spent in (("kwh", "kWh", run.facility_energy_kwh), ("kg", "kg CO2e", run.operational_kg)):
        most = (run.budget or {}).get(name)
        if isinstance(most, (int, float)) and most > 0 and spent is not None:
            share = spent.best / most
            found.append({"of": f"{most:,.10g} {words}", "share": percent(share),
                          "width": f"{100 * min(share, 1):.1f}%", "is_over": share > 1})  # fmt: skip
    return found


def run_of(home: str | None, id: str, root: str, token: str) -> dict[str, Any]:
    """Work out the page of one run.

    Raises
    ------
    InputError
        If there is no such run.
    """
    run = History(home).get(id)
    documented = _documented(run)
    facts = {
        "project": run.project,
        "started": (utc(run.started) or "").replace("T", " ").replace("Z", " UTC"),
        "took": duration(run.duration_seconds),
        "hardware": documented.pop("hardware"),
        "place": place_label(run.location) if run.location else None,
        "nodes": ", ".join(run.hosts),
        "ranks": str(run.ranks) if run.ranks > 1 else None,
        "command": " ".join(run.command),
        "error": run.error,
    }
    page: dict[str, Any] = {"root": root, "token": token, "run": _row(run, 0.0, root, token), "text": run.energy_text}
    page |= {"facts": {name: _short(value) for name, value in facts.items() if value}}
    page |= {"live": live_of(run, root, token) if run.status == "running" else None, "notes": list(run.notes)}
    page["quantities"] = _amounts(run)
    return plain(page | documented)  # type: ignore[no-any-return]


def _amounts(run: Run) -> list[dict[str, Any]]:
    """Return energy and emissions as amounts with a bar, as far as they are known."""
    quantities: tuple[tuple[str, str, str, Interval | None], ...] = (
        ("Operational emissions", "kg", "CO2e", run.operational_kg),
        ("Electricity", "kWh", "", run.facility_energy_kwh),
    )
    found = []
    for label, base, substance, value in quantities:
        if value is not None:
            scale = scale_for(value.best, base)
            note = f"{'at least; ' if run.unfilled else ''}{run.basis}"
            found.append(
                {
                    "label": label,
                    "value": value.scaled(1 / scale.size),
                    "note": note,
                    "unit": f"{scale.unit} {substance}".rstrip(),
                    "bar": interval_bar(value, value.high),
                }
            )
    return found


def _documented(run: Run) -> dict[str, Any]:
    """Return power over time as lines, and the sections of its report; nothing where no energy is known."""
    try:
        data = report_data_of(run)
    except InputError:
        nothing: dict[str, Any] = {"sections": (), "sources": {}, "numbers": {}}
        return {"hardware": run.hardware, "power": None, "document": nothing, "parts": []}
    document = document_of(data)
    sections = tuple(section for section in document.sections if section.id in _DETAILS)
    kept = tuple(
        section._replace(blocks=tuple(block for block in section.blocks if not hasattr(block, "summary")))
        for section in sections
    )
    found = {"hardware": data.lines[0].hardware, "power": power_lines(data)}
    return found | {"document": document._replace(sections=kept)}


def power_lines(data: ReportData) -> dict[str, Any] | None:
    """Return power over time as lines of SVG with ticks and the spans above; None where a line has too few readings."""
    series: dict[str, Points] = {name: points for name, points in data.power_series.items() if points}
    most = max((watts for points in series.values() for _, watts in points), default=0.0)
    if most <= 0 or max(map(len, series.values())) < FEWEST_READINGS:
        return None
    last = length_of(data, series)
    watts, seconds = scale_for(most, "W"), scale_for(last, "s")
    lines = []
    for name in (*_PARTS, *(each for each in series if each not in _PARTS)):
        line = thinned(series.get(name, ()))
        if line:
            path = " ".join(f"{_WIDTH * at / last:.1f},{_HEIGHT * (1 - w / (most * _ROOM)):.1f}" for at, w in line)
            mean = written(mean_w(series[name]), "W")
            lines.append({"name": name, "label": _NAMES.get(name, name), "points": path, "mean": mean})
    return {
        "lines": lines,
        "most": written(most, "W"),
        "last": duration(last),
        "box": f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        "up": _ticks(most * _ROOM, watts, _UP_PX, from_below=True),
        "along": _ticks(last, seconds, _ALONG_PX, from_below=False),
        "lanes": [[_span(span, last) for span in lane] for lane in reversed(lanes_of(data.spans, last))],
    }


def _ticks(most: float, scale: Scale, room_px: float, *, from_below: bool) -> list[dict[str, str]]:
    """Return round values from zero on, with their place in percent; the last one names the unit."""
    axis = axis_of({"range": (0.0, most / scale.size)}, (), 0.0, room_px)
    found = [(100 * at / room_px, words) for at, words in axis.ticks]
    last = len(found) - 1
    named = ((at, f"{words} {scale.unit}" if number == last else words) for number, (at, words) in enumerate(found))
    return [{"at": f"{100 - at if from_below else at:.2f}%", "text": words} for at, words in named]


def _span(span: PowerSpan, last: float) -> dict[str, str]:
    """Place a span in percent of the time; its name stands in it where it has room."""
    end = last if span.to_seconds is None else span.to_seconds
    share = 100 * (end - span.from_seconds) / last
    name = _short(span.name)
    long = len(name) * _LETTER_PX * 100
    return {
        "x": f"{100 * span.from_seconds / last:.2f}%",
        "width": f"{share:.2f}%",
        "name": name if long < share * _WIDE_PX else "",
        "kind": "" if long < share * _ALONG_PX else "roomy",
        "hint": f"{name}, {duration(end - span.from_seconds)}",
    }
