"""One run of the history as text: what was measured, what was estimated, and which of both to believe."""

from collections.abc import Iterator

from greentrain.csv_text import escaped
from greentrain.history.recorded_run import NodeMeasurement
from greentrain.history.run import Run, utc
from greentrain.journal.records import COMPONENTS, SpanRecord
from greentrain.numbers import amount, duration, rounded, with_span
from greentrain.reporting.terminal.estimate import WIDTH, Style
from greentrain.reporting.terminal.history import cut, kwh_words, wrapped

_MOST_ROWS = 20
_ORIGINS = {
    "measurement": "the measurement",
    "estimate": "the estimate",
    "both": "the measurement, completed by the estimate",
    "nothing": "neither: nothing is known",
}


def run_text(run: Run, bold: Style = str) -> str:
    """Write everything that is known of a run but its logs."""
    blocks = [_head(run, bold), _nodes(run), _components(run), _beside(run), _spans(run), _gaps(run), _notes(run)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(run: Run, bold: Style) -> list[str]:
    name = f"  {cut(escaped(run.name), 50)}" if run.name else ""
    error = f" ({cut(escaped(run.error), 40)})" if run.error else ""
    code = "" if run.exit_code is None else f", exit code {run.exit_code}"
    lines = [cut(f"{escaped(run.id)}{name}", WIDTH), f"  {run.status}{error}{code}"]
    lines += map(bold, wrapped(run.energy_text, "  "))
    facts = {
        "project": run.project,
        "started": f"{utc(run.started)}, for {duration(run.duration_seconds)}",
        "place": run.location,
        "hardware": run.hardware,
        "ranks": str(run.ranks) if run.ranks > 1 else None,
    }
    lines += [cut(f"  {name:<10}{escaped(value)}", WIDTH) for name, value in facts.items() if value]
    # What was run stands at the end of a wrapper's command, so that is not cut.
    first, *rest = wrapped(escaped(" ".join(run.command)), " " * 12) or [""]
    return [*lines, *([f"  {'command':<10}{first[12:]}", *rest] if first else [])]


def _nodes(run: Run) -> list[str]:
    if len(run.nodes) < 2:
        return []
    lines = [f"Nodes and sessions ({len(run.nodes)}){'kWh before PUE':>57}"]
    return [*lines, *_shortened([_node_line(node) for node in run.nodes])]


def _node_line(node: NodeMeasurement) -> str:
    known = [value for value in node.energy_kwh.values() if value is not None]
    energy = rounded(sum(known)) if known else "not measured"
    host = cut(escaped(node.host), 28)
    return f"  {host:<30}{utc(node.started) or '':<22}{duration(node.duration_seconds):>12}{energy:>14}"


def _components(run: Run) -> list[str]:
    lines = ["Measured before PUE"]
    for name in COMPONENTS:
        qualities = {node.quality[name] for node in run.nodes if node.energy_kwh[name] is not None}
        value = run.energy_kwh[name]
        energy = "not measured" if value is None else f"{rounded(value)} kWh, {' and '.join(sorted(qualities))}"
        lines.append(f"  {name:<10}{energy}")
    pue, grid = (run.footprint.inputs.get(name) for name in ("pue", "grid_intensity"))
    if pue is not None and grid is not None:
        text = (
            f"PUE {with_span(pue.value)} [{escaped(pue.basis)}], "
            f"grid {amount(grid.value, 'g CO2e/kWh')} [{escaped(grid.basis)}]"
        )
        lines += wrapped(text, "  ")
    return lines


def _beside(run: Run) -> list[str]:
    both = run.reconciliation
    lines = ["Estimate from the hardware's profile"]
    if both.estimate is not None:
        lines.append(f"  computers {kwh_words(both.estimate.it_energy_kwh)} before PUE")
    for item in run.comparisons:
        where = "inside" if item.is_inside else "outside"
        words = f"{where} the estimate's {kwh_words(item.estimated_kwh)}"
        lines += wrapped(f"measured {item.what} {kwh_words(item.measured_kwh)}: {words}", "  ")
    if both.implied_utilization is not None and both.mean_accelerator_w is not None:
        watts, share = rounded(both.mean_accelerator_w), rounded(both.implied_utilization)
        lines += wrapped(f"mean power of an accelerator {watts} W: a utilization of {share} of its TDP", "  ")
    if both.implied_host_factor is not None:
        factor = rounded(both.implied_host_factor)
        lines += wrapped(f"host factor at least {factor}: fans and losses are not measured", "  ")
    least = "at least " if run.unfilled else ""
    energy = kwh_words(run.it_energy_kwh)
    lines += wrapped(f"to believe: {_ORIGINS[both.believed]}, {least}{energy} before PUE", "  ")
    if run.operational_kg is not None:
        lines += wrapped(f"that is {least}{amount(run.operational_kg, 'kg CO2e')}", "  ")
    return lines + [line for reason in both.reasons for line in wrapped(escaped(reason), "    ")]


def _spans(run: Run) -> list[str]:
    if not run.spans:
        return []
    return [f"Spans ({len(run.spans)})", *_shortened([_span_line(span) for span in run.spans])]


def _span_line(span: SpanRecord) -> str:
    attributes = ", ".join(f"{escaped(str(key))}={escaped(str(value))}" for key, value in span.attributes.items())
    took = "no end recorded" if span.seconds is None else duration(span.seconds)
    error = f"  {escaped(span.error)}" if span.error else ""
    return cut(f"  {cut(escaped(span.name), 30):<32}{took:>16}{error}  {attributes}".rstrip(), WIDTH)


def _gaps(run: Run) -> list[str]:
    lines = [
        cut(f"  {utc(gap.started)}  {duration(gap.seconds):<14}{escaped(gap.reason)}  {escaped(gap.host)}", WIDTH)
        for gap in run.gaps
    ]
    return [f"Gaps ({len(lines)})", *_shortened(lines)] if lines else []


def _notes(run: Run) -> list[str]:
    return ["Notes", *(line for note in run.notes for line in wrapped(f"- {escaped(note)}", "  "))] if run.notes else []


def _shortened(lines: list[str]) -> Iterator[str]:
    yield from (line.rstrip() for line in lines[:_MOST_ROWS])
    if len(lines) > _MOST_ROWS:
        yield f"  ... and {len(lines) - _MOST_ROWS} more"
