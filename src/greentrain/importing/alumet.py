"""Alumet's CSV: a row for each metric, resource and consumer; energies are of the time since the row before.

What a formula attributes to processes is a part of what their devices used, and is left out; of a processor the package
and its memory count, of a Grace chip its socket.
"""

import re
from collections.abc import Iterator, Mapping

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, unit_of

NAME = "alumet"
TITLE = "Alumet's CSV"
WORDS = frozenset(("metric", "value", "resource_kind", "resource_id", "consumer_kind", "__late_attributes"))
_COLUMNS = ("metric", "timestamp", "value", "resource_kind", "resource_id")
_METRICS = {
    "rapl_consumed_energy": ("domain", {"package": "cpu", "dram": "memory"}, "J"),
    "grace_energy_consumption": ("sensor", {"grace": "cpu"}, "mJ"),
    "nvml_energy_consumption": ("", {"": "gpu"}, "mJ"),
    "nvml_instant_power": ("", {"": "gpu"}, "mW"),
    "amd_gpu_energy_consumption": ("", {"": "gpu"}, "mJ"),
    "amd_gpu_power_consumption": ("", {"": "gpu"}, "W"),
    "input_power": ("ina_channel_label", {"VDD_IN": "node", "POM_5V_IN": "node"}, "mW"),
}
"""The attribute that says which part it is of, the part by it, and the unit where the metric's name ends in none."""

_METRIC = re.compile(rf"({'|'.join(_METRICS)})(?:_([^_]+))?")
_WHOLE = ("", "local_machine")
"""Consumers that are no processes: what these used is a part."""

_PARTS = "Energies of processes, cores and sums are left out: devices hold them."
_ENERGY = re.compile(r"energy|joule", re.IGNORECASE)


def recognises(head: str) -> bool:
    """Whether a header has its columns."""
    return header_in(head, _COLUMNS) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a file."""
    log = PowerLog(NAME, options.covered, zone=options.time_zone)
    series: dict[str, _Intervals] = {}
    for line, row in CsvText(file, _COLUMNS).rows():
        metric = row["metric"].strip()
        found = _METRIC.fullmatch(metric)
        part = _part(found[1], row) if found else None
        if found is None or part is None:
            if _ENERGY.search(metric):
                file.tally.note(_PARTS)
            continue
        time, value = options.moment(row["timestamp"]), amount(row["value"])
        unit = unit_of(found[2] or "") or unit_of(_METRICS[found[1]][2])
        if time is None or value is None or unit is None:
            file.tally.reject(line, "has no time or no value")
            continue
        if not time[1] and options.time_zone is None:
            log.note(LOCAL_TIME)
        device = f"{found[1].partition('_')[0]} {row['resource_kind']} {row['resource_id']} {part}"
        if unit[0] == "J":
            series.setdefault(device, _Intervals(log, device, part)).add(time[0], value * unit[1])
        else:
            log.add_power(time[0], value * unit[1], device, part=part)
    run = log.run()
    if run is not None:
        yield run


def _part(metric: str, row: Mapping[str, str]) -> str | None:
    """Return the part of the computer that a row is of; None of what others hold."""
    attribute, parts, _ = _METRICS[metric]
    if row.get("consumer_kind", "").strip() not in _WHOLE:
        return None
    late = dict(each.strip().partition("=")[::2] for each in row.get("__late_attributes", "").split(","))
    return parts.get((row.get(attribute) or late.get(attribute) or "").strip() if attribute else "")


class _Intervals:
    """The energies of a device since the reading before, as a counter: the first is of a time as long as the second."""

    def __init__(self, log: PowerLog, device: str, part: str) -> None:
        self._log, self._device, self._part = log, device, part
        self._first: tuple[float, float] | None = None
        self._total: float | None = None

    def add(self, time: float, joules: float) -> None:
        """Add an energy [J] that ends at a moment [s]."""
        if self._first is None:
            self._first = time, joules
            return
        if self._total is None:
            began, self._total = self._first[0] - (time - self._first[0]), self._first[1]
            self._show(began, 0.0)
            self._show(self._first[0], self._total)
        self._total += joules
        self._show(time, self._total)

    def _show(self, time: float, joules: float) -> None:
        self._log.add_counter(time, joules, self._device, part=self._part)
