"""Energies of stretches of a program, such as its epochs, as one run: each joule once where stretches hold others."""

from collections.abc import Callable, Iterator, Mapping

from greentrain.importing.foreign_file import Tally
from greentrain.importing.foreign_run import ForeignRun
from greentrain.units import WATT_SECONDS_PER_KWH

_DATES_FROM = 1e9
"""A start beyond is a moment since 1970; below it is the time since the computer started. [s]"""

_NESTED = "Windows inside others are left out: those hold them."
_OVERLAP = "Windows overlap in part: what they have in common counts twice."


class Window:
    """A window: from, to [s], and energies by column [J]."""

    def __init__(self, start: float, seconds: float, joules: Mapping[str, float]) -> None:
        self.start, self.end, self.joules = start, start + seconds, joules


def run_of_windows(format: str, every: list[Window], part_of: Callable[[str], str], tally: Tally) -> ForeignRun:
    """Return the one run of a file's windows.

    Parameters
    ----------
    format : str
        Name of the format.
    every : list of Window
        At least one.
    part_of : callable
        Gives the part of the computer that a column is of.
    tally : Tally
        Where it is noted that windows hold others.
    """
    windows = [*_outermost(every, tally)]
    energies: dict[str, float] = {}
    for name, joules in ((name, joules) for window in windows for name, joules in window.joules.items()):
        part = part_of(name)
        energies[part] = energies.get(part, 0.0) + joules / WATT_SECONDS_PER_KWH
    devices = {name for window in windows for name in window.joules if part_of(name) == "gpu"}
    first, last = windows[0].start, max(window.end for window in windows)
    is_dated = first > _DATES_FROM
    return ForeignRun(
        key=f"{format}:{first:.6f}:{sum(windows[0].joules.values()):.6g}",
        started=first if is_dated else None,
        ended=last if is_dated else None,
        duration_seconds=sum(window.end - window.start for window in windows),
        accelerators={"": float(len(devices))} if devices else {},
        energy_kwh=energies,
        measured_energy_kwh=sum(energies.values()),
        boundary="accelerator" if energies.keys() == {"gpu"} else "parts",
        flags=() if is_dated else ("missing_time",),
    )


def _outermost(windows: list[Window], tally: Tally) -> Iterator[Window]:
    """Yield the windows that are in no other, in order."""
    end = float("-inf")
    for window in sorted(windows, key=lambda window: (window.start, -window.end)):
        if window.end <= end:
            tally.note(_NESTED)
            continue
        if window.start < end:
            tally.note(_OVERLAP)
        end = window.end
        yield window
