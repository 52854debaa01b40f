"""Europe's past: ENTSO-E's transparency platform, generation by type, a free token; factors are ours."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as Tree

from greentrain.intensity.access import Client
from greentrain.intensity.series import LIFE_CYCLE
from greentrain.intensity.service import GridPoint, Question, Service, fuel_factors, mixed, moment, written

_DAY = 86400.0
_ZONES = {
    "AT": "10YAT-APG------L", "BE": "10YBE----------2", "CH": "10YCH-SWISSGRIDZ", "CZ": "10YCZ-CEPS-----N",
    "DE": "10Y1001A1001A83F", "ES": "10YES-REE------0", "FI": "10YFI-1--------U", "FR": "10YFR-RTE------C",
    "GR": "10YGR-HTSO-----Y", "HU": "10YHU-MAVIR----U", "IE": "10YIE-1001A00010", "NL": "10YNL----------L",
    "PL": "10YPL-AREA-----S", "PT": "10YPT-REN------W", "RO": "10YRO-TEL------P", "SI": "10YSI-ELES-----O",
    "SK": "10YSK-SEPS-----K", "BG": "10YCA-BULGARIA-R", "HR": "10YHR-HEP------M", "EE": "10Y1001A1001A39I",
    "LT": "10YLT-1001A0008Q", "LV": "10YLV-1001A00074", "NO": "10YNO-0--------C", "SE": "10YSE-1--------K",
    "IT": "10YIT-GRTN-----B", "DK": "10Y1001A1001A65H",
}  # fmt: skip
_TYPES = {
    "B01": "biomass", "B02": "coal", "B03": "gas", "B04": "gas", "B05": "coal", "B09": "geothermal", "B11": "hydro",
    "B12": "hydro", "B14": "nuclear", "B16": "solar_pv_utility", "B18": "wind_offshore", "B19": "wind_onshore",
}  # fmt: skip
_STORAGE = ("B10", "B25")
_MINUTES = {"PT15M": 15, "PT30M": 30, "PT60M": 60, "PT1H": 60}


def zone_of(place: str) -> str | None:
    """Return the country's code of the platform."""
    return _ZONES.get(place)


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for actual generation by type and multiply with life-cycle factors."""
    query = {
        "securityToken": question.key, "documentType": "A75", "processType": "A16", "in_Domain": question.zone,
        "periodStart": written(question.start, "%Y%m%d%H%M"), "periodEnd": written(question.end, "%Y%m%d%H%M"),
    }  # fmt: skip
    body = client.get("/api", query)
    if b"<!DOCTYPE" in body[:2000]:
        raise client.error("the answer is a web page and no data")
    known = fuel_factors(question.catalogue)
    factors: dict[str, float | None] = {code: known[fuel] for code, fuel in _TYPES.items()}
    factors |= dict.fromkeys(_STORAGE)
    slots: dict[float, dict[str, float]] = {}
    for start, kind, megawatts in _generation(client, body):
        slots.setdefault(start, {})[kind] = megawatts
    for start, mix in sorted(slots.items()):
        point = mixed(start, mix, factors)
        if point is not None:
            yield point


def _generation(client: Client, body: bytes) -> Iterator[tuple[float, str, float]]:
    """Yield start, type and power of each point; positions that are left out repeat the last one."""
    try:
        root = Tree.fromstring(body)
    except Tree.ParseError:
        raise client.error("the answer is no XML") from None
    if root.tag.endswith("Acknowledgement_MarketDocument"):
        raise client.error(" ".join((root.findtext(".//{*}Reason/{*}text") or "no data").split())[:200])
    for series in root.iterfind("{*}TimeSeries"):
        if series.find("{*}outBiddingZone_Domain.mRID") is not None:
            continue  # what storage takes in
        kind = series.findtext(".//{*}psrType") or ""
        for period in series.iterfind("{*}Period"):
            yield from _points(period, kind)


def _points(period: Tree.Element, kind: str) -> Iterator[tuple[float, str, float]]:
    start = moment(period.findtext("{*}timeInterval/{*}start"))
    end = moment(period.findtext("{*}timeInterval/{*}end"))
    step = timedelta(minutes=_MINUTES[period.findtext("{*}resolution") or ""]).total_seconds()
    stated = {
        int(point.findtext("{*}position") or 0): float(point.findtext("{*}quantity") or 0)
        for point in period.iterfind("{*}Point")
    }
    value = 0.0
    for position in range(1, round((end - start) / step) + 1):
        value = stated.get(position, value)
        yield start + (position - 1) * step, kind, value


SERVICE = Service(
    name="entsoe",
    label="ENTSO-E",
    base_url="https://web-api.tp.entsoe.eu",
    basis=LIFE_CYCLE,
    accounting="production",
    licence="ENTSO-E terms",
    may_store=True,
    zone_of=zone_of,
    ask=ask,
    key_variable="GREENTRAIN_ENTSOE_KEY",
    chunk_seconds=31 * _DAY,
    notes=("Generation by type x life-cycle factors of the IPCC; oil and others without a factor are left out.",),
)
