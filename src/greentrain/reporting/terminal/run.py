"""One run of the history as text: what was measured, what was estimated, which is adopted; a live run as a frame."""

from typing import TYPE_CHECKING

from greentrain.errors import escaped
from greentrain.history.forecast import forecast
from greentrain.history.imported_runs import HistoryImport
from greentrain.history.recorded_run import NodeMeasurement
from greentrain.history.run import Run
from greentrain.history.run_summary import utc
from greentrain.journal.records import COMPONENTS, SAVED_ESTIMATE, SpanRecord
from greentrain.numbers import amount, as_given, ascii_unit, duration, least, percent, rounded, small_scale, with_span
from greentrain.reporting.document.blocks import table
from greentrain.reporting.document.render_text import cut, field, joined, table_lines, width
from greentrain.reporting.terminal.history import MOST_COLUMNS, kwh_text, shown

if TYPE_CHECKING:
    from greentrain.reporting.document.render_text import Style

_MOST_ROWS = 20
_ORIGINS = {
    "measurement": "the measurement",
    "estimate": "the estimate",
    "both": "the measurement, completed by the estimate",
    "nothing": "neither: nothing is known",
}


def run_text(run: Run, bold: "Style" = str) -> str:
    """Write everything that is known of a run but its logs."""
    if run.origin == SAVED_ESTIMATE:  # nothing was to be measured
        return joined((_head(run, bold), _site(run), _notes(run)))
    return joined(
        (_head(run, bold), _nodes(run), _components(run), _estimate(run), _spans(run), _gaps(run), _notes(run))
    )


def _head(run: Run, bold: "Style") -> list[str]:
    name = f"  {cut(escaped(run.name), 50)}" if run.name else ""
    error = f" ({cut(escaped(run.error), 40)})" if run.error else ""
    code = "" if run.exit_code is None else f", exit code {run.exit_code}"
    status = "a saved estimate" if run.origin == SAVED_ESTIMATE else run.status
    lines = [cut(f"{escaped(run.id)}{name}", width()), f"  {status}{error}{code}"]
    lines += map(bold, shown(run.energy_text))
    facts = {
        "project": run.project,
        "started": f"{utc(run.started)}, for {duration(run.duration_seconds)}",
        "place": run.location,
        "hardware": run.hardware,
        "ranks": str(run.ranks) if run.ranks > 1 else None,
    }
    lines += [cut(f"  {name:<10}{escaped(value)}", width()) for name, value in facts.items() if value]
    if isinstance(run, HistoryImport):
        source = f"{run.imported.format}, {run.imported.file}"
        lines += field("imported", escaped(source), 10, breaks_words=True)
    # What was run is at the end of a wrapper's command, so that is not cut.
    command = cut(escaped(" ".join(run.command)), MOST_COLUMNS)
    return [*lines, *field("command", command, 10, breaks_words=True)]


def _nodes(run: Run) -> list[str]:
    if len(run.nodes) < 2:
        return []
    caption, header = f"Nodes and sessions ({len(run.nodes)})", ("", "", "", "kWh before PUE")
    return _shortened(table_lines(table(caption, header, map(_node_cells, run.nodes), (2, 3), (28, 20, 10, 14))))


def _node_cells(node: NodeMeasurement) -> tuple[str, ...]:
    known = [value for value in node.energy_kwh.values() if value is not None]
    energy = rounded(sum(known)) if known else "not measured"
    return cut(escaped(node.host), 28), utc(node.started) or "", duration(node.duration_seconds), energy


def _text(value: float, unit: str) -> str:
    scale = small_scale(value, unit)
    return f"{rounded(value / scale.size)} {ascii_unit(scale)}"


def _components(run: Run) -> list[str]:
    lines = [f"{'Measured' if _is_sensed(run) else 'Modelled'} before PUE"]
    for name in COMPONENTS:
        qualities = {node.quality[name] for node in run.nodes if node.energy_kwh[name] is not None}
        value = run.energy_kwh[name]
        energy = "not measured" if value is None else f"{_text(value, 'kWh')}, {' and '.join(sorted(qualities))}"
        lines.append(f"  {name:<10}{energy}{_share(run, name) if value is not None else ''}")
    return lines + _site(run)


def _is_sensed(run: Run) -> bool:
    """Whether a sensor read any part of the computers; what was modelled from load or size is no measurement."""
    return any(
        "modelled" not in node.quality[name] for node in run.nodes for name in COMPONENTS if node.energy_kwh[name]
    )


def _site(run: Run) -> list[str]:
    pue, grid = (run.footprint.inputs.get(name) for name in ("pue", "grid_intensity"))
    if pue is None or grid is None:
        return []
    return shown(
        f"PUE {with_span(pue.value)} [{escaped(pue.basis)}], "
        f"grid {amount(grid.value, 'g CO2e/kWh')} [{escaped(grid.basis)}]"
    )


def _share(run: Run, name: str) -> str:
    """Write which part of what the computers drew is the run's, and how that was found; blank where it is not known."""
    meters = [node.meter for node in run.nodes if name in node.meter.get("share", {})]
    if not meters:
        return ""
    shares = [meter["share"][name] for meter in meters]
    methods = {meter["share_method"][name] for meter in meters if name in meter.get("share_method", {})}
    ends = dict.fromkeys(percent(share) for share in (min(shares), max(shares)))
    how = f" (by {escaped(' and '.join(sorted(methods)))})" if methods else ""
    return f"; {' to '.join(ends)} of {'its GPUs' if name == 'gpu' else 'the computer'}{how}"


def _estimate(run: Run) -> list[str]:
    both, word = run.reconciliation, "measured" if _is_sensed(run) else "modelled"
    lines = ["Estimate from the hardware's profile"]
    if both.estimate is not None:
        lines.append(f"  computers {kwh_text(both.estimate.it_energy_kwh)} before PUE")
    for item in run.comparisons:
        where = "inside" if item.is_inside else "outside"
        words = f"{where} the estimate's {kwh_text(item.estimated_kwh)}"
        lines += shown(f"{word} {item.what} {kwh_text(item.measured_kwh)}: {words}")
    if both.implied_utilization is not None and both.mean_accelerator_w is not None:
        watts, share = rounded(both.mean_accelerator_w), rounded(both.implied_utilization)
        lines += shown(f"mean power of an accelerator {watts} W: a utilization of {share} of its TDP")
    if both.implied_host_factor is not None:
        factor = rounded(both.implied_host_factor)
        lines += shown(f"host factor at least {factor}: fans and losses are not measured")
    before = least(bool(run.unfilled))
    energy = kwh_text(run.it_energy_kwh)
    origin = _ORIGINS[both.believed].replace("the measurement", "the measurement" if _is_sensed(run) else "the model")
    lines += shown(f"adopted: {origin}, {before}{energy} before PUE")
    if run.operational_kg is not None:
        lines += shown(f"that is {before}{amount(run.operational_kg, 'kg CO2e')}")
    return lines + [line for reason in both.reasons for line in shown(escaped(reason), "    ")]


def _spans(run: Run) -> list[str]:
    if not run.spans:
        return []
    return _shortened([f"Spans ({len(run.spans)})", *map(_span_line, run.spans)])


def _span_line(span: SpanRecord) -> str:
    attributes = ", ".join(f"{escaped(str(key))}={escaped(str(value))}" for key, value in span.attributes.items())
    took = "no end recorded" if span.seconds is None else duration(span.seconds)
    error = f"  {escaped(span.error)}" if span.error else ""
    return cut(f"  {cut(escaped(span.name), 30):<32}{took:>16}{error}  {attributes}".rstrip(), width())


def _gaps(run: Run) -> list[str]:
    lines = [
        cut(f"  {utc(gap.started)}  {duration(gap.seconds):<14}{escaped(gap.reason)}  {escaped(gap.host)}", width())
        for gap in run.gaps
    ]
    return _shortened([f"Gaps ({len(lines)})", *lines]) if lines else []


def _notes(run: Run) -> list[str]:
    return (
        ["Notes", *(line for note in run.notes for line in shown(f"- {escaped(note)}", "  ", "    "))]
        if run.notes
        else []
    )


def _shortened(lines: list[str]) -> list[str]:
    """Leave out the rows of a long list, below its heading."""
    kept = [line.rstrip() for line in lines[: _MOST_ROWS + 1]]
    more = len(lines) - len(kept)
    return [*kept, f"  ... and {more} more"] if more else kept


def watch_text(run: Run, bold: "Style" = str) -> str:
    """Write power and energy by component, what the facility drew and emitted, and the forecast to the end."""
    name = escaped(run.name or "")
    head = f"{escaped(run.id)}  {run.status}  {duration(run.duration_seconds)}"
    lines = [bold(cut(f"{head}  {name}".rstrip(), width())), *_power(run)]
    lines += shown(run.energy_text)
    return "\n".join([*lines, *_forecast(run), *_budget(run)]) + "\n"


def _power(run: Run) -> list[str]:
    rows = []
    for name in COMPONENTS:
        watts = [node.power_w[name] for node in run.nodes if node.is_running]
        known = [value for value in watts if value is not None]
        energy = run.energy_kwh[name]
        quality = " and ".join(sorted({node.quality[name] for node in run.nodes}))
        power, kwh = rounded(sum(known)) if known else "-", "-" if energy is None else rounded(energy)
        rows.append((name, power, kwh, quality if energy is not None else "not measured"))
    return table_lines(table("", ("", "W", "kWh", ""), rows, (1, 2), (8, 12, 12)))


def _forecast(run: Run) -> list[str]:
    found = forecast(run)
    if found is None:
        return []
    done = f"step {as_given(found.step)} of {as_given(found.total_steps)} ({percent(found.share_done)})"
    if run.status != "running" or found.facility_energy_kwh is None or found.operational_kg is None:
        return shown(done)
    energy, mass = _text(found.facility_energy_kwh.best, "kWh"), _text(found.operational_kg.best, "kg")
    left = duration(found.seconds_left)
    return shown(f"{done}; {left} to go, {energy} and {mass} CO2e at the end")


def _budget(run: Run) -> list[str]:
    used = {"kwh": run.facility_energy_kwh, "kg": run.operational_kg}
    words = {"kwh": "kWh", "kg": "kg CO2e"}
    lines = []
    for name, spent in used.items():
        most = (run.budget or {}).get(name)
        if isinstance(most, (int, float)) and most > 0 and spent is not None:
            lines.append(f"  budget of {as_given(most)} {words[name]}: {percent(spent.best / most)} used")
    return lines
