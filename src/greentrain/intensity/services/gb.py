"""Great Britain and its regions: carbonintensity.org.uk, half hours, 48 h ahead, no key."""

from collections.abc import Iterator
from typing import Any

from greentrain.intensity.access import Client
from greentrain.intensity.series import DIRECT, FORECAST, MEASURED
from greentrain.intensity.service import GridPoint, Question, Service, moment, written

_NATIONAL = "GB"
_TIME = "%Y-%m-%dT%H:%MZ"
_DAY = 86400.0
_REGIONS = 17


def zone_of(place: str) -> str | None:
    """Return the national grid for Great Britain."""
    return _NATIONAL if place == "GB" else None


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for half hours; one whose value is not known yet has the forecast."""
    start, end = written(question.start, _TIME), written(question.end, _TIME)
    if question.zone == _NATIONAL:
        found = client.get_json(f"/intensity/{start}/{end}")["data"]
        yield from _points(found)
        return
    region = int(question.zone)
    if not 1 <= region <= _REGIONS:
        raise ValueError(question.zone)
    data = client.get_json(f"/regional/intensity/{start}/{end}/regionid/{region}")["data"]
    # An object where one region is asked for by a time, a list elsewhere.
    for item in data if isinstance(data, list) else [data]:
        yield from _points(item["data"])


def _points(slots: list[dict[str, Any]]) -> Iterator[GridPoint]:
    for slot in slots:
        values = slot["intensity"]
        actual, forecast = values.get("actual"), values.get("forecast")
        value = forecast if actual is None else actual
        if value is not None:
            yield moment(slot["from"]), float(value), FORECAST if actual is None else MEASURED


SERVICE = Service(
    name="gb",
    label="Carbon Intensity API of Great Britain",
    base_url="https://api.carbonintensity.org.uk",
    basis=DIRECT,
    accounting="consumption",
    licence="CC BY 4.0, National Energy System Operator",
    may_store=True,
    zone_of=zone_of,
    ask=ask,
    chunk_seconds=13 * _DAY,
    notes=("Direct factors with imports and losses; not comparable with life-cycle tables.",),
)
