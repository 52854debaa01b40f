"""A series of carbon intensity by slot: what it holds, what is missing, and its mean over a time."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from greentrain.errors import InputError, either
from greentrain.interval import Interval
from greentrain.record import Record

DIRECT, LIFE_CYCLE, MARGINAL, NOT_STATED = "direct", "life-cycle", "marginal", "not stated"
BASES = (DIRECT, LIFE_CYCLE, MARGINAL)
"""What a series counts: burning alone, power stations and fuel supply too, or the plant that answers a change."""

MEASURED, ESTIMATED, FORECAST, FILLED, GIVEN = "measured", "estimated", "forecast", "filled", "given"
KINDS = (MEASURED, ESTIMATED, FORECAST, FILLED, GIVEN)
"""How a slot is known; ``given``: a file that does not say."""

LONGEST_FILLED_SECONDS = 7200.0
"""Gaps of up to two hours carry the slot before them on; longer ones stay. [s]"""
MOST_G_PER_KWH = 3000.0
"""Above this a value is no g/kWh: kg/MWh of something else, or pounds. [g/kWh]"""
_HOUR = 3600.0
_STEADY = 4
"""So many equal distances in a row are a resolution of their own, and no gaps."""


class Slot(NamedTuple):
    """The mean carbon intensity between two moments.

    Attributes
    ----------
    start, end : float
        Seconds since 1970, UTC. [s]
    g_per_kwh : float
        In grams per kWh. [g/kWh]
    kind : {'measured', 'estimated', 'forecast', 'filled', 'given'}
        How it is known.
    """

    start: float
    end: float
    g_per_kwh: float
    kind: str


class Series(Record):
    """Slots in their order, without overlap, and what they count.

    Attributes
    ----------
    source : str
        The service, or the file.
    zone : str
        The grid, as the source names it.
    basis : {'direct', 'life-cycle', 'marginal', 'not stated'}
        What is counted.
    slots : tuple of Slot
        At least one.
    accounting : {'consumption', 'production', ''}
        Whether imports are counted; empty where it is not known.
    licence : str
        On what terms the values may be used.
    notes : tuple of str
        What was filled, converted or left out.
    """

    source: str
    zone: str
    basis: str
    slots: tuple[Slot, ...]
    accounting: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()

    @property
    def start(self) -> float:
        """Start of the first slot. [s]"""
        return self.slots[0].start

    @property
    def end(self) -> float:
        """End of the last slot. [s]"""
        return self.slots[-1].end

    @property
    def slot_seconds(self) -> float:
        """The usual length of a slot. [s]"""
        return _usual([slot.end - slot.start for slot in self.slots])

    @property
    def missing(self) -> int:
        """How many slots of the usual length are not there between the first and the last. [1]"""
        pairs = pairwise(self.slots)
        return sum(round((later.start - slot.end) / self.slot_seconds) for slot, later in pairs)

    @property
    def forecast_share(self) -> float:
        """Share of the slots that are forecasts. [1]"""
        return sum(slot.kind == FORECAST for slot in self.slots) / len(self.slots)

    @property
    def mean(self) -> float:
        """Mean over the slots, by their lengths. [g/kWh]"""
        seconds = sum(slot.end - slot.start for slot in self.slots)
        return sum(slot.g_per_kwh * (slot.end - slot.start) for slot in self.slots) / seconds

    def to_dict(self) -> dict[str, Any]:
        """Return what the series is, without its slots, as plain data."""
        return {
            "source": self.source, "basis": self.basis, "from": utc_text(self.start), "to": utc_text(self.end),
            "slots": len(self.slots), "missing": self.missing, "forecast": self.forecast_share, "zone": self.zone,
            "accounting": self.accounting, "slot_seconds": self.slot_seconds, "licence": self.licence,
        }  # fmt: skip


class Timeline:
    """The integral of a series, from which means over any time are read.

    Parameters
    ----------
    series : Series
        Its short gaps are filled with the slot before them; longer ones count as not covered.

    Attributes
    ----------
    slots : list of Slot
        With the filled ones.
    """

    def __init__(self, series: Series) -> None:
        self.slots = list(_filled(series.slots))
        self._starts = [slot.start for slot in self.slots]
        self._sums = [0.0]
        self._covered = [0.0]
        for slot in self.slots:
            seconds = slot.end - slot.start
            self._sums.append(self._sums[-1] + slot.g_per_kwh * seconds)
            self._covered.append(self._covered[-1] + seconds)

    def mean(self, start: float, end: float) -> tuple[float, float]:
        """Return the mean over the covered part of a time [g/kWh], and how much of it is covered [1].

        Parameters
        ----------
        start, end : float
            Seconds since 1970; partial slots count by their part. [s]
        """
        (first, before), (last, until) = self._at(start), self._at(end)
        seconds = until - before
        return ((last - first) / seconds if seconds else 0.0), seconds / (end - start)

    def kinds(self, start: float, end: float) -> dict[str, float]:
        """Return the seconds of each kind of slot within a time. [s]"""
        found: dict[str, float] = {}
        place = max(bisect_right(self._starts, start) - 1, 0)
        for slot in self.slots[place:]:
            if slot.start >= end:
                break
            seconds = min(slot.end, end) - max(slot.start, start)
            if seconds > 0:
                found[slot.kind] = found.get(slot.kind, 0.0) + seconds
        return found

    def _at(self, moment: float) -> tuple[float, float]:
        """Return the integral and the covered time up to a moment."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0.0, 0.0
        slot = self.slots[place]
        seconds = min(moment, slot.end) - slot.start
        return self._sums[place] + slot.g_per_kwh * seconds, self._covered[place] + seconds


def _filled(slots: Iterable[Slot]) -> Iterable[Slot]:
    before: Slot | None = None
    for slot in slots:
        if before is not None and 0 < slot.start - before.end <= LONGEST_FILLED_SECONDS:
            yield Slot(before.end, slot.start, before.g_per_kwh, FILLED)
        yield slot
        before = slot


def with_ends(points: Iterable[tuple[float, float, str]]) -> tuple[Slot, ...]:
    """Make slots of starts with values and kinds: each ends where the next one starts, unless some are missing.

    Parameters
    ----------
    points : iterable of (float, float, str)
        Start [s], value [g/kWh] and kind; of several with one start the last counts.
    """
    known = {start: (value, kind) for start, value, kind in points}
    starts = sorted(known)
    gaps = [later - start for start, later in pairwise(starts)]
    usual = _usual(gaps) if gaps else _HOUR
    lengths = [_length(gaps, place, usual) for place in range(len(gaps))]
    if starts:
        lengths.append(lengths[-1] if lengths else usual)
    return tuple(Slot(start, start + length, *known[start]) for start, length in zip(starts, lengths, strict=True))


def _usual(lengths: list[float]) -> float:
    """Return the most frequent length, of several the shortest. [s]"""
    counts: dict[float, int] = {}
    for length in lengths:
        counts[length] = counts.get(length, 0) + 1
    return min(counts, key=lambda length: (-counts[length], length))


def _length(gaps: list[float], place: int, usual: float) -> float:
    """Return how long a slot is: up to the next, or of the usual length where that leaves a gap. [s]"""
    gap = gaps[place]
    if gap <= usual:
        return gap
    if gap <= _HOUR:
        first, last = place, place
        while first > 0 and gaps[first - 1] == gap:
            first -= 1
        while last + 1 < len(gaps) and gaps[last + 1] == gap:
            last += 1
        if last - first + 1 >= _STEADY:
            return gap
    return usual


def converted(series: Series, ratio: Interval, to: str, source: str) -> Series:
    """Convert a series to another basis by a stated factor, and say so.

    Parameters
    ----------
    series : Series
        On a basis other than marginal, which no factor makes an average.
    ratio : Interval
        What each value is multiplied with; the best value is used. [1]
    to : {'direct', 'life-cycle'}
        The new basis.
    source : str
        Where the factor comes from.
    """
    if to not in BASES or MARGINAL in (to, series.basis):
        rule = f"must be {either(BASES[:2])}; marginal intensities are no averages, and no factor makes them any"
        raise InputError("convert_basis", to, rule)
    low, factor, high = ratio
    slots = tuple(slot._replace(g_per_kwh=slot.g_per_kwh * factor) for slot in series.slots)
    span = "" if ratio.is_exact else f" ({low:.3g} to {high:.3g})"
    note = f"Converted from {series.basis} to {to} by a factor of {factor:.4g}{span}, source: {source}."
    return series._replace(basis=to, slots=slots, notes=(*series.notes, note))


def utc_text(moment: float) -> str:
    """Write a moment as ``2026-03-01T02:00:00Z``."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def value_fault(g_per_kwh: float) -> str | None:
    """Return why a number cannot be a carbon intensity; None where it can."""
    if g_per_kwh != g_per_kwh or abs(g_per_kwh) == float("inf"):
        return "is not a number"
    if g_per_kwh < 0:
        return "is negative"
    if g_per_kwh > MOST_G_PER_KWH:
        return f"is above {MOST_G_PER_KWH:,.0f} g/kWh; give grams per kWh, not pounds or kilograms per MWh"
    return None
