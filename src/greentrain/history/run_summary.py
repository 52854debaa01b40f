"""A run in brief: what lists, groups and totals need of it, as plain values that a file can keep."""

import time
from collections.abc import Iterable, Iterator, Sequence
from operator import add
from typing import Any

from greentrain.errors import OwnErrors
from greentrain.footprint import RUN_QUANTITIES, Footprint
from greentrain.interval import Interval
from greentrain.journal.records import COMPONENTS
from greentrain.numbers import amount, least
from greentrain.record import Record, WithoutArithmetic
from greentrain.summation import half_widths

SCHEMA_VERSION = 1
_MOMENTS = ("started", "ended", "moment")
FACTS = (
    "id", "name", "project", "status", "error", "exit_code", "started", "ended", "duration_seconds", "hosts", "ranks",
    "hardware", "location", "year",
)  # fmt: skip
ROW_COLUMNS = (
    *FACTS,
    *(f"{name}_energy_kwh" for name in COMPONENTS),
    *(f"{name}_{end}" for name in RUN_QUANTITIES for end in ("low", "best", "high")),
    "is_complete",
    "basis",
    "origin",
    "user",
    "account",
    "partition",
    "cluster",
    "is_counted",
    "flags",
    "tags",
    "unfilled",
)
"""The columns of a run in a table, see `Run.to_row`."""

LOADS = ("gpu_hours", "busy_gpu_hours", "cpu_core_hours", "busy_core_hours")
"""Hours of boards and cores that a run was given, and those of them in which they were busy. [h]"""

LISTS = ("flags", "tags")
"""The columns that hold several words: a list in JSON, words with blanks between them elsewhere."""

_BETWEEN = "\x1f"
_OWN, _PER_KEY = 2, 2
"""How many numbers a quantity has of a run's own doubt, and of each key under which it is shared."""


class RunSummary(WithoutArithmetic, Record, kw_only=True):
    """One run in brief.

    It has the columns of `ROW_COLUMNS` and of `LOADS` as attributes, moments as seconds since 1970 and words joined by
    blanks, and those below.

    Attributes
    ----------
    is_counted : bool
        Whether totals hold it.
    energy_text : str
        Energy and emissions with their intervals, and what of them was not measured.
    unfilled : str
        Parts of the computers that are in no sum, with commas between them.
    jobs : str
        In which batch jobs greentrain tracked it, and when, see `greentrain.journal.sessions.jobs_text`.
    shared : str
        The factors of its doubt that it shares with other runs, see `shared_factors`.
    terms : sequence of float
        For each of `RUN_QUANTITIES` the squares of its own half-widths, downward and upward, and then the half-widths
        of each shared factor.
    """

    id: str
    name: str | None
    project: str | None
    status: str
    error: str | None
    exit_code: int | None
    started: float
    ended: float
    duration_seconds: float
    hosts: str
    ranks: int
    hardware: str | None
    location: str | None
    year: int | None
    gpu_energy_kwh: float | None
    cpu_energy_kwh: float | None
    memory_energy_kwh: float | None
    it_energy_kwh_low: float | None
    it_energy_kwh_best: float | None
    it_energy_kwh_high: float | None
    facility_energy_kwh_low: float | None
    facility_energy_kwh_best: float | None
    facility_energy_kwh_high: float | None
    operational_kg_low: float | None
    operational_kg_best: float | None
    operational_kg_high: float | None
    is_complete: bool
    basis: str
    origin: str
    user: str | None
    account: str | None
    partition: str | None
    flags: str
    tags: str
    gpu_hours: float | None
    busy_gpu_hours: float | None
    cpu_core_hours: float | None
    busy_core_hours: float | None
    is_counted: bool
    energy_text: str
    unfilled: str
    cluster: str | None
    jobs: str
    shared: str
    terms: Sequence[float]

    @property
    def facility_energy_kwh(self) -> Interval | None:
        """Energy at the facility's meter; None where nothing is known. [kWh]"""
        return self._interval("facility_energy_kwh")

    @property
    def operational_kg(self) -> Interval | None:
        """Location-based emissions of that electricity; None where nothing is known. [kg CO2e]"""
        return self._interval("operational_kg")

    def _interval(self, name: str) -> Interval | None:
        best = getattr(self, f"{name}_best")
        return None if best is None else Interval(getattr(self, f"{name}_low"), best, getattr(self, f"{name}_high"))

    @property
    def amounts_text(self) -> str:
        """Energy and emissions with their intervals, without what was not measured."""
        it_kwh = self._interval("it_energy_kwh")
        return amounts_text(it_kwh, self.facility_energy_kwh, self.operational_kg, least(bool(self.unfilled)))

    @property
    def is_metered(self) -> bool:
        """Whether a meter read or modelled anything at all."""
        return any(getattr(self, f"{name}_energy_kwh") is not None for name in COMPONENTS)

    def to_row(self) -> dict[str, Any]:
        """Return the run as one flat row, as a table of the history shows it."""
        row: dict[str, Any] = {name: getattr(self, name) for name in ROW_COLUMNS}
        # An imported run may state no moment: that is none, and not 1970.
        row["started"] = utc(self.started or None)
        row["ended"] = None if self.status == "running" else utc(self.ended or None)
        return row


def amounts_text(it_kwh: Interval | None, facility_kwh: Interval | None, kg: Interval | None, before: str) -> str:
    """Write energy and emissions with their intervals, behind what marks a sum that lacks a part of the computers."""
    if it_kwh is None:
        return "energy not known"
    if facility_kwh is None or kg is None:
        return f"{before}{amount(it_kwh, 'kWh')} of the computers"
    return f"{before}{amount(facility_kwh, 'kWh')}, {amount(kg, 'kg CO2e')}"


def utc(moment: float | None) -> str | None:
    """Format a moment, given in seconds since 1970, as ``2026-11-22T11:00:00Z``."""
    if moment is None:
        return None
    with OwnErrors(OverflowError, ValueError, OSError):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    return None


def to_plain_data(value: Any) -> Any:
    """Return a part of a run as plain data for JSON without NaN and for UTF-8; moments become text."""
    if hasattr(value, "_asdict"):
        fields = value._asdict()
        return {name: utc(item) if name in _MOMENTS else to_plain_data(item) for name, item in fields.items()}
    if isinstance(value, dict):
        return {to_plain_data(str(key)): to_plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain_data(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    # A number beyond the range of floats was read as infinity.
    return None if isinstance(value, float) and value - value != 0 else value


def doubt_of(footprint: Footprint) -> tuple[str, tuple[float, ...]]:
    """Return the shared factors of a footprint's doubt as one text, and the terms of `RUN_QUANTITIES`."""
    return doubt_terms(_squared(half_widths(footprint, quantity)) for quantity in RUN_QUANTITIES)


def _squared(parted: Iterable[tuple[str, str, float, float]]) -> Iterator[tuple[str, str, float, float]]:
    """Yield half-widths so that those of several runs add up: of a run's own factors the squares."""
    for name, key, down, up in parted:
        yield (name, key, down, up) if key else (name, key, down * down, up * up)


def doubt_terms(parted: Iterable[Iterable[tuple[str, str, float, float]]]) -> tuple[str, tuple[float, ...]]:
    """Return the same of what adds up of each quantity, see `RunningSum.add_sums`."""
    keys: dict[str, int] = {}
    parts: list[tuple[list[float], dict[int, list[float]]]] = []
    for each in parted:
        own, shared = [0.0, 0.0], dict[int, list[float]]()
        for name, key, down, up in each:
            pair = own
            if key:
                place = keys.setdefault(f"{name} {key}".replace(_BETWEEN, " "), len(keys))
                pair = shared.setdefault(place, [0.0, 0.0])
            pair[0], pair[1] = pair[0] + down, pair[1] + up
        parts.append((own, shared))
    return _BETWEEN.join(keys), tuple(_flat(parts, len(keys)))


def _flat(parts: Iterable[tuple[list[float], dict[int, list[float]]]], count: int) -> Iterator[float]:
    for own, shared in parts:
        yield from own
        for place in range(count):
            yield from shared.get(place, (0.0, 0.0))


class DoubtSums:
    """The terms of runs added up: what they share adds up, what is each run's own by squares."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}
        """The terms of the runs with the same shared factors, added up number by number."""

    def add(self, shared: str, terms: Sequence[float]) -> None:
        """Add the terms of a run."""
        known = self._sums.get(shared)
        self._sums[shared] = [*terms] if known is None else [*map(add, known, terms)]

    def merge(self, other: "DoubtSums") -> None:
        """Add the runs of another sum."""
        for shared, terms in other._sums.items():
            self.add(shared, terms)

    def variances(self) -> list[tuple[float, float]]:
        """Return the sums of the squares of all half-widths, downward and upward, for each of `RUN_QUANTITIES`."""
        return [self._variances_of(place) for place in range(len(RUN_QUANTITIES))]

    def _variances_of(self, place: int) -> tuple[float, float]:
        down = up = 0.0
        pairs: dict[str, list[float]] = {}
        for shared, numbers in self._sums.items():
            keys = shared.split(_BETWEEN) if shared else []
            start = place * (_OWN + _PER_KEY * len(keys))
            down, up = down + numbers[start], up + numbers[start + 1]
            for number, key in enumerate(keys):
                at = start + _OWN + _PER_KEY * number
                pair = pairs.setdefault(key, [0.0, 0.0])
                pair[0], pair[1] = pair[0] + numbers[at], pair[1] + numbers[at + 1]
        below, above = (sum(pair[side] ** 2 for pair in pairs.values()) for side in (0, 1))
        return down + below, up + above
