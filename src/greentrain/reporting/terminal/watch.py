"""A live run as one frame of text."""

from greentrain.csv_text import escaped
from greentrain.history.forecast import forecast
from greentrain.history.run import Run
from greentrain.journal.records import COMPONENTS
from greentrain.numbers import as_given, duration, percent, rounded
from greentrain.reporting.terminal.estimate import WIDTH, Style
from greentrain.reporting.terminal.history import cut, wrapped


def watch_text(run: Run, bold: Style = str) -> str:
    """Write power and energy by component, what the facility drew and emitted, and the forecast to the end."""
    name = escaped(run.name or "")
    head = f"{escaped(run.id)}  {run.status}  {duration(run.duration_seconds)}"
    lines = [bold(cut(f"{head}  {name}".rstrip(), WIDTH)), *_components(run)]
    lines += wrapped(run.energy_text, "  ")
    return "\n".join([*lines, *_forecast(run), *_budget(run)]) + "\n"


def _components(run: Run) -> list[str]:
    lines = [f"  {'':<10}{'W':>12}{'kWh':>14}"]
    for name in COMPONENTS:
        watts = [node.power_w[name] for node in run.nodes if node.is_running]
        known = [value for value in watts if value is not None]
        energy = run.energy_kwh[name]
        quality = " and ".join(sorted({node.quality[name] for node in run.nodes}))
        power, kwh = rounded(sum(known)) if known else "-", "-" if energy is None else rounded(energy)
        lines.append(f"  {name:<10}{power:>12}{kwh:>14}  {quality if energy is not None else 'not measured'}")
    return lines


def _forecast(run: Run) -> list[str]:
    found = forecast(run)
    if found is None:
        return []
    done = f"step {as_given(found.step)} of {as_given(found.total_steps)} ({percent(found.share_done)})"
    if run.status != "running" or found.facility_energy_kwh is None or found.operational_kg is None:
        return wrapped(done, "  ")
    energy, kg = rounded(found.facility_energy_kwh.best), rounded(found.operational_kg.best)
    left = duration(found.seconds_left)
    return wrapped(f"{done}; {left} to go, {energy} kWh and {kg} kg CO2e at the end", "  ")


def _budget(run: Run) -> list[str]:
    used = {"kwh": run.facility_energy_kwh, "kg": run.operational_kg}
    words = {"kwh": "kWh", "kg": "kg CO2e"}
    lines = []
    for name, spent in used.items():
        most = (run.budget or {}).get(name)
        if isinstance(most, (int, float)) and most > 0 and spent is not None:
            lines.append(f"  budget of {as_given(most)} {words[name]}: {percent(spent.best / most)} used")
    return lines
