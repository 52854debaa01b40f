"""JSON of meters: resources and reports of Redfish, and what smart plugs answer or publish, one or a line each.

A computer's whole power counts, and what its parts draw is left out; input comes before the output of power supplies.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ReadOptions
from greentrain.importing.values import LOCAL_TIME, amount
from greentrain.units import WATT_SECONDS_PER_KWH

_TIMES = ("timestamp", "time", "datetime", "date_time", "date", "@timestamp", "ts", "last_changed", "unixtime")
_DEVICES = ("node", "host", "hostname", "nodename", "server", "outlet", "outlet_name", "plug", "pdu", "device", "src")
_KEYS = re.compile(
    r'"(?:@odata\.\w+|PowerConsumedWatts|PowerWatts|MetricValues|apower|ENERGY|(?:current_|active_)?power(?:_?m?w(?:atts)?)?'
    r'|watts)"\s*:',
    re.IGNORECASE,
)
_OF_GPUS = re.compile(r'"[^"]{0,80}(?:gpu|uuid)[^"]{0,80}"\s*:', re.IGNORECASE)
_POWERS = (
    ("powerconsumedwatts", 1.0), ("powerwatts", 1.0), ("apower", 1.0), ("watts", 1.0), ("power_w", 1.0),
    ("powerw", 1.0), ("power_mw", 1e-3), ("current_power_w", 1.0), ("current_power", 1.0), ("active_power", 1.0),
    ("power", 1.0), ("inputpowerwatts", 1.0), ("averageconsumedwatts", 1.0), ("powerinputwatts", 1.0),
    ("outputpowerwatts", 1.0), ("lastpoweroutputwatts", 1.0),
)  # fmt: skip
"""Keys of powers, the best ones first, and their factors to watts."""

_OUTPUTS = ("outputpowerwatts", "lastpoweroutputwatts")
_OF_A_PART = re.compile(
    r"cpu|processor|memory|dimm|dram|gpu|accelerator|fan|storage|drive|pcie|(?<![a-z])nic|sub-?system|limit|cap|max|min(?!put)"
    r"|peak|percent"
)
_OF_THE_WHOLE = re.compile(r"system|server|chassis|total|node")
_DEEPEST = 12
_DC = "It is the output of power supplies: the wall draws more."
_NO_TIME = "A reading without a time is left out."
_PARTS = "Readings of parts of a computer are left out: its whole power holds them."


class MeterReading(NamedTuple):
    """A power [W] or the state of a counter [J] at a moment, in seconds since 1970 [s], of a device."""

    time: float
    device: str
    watts: float | None = None
    joules: float | None = None


def is_json(head: str) -> bool:
    """Whether a text begins as JSON does."""
    return head.lstrip().startswith(("{", "["))


def is_meter_json(head: str) -> bool:
    """Whether JSON is Redfish's, or has a key of a power and none of accelerators."""
    return '"@odata' in head or (_KEYS.search(head) is not None and _OF_GPUS.search(head) is None)


def json_readings(file: ForeignFile, options: ReadOptions) -> Iterator[MeterReading]:
    """Read answers of meters: one, a list or lines of them with times, or a report of Redfish's telemetry."""
    for item in file.json_values():
        rows = item if isinstance(item, list) else item.get("MetricValues") if isinstance(item, dict) else None
        rows = rows if isinstance(rows, list) else [item]
        kept = _best_metrics([row for row in rows if isinstance(row, dict) and "MetricValue" in row])
        for each in rows:
            file.tally.rows += 1
            if not isinstance(each, dict):
                file.tally.reject(file.tally.rows, "is no object")
            elif "MetricValue" in each and _metric(each) not in kept:
                file.tally.note(_PARTS)
            else:
                yield from _of_object(file, options, each)


def _metric(row: Mapping[str, Any]) -> str:
    return str(row.get("MetricId") or row.get("MetricProperty") or "").casefold()


def _best_metrics(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return which metrics of a report count: the computer's whole input, else its output, and never its parts."""
    names = {name for row in rows if _is_of_power(name := _metric(row)) and not _OF_A_PART.search(name)}
    energies = {name for name in names if _is_energy(name)}
    outputs = {name for name in names if "output" in name}
    for some in (names - energies - outputs, outputs - energies, energies):
        if some:
            whole = {name for name in some if "input" in name} or some
            return {min(whole, key=len)}
    return set()


def _is_of_power(name: str) -> bool:
    return "power" in name or "watts" in name or _is_energy(name)


def _is_energy(name: str) -> bool:
    return "energy" in name or "kwh" in name


def _of_object(file: ForeignFile, options: ReadOptions, item: Mapping[str, Any]) -> Iterator[MeterReading]:
    stated, device = _stated(item)
    time = options.moment(stated) if stated else None
    watts, joules, is_output = _power_of(item)
    if is_output:
        file.tally.note(_DC)
    if watts is None and joules is None:
        file.tally.reject(file.tally.rows, "states no power")
    elif time is None and watts is not None:
        file.tally.note(f"{watts:,.6g} W at one instant, which is no energy: log readings with their times.")
    elif time is None:
        file.tally.note(_NO_TIME)
    else:
        if not time[1] and options.time_zone is None:
            file.tally.note(LOCAL_TIME)
        yield MeterReading(time[0], device, watts, None if watts is not None else joules)


def _stated(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return the time and the device that an object states, or else one of the objects in it; empty without any."""
    lower = {str(name).casefold(): value for name, value in item.items()}
    time = next((str(lower[name]) for name in _TIMES if isinstance(lower.get(name), (str, int, float))), "")
    device = next((str(lower[name]) for name in _DEVICES if isinstance(lower.get(name), str)), "")
    inside = (each for each in item.values() if isinstance(each, dict))
    return time or next((found for each in inside if (found := _stated_inside(each))), ""), device


def _stated_inside(item: Mapping[str, Any]) -> str:
    lower = {str(name).casefold(): value for name, value in item.items()}
    return next((str(lower[name]) for name in _TIMES if isinstance(lower.get(name), (str, int, float))), "")


def _power_of(item: Mapping[str, Any]) -> tuple[float | None, float | None, bool]:
    """Return power [W] and counter [J] of an object, and whether it is what power supplies give."""
    if "MetricValue" in item:
        value, metric = amount(item["MetricValue"]), _metric(item)
        if _is_energy(metric):
            return None, None if value is None else value * WATT_SECONDS_PER_KWH, False
        return (value if _is_of_power(metric) else None), None, "output" in metric
    if "Reading" in item and "ReadingUnits" in item:
        return _of_sensor(item)
    if (watts := _of_controls(item)) is not None:
        return watts, None, False
    found: dict[str, list[float]] = {}
    _collect(item, found, 0)
    for name, factor in _POWERS:
        if name in found:
            return sum(found[name]) * factor, None, name in _OUTPUTS
    if "energykwh" in found:
        return None, sum(found["energykwh"]) * WATT_SECONDS_PER_KWH, False
    return None, None, False


def _of_sensor(item: Mapping[str, Any]) -> tuple[float | None, float | None, bool]:
    """Read a sensor of its own; what a part of a computer draws is none."""
    value, unit = amount(item["Reading"]), str(item["ReadingUnits"]).casefold()
    name = f"{item.get('Id')} {item.get('Name')} {item.get('PhysicalContext')}".casefold()
    if _OF_A_PART.search(name) or value is None:
        return None, None, False
    energy = {"kw.h": WATT_SECONDS_PER_KWH, "kwh": WATT_SECONDS_PER_KWH, "j": 1.0}.get(unit)
    watts = value if unit in ("w", "watts") else None
    return watts, None if energy is None else value * energy, "output" in name


def _of_controls(item: Mapping[str, Any]) -> float | None:
    """Return the power of a whole computer, of which other members of the same list may be parts. [W]"""
    members = item.get("PowerControl")
    known = [
        (watts, f"{each.get('Name')} {each.get('PhysicalContext')}".casefold())
        for each in (members if isinstance(members, list) else ())
        if isinstance(each, dict) and (watts := amount(each.get("PowerConsumedWatts"))) is not None
    ]
    whole = [(watts, name) for watts, name in known if not _OF_A_PART.search(name)] or known[:1]
    total = [watts for watts, name in whole if _OF_THE_WHOLE.search(name)]
    return total[0] if total else sum(watts for watts, _ in whole) if whole else None


def _collect(value: object, found: dict[str, list[float]], depth: int, name: str = "") -> None:
    """Gather numbers by their key, however deep; a reading of a sensor goes by the sensor's key."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, each in value.items():
            _collect(each, found, depth + 1, name if key == "Reading" else str(key).casefold())
    elif isinstance(value, list):
        for each in value:
            _collect(each, found, depth + 1, name)
    elif not isinstance(value, str) and (number := amount(value)) is not None:
        found.setdefault(name, []).append(number)
