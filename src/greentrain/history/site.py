"""PUE and carbon intensity of a session: as recorded, else as they follow from what was said of its place."""

from typing import Any, NamedTuple

from greentrain.errors import GreentrainError
from greentrain.interval import Interval
from greentrain.journal import fields
from greentrain.journal.writer import Record
from greentrain.tracking.inputs import footing
from greentrain.units import SECONDS_PER_HOUR

_NAMES = ("pue", "grid_intensity")


class Site(NamedTuple):
    """What turns energy of the computers into emissions; None where nothing is known of it.

    Attributes
    ----------
    pue, g_per_kwh : Interval or None
        PUE [1] and carbon intensity [g CO2e/kWh].
    basis : dict
        How they are known: ``basis`` and ``source`` under ``pue`` and ``grid_intensity``.
    """

    pue: Interval | None
    g_per_kwh: Interval | None
    basis: dict[str, dict[str, str | None]]


NOWHERE = Site(None, None, {name: {"basis": None, "source": None} for name in _NAMES})


def site_of(inputs: Record | None, start: Record, seconds: float) -> Site:
    """Find the site of a session.

    A run writes what it used when it ends. One that was killed, or goes on, has only said where it is: the same
    tables then give what it would have written.

    Parameters
    ----------
    inputs : dict or None
        The record of what it used.
    start : dict
        Its first record.
    seconds : float
        How long it went on. [s]
    """
    written = _read(inputs) if inputs else None
    return written or _read(start) or _read(_looked_up(start, seconds)) or NOWHERE


def _read(record: Record) -> Site | None:
    pue, g_per_kwh = fields.interval(record, "pue"), fields.interval(record, "grid_intensity")
    if pue is None or g_per_kwh is None:
        return None
    return Site(pue, g_per_kwh, {name: _basis(record, name) for name in _NAMES})


def _looked_up(start: Record, seconds: float) -> dict[str, Any]:
    said = fields.plain_values(fields.mapping(start, "estimate_inputs"))
    if not said:
        return {}
    try:
        return footing(said, seconds / SECONDS_PER_HOUR or None).to_dict()
    except (GreentrainError, TypeError, ValueError, AttributeError):  # the journal may hold anything
        return {}


def _basis(record: Record, name: str) -> dict[str, str | None]:
    found = fields.mapping(record, name)
    return {part: fields.text(found, part) for part in ("basis", "source")}
