"""What a calibration has learnt, as text."""

from greentrain.history.calibrate import Calibration, Fit
from greentrain.numbers import with_span
from greentrain.reporting.terminal.history import wrapped


def calibration_text(done: Calibration) -> str:
    """Write what changed, from what to what, and what was left out."""
    lines = [line for fit in done.fits for line in _fit_lines(fit)]
    lines += [f"Written to {done.file}"] if done.file else []
    lines += [line for note in done.notes for line in wrapped(note, "  ")]
    return "".join(f"{line}\n" for line in lines)


def _fit_lines(fit: Fit) -> list[str]:
    kind = f", {fit.workload}" if fit.workload else ""
    devices = ", ".join(fit.devices)
    return [
        *wrapped(f"{fit.hardware_class}{kind}: mean power over TDP, from {fit.runs} runs on {devices}", ""),
        f"  was  {with_span(fit.before)}",
        f"  now  {with_span(fit.utilization)}",
    ]
