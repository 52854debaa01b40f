"""About 300 zones: Electricity Maps v3, hours, the user's own token; values are kept on no disk."""

from collections.abc import Iterator
from itertools import chain

from greentrain.intensity.access import Client
from greentrain.intensity.series import ESTIMATED, FORECAST, LIFE_CYCLE, MEASURED
from greentrain.intensity.service import GridPoint, Question, Service, moment, written

_ZONES = {
    "US-CA": "US-CAL-CISO", "US-TX": "US-TEX-ERCO", "US-NY": "US-NY-NYIS", "DK": "DK-DK1", "SE": "SE", "NO": "NO",
    "IT": "IT", "JP": "JP-TK", "CA-ON": "CA-ON", "CA-QC": "CA-QC",
}  # fmt: skip
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_DAY = 86400.0


def zone_of(place: str) -> str | None:
    """Return the zone's key, which for most countries is their code."""
    return _ZONES.get(place) or (place if len(place) == 2 or place.startswith("AU-") else None)


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for past and forecast hours of a zone, always by its name: else the caller's address would be looked up."""
    query = {"zone": question.zone, "emissionFactorType": "lifecycle", "disableCallerLookup": "true"}
    token = {"auth_token": question.key}
    span = {"start": written(question.start, _TIME), "end": written(question.end, _TIME)}
    past = client.get_json("/v3/carbon-intensity/past-range", {**query, **span}, **token)
    ahead = client.get_json("/v3/carbon-intensity/forecast", query, **token)
    for slot in chain(ahead.get("forecast", ()), past.get("data") or past.get("history") or ()):
        if slot.get("carbonIntensity") is None:
            continue
        kind = FORECAST if "isEstimated" not in slot else ESTIMATED if slot["isEstimated"] else MEASURED
        start = moment(slot["datetime"])
        if question.start <= start < question.end:
            yield start, float(slot["carbonIntensity"]), kind


SERVICE = Service(
    name="electricity-maps",
    label="Electricity Maps",
    base_url="https://api.electricitymaps.com",
    basis=LIFE_CYCLE,
    accounting="consumption",
    licence="contract with Electricity Maps; values may not be passed on, and are kept on no disk",
    may_store=False,
    zone_of=zone_of,
    ask=ask,
    key_variable="GREENTRAIN_ELECTRICITY_MAPS_KEY",
    chunk_seconds=10 * _DAY,
    notes=("A free token is for one zone and uses without profit.",),
)
