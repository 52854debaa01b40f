"""The United States' past: EIA v2, hours by balancing authority and fuel, a free key; factors are ours."""

from collections.abc import Iterator

from greentrain.intensity.access import Client
from greentrain.intensity.series import LIFE_CYCLE
from greentrain.intensity.service import (
    GridPoint,
    Question,
    Service,
    fuel_factors,
    mixed,
    moment,
    rows_of_pages,
    written,
)

_PATH = "/v2/electricity/rto/fuel-type-data/data"
_HOUR = "%Y-%m-%dT%H"
_PAGE = 5000
_DAY = 86400.0
_ZONES = {
    "US-CA": "CISO", "US-TX": "ERCO", "US-NY": "NYIS", "US-MA": "ISNE", "US-CT": "ISNE", "US-PA": "PJM",
    "US-NJ": "PJM", "US-VA": "PJM", "US-OH": "PJM", "US-IL": "PJM", "US-IA": "MISO", "US-MN": "MISO", "US-OK": "SWPP",
    "US-KS": "SWPP", "US-WA": "BPAT", "US-OR": "BPAT", "US-GA": "SOCO", "US-FL": "FPL", "US": "US48",
}  # fmt: skip
_FUELS = {
    "COL": "coal", "NG": "gas", "NUC": "nuclear", "WAT": "hydro", "WND": "wind_onshore", "SUN": "solar_pv_utility",
    "GEO": "geothermal",
}  # fmt: skip
_STORAGE = ("BAT", "PS", "SNB", "UES")


def zone_of(place: str) -> str | None:
    """Return the balancing authority that most of a state belongs to."""
    return _ZONES.get(place)


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for generation by fuel, page by page, and multiply with life-cycle factors."""
    known = fuel_factors(question.catalogue)
    factors: dict[str, float | None] = {code: known[fuel] for code, fuel in _FUELS.items()}
    factors |= dict.fromkeys(_STORAGE)
    hours: dict[str, dict[str, float]] = {}
    for row in _rows(client, question):
        if row["value"] is not None:
            hours.setdefault(str(row["period"]), {})[str(row["fueltype"])] = float(str(row["value"]))
    for period, mwh in sorted(hours.items()):
        point = mixed(moment(f"{period}:00"), mwh, factors)
        if point is not None:
            yield point


def _rows(client: Client, question: Question) -> Iterator[dict[str, object]]:
    query = {
        "api_key": question.key, "frequency": "hourly", "data[0]": "value", "facets[respondent][]": question.zone,
        "start": written(question.start, _HOUR), "end": written(question.end, _HOUR), "length": _PAGE,
    }  # fmt: skip

    def page(offset: int) -> tuple[list[dict[str, object]], int]:
        found = client.get_json(_PATH, {**query, "offset": offset})["response"]
        return found["data"], int(found["total"])

    return rows_of_pages(page)


SERVICE = Service(
    name="eia",
    label="EIA",
    base_url="https://api.eia.gov",
    basis=LIFE_CYCLE,
    accounting="production",
    licence="US public domain",
    may_store=True,
    zone_of=zone_of,
    ask=ask,
    key_variable="GREENTRAIN_EIA_KEY",
    chunk_seconds=31 * _DAY,
    notes=("Generation by fuel x life-cycle factors of the IPCC; oil and others without a factor are left out.",),
)
