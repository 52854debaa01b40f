"""Prometheus: answers to range queries (JSON), dumps with times, Grafana's tables, and what exporters print.

A range is one run. Counters are differenced, resets included; a device that several series state, such as the slices
of one board or two exporters, counts once, by its best one.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from greentrain.errors import DataError
from greentrain.importing.file_clock import FileClock
from greentrain.importing.foreign_file import DELIMITERS, HEADER_WITHIN, ForeignFile, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, number
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "prometheus"
TITLE = "Prometheus' range answers, Grafana's tables of series and exporters' text (DCGM, nvidia_gpu_exporter)"
WORDS = frozenset(
    ("resulttype", "matrix", "metric", "values", "help", "type", "gauge", "uuid", "dcgm_fi_dev_power_usage")
)
_UNITS = (
    # end of the name, its factor to W or J, whether it is a counter
    (r"microwatts?|uw", 1e-6, False),
    (r"milliwatts?|mw", 1e-3, False),
    (r"kilowatts?|kw", 1e3, False),
    (r"watts?|power_usage|power_draw|power|power_usage_instant|power_average|average_power|w", 1.0, False),
    (r"microjoules?|uj", 1e-6, True),
    (r"millijoules?|mj|total_energy_consumption", 1e-3, True),
    (r"joules?", 1.0, True),
    (r"kilowatt_?hours?|kwh", WATT_SECONDS_PER_KWH, True),
    (r"watt_?hours?|wh", WATT_SECONDS_PER_KWH / 1e3, True),
)
_NO_DRAW = re.compile(
    r"limit|_max|max_|_min|min_|cap\b|cap_|threshold|violation|state|percent|ratio|default|enforced|capacity"
)
_OF_PARTS = re.compile(r"rapl_(?:core|uncore)|_core_|_uncore_|(?:container|pod|process)_.*other")
_PARTS = (
    ("node", re.compile(r"ipmi|redfish|pdu|chassis|bmc|psu|outlet|wall|system_power|server_power|platform|psys")),
    ("memory", re.compile(r"dram|_ram_|memory")),
    ("gpu", re.compile(r"gpu|dcgm|nvidia|amd_|rocm|accelerator|xpu|habana|hl_|tpu|neuron")),
    ("cpu", re.compile(r"rapl|package|cpu|socket")),
)
_DEVICES = ("uuid", "gpu_uuid", "gpu", "device", "minor_number", "index", "gpu_id", "card", "socket", "package", "id")
_SHARES = re.compile(r"(?:^|_)(?:process|container|pod|vm)_")
_OWNERS = ("pod_name", "pod", "container_name", "container", "container_id", "vm_id", "exe", "comm", "pid")
_ZONES = {"package": "cpu", "dram": "memory", "psys": "node"}
"""Domains of RAPL by their label; cores are parts of packages."""

_WHOLE = re.compile(r"dcmi|chassis_power(?!_powersupply)|system|server|total|pwr consumption|current_power|power_meter")
_SUPPLY = re.compile(r"psu|(?:^|[^a-z])ps\d|power_?supply|power supply|input power|power_input")
_OF_A_PART = re.compile(r"(?:^|[^a-z])(?:cpu|processor|memory|mem|dimm|gpu|fan|storage|pcie|hdd)(?:[^a-z]|$)")
_HOSTS = ("hostname", "host", "node", "nodename", "exported_instance", "instance")
_NAMES = ("modelname", "model_name", "name", "product_name", "card_model", "card_series", "gpu_model")
_SLICES = ("gpu_i_id", "gpu_i_profile", "mig_profile", "gi_id")
_SERIES = r"([A-Za-z_:][\w:]*)?(?:\{(.*)\})?"
_SAMPLE = re.compile(rf"(?=[A-Za-z_:{{]){_SERIES}\s+(\S+)(?:\s+(-?[\d.]+))?\s*")
_ARROW = re.compile(rf"{_SERIES}\s*=>\s*(.*)")
_AT = re.compile(r"(\S+) @\[(-?[\d.]+)\]")
_HEADING = re.compile(rf"(?=.*\{{){_SERIES}")
_OBJECT = re.compile(r'\{\s*"')
"""How an object of JSON begins; labels of a series have no quotes."""

_ONE_NAME = re.compile(r"[A-Za-z_:][\w:]*")
_CELL = re.compile(r"\s*(-?[\d.,]+(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)\s*")
_CELL_UNITS = {"mW": 1e-3, "W": 1.0, "kW": 1e3, "mJ": 1e-3, "J": 1.0, "kJ": 1e3, "MJ": 1e6, "Wh": 3600.0, "kWh": 3.6e6}
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_NOISE = frozenset(
    (*_DEVICES, *_HOSTS, "job", "namespace", "pod", "service", "endpoint", "container", "prometheus", "cluster", "env",
     "region", "mode", "exported_job", "receive", "replica")
)  # fmt: skip
"""Labels that say nothing of which meter of a computer it is."""

_HELD = "Meters of parts of a computer, such as its power supplies, are left out beside that of the whole."
_BLANK_FROM = 9.2e18
"""DCGM writes numbers from here on where it has read nothing."""

_MILLISECONDS_FROM = 1e11
_MOST_WATTS = 1e5
_SLICED = "Slices of a board repeat its power: it counts once."
_TWICE = "A device of which several series exist counts once, by the best of them."
_NAMELESS = "A series has no metric's name: what it states is taken as watts."
_KEPLER = "Kepler divides a node's energy by models that are off for accelerators and containers: treat it with doubt."
_UNNAMED = "A series names neither its metric nor a device: query the metric itself, without a sum over it."
_SHARE = "What processes and containers take is left out: their node's energy holds it."
_OTHER = "Series of other quantities are left out."


class _Meaning(NamedTuple):
    """What a metric states: factor to W or J, whether it is a counter, of what, and how good it is."""

    factor: float
    is_counter: bool
    part: str
    rank: int


class _Series(NamedTuple):
    """A series: its device, what it states, the device's name, its own labels, and what is said where it doubles."""

    device: str
    stated: _Meaning
    name: str
    which: str
    doubled: str


def recognises(head: str) -> bool:
    """Whether it is an answer of the HTTP interface, an export, a table of series, or the text that exporters print."""
    start = head.lstrip()
    if _OBJECT.match(start):
        is_export = all(word in head for word in ('"metric"', '"values"', '"timestamps"'))
        return is_export or ('"resultType"' in head and '"result"' in head) or '"errorType"' in head
    if start.startswith("["):
        return '"metric"' in head and '"values"' in head
    if start.startswith(("# HELP ", "# TYPE ")):
        return True
    lines = [line.strip() for line in start.splitlines()[:5] if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and (_are_samples(lines) or _heading(head) is not None)


def _are_samples(lines: Sequence[str]) -> bool:
    """Whether the first line is a sample or begins a series, and all are of such a text."""
    first = _ARROW.fullmatch(lines[0])
    if first is not None:
        return _metric_of(first)[0] != "" and meaning(_metric_of(first)[0]) is not None
    found = [_SAMPLE.fullmatch(line) for line in lines]
    return all(each and "{" in each[0] and meaning(_metric_of(each)[0]) for each in found)


def _metric_of(found: re.Match[str]) -> tuple[str, dict[str, str]]:
    """Return the name of a metric, which may be a label, and its labels in lower case."""
    labels = {name.casefold(): value for name, value in _LABEL.findall(found[2] or "")}
    return found[1] or labels.pop("__name__", ""), labels


def _heading(head: str) -> tuple[list[str], str] | None:
    """Return the header of a table with a column for each series, and what parts it; None of another text."""
    for line in head.splitlines()[:HEADER_WITHIN]:
        for mark in DELIMITERS:
            cells = next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])
            if (
                cells
                and cells[0].strip("\ufeff ").casefold() in ("time", "timestamp")
                and any(map(_is_series, cells[1:]))
            ):
                return cells, mark
    return None


def _is_series(cell: str) -> bool:
    found = _HEADING.fullmatch(cell.strip())
    if found is None:
        return _ONE_NAME.fullmatch(cell.strip()) is not None and cell.startswith("DCGM_") and meaning(cell) is not None
    metric, labels = _metric_of(found)
    return meaning(metric) is not None if metric else bool({"uuid", "gpu"} & labels.keys())


def _of_zone(stated: _Meaning, zone: str) -> _Meaning | None:
    """Return what a series of a processor states of a domain of RAPL; None of parts of packages."""
    name = zone.partition("-")[0]
    if not name or stated.part != "cpu":
        return stated
    return stated._replace(part=_ZONES[name]) if name in _ZONES else None


_PART_OF_A_COMPUTER = 3


def _kind(metric: str, device: str) -> int:
    """Return whether a meter is of a whole computer, a power supply, something of several, or of a part: 0 to 3. [1]"""
    text = f"{metric} {device}".casefold()
    return 3 if _OF_A_PART.search(device.casefold()) else 0 if _WHOLE.search(text) else 1 if _SUPPLY.search(text) else 2


def meaning(metric: str) -> _Meaning | None:
    """Return what a metric states; None of one that is neither a power nor an energy."""
    name = metric.casefold().removesuffix("_total")
    if _NO_DRAW.search(name) or _OF_PARTS.search(name):
        return None
    unit = next(((factor, counts) for ends, factor, counts in _UNITS if re.search(rf"(?:^|_)(?:{ends})$", name)), None)
    if unit is None:
        return None
    part = next((part for part, words in _PARTS if words.search(name)), "")
    rank = 3 if unit[1] else 2 if "average" in name else 0 if "instant" in name else 1
    return _Meaning(*unit, part, rank)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the one run of a range; what is of one instant is a power, and noted."""
    range_ = _Range(file, options)
    start = file.head.lstrip()
    if start.startswith("[") or _OBJECT.match(start):
        if '"errorType"' in file.head:
            raise DataError(file.path, "is Prometheus' answer to a query that failed")
        keys = () if start.startswith("[") else ("data", "result") if '"data"' in file.head else ("result",)
        is_export = '"timestamps"' in file.head
        for item in file.json_values() if is_export else file.json_items(*keys):
            range_.take_series(item)
    elif (heading := _heading(file.head)) is not None:
        _of_table(file, range_, options, *heading)
    else:
        for line, text in enumerate(file.lines(), 1):
            range_.take_line(line, text)
    yield from range_.runs()


def _of_table(file: ForeignFile, range_: "_Range", options: ReadOptions, heading: list[str], mark: str) -> None:
    """Read a table with a column for each series, as Grafana writes it, with or without units in its cells."""
    clock = FileClock(options, column_names(heading)[0])
    series: dict[int, _Series] = {}
    for line, cells in file.rows(mark):
        if cells == heading or (not series and column_names(cells) == column_names(heading)):
            series = {at: found for at, cell in enumerate(cells[1:], 1) if (found := range_.series_named(cell.strip()))}
            continue
        if not series:
            continue
        file.tally.rows += 1
        time = clock.read(cells[0].strip()) if len(cells) == len(heading) else None
        if time is None:
            file.tally.reject(line, f"has no time, or {len(cells)} cells where the header has {len(heading)}")
            continue
        for at, found in series.items():
            if cells[at].strip():
                range_.take_cell(found, time, cells[at])
    if clock.assumes_utc:
        range_.note(LOCAL_TIME)


class _Range:
    """What was read so far."""

    def __init__(self, file: ForeignFile, options: ReadOptions) -> None:
        self._file, self._log = file, PowerLog(NAME, options.covered)
        self._ranks: dict[str, int] = {}
        self._spans: dict[str, dict[str, tuple[float, float]]] = {}
        self._nodes: dict[str, dict[str, dict[str, int]]] = {}
        self._instant: dict[str, tuple[int, float]] = {}
        self._hosts: set[str] = set()
        self._shares: set[str] = set()
        self._open: _Series | None = None

    def take_series(self, item: Any) -> None:
        """Add a series of a JSON answer."""
        tally = self._file.tally
        tally.rows += 1
        labels = item.get("metric") if isinstance(item, dict) else None
        if not isinstance(labels, dict):
            tally.reject(tally.rows, "is no series with a metric")
            return
        texts = {str(name).casefold(): str(value) for name, value in labels.items()}
        found = self._device(texts.pop("__name__", ""), texts, "")
        if found is None:
            return
        values, times = item.get("values"), item.get("timestamps")
        samples = values if isinstance(values, list) else [item.get("value")]
        if isinstance(times, list) and isinstance(values, list):  # as VictoriaMetrics exports, in milliseconds
            moments = (number(time) for time in times)
            pairs = zip(moments, values, strict=False)
            samples = [[None if at is None else at / 1e3, value] for at, value in pairs]
        for sample in samples:
            if isinstance(sample, list) and len(sample) == 2:
                self._add(found, number(sample[0]) if isinstance(values, list) else None, sample[1])

    def take_line(self, line: int, text: str) -> None:
        """Add a line of an exporter's text."""
        text = text.strip()
        if not text or text.startswith("#"):
            return
        self._file.tally.rows += 1
        if arrow := _ARROW.fullmatch(text):
            metric, labels = _metric_of(arrow)
            self._open, text = self._device(metric, labels, ""), arrow[3]
        if at := _AT.fullmatch(text):
            if self._open is not None:
                self._add(self._open, number(at[2]), at[1])
            return
        parts = _SAMPLE.fullmatch(text)
        if parts is None:
            if text:
                self._file.tally.reject(line, "is no sample of a metric")
            return
        metric, labels = _metric_of(parts)
        found = self._device(metric, labels, parts[4] or "")
        if found is not None:
            time = number(parts[4]) if parts[4] else None
            self._add(found, time / 1e3 if time and time > _MILLISECONDS_FROM else time, parts[3])

    def note(self, text: str) -> None:
        """Add something to know of the run."""
        self._log.note(text)

    def series_named(self, cell: str) -> _Series | None:
        """Return the device of a series by the head of its column, as `_device` does."""
        found = _HEADING.fullmatch(cell)
        return self._device(*(_metric_of(found) if found else (cell, {})), "")

    def take_cell(self, found: "_Series", time: float, cell: str) -> None:
        """Add a cell at a time [s], which may have a unit of its own."""
        stated = found.stated
        parts = _CELL.fullmatch(cell)
        factor = _CELL_UNITS.get(parts[2], stated.factor) if parts and parts[2] else stated.factor
        self._add(found._replace(stated=stated._replace(factor=factor)), time, parts[1] if parts else cell)

    def _device(self, metric: str, labels: Mapping[str, str], time: str) -> _Series | None:
        """Return the device of a series, what it states and the device's name; None of a series that adds nothing."""
        stated = meaning(metric)
        if not metric and {"uuid", "gpu"} & labels.keys():
            self._log.note(_NAMELESS)
            stated = _Meaning(1.0, False, "gpu", 0)
        stated = _of_zone(stated, labels.get("zone", "")) if stated else None
        if stated is None:
            self._file.tally.note(_OTHER if metric else _UNNAMED)
            return None
        if metric.startswith("kepler_"):
            self._log.note(_KEPLER)
        host = next((labels[name] for name in _HOSTS if labels.get(name)), "").partition(":")[0]
        self._hosts.add(host)
        part = stated.part or ("gpu" if {"uuid", "gpu"} & labels.keys() else "node")
        ids = [labels[name] for name in _DEVICES if labels.get(name)]
        device = ids[0] if ids and ids[0].count("-") >= 4 else ":".join((host, part, *ids[:1]))
        device += f":{labels['mode']}" if labels.get("mode") else ""  # Kepler parts an energy into idle and dynamic
        if _SHARES.search(metric):
            device += "".join(f":{labels[name]}" for name in _OWNERS if labels.get(name))
            self._shares.add(device)
        elif part == "node":
            device += "".join(f":{value}" for name, value in sorted(labels.items()) if value and name not in _NOISE)
            self._nodes.setdefault(host, {}).setdefault(metric, {})[device] = _kind(metric, device)
        if not self._is_best(device, stated.rank):
            return None
        which = f"{metric}{{{','.join(f'{name}={value}' for name, value in sorted(labels.items()))}}}"
        is_slice = any(labels.get(name) for name in _SLICES)
        name = next((labels[key] for key in _NAMES if labels.get(key)), "")
        return _Series(device, stated._replace(part=part), name, which, _SLICED if is_slice else _TWICE)

    def _is_best(self, device: str, rank: int) -> bool:
        """Whether no better series of a device is known; worse ones are forgotten."""
        known = self._ranks.get(device, rank)
        if rank < known:
            self._log.note(_TWICE)
            return False
        if rank > known:
            self._log.forget(device)
            self._spans.pop(device, None)
        self._ranks[device] = rank
        return True

    def _add(self, series: "_Series", time: float | None, text: object) -> None:
        device, stated = series.device, series.stated
        value = amount(text)
        if value is None or value > _BLANK_FROM:
            self._file.tally.note("Samples without a value are left out.")
        elif stated.rank < self._ranks[device]:
            return  # a better series of the device came behind it
        elif time is None:
            if not stated.is_counter and value * stated.factor < _MOST_WATTS:
                self._instant[device] = stated.rank, value * stated.factor
        elif not self._is_known(series, time):
            add = self._log.add_counter if stated.is_counter else self._log.add_power
            add(time, value * stated.factor, device, name=series.name, part=stated.part)

    def _is_known(self, series: "_Series", time: float) -> bool:
        """Whether another series states the same device at that time; one before or behind another continues it."""
        spans = self._spans.setdefault(series.device, {})
        if any(first <= time <= last for which, (first, last) in spans.items() if which != series.which):
            self._log.note(series.doubled)
            return True
        if next(reversed(spans), series.which) != series.which:
            self._log.end_part(series.device)
        first, last = spans.pop(series.which, (time, time))
        spans[series.which] = min(first, time), max(last, time)
        return False

    def _leave_out_parts(self) -> None:
        """Forget what is part of something else: shares of a node's energy, and supplies of a whole computer."""
        if self._shares and self._ranks.keys() - self._shares:
            self._log.note(_SHARE)
            for device in self._shares:
                self._log.forget(device)
        for metrics in self._nodes.values():
            kinds = {kind for devices in metrics.values() for kind in devices.values()}
            best = min(kinds)
            of_best = (metric for metric, devices in metrics.items() if best in devices.values())
            kept = min(of_best, key=lambda metric: "output" in metric)
            for metric, devices in metrics.items():
                is_kept = metric == kept and best < _PART_OF_A_COMPUTER
                for device in (each for each, kind in devices.items() if not is_kept or kind != best):
                    self._log.note(_HELD)
                    self._log.forget(device)

    def runs(self) -> Iterator[ForeignRun]:
        """Yield the run; note powers of an instant, which are no energy."""
        for device, (_, watts) in self._instant.items():
            self._file.tally.note(f"{device}: {watts:,.6g} W at one instant, which is no energy: export a range.")
        self._leave_out_parts()
        hosts = sorted(filter(None, self._hosts))
        run = self._log.run(nodes=max(1, len(self._hosts)), hosts=hosts[0] if len(hosts) == 1 else None)
        if run is not None:
            yield run
        elif not self._instant and not self._file.tally.rows:
            raise DataError(self._file.path, "holds no series")
