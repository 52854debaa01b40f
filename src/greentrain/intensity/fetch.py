"""A series from a service that the user named: the zone, the key, what is kept on disk, the questions, the checks."""

import hashlib
import json
import os
import time
from importlib import import_module
from typing import Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.user_folder import home_folder
from greentrain.errors import Contradiction, GridServiceError, OwnErrors, UnknownName, either
from greentrain.intensity.access import Client
from greentrain.intensity.series import FORECAST, MEASURED, Series, utc_text, value_fault, with_ends
from greentrain.intensity.service import GridPoint, Question, Service

_MODULES = {
    "gb": "gb", "energy-charts": "energy_charts", "rte": "rte", "aemo": "aemo", "openelectricity": "open_electricity",
    "eia": "eia", "entsoe": "entsoe", "electricity-maps": "electricity_maps", "watttime": "watttime",
}  # fmt: skip
SERVICES = tuple(_MODULES)
"""The services by the names under which they are asked for."""

KEY_VARIABLES = {
    "openelectricity": "GREENTRAIN_OPENELECTRICITY_KEY", "eia": "GREENTRAIN_EIA_KEY",
    "entsoe": "GREENTRAIN_ENTSOE_KEY", "electricity-maps": "GREENTRAIN_ELECTRICITY_MAPS_KEY",
    "watttime": "GREENTRAIN_WATTTIME_KEY",
}  # fmt: skip
"""Where keys are looked for; WattTime's is ``user:password``."""

URL_VARIABLE = "GREENTRAIN_GRID_URL"
_FINAL_AFTER_SECONDS = 3 * 86400.0
"""A measured value that was fetched so long after its slot is not revised any more. [s]"""
_FRESH_SECONDS = 900.0
"""Any other value is asked for again after a quarter of an hour. [s]"""


def service_of(name: str) -> Service:
    """Find a service by its name.

    Raises
    ------
    UnknownName
        If there is none.
    """
    folded = name.strip().lower().replace("_", "-")
    if folded not in _MODULES:
        raise UnknownName("grid_service", name, f"is no service; known are {either(SERVICES)}")
    found: Service = import_module(f"greentrain.intensity.services.{_MODULES[folded]}").SERVICE
    return found


def what_is_sent(service: Service, zone: str, start: float, end: float, base_url: str | None = None) -> str:
    """Say in one line what a question tells whom: the zone, the time, and nothing else."""
    where = base_url or service.base_url
    key = ", and your key" if service.key_variable else ""
    span = f"from {utc_text(start)} to {utc_text(end)}"
    return f"asking {service.label} ({where}) for {zone} {span}{key}; nothing else is sent"


def fetch_series(
    name: str,
    *,
    location: str | None = None,
    zone: str | None = None,
    start: float,
    end: float,
    base_url: str | None = None,
    home: str | None = None,
    now: float | None = None,
    profiles: str | None = None,
    pause_seconds: float = 1.0,
    timeout_seconds: float = 10.0,
) -> Series:
    """Ask a service for a series of carbon intensity.

    Parameters
    ----------
    name : str
        One of `SERVICES`.
    location : str, optional
        The place, whose zone is looked up.
    zone : str, optional
        The zone by the service's own name, instead.
    start, end : float
        Seconds since 1970. [s]
    base_url : str, optional
        Where the service is. Default: the environment variable ``GREENTRAIN_GRID_URL``, else its own address.
    home : path, optional
        Data folder, whose ``grid-cache`` keeps what the terms of the service allow.
    now : float, optional
        The present, for what is final or fresh. [s]
    profiles : path, optional
        Folder of your own profiles.
    pause_seconds, timeout_seconds : float
        Before the one retry, and for an answer. [s]

    Raises
    ------
    UnknownName, Contradiction
        If there is no such service, no zone for the place, or no key.
    GridServiceError
        If the service gives no usable answer.
    """
    service, catalogue = service_of(name), load_catalogue(profiles)
    place, found_zone = zone_of(service, catalogue, location, zone)
    url = base_url or os.environ.get(URL_VARIABLE) or service.base_url
    present = time.time() if now is None else now
    cache = _Cache(service, url, found_zone, home)
    points = cache.read(start, end, present)
    if points is None:
        key = _key(service)
        client = Client(
            url, label=service.label, secrets=(key, *key.split(":")), pause_seconds=pause_seconds,
            timeout_seconds=timeout_seconds,
        )  # fmt: skip
        points = _asked(service, client, Question(found_zone, start, end, key, catalogue, place))
        cache.write(points, present)
    slots = tuple(slot for slot in with_ends(points) if slot.end > start and slot.start < end)
    if not slots:
        raise GridServiceError(f"{service.label}: no value between {utc_text(start)} and {utc_text(end)}")
    return Series(service.name, found_zone, service.basis, slots, service.accounting, service.licence, service.notes)


def zone_of(service: Service, catalogue: Catalogue, location: str | None, zone: str | None) -> tuple[str, str]:
    """Return the place by our code, and its zone by the service's name.

    Raises
    ------
    Contradiction
        If there is none.
    """
    if zone is not None:
        return "", zone.strip()
    if location is None:
        raise Contradiction("grid_service", service.name, "needs {location}, or {grid_zone}")
    place = catalogue.places.find(location).place
    for code in dict.fromkeys((place.place, place.country)):
        found = service.zone_of(code)
        if found is not None:
            return code, found
    raise Contradiction("grid_service", service.name, f"knows no zone of {place.name}; name it with {{grid_zone}}")


def _key(service: Service) -> str:
    if not service.key_variable:
        return ""
    key = os.environ.get(service.key_variable, "").strip()
    if not key:
        raise Contradiction("grid_service", service.name, f"needs a key of yours in {service.key_variable}")
    return key


def _asked(service: Service, client: Client, question: Question) -> list[GridPoint]:
    """Ask chunk by chunk, and check every value."""
    points: dict[float, GridPoint] = {}
    start = question.start
    while start < question.end:
        end = min(start + service.chunk_seconds, question.end)
        try:
            for point in service.ask(client, question._replace(start=start, end=end)):
                points[point[0]] = point
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
            reason = f"the answer has another form than it should ({type(error).__name__})"
            raise client.error(reason) from None
        start = end
    for moment, value, _ in points.values():
        if (fault := value_fault(value)) is not None:
            raise client.error(f"the value {value:g} at {utc_text(moment)} {fault}")
    client.succeeded()
    return sorted(points.values())


class _Cache:
    """What was asked before, one file per service, address and zone; nothing of services whose terms forbid it."""

    def __init__(self, service: Service, url: str, zone: str, home: str | None) -> None:
        named = hashlib.sha256(f"{service.name}\n{url}\n{zone}".encode()).hexdigest()[:24]
        self._path = os.path.join(home or home_folder(), "grid-cache", f"{named}.json") if service.may_store else ""  # noqa: PTH118

    def read(self, start: float, end: float, now: float) -> list[GridPoint] | None:
        """Return the points of a time; None where not all of it was asked for, or what is there may have changed."""
        known = self._load()
        points = [(at, value, kind) for at, value, kind, _ in known["points"] if start - 3600 < at < end]
        fetched = {at: then for at, _, _, then in known["points"]}
        spans = [span for span in known["spans"] if span[0] <= start and span[1] >= end]
        if not spans or not points:
            return None
        newest = max(then for _, _, then in spans)
        if now - newest <= _FRESH_SECONDS:
            return points
        is_final = all(kind == MEASURED and fetched[at] - at >= _FINAL_AFTER_SECONDS for at, _, kind in points)
        return points if is_final else None

    def write(self, points: list[GridPoint], now: float) -> None:
        """Keep points beside those that are there; a folder that cannot be written keeps nothing."""
        if not self._path or not points:
            return
        known = self._load()
        merged = {row[0]: row for row in known["points"] if row[2] != FORECAST or row[0] > now}
        merged |= {at: [at, value, kind, now] for at, value, kind in points}
        spans = [span for span in known["spans"] if now - span[2] <= _FINAL_AFTER_SECONDS]
        spans.append([points[0][0], points[-1][0] + 3600, now])
        text = json.dumps({"points": sorted(merged.values()), "spans": spans})
        spare = f"{self._path}.{os.getpid()}"
        with OwnErrors(OSError) as trouble:
            folder = os.path.dirname(self._path)  # noqa: PTH120 -- paths are text here
            os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
            descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(spare, self._path)  # noqa: PTH105
        if trouble.error is not None:
            with OwnErrors(OSError):
                os.unlink(spare)  # noqa: PTH108

    def _load(self) -> dict[str, Any]:
        with OwnErrors(OSError, ValueError, KeyError, TypeError):
            if self._path:
                with open(self._path, encoding="utf-8") as file:  # noqa: PTH123
                    found = json.load(file)
                points = [
                    [float(at), float(value), str(kind), float(then)] for at, value, kind, then in found["points"]
                ]
                spans = [[float(end) for end in span] for span in found["spans"]]
                return {"points": points, "spans": spans}
        return {"points": [], "spans": []}
