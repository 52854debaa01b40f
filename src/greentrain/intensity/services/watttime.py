"""The effect of moving load: WattTime v3, marginal, five minutes, the user's own account; kept on no disk."""

from base64 import b64encode
from collections.abc import Iterator

from greentrain.intensity.access import Client
from greentrain.intensity.series import FORECAST, MARGINAL
from greentrain.intensity.service import GridPoint, Question, Service, moment

_ZONES = {"US-CA": "CAISO_NORTH"}
_G_PER_POUND = 453.59237
_UNITS = "lbs_co2_per_mwh"
_MWH = 1000.0
_MOST_HOURS = 72


def zone_of(place: str) -> str | None:
    """Return the region of a place of which it is known."""
    return _ZONES.get(place)


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Log in, and ask for the marginal forecast; the token of the log-in lives in memory alone."""
    login = b64encode(question.key.encode()).decode()
    token = client.get_json("/login", Authorization=f"Basic {login}")["token"]
    hours = min(_MOST_HOURS, max(1, round((question.end - question.start) / 3600)))
    query = {"region": question.zone, "signal_type": "co2_moer", "horizon_hours": hours}
    found = client.get_json("/v3/forecast", query, Authorization=f"Bearer {token}")
    if found["meta"]["units"] != _UNITS:
        raise ValueError(found["meta"]["units"])
    for point in found["data"]:
        yield moment(point["point_time"]), point["value"] * _G_PER_POUND / _MWH, FORECAST


SERVICE = Service(
    name="watttime",
    label="WattTime",
    base_url="https://api.watttime.org",
    basis=MARGINAL,
    accounting="",
    licence="contract with WattTime; values may not be passed on, and are kept on no disk",
    may_store=False,
    zone_of=zone_of,
    ask=ask,
    key_variable="GREENTRAIN_WATTTIME_KEY",
    notes=("Marginal: of the plant that answers a change in load. For choosing when, not for an account.",),
)
