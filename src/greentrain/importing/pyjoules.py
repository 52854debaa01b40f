"""pyJoules and pyRAPL: a row for each stretch of a program, with what its processors, memory and accelerators used."""

import re
from collections.abc import Iterator, Mapping

from greentrain.importing.energy_windows import Window, run_of_windows
from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import amount

NAME = "pyjoules"
TITLE = "pyJoules' and pyRAPL's CSV"
WORDS = frozenset(("timestamp", "tag", "label", "duration", "package_0", "dram_0", "nvidia_gpu_0", "pkg", "socket"))
_JOULES, _RAPL = ("timestamp", "tag", "duration"), ("label", "timestamp", "duration", "pkg", "socket")
_DOMAIN = re.compile(r"(package|dram|nvidia_gpu)_\d+")
_PARTS = {"package": "cpu", "pkg": "cpu", "dram": "memory", "nvidia_gpu": "gpu"}
_MICRO, _MILLI = 1e-6, 1e-3
_FACTORS = {"nvidia_gpu": _MILLI}
"""Of NVIDIA's counters; those of RAPL are microjoules. [J]"""

_MOST_WINDOWS = 1_000_000


def recognises(head: str) -> bool:
    """Whether a header has stretches with energies of domains or sockets."""
    found = header_in(head, _JOULES)
    return (found is not None and any(map(_DOMAIN.fullmatch, found[0]))) or header_in(head, _RAPL) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file; rows of one stretch, one for each socket, are one window."""
    is_rapl = header_in(file.head, _RAPL) is not None
    windows: dict[tuple[str, float, float], dict[str, float]] = {}
    for line, row in CsvText(file, _RAPL if is_rapl else _JOULES).rows():
        time, seconds = options.moment(row["timestamp"]), amount(row["duration"])
        joules = _of_socket(row) if is_rapl else _of_domains(row)
        if time is None or seconds is None or not joules or len(windows) >= _MOST_WINDOWS:
            file.tally.reject(line, "has no start, no duration or no energy")
            continue
        key = row.get("label") or row.get("tag", ""), time[0], seconds * (_MICRO if is_rapl else 1.0)
        windows.setdefault(key, {}).update(joules)
    if windows:
        every = [Window(start, seconds, joules) for (_, start, seconds), joules in windows.items()]
        yield run_of_windows(NAME, every, _part_of, file.tally)


def _of_domains(row: Mapping[str, str]) -> dict[str, float]:
    found = {name: (amount(cell), _FACTORS.get(name.rpartition("_")[0], _MICRO)) for name, cell in row.items()}
    return {name: value * factor for name, (value, factor) in found.items() if value is not None and _is_domain(name)}


def _is_domain(name: str) -> bool:
    return _DOMAIN.fullmatch(name) is not None


def _of_socket(row: Mapping[str, str]) -> dict[str, float]:
    values = {name: amount(row.get(name)) for name in ("pkg", "dram")}
    return {f"{name}_{row['socket']}": value * _MICRO for name, value in values.items() if value is not None}


def _part_of(column: str) -> str:
    return _PARTS[column.rpartition("_")[0]]
