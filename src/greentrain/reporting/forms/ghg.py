"""Rows for a greenhouse gas inventory: MWh and tonnes, location-based and market-based side by side."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from greentrain import formulas
from greentrain.catalogue.records import WORLD
from greentrain.csv_text import rows_csv
from greentrain.errors import Contradiction, InputError, InvalidNumber, either
from greentrain.estimation.ranges import Limits, checked_in
from greentrain.footprint import Grid
from greentrain.interval import Interval
from greentrain.reporting import scope_statements
from greentrain.reporting.form_units import form_unit
from greentrain.reporting.report_data import ReportData, RunLine

if TYPE_CHECKING:
    from greentrain.history import HourlyMatch

FORM = "ghg"
SCOPES = ("2", "3")
_MARKET = Limits(0, 3000, "g CO2e/kWh", "give grams, not kilograms or pounds", inclusive=True)
COLUMNS = (
    "record", "activity", "status", "scope", "period_start_utc", "period_end_utc", "boundary", "basis", "energy_mwh",
    "energy_mwh_low", "energy_mwh_high", "location_based_t_co2e", "location_based_t_co2e_low",
    "location_based_t_co2e_high", "market_based_t_co2e", "factor_kg_co2e_per_kwh", "factor_place", "factor_year",
    "factor_accounting", "factor_source", "factor_url", "pue", "greentrain_version", "data_version", "warnings",
)  # fmt: skip


def render(
    data: ReportData,
    *,
    market_based_kg: float | str | None = None,
    scope: str | None = None,
    market_intensity: float | str | None = None,
) -> str:
    """Write one row per run whose energy is known, and one that sums them.

    Where runs were matched with carbon intensity by slot, each is followed by a row per hour, ``record`` being
    ``hour``; run and total keep the annual factor.

    The period of a tracked run is that from its start to its end, of a described one the calendar year that was named.
    A run of a table that states when it began ends after its hours.

    Parameters
    ----------
    data : ReportData
        What to report.
    market_based_kg : float, optional
        Market-based emissions of all runs together, as your contracts give them [kg CO2e]. It is next to the
        location-based figure in the row of the total and is netted with nothing. Left out, the column is blank.
    scope : {'2', '3'}, optional
        Scope of the GHG Protocol that the electricity belongs to; greentrain cannot know it.
    market_intensity : float, optional
        Carbon intensity of the electricity by your contracts [g CO2e/kWh], instead of the emissions by them: of every
        run and of the total the market-based figure stands beside the location-based one.
    """
    if scope not in (None, *SCOPES):
        raise InputError("scope", scope, f"must be {either(SCOPES)}")
    g_per_kwh = _market_intensity(market_intensity)
    if g_per_kwh is not None and market_based_kg is not None:
        raise Contradiction("market_intensity", market_intensity, "and {market_based_kg} state the same; give one")
    market = _market(market_based_kg)
    scope_statements.refuse_nothing(data, FORM)
    common = {
        "scope": f"scope {scope}" if scope else "not stated",
        "boundary": scope_statements.boundary_text(data),
        "greentrain_version": data.versions.greentrain,
        "data_version": data.versions.data,
    }
    return rows_csv(COLUMNS, ({**common, **row} for row in _rows(data, market, g_per_kwh)))


def _market(kg: float | str | None) -> str:
    if kg is None:
        return ""
    try:
        value = float(kg)
    except (TypeError, ValueError, OverflowError):
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InvalidNumber("market_based_kg", kg, "must be a number of kg CO2e from 0 on")
    return form_unit(FORM, "emissions").decimal(value)


def _market_intensity(g_per_kwh: float | str | None) -> float | None:
    """Read a carbon intensity by contracts, which may be zero. [g CO2e/kWh]"""
    if g_per_kwh is None:
        return None
    return checked_in(_MARKET, "market_intensity", g_per_kwh)


def _by_market(energy: Interval | None, g_per_kwh: float | None) -> dict[str, str]:
    if energy is None or g_per_kwh is None:
        return {}
    kg = formulas.operational_kg(energy.best, g_per_kwh)
    return {"market_based_t_co2e": form_unit(FORM, "emissions").decimal(kg)}


def _rows(data: ReportData, market: str, g_per_kwh: float | None) -> Iterator[dict[str, str]]:
    for line in scope_statements.known_lines(data):
        yield {
            "record": "run",
            "activity": line.name,
            "status": line.status,
            "basis": line.basis,
            "warnings": " ".join(line.footprint.warnings),
            **_period(*_times(line)),
            **_amounts(line.facility_energy_kwh, line.operational_kg),
            **_by_market(line.facility_energy_kwh, g_per_kwh),
            **_factor(data, line),
        }
        if line.id in data.hourly:
            yield from _hours(data.hourly[line.id], line)
    yield {
        "record": "total",
        "activity": data.title,
        "status": scope_statements.runs_text(data),
        "basis": data.basis,
        "warnings": " ".join(data.warnings),
        **_period(*_times_of_all(data)),
        **_amounts(data.facility_energy_kwh, data.operational_kg),
        "market_based_t_co2e": market,
        **_by_market(data.facility_energy_kwh, g_per_kwh),
    }


def _hours(match: "HourlyMatch", line: RunLine) -> Iterator[dict[str, str]]:
    """Yield a row per hour of UTC, by the slots of the series: parts of the run above, in no sum with it."""
    for hour in match.hours:
        start, end = (datetime.fromtimestamp(each, UTC) for each in (hour.start, hour.end))
        yield {
            "record": "hour",
            "activity": line.name,
            "status": line.status,
            "basis": line.basis,
            "period_start_utc": _moment(start),
            "period_end_utc": _moment(end),
            "energy_mwh": form_unit(FORM, "energy").decimal(hour.facility_energy_kwh),
            "location_based_t_co2e": form_unit(FORM, "emissions").decimal(hour.operational_kg),
            "factor_kg_co2e_per_kwh": form_unit(FORM, "factor").decimal(hour.g_per_kwh),
            "factor_place": match.series.zone or _factor_place(line),
            "factor_year": str(start.year),
            "factor_accounting": match.series.basis,
            "factor_source": match.series.source,
            "pue": f"{line.pue.best:.6g}" if line.pue else "",
        }


def _period(start: datetime | None, end: datetime | None) -> dict[str, str]:
    return {"period_start_utc": _moment(start), "period_end_utc": _moment(end)}


def _times(line: RunLine) -> tuple[datetime | None, datetime | None]:
    """Return start and end of a run; of one of which its year alone is stated, those of the year."""
    year = line.stated_year
    if line.started is None and line.ended is None and year is not None:
        return datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    return line.started, line.ended


def _times_of_all(data: ReportData) -> tuple[datetime | None, datetime | None]:
    """Return the first start and the last end, where the ends of all are known that started."""
    times = [_times(line) for line in data.lines]
    ends = [end for start, end in times if start is not None or end is not None]
    last = None if None in ends else max((end for end in ends if end is not None), default=None)
    return min((start for start, _ in times if start is not None), default=None), last


def _moment(time: datetime | None) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def _amounts(energy: Interval | None, emitted: Interval | None) -> dict[str, str]:
    return {**_ends("energy", "energy_mwh", energy), **_ends("emissions", "location_based_t_co2e", emitted)}


def _ends(quantity: str, column: str, value: Interval | None) -> dict[str, str]:
    if value is None:
        return {}
    low, best, high = map(form_unit(FORM, quantity).decimal, value)
    return {column: best, f"{column}_low": low, f"{column}_high": high}


def _factor(data: ReportData, line: RunLine) -> dict[str, str]:
    found = {"factor_place": _factor_place(line), "pue": f"{line.pue.best:.6g}" if line.pue else ""}
    if line.grid is None:
        return found
    return {
        **found,
        "factor_kg_co2e_per_kwh": form_unit(FORM, "factor").decimal(line.grid.g_per_kwh.best),
        "factor_year": str(line.grid.year or ""),
        "factor_accounting": line.grid.accounting or "not stated",
        **_source(data, line.grid),
    }


def _factor_place(line: RunLine) -> str:
    """Return the code of the factor's place; of a run of unknown place what its factor is: none of the world's."""
    if line.location == WORLD and line.grid is not None and line.grid.basis == "default":
        return "place not known"
    return line.location or ""


def _source(data: ReportData, grid: Grid) -> dict[str, str]:
    keys = [key.strip() for key in grid.source.split(";")]
    known = [data.sources[key] for key in keys if key in data.sources]
    titles = "; ".join(source["title"] for source in known)
    urls = "; ".join(source["url"] for source in known if source["url"])
    return {"factor_source": titles, "factor_url": urls}
