"""zeus: the log of its windows (J per accelerator and window), and of its power monitor (mW)."""

import re
from collections.abc import Iterator

from greentrain.importing.energy_windows import Window, run_of_windows
from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, number

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
_MILLIWATTS = "Powers are taken as milliwatts, which zeus's monitor writes without a unit."


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


def _windows(file: ForeignFile) -> Iterator[ForeignRun]:
    windows: list[Window] = []
    for line, row in CsvText(file, _WINDOWS).rows():
        start, seconds = number(row["start_time"]), amount(row["elapsed_time"])
        joules = {name: amount(cell) or 0.0 for name, cell in row.items() if _ENERGY.fullmatch(name)}
        if start is None or seconds is None or len(windows) >= _MOST_WINDOWS:
            file.tally.reject(line, "has no start or no duration")
        else:
            windows.append(Window(start, seconds, joules))
    if windows:
        yield run_of_windows(NAME, windows, _part_of, file.tally)


def _part_of(column: str) -> str:
    return _PARTS[column.removesuffix("_energy").rstrip("0123456789_")]
