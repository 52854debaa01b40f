"""Australia ahead: AEMO's pre-dispatch, half hours for some 40 h, no key; a share of wind and sun, no intensity."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from greentrain.intensity.access import MOST_BYTES, Client
from greentrain.intensity.series import FORECAST, LIFE_CYCLE
from greentrain.intensity.service import GridPoint, Question, Service

_PATH = "/Reports/Current/PredispatchIS_Reports/"
_TABLE = "REGION_SOLUTION"
_MARKET_TIME = timezone(timedelta(hours=10))
"""UTC+10 all year."""
_SLOT_SECONDS = 1800.0
_ZONES = {"AU-NSW": "NSW1", "AU-VIC": "VIC1", "AU-QLD": "QLD1", "AU-SA": "SA1", "AU-TAS": "TAS1"}
_LINK = re.compile(r'href="([^"]*PREDISPATCHIS[^"]*\.zip)"', re.IGNORECASE)


def zone_of(place: str) -> str | None:
    """Return the region of the market that a state is."""
    return _ZONES.get(place)


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for the newest file and scale the share that wind and sun leave to the annual mean of the state."""
    shares = dict(_shares(_report(client), question.zone))
    mean = sum(shares.values()) / len(shares) if shares else 0.0
    if not mean:
        return
    place = next((code for code, zone in _ZONES.items() if zone == question.zone), "AU")
    annual = question.catalogue.places.series(place if place in question.catalogue.places.by_code else "AU")[-1]
    for start, share in shares.items():
        yield start, annual.g_per_kwh * share / mean, FORECAST


def _report(client: Client) -> str:
    body = client.get(_PATH)
    if (links := _LINK.findall(body[:1_000_000].decode("utf-8", "replace"))) and not body.startswith(b"PK"):
        newest = max(link.rpartition("/")[2] for link in links)
        body = client.get(f"{_PATH}{newest}")
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (first, *_) = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
        if first.file_size > MOST_BYTES:
            raise ValueError(first.filename)
        return archive.read(first).decode("utf-8", "replace")


def _shares(text: str, region: str) -> Iterator[tuple[float, float]]:
    """Yield the start of each half hour and the share of the demand that wind and sun leave. [1]"""
    header: list[str] = []
    for row in csv.reader(io.StringIO(text)):
        if row[:1] == ["I"]:
            header = row if _TABLE in row[:3] else []
        elif row[:1] == ["D"] and header:
            cells = dict(zip(header, row, strict=False))
            if cells["REGIONID"] != region or cells["INTERVENTION"].strip() not in ("0", "0.0"):
                continue
            end = datetime.strptime(cells["DATETIME"].strip('"'), "%Y/%m/%d %H:%M:%S").replace(tzinfo=_MARKET_TIME)
            demand = float(cells["TOTALDEMAND"])
            rest = demand - float(cells["SS_WIND_UIGF"] or 0) - float(cells["SS_SOLAR_UIGF"] or 0)
            if demand > 0:
                yield end.timestamp() - _SLOT_SECONDS, max(0.0, rest) / demand


SERVICE = Service(
    name="aemo",
    label="AEMO pre-dispatch",
    base_url="https://nemweb.com.au",
    basis=LIFE_CYCLE,
    accounting="production",
    licence="AEMO copyright permissions",
    may_store=False,
    zone_of=zone_of,
    ask=ask,
    notes=(
        "AEMO states no intensity: the share of the demand that wind and sun leave is scaled so that its mean is the "
        "annual mean of the state.",
    ),
)
