"""zeus: the log of its windows (J per accelerator and window), and of its power monitor (mW)."""

import re
from collections.abc import Iterator, Mapping

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, number
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "zeus"
TITLE = "zeus's logs (ZeusMonitor, power)"
WORDS = frozenset(("start_time", "window_name", "elapsed_time", "gpu0_energy", "cpu_energy", "dram_energy"))
_WINDOWS = ("start_time", "window_name", "elapsed_time")
_POLL = ("time", "power")
_ENERGY = re.compile(r"(gpu|cpu|dram|soc)_?(\d*)_energy")
_PARTS = {"gpu": "gpu", "cpu": "cpu", "dram": "memory", "soc": "cpu"}
_MILLI = 1e-3
_MOST_WATTS = 1500.0
_MOST_WINDOWS = 1_000_000
_DATES_FROM = 1e9
"""A start beyond is a moment since 1970; below it is the time since the computer started. [s]"""

_MILLIWATTS = "Powers are taken as milliwatts, which zeus's monitor writes without a unit."
_NESTED = "Windows inside others are left out: those hold them."
_OVERLAP = "Windows overlap in part: what they have in common counts twice."


def recognises(head: str) -> bool:
    """Whether a header has windows with energies, or a time and a power and nothing else."""
    windows, poll = header_in(head, _WINDOWS), header_in(head, _POLL)
    if windows is not None:
        return any(_ENERGY.fullmatch(name) for name in windows[0])
    return poll is not None and len(poll[0]) == len(_POLL)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
    if header_in(file.head, _WINDOWS) is None:
        run = _polled(file, options)
        if run is not None:
            yield run
    else:
        yield from _windows(file)


def _polled(file: ForeignFile, options: ReadOptions) -> ForeignRun | None:
    log, factor = PowerLog(NAME, options.covered, zone=options.time_zone), 0.0
    for line, row in CsvText(file, _POLL).rows():
        time, power = options.moment(row["time"]), amount(row["power"])
        if time is None or power is None:
            file.tally.reject(line, "has no time or no power")
            continue
        factor = factor or (_MILLI if power > _MOST_WATTS else 1.0)
        log.add_power(time[0], power * factor)
        if not time[1] and options.time_zone is None:
            log.note(LOCAL_TIME)
    if factor == _MILLI:
        log.note(_MILLIWATTS)
    return log.run()


class _Window:
    """A window: from, to [s], and energies by column [J]."""

    def __init__(self, start: float, seconds: float, joules: Mapping[str, float]) -> None:
        self.start, self.end, self.joules = start, start + seconds, joules


def _windows(file: ForeignFile) -> Iterator[ForeignRun]:
    windows: list[_Window] = []
    for line, row in CsvText(file, _WINDOWS).rows():
        start, seconds = number(row["start_time"]), amount(row["elapsed_time"])
        joules = {name: amount(cell) or 0.0 for name, cell in row.items() if _ENERGY.fullmatch(name)}
        if start is None or seconds is None or len(windows) >= _MOST_WINDOWS:
            file.tally.reject(line, "has no start or no duration")
        else:
            windows.append(_Window(start, seconds, joules))
    if windows:
        yield _of_windows(list(_outermost(windows, file)))


def _of_windows(windows: list[_Window]) -> ForeignRun:
    energies: dict[str, float] = {}
    for name, joules in ((name, joules) for window in windows for name, joules in window.joules.items()):
        part = _PARTS[name.removesuffix("_energy").rstrip("0123456789_")]
        energies[part] = energies.get(part, 0.0) + joules / WATT_SECONDS_PER_KWH
    devices = {name for window in windows for name in window.joules if name.startswith("gpu")}
    first, last = windows[0].start, max(window.end for window in windows)
    is_dated = first > _DATES_FROM
    return ForeignRun(
        key=f"{NAME}:{first:.6f}:{sum(windows[0].joules.values()):.6g}",
        started=first if is_dated else None,
        ended=last if is_dated else None,
        duration_seconds=sum(window.end - window.start for window in windows),
        accelerators={"": float(len(devices))} if devices else {},
        energy_kwh=energies,
        measured_energy_kwh=sum(energies.values()),
        boundary="accelerator" if energies.keys() == {"gpu"} else "parts",
        flags=() if is_dated else ("missing_time",),
    )


def _outermost(windows: list[_Window], file: ForeignFile) -> Iterator[_Window]:
    """Yield the windows that are in no other, in order."""
    end = float("-inf")
    for window in sorted(windows, key=lambda window: (window.start, -window.end)):
        if window.end <= end:
            file.tally.note(_NESTED)
            continue
        if window.start < end:
            file.tally.note(_OVERLAP)
        end = window.end
        yield window
