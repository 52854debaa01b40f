"""About 35 countries of Europe: api.energy-charts.info of Fraunhofer ISE, quarter hours, day ahead, no key."""

from collections.abc import Iterator

from greentrain.intensity.access import Client
from greentrain.intensity.series import FORECAST, LIFE_CYCLE, MEASURED
from greentrain.intensity.service import GridPoint, Question, Service, written

_DAY = 86400.0
_TIME = "%Y-%m-%dT%H:%MZ"


def zone_of(place: str) -> str | None:
    """Return the country's code as the service writes it."""
    return place.lower() if len(place) == 2 and place.isalpha() else None


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for quarter hours; a measured value beats a forecast, and neither is unknown, not zero."""
    span = {"start": written(question.start, _TIME), "end": written(question.end, _TIME)}
    found = client.get_json("/co2eq", {"country": question.zone, **span})
    seconds, actual, forecast = found["unix_seconds"], found["co2eq"], found["co2eq_forecast"]
    for start, known, expected in zip(seconds, actual, forecast, strict=True):
        value = expected if known is None else known
        if value is not None:
            yield float(start), float(value), FORECAST if known is None else MEASURED


SERVICE = Service(
    name="energy-charts",
    label="Energy-Charts",
    base_url="https://api.energy-charts.info",
    basis=LIFE_CYCLE,
    accounting="",
    licence="see energy-charts.info; sources differ by country",
    may_store=True,
    zone_of=zone_of,
    ask=ask,
    chunk_seconds=31 * _DAY,
    notes=("g CO2eq/kWh; that these are life-cycle values is our reading of the service.",),
)
