"""PUE and carbon intensity of a session: as recorded, else as they follow from what was said of its place."""

from typing import Any, NamedTuple

from greentrain.errors import GreentrainError
from greentrain.history import fields
from greentrain.history.sessions import Tracker
from greentrain.interval import Interval
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


def site_of(tracker: Tracker) -> Site:
    """Find the site of a session.

    A run writes what it used when it ends. One that was killed, or goes on, has only said where it is: the same
    tables then give what it would have written.
    """
    last = [record for record in tracker.records if record["type"] == "inputs"]
    found = next((site for record in (*last[-1:], tracker.start) if (site := _read(record)) is not None), None)
    return found or _read(_looked_up(tracker)) or NOWHERE


def _read(record: dict[str, Any]) -> Site | None:
    pue, g_per_kwh = (fields.interval(record, name) for name in _NAMES)
    if pue is None or g_per_kwh is None:
        return None
    return Site(pue, g_per_kwh, {name: _basis(record, name) for name in _NAMES})


def _looked_up(tracker: Tracker) -> dict[str, Any]:
    said = fields.plain_values(fields.mapping(tracker.start, "estimate_inputs"))
    if not said:
        return {}
    try:
        return footing(said, tracker.seconds / SECONDS_PER_HOUR or None).to_dict()
    except (GreentrainError, TypeError, ValueError, AttributeError):  # the journal may hold anything
        return {}


def _basis(record: dict[str, Any], name: str) -> dict[str, str | None]:
    found = fields.mapping(record, name)
    return {part: fields.text(found, part) for part in ("basis", "source")}
