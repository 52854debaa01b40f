"""Australia's past: OpenElectricity v4, hours by region, a free key."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from greentrain.intensity.access import Client
from greentrain.intensity.series import DIRECT, MEASURED
from greentrain.intensity.service import GridPoint, Question, Service

_ZONES = {"AU-NSW": "NSW1", "AU-VIC": "VIC1", "AU-QLD": "QLD1", "AU-SA": "SA1", "AU-TAS": "TAS1", "AU-WA": "WEM"}
_NETWORK_TIME = timezone(timedelta(hours=10))
"""Of the eastern market, all year."""
_WESTERN_TIME = timezone(timedelta(hours=8))
_WESTERN = "WEM"
_G_PER_T_MWH = 1000.0
_DAY = 86400.0


def zone_of(place: str) -> str | None:
    """Return the region of the network that a state is."""
    return _ZONES.get(place)


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for emissions and energy by the hour, and divide."""
    network = _WESTERN if question.zone == _WESTERN else "NEM"
    clock = _WESTERN_TIME if network == _WESTERN else _NETWORK_TIME
    start, end = (
        datetime.fromtimestamp(each, clock).strftime("%Y-%m-%dT%H:%M:%S") for each in (question.start, question.end)
    )
    query = {"metrics": ["emissions", "energy"], "interval": "1h", "primary_grouping": "network_region"}
    found = client.get_json(
        f"/v4/data/network/{network}",
        {**query, "date_start": start, "date_end": end},
        Authorization=f"Bearer {question.key}",
    )
    tonnes, mwh = (dict(_values(found["data"], metric, question.zone, clock)) for metric in ("emissions", "energy"))
    for moment in sorted(tonnes.keys() & mwh.keys()):
        if mwh[moment] > 0:
            yield moment, _G_PER_T_MWH * tonnes[moment] / mwh[moment], MEASURED


def _values(data: list[dict], metric: str, region: str, clock: timezone) -> Iterator[tuple[float, float]]:  # type: ignore[type-arg]
    for series in data:
        if series["metric"] != metric:
            continue
        for result in series["results"]:
            if region not in str(result.get("name", "")) and region != (result.get("columns") or {}).get("region"):
                continue
            for time, value in result["data"]:
                if value is not None:
                    at = datetime.fromisoformat(time)
                    yield (at if at.tzinfo else at.replace(tzinfo=clock)).timestamp(), float(value)


SERVICE = Service(
    name="openelectricity",
    label="OpenElectricity",
    base_url="https://api.openelectricity.org.au",
    basis=DIRECT,
    accounting="production",
    licence="check with OpenElectricity; kept on no disk",
    may_store=False,
    zone_of=zone_of,
    ask=ask,
    key_variable="GREENTRAIN_OPENELECTRICITY_KEY",
    chunk_seconds=7 * _DAY,
)
