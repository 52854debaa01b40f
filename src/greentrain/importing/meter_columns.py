"""The columns of a table of a meter of computers: times, devices, and powers or energies in which unit."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median

from greentrain.importing.values import amount
from greentrain.units import WATT_SECONDS_PER_KWH

_TIMES = (
    "timestamp", "zeitstempel", "zeit", "datum", "time", "datetime", "date_time", "date time", "date/time",
    "datum/uhrzeit", "date", "@timestamp", "ts", "last_changed", "unixtime",
)  # fmt: skip
_ZONED = re.compile(r"[ _]*\(?(?:utc|gmt|local)\)?$")
_COMPUTERS = ("node", "host", "hostname", "nodename", "server", "outlet", "outlet_name", "outlet name", "plug", "pdu")
_DEVICES = (*_COMPUTERS, "device", "entity_id", "sensor", "channel", "name", "id")
_OF_GPUS = (
    "gpu", "index", "rank", "local_rank", "uuid", "power.draw", "utilization.gpu", "temperature.gpu", "gpu_name",
    "memory.used", "pstate",
)  # fmt: skip
_OF_A_GPU = re.compile(r"(?:.*[^a-z])?gpu(?:[^a-z].*)?")
_OF_A_PART = re.compile(
    r"(?:.*[^a-z])?(?:cpu|pkg|package|dram|ram|core|cores|uncore|soc|processor|memory|ane)\d*(?:[^a-z].*)?"
)
_DAY_OF = {"time": "date", "zeit": "datum", "uhrzeit": "datum"}
"""Columns of times of day, and those of their days."""

_PLAIN_POWER = re.compile(r"power(?:[ _.](?:k|m)?w(?:atts?)?)?")
_UNIT = re.compile(r"\s*[\[(]\s*([^\])]*)[\])]\s*$")
_POWER = re.compile(
    r"(?:.*[ _.])?(?:watts?|[km]?w|apower|wall_?power|leistung|puissance|potencia|active[ _]power"
    r"|(?:node|system|server|pdu|outlet|total|input|plug|real|instantaneous|dcmi|psu|chassis)[ _]?(?:input[ _])?power)"
    r"(?:[ _.]?(?:draw|consumption|consumed|usage|reading|now))*(?:[ _.](?:k|m)?w(?:atts?)?)?|[km]?w"
)
_ENERGY = re.compile(
    r"(?:.*[ _.])?(?:[km]?wh|aenergy[ _.]?total|total_act_energy|joules"
    r"|energy(?:[ _.](?:[km]?wh|total|[kmu]?j|joules))*)(?:[ _](?:interval|delta|increment))?"
)
_NO_DRAW = re.compile(
    r"max|min(?!ut|put)|peak|limit|cap(?:$|[^a-z])|threshold|apparent|reactive|react_|factor|budget|rated|return|_ret_|fund_"
    r"|export|(?:^|[^a-z])k?va(?:$|[^a-z])|percent|%"
)
_FACTORS = {"mw": 1e-3, "w": 1.0, "watt": 1.0, "watts": 1.0, "kw": 1e3}
_COUNTS = {
    "kwh": WATT_SECONDS_PER_KWH, "wh": WATT_SECONDS_PER_KWH / 1e3, "mwh": WATT_SECONDS_PER_KWH / 1e6, "kj": 1e3,
    "j": 1.0, "joules": 1.0, "mj": 1e-3, "uj": 1e-6, "total_act_energy": WATT_SECONDS_PER_KWH / 1e3,
}  # fmt: skip
_CELL_UNIT = re.compile(r"\d\s*([A-Za-z]+)\s*$")
_OF_CELLS = {
    "mW": 1e-3, "W": 1.0, "kW": 1e3, "KW": 1e3, "MW": 1e6, "J": 1.0, "kJ": 1e3, "Wh": WATT_SECONDS_PER_KWH / 1e3,
    "kWh": WATT_SECONDS_PER_KWH, "MWh": WATT_SECONDS_PER_KWH * 1e3,
}  # fmt: skip
_MEGA = re.compile(r"(?<![A-Za-z])MWh")
_OF_AN_INTERVAL = re.compile(r"interval|delta|increment|hourly|daily|per[ _](?:minute|hour|day)")
_PERHAPS_OF_AN_INTERVAL = re.compile(r"act(?:ive)?[ _]energy")
_MOST_FALLS = 0.05
"""Part of the steps of a counter in which it begins anew at most. [1]"""

_POWER_OF_AN_ENTITY = re.compile(r"(?:.*[^a-z])?(power|watts?|leistung)(?:[^a-z].*)?")
_ENERGY_OF_AN_ENTITY = re.compile(r"(?:.*[^a-z])?(energy|energie|k?wh)(?:[^a-z].*)?")
_LOOKED_AT = 2000


class MeterColumns:
    """Where a table has what.

    Parameters
    ----------
    names : sequence of str
        The header, in lower case.
    written : str, optional
        The header as it is written, by which megawatt-hours are told from milliwatt-hours.

    Attributes
    ----------
    devices : tuple of str
        Columns that tell one device from others together, such as a strip and its outlet.
    factor, joules : dict of str to float
        Columns of powers, to watts, and of energies, to joules. [1]
    """

    def __init__(self, names: Sequence[str], written: str = "") -> None:
        units = {name: (found[1] if (found := _UNIT.search(name)) else "").casefold() for name in names}
        plain = {name: _UNIT.sub("", name).strip() for name in names}
        self.time, self.day = _times_in(plain)
        self.is_of_entities = {"entity_id", "state"} <= {*names}
        is_of_computers = any(plain[name] in _COMPUTERS for name in names)
        is_power = {
            name: bool(
                _POWER.fullmatch(plain[name])
                or (units[name] in _FACTORS and ("power" in name or "pwr" in name))
                or (is_of_computers and _PLAIN_POWER.fullmatch(plain[name]))
            )
            for name in names
            if not _NO_DRAW.search(name)
        }
        powers = _whole([name for name, each in is_power.items() if each])
        others = () if powers else is_power
        energies = _whole([name for name in others if _ENERGY.fullmatch(plain[name]) or units[name] in _COUNTS])
        computers = [name for each in _COMPUTERS for name in names if plain[name] == each]
        devices = [name for each in _DEVICES for name in names if plain[name] == each]
        self.devices = tuple(computers or devices[:1])
        is_of_gpus = any(plain[name] in _OF_GPUS or _OF_A_GPU.fullmatch(plain[name]) for name in names)
        has_values = self.is_of_entities or powers or energies
        self.is_known = bool(self.time and has_values and not is_of_gpus)
        words_of = {name: units[name] if units[name] in _COUNTS else _last(plain[name]) for name in names}
        words_of |= {name: units[name] for name in powers if units[name] in _FACTORS}
        self.factor = {name: _FACTORS.get(words_of[name], 1.0) for name in powers}
        self.joules = {name: _COUNTS.get(words_of[name], WATT_SECONDS_PER_KWH) for name in energies}
        if _MEGA.search(written):
            self.joules = {name: each * (1e9 if words_of[name] == "mwh" else 1.0) for name, each in self.joules.items()}

    def of_an_entity(self, entity: str) -> float:
        """Return the factor of the energies of an entity of Home Assistant to joules: kilowatt-hours without a unit."""
        return _COUNTS.get(_last(entity.casefold()), WATT_SECONDS_PER_KWH)

    @property
    def values(self) -> tuple[str, ...]:
        """The columns of powers or energies."""
        return ("state",) if self.is_of_entities else (*self.factor, *self.joules)


def _times_in(plain: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the column of times, and that of their days where it is another one."""
    by_word = {_ZONED.sub("", plain[name]): name for name in reversed([*plain])}
    for time, day in _DAY_OF.items():
        if {time, day} <= by_word.keys():
            return by_word[time], by_word[day]
    return next((by_word[each] for each in _TIMES if each in by_word), None), None


def _last(name: str) -> str:
    """Return the last word of a name that is a unit of energy, or else its last word."""
    parts = re.split(r"[ _.]", name)
    return (
        "total_act_energy"
        if "act_energy" in name
        else next((each for each in parts[::-1] if each in _COUNTS), parts[-1])
    )


def _whole(names: Sequence[str]) -> list[str]:
    """Return the columns of whole computers, where others are parts of what they hold; none of parts alone."""
    found = [name for name in names if not _OF_A_PART.fullmatch(name)]
    totals = [name for name in found if "total" in name or "sum" in name]
    inlets = [name for name in found if "inlet" in name]
    return (
        (totals[:1] if len(totals) < len(found) else [])
        or (inlets if any("outlet" in name for name in found) else [])
        or found
    )


def value_of(cell: str, factor: float) -> float | None:
    """Return what a cell states, by the unit behind it or else by this factor: in watts or joules."""
    value, unit = amount(cell), _CELL_UNIT.search(cell)
    return None if value is None else value * (_OF_CELLS.get(unit[1], factor) if unit else factor)


def quantity_of(entity: str) -> tuple[str, str]:
    """Return the device of an entity of Home Assistant, and whether it is its ``power`` or ``energy``, or neither."""
    name = entity.casefold()
    for word, form in (("power", _POWER_OF_AN_ENTITY), ("energy", _ENERGY_OF_AN_ENTITY)):
        if not _NO_DRAW.search(name) and (found := form.fullmatch(name)):
            return entity[: found.start(1)].rstrip("_ .-") or entity, word
    return entity, ""


class EnergyRows:
    """The energies of one device in a column: states of a counter, or what each interval took.

    Parameters
    ----------
    name : str
        The column.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: list[tuple[float, float]] | None = []
        self._step: float | None = None
        self._total = 0.0

    def add(self, time: float, joules: float) -> Iterator[tuple[float, float]]:
        """Add a row, time [s] and energy [J]; yield times and states of a counter once it is clear which it is."""
        if self._first is None:
            yield self._state(time, joules)
            return
        self._first.append((time, joules))
        if len(self._first) >= _LOOKED_AT:
            yield from self.rest()

    def rest(self) -> Iterator[tuple[float, float]]:
        """Yield what was not yet clear."""
        rows, self._first = self._first or [], None
        if rows and self._looks_so([joules for _, joules in rows]):
            self._step = median(later[0] - before[0] for before, later in pairwise(rows))
            yield rows[0][0], 0.0
        for time, joules in rows:
            yield self._state(time, joules)

    @property
    def are_of_intervals(self) -> bool:
        """Whether each was that of an interval."""
        return self._step is not None

    @property
    def stands_still(self) -> bool:
        """Whether all of a few rows are alike, and nothing says that each is of an interval."""
        values = {joules for _, joules in self._first or ()}
        return len(self._first or ()) > 2 and len(values) == 1 and 0.0 not in values and not self._may_be_of_intervals

    @property
    def _may_be_of_intervals(self) -> bool:
        return (_OF_AN_INTERVAL.search(self._name) or _PERHAPS_OF_AN_INTERVAL.search(self._name)) is not None

    def _state(self, time: float, joules: float) -> tuple[float, float]:
        if self._step is None:
            return time, joules
        self._total += joules
        return time + self._step, self._total

    def _looks_so(self, values: Sequence[float]) -> bool:
        pairs = [*pairwise(values)]
        falls = sum(later < before for before, later in pairs)
        if not pairs or _OF_AN_INTERVAL.search(self._name):
            return bool(pairs)
        if len({*values}) == 1 and values[0] > 0:
            return self._may_be_of_intervals
        return falls > 1 and falls > _MOST_FALLS * len(pairs)
