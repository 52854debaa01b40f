"""Energy and emissions of runs by hour of UTC and place, as hourly matching of contracts asks for them."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import floor
from typing import NamedTuple

from greentrain.csv_text import rows_csv
from greentrain.history.run import Run
from greentrain.history.run_summary import utc
from greentrain.history.session_journals import MeterJournal, read_journals
from greentrain.units import SECONDS_PER_HOUR

Piece = tuple[float, float, float]
"""From and to, in seconds since 1970, and how much of a run's energy lies between them, in any unit."""


class PlaceHour(NamedTuple):
    """What runs used at a place within an hour.

    Attributes
    ----------
    hour : str
        When the hour begins, in UTC.
    location : str or None
        The place as the runs state it.
    runs : int
        How many runs went on in it. [1]
    it_energy_kwh, facility_energy_kwh, operational_kg : float or None
        Their energy before and behind the PUE [kWh], and emissions [kg CO2e]; None where of one it is not known.
    """

    hour: str
    location: str | None
    runs: int
    it_energy_kwh: float
    facility_energy_kwh: float | None
    operational_kg: float | None


def hours_of(runs: Iterable[Run]) -> list[PlaceHour]:
    """Share out the energy of runs over the hours in which they ran.

    A run's best value is shared out as its meters read it, and evenly over the time in which it ran where none did, so
    that all hours add up to the total of the history. Runs of unknown energy or time, and those that are in no total,
    are in no hour.
    """
    found: dict[tuple[int, str], list[list[float | None]]] = {}
    for run in runs:
        if run.it_energy_kwh is None or not run.is_counted or not run.started:
            continue
        best = [None if value is None else value.best for value in (run.facility_energy_kwh, run.operational_kg)]
        amounts = [run.it_energy_kwh.best, *best]
        for hour, share in _shares(run).items():
            rows = found.setdefault((hour, run.location or ""), [])
            rows.append([None if amount is None else amount * share for amount in amounts])
    return [_place_hour(hour, place, rows) for (hour, place), rows in sorted(found.items())]


def _place_hour(hour: int, place: str, rows: list[list[float | None]]) -> PlaceHour:
    it_energy, *others = ([row[column] for row in rows] for column in range(3))
    facility, kg = (None if None in values else sum(filter(None, values)) for values in others)
    moment = utc(hour * SECONDS_PER_HOUR) or ""
    return PlaceHour(moment, place or None, len(rows), sum(filter(None, it_energy)), facility, kg)


def _shares(run: Run) -> dict[int, float]:
    """Return the part of a run's energy that lies in each hour since 1970. [1]"""
    pieces = [piece for meter in read_journals(run.folders).meters for piece in _read_pieces(meter)]
    whole = sum(amount for *_, amount in pieces)
    if whole <= 0:
        pieces = [(node.started, node.started + node.duration_seconds, node.duration_seconds) for node in run.nodes]
        whole = sum(amount for *_, amount in pieces)
    if whole <= 0:
        return {floor(run.started / SECONDS_PER_HOUR): 1.0}
    found: dict[int, float] = {}
    for begin, end, amount in pieces:
        for hour, part in _hours_between(begin, end):
            found[hour] = found.get(hour, 0.0) + amount / whole * part
    return found


def _read_pieces(meter: MeterJournal) -> Iterator[Piece]:
    """Yield what a meter read between two readings."""
    points = [(0.0, 0.0), *((point.seconds, sum(filter(None, point.energy_kwh.values()))) for point in meter.points)]
    for (before, less), (after, more) in pairwise(points):
        if after > before and more > less:
            yield meter.started + before, meter.started + after, more - less


def _hours_between(begin: float, end: float) -> Iterator[tuple[int, float]]:
    """Yield each hour that a time touches, and the part of the time that lies in it. [1]"""
    first, last = floor(begin / SECONDS_PER_HOUR), floor(end / SECONDS_PER_HOUR)
    for hour in range(first, last + 1):
        since, until = max(begin, hour * SECONDS_PER_HOUR), min(end, (hour + 1) * SECONDS_PER_HOUR)
        if until > since:
            yield hour, (until - since) / (end - begin)


def hours_csv(hours: Iterable[PlaceHour]) -> str:
    """Return hours as CSV, one row each."""
    return rows_csv(PlaceHour._fields, (hour._asdict() for hour in hours))
