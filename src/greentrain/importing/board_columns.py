"""The columns of a log of accelerators: times, devices, and their powers or energies, one column or one for each."""

import re
from collections.abc import Mapping, Sequence

from greentrain.importing.foreign_file import column_names

TIMES = ("timestamp", "time", "datetime", "date_time", "date")
_TIME = re.compile(
    r"(?:.*[ _/.])?(?:time|timestamp|date|epoch|ts|elapsed)(?:[ _](?:m?s|ns|us|utc|unix|seconds?|stamp))?"
)
_GPU = r"(?:gpu|cuda|card|device|board|npu|dcu|hpu)[_. #:]?(\d+)(?![a-z\d])"
_NO_DRAW = re.compile(r"limit|cap(?!t)|max|min(?!ut)|peak|tdp|enforced|default|percent|%|violation|state")
_WIDE = re.compile(rf"(?=.*(?:power|pwr|watt|[ _.][km]?w$))(?:.*[^a-z])?{_GPU}.*")
_WIDE_ENERGY = re.compile(rf"(?=.*(?:energy|joule|[ _.][kmu]?j$))(?:.*[^a-z])?{_GPU}.*")
_POWERS = ("power.draw.average", "power.draw", "power.draw.instant", "pwr")
_POWER = re.compile(
    r"(?:(?:avg|average|mean|current|instant|total|sum)[._ ])*(?:gpu[_ ]?)?"
    r"(?:board_?|socket_?|(?:socket )?graphics package )?(?:power|pwr|watts?)"
    r"(?:[._ ]?(?:draw|usage|used|consumption|consumed|avg|average|mean|current|instant|now|total|[kmu]?w|watts?))*"
)
_ENERGY = re.compile(r"(?:total[._ ])?(?:gpu[._ ])?energy(?:[._ ](?:consumption|total|counter|[kmu]?j|joules?))*")
_BARE = re.compile(rf"(?:.*[^a-z\d])?{_GPU}")
_RANKS = (("average", "avg", "mean"), ("draw", "usage"), ("last", "current", "now"), ("instant",))
"""Words of columns of one device, the best ones first; what has none of them comes behind the first."""

_QUANTITY = re.compile(r"(?:power|pwr|watts?|draw|energy|avg|average|mean|current|instant)\W?")
_HOSTS = ("hostname", "host", "node", "nodename")
_DEVICES = (
    "uuid", "gpu_uuid", "index", "gpu_index", "gpu_id", "gpu", "device", "id", "pci.bus_id", "bus_id", "serial", "rank",
    "local_rank",
)  # fmt: skip
_NAMES = ("name", "gpu_name", "model", "product_name", "card_name")
_OTHERS = (*_DEVICES, *_NAMES, "utilization.gpu", "temperature.gpu", "memory.used", "pstate", "clocks.sm")
_UNIT = re.compile(r"\s*[\[(]\s*([^\])]*)[\])]\s*$")
_INNER_UNIT = re.compile(r"[\[(]\s*([km]?W)\s*[\])]", re.IGNORECASE)
_READING = re.compile(r"\s*(\d{1,12}(?:[.,]\d+)?)\s*([km]?W)?\s*")
_DATE = re.compile(r"\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d")
_FACTORS = {"uw": 1e-6, "mw": 1e-3, "kw": 1e3}
_JOULES = {"mj": 1e-3, "uj": 1e-6, "kj": 1e3, "j": 1.0, "joule": 1.0, "joules": 1.0}


class BoardColumns:
    """Where a file has what.

    Parameters
    ----------
    names : sequence of str
        The header, in lower case.
    takes_bare : bool, optional
        Whether columns that are named after accelerators alone are their powers.

    Attributes
    ----------
    is_bare : bool
        Whether its powers are such columns.
    is_counter : bool
        Whether it has energies and no power.
    is_total : bool
        Whether its power is that of all accelerators together.
    """

    def __init__(self, names: Sequence[str], *, takes_bare: bool = False) -> None:
        units = [found[1] if (found := _UNIT.search(name)) else "" for name in names]
        plain = [_UNIT.sub("", name).strip("# ") for name in names]
        self.names, self.count, self.plain = tuple(names), len(names), plain
        self.time, self.date = _times_in(plain)
        hosts = [plain.index(name) for name in _HOSTS if name in plain]
        self.tells = (*hosts[:1], *(plain.index(name) for name in _DEVICES if name in plain))
        self.name = next((plain.index(name) for name in _NAMES if name in plain), None)
        draws = {place: name for place, name in enumerate(plain) if not _NO_DRAW.search(name)}
        self._find_powers(draws, takes_bare=takes_bare)
        factors, standard = (_JOULES, _JOULES["j"]) if self.is_counter else (_FACTORS, 1.0)
        self.factors = {
            place: factors.get(_unit_of(names[place], units[place], plain[place]), standard)
            for place in (*self.wide, *(() if self.power is None else (self.power,)))
        }
        self.is_total = (
            not self.wide and self.power is not None and re.search(r"total|sum", plain[self.power]) is not None
        )
        is_plain = self.power is not None and plain[self.power] in ("power", "watts", "watt") and not units[self.power]
        has_name = self.power is not None and ("gpu" in plain[self.power] or not (is_plain or self.is_counter))
        has_more = any(name in plain for name in _OTHERS) or bool(self.wide) or has_name
        is_record = "emissions" in plain  # of codecarbon, whose energies are those of runs
        self.is_known = None not in (self.time, self.power) and has_more and not is_record

    def _find_powers(self, draws: Mapping[int, str], *, takes_bare: bool) -> None:
        """Find the column of powers or energies, and those of each device."""
        self.power = next((self.plain.index(name) for name in _POWERS if name in self.plain), None)
        if self.power is None:
            self.power = next((place for place, name in draws.items() if _POWER.fullmatch(name)), None)
        wide = {place: found[1] for place, name in draws.items() if (found := _WIDE.fullmatch(name))}
        bare = {place: found[1] for place, name in draws.items() if (found := _BARE.fullmatch(name))}
        self.is_bare = takes_bare and not wide and self.power is None and bool(bare)
        wide = bare if self.is_bare else wide
        energies = {} if wide or self.power is not None else _energies_in(draws)
        self.is_counter = bool(energies)
        single = next((place for place, number in energies.items() if number is None), None)
        wide = {place: number for place, number in energies.items() if number is not None} or wide
        # The sum of what other columns hold is not added to them.
        self.wide = {} if self.tells and self.power is not None else _best_of(wide, self.plain)
        self.power = next(iter(self.wide), self.power) if single is None or self.wide else single


def _times_in(plain: Sequence[str]) -> tuple[int | None, int | None]:
    """Return the columns of times, and of their days where those are another one."""
    time = next((plain.index(name) for name in TIMES if name in plain), None)
    if time is None:
        time = next((place for place, name in enumerate(plain) if _TIME.fullmatch(name)), None)
    has_both = time is not None and plain[time] == "time" and "date" in plain
    return time, plain.index("date") if has_both else None


def _energies_in(draws: Mapping[int, str]) -> dict[int, str | None]:
    """Return the columns of energies, and the numbers of their devices; None of one that names no device."""
    wide = {place: found[1] for place, name in draws.items() if (found := _WIDE_ENERGY.fullmatch(name))}
    single = {place: None for place, name in draws.items() if _ENERGY.fullmatch(name)}
    return {**wide} or {**single}


def _unit_of(name: str, unit: str, plain: str) -> str:
    """Return the unit of a column, in brackets at its end or in it, or its last word."""
    inner = _INNER_UNIT.search(name)
    return (unit or (inner[1] if inner else "") or re.split(r"[ _.]", plain)[-1]).casefold()


def _best_of(wide: Mapping[int, str], plain: Sequence[str]) -> dict[int, str]:
    """Return a column for each device, whose name is its number, with what stands before it where that parts them."""
    before = {place: _QUANTITY.sub("", re.split(_GPU, plain[place])[0]) for place in wide}
    words = {place: each.strip(" _.-/:|(") for place, each in before.items()}
    has_hosts = len({*words.values()}) > 1
    devices = {place: f"{words[place]} {number}".strip() if has_hosts else number for place, number in wide.items()}
    found: dict[str, int] = {}
    for place, device in devices.items():
        if device not in found or _rank(plain[place]) < _rank(plain[found[device]]):
            found[device] = place
    return {place: device for device, place in found.items()}


def _rank(name: str) -> float:
    return next((rank for rank, words in enumerate(_RANKS) if any(word in name for word in words)), 0.5)


def columns_of(cells: Sequence[str], *, takes_bare: bool = False) -> BoardColumns | None:
    """Read a header; the columns of rows without one follow from their units."""
    found = BoardColumns(column_names(cells), takes_bare=takes_bare)
    if found.is_known:
        return found
    times = [place for place, cell in enumerate(cells) if _DATE.match(cell.strip())]
    watts = [place for place, cell in enumerate(cells) if has_watts(cell)]
    if len(times) != 1 or not watts:
        return None
    names = [f"column {place}" for place in range(len(cells))]
    names[times[0]], names[watts[0]] = "timestamp", "power.draw"
    for place, cell in enumerate(cells):
        if cell.strip().startswith("GPU-"):
            names[place] = "uuid"
        elif cell.strip().startswith(("NVIDIA", "Tesla", "GeForce", "Quadro", "AMD")):
            names[place] = "name"
        elif cell.strip().isdecimal() and place <= 1:
            names[place] = "index"
    return BoardColumns(names)


def has_watts(cell: str) -> bool:
    """Whether a cell is a power with its unit."""
    found = _READING.fullmatch(cell)
    return found is not None and found[2] is not None


def watts_of(cell: str, factor: float) -> float | None:
    """Return the power of a cell, by its own unit or else by this factor. [W]"""
    found = _READING.fullmatch(cell)
    if found is None:
        return None
    number, unit = found.groups()
    watts = float(number.replace(",", "."))
    return watts * (_FACTORS.get(unit.casefold(), 1.0) if unit else factor)
