"""France: RTE eCO2mix by the open data portal ODRE, quarter to half hours, no forecast, no key."""

from collections.abc import Iterator
from typing import Any

from greentrain.intensity.access import Client
from greentrain.intensity.series import DIRECT, MEASURED
from greentrain.intensity.service import GridPoint, Question, Service, moment, rows_of_pages, written

_PATH = "/api/explore/v2.1/catalog/datasets/eco2mix-national-tr/records"
_LIMIT = 100
_DAY = 86400.0


def zone_of(place: str) -> str | None:
    """Return France for France."""
    return "FR" if place == "FR" else None


def ask(client: Client, question: Question) -> Iterator[GridPoint]:
    """Ask for slots, newest first, page by page; those that are not settled yet have no value."""
    start, end = (written(each, "%Y-%m-%dT%H:%M:%SZ") for each in (question.start, question.end))
    where = f"date_heure >= date'{start}' and date_heure < date'{end}'"
    query = {"where": where, "select": "date_heure,taux_co2", "order_by": "date_heure", "limit": _LIMIT}

    def page(offset: int) -> tuple[list[dict[str, Any]], int]:
        found = client.get_json(_PATH, {**query, "offset": offset})
        return found["results"], int(found["total_count"])

    for row in rows_of_pages(page):
        if row["taux_co2"] is not None:
            yield moment(row["date_heure"]), float(row["taux_co2"]), MEASURED


SERVICE = Service(
    name="rte",
    label="RTE eCO2mix",
    base_url="https://odre.opendatasoft.com",
    basis=DIRECT,
    accounting="production",
    licence="Licence Ouverte 2.0, RTE",
    may_store=True,
    zone_of=zone_of,
    ask=ask,
    chunk_seconds=31 * _DAY,
    notes=("Direct emissions of what France generates.",),
)
