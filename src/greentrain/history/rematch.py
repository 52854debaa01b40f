"""A run matched with a series of carbon intensity: its emissions by the hours in which it drew its energy."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from greentrain.errors import InputError
from greentrain.estimation.grid import uncertainty_at
from greentrain.footprint import Grid
from greentrain.history.run import Run
from greentrain.history.session_journals import read_journals
from greentrain.intensity.series import ESTIMATED, FILLED, FORECAST, MARGINAL, Series, Timeline, utc_text
from greentrain.interval import Interval, exact, lognormal, with_relative_width
from greentrain.numbers import percent
from greentrain.record import Record
from greentrain.units import SECONDS_PER_HOUR

MOST_MISSING = 0.2
"""Share of the energy without a slot from which on no hourly figure is stated. [1]"""
_LEAD_HOURS = 24.0
"""Of forecasts whose age nobody knows. [h]"""
_G_PER_KG = 1000.0


class HourOfRun(NamedTuple):
    """An hour of a run.

    Attributes
    ----------
    start, end : float
        Seconds since 1970; the first and the last hour are cut at the run's ends. [s]
    facility_energy_kwh : float
        Energy at the facility's meter. [kWh]
    g_per_kwh : float
        Carbon intensity by the energy in the hour; the annual one where the series has no slot. [g CO2e/kWh]
    operational_kg : float
        Emissions. [kg CO2e]
    """

    start: float
    end: float
    facility_energy_kwh: float
    g_per_kwh: float
    operational_kg: float

    def to_dict(self) -> dict[str, Any]:
        """Return the hour as plain data."""
        return self._asdict() | {"start": utc_text(self.start), "end": utc_text(self.end)}


class HourlyMatch(Record):
    """The emissions of a run by power over time, beside those by the annual mean.

    Attributes
    ----------
    run_id : str
        The run.
    series : Series
        What it was matched with.
    operational_kg : Interval or None
        By the slots; None where more than a fifth of the energy has none. [kg CO2e]
    annual_kg : Interval
        By the annual mean, as the history states it. [kg CO2e]
    g_per_kwh, slots_g_per_kwh, annual_g_per_kwh : float
        Mean carbon intensity by the energy, plain mean of the time, and annual mean. [g CO2e/kWh]
    annual_share, forecast_share, filled_share : float
        Share of the energy without a slot, in forecast slots, and in filled ones. [1]
    is_flat : bool
        Whether no sample tells the power, so that it is taken to be even.
    hours : tuple of HourOfRun
        By the hour of UTC.
    notes : tuple of str
        What to know.
    """

    run_id: str
    series: Series
    operational_kg: Interval | None
    annual_kg: Interval
    g_per_kwh: float
    slots_g_per_kwh: float
    annual_g_per_kwh: float
    annual_share: float
    forecast_share: float
    filled_share: float
    is_flat: bool
    hours: tuple[HourOfRun, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the match as plain data, with every hour, so that it can be worked out again."""
        kg = self.operational_kg
        return {
            "id": self.run_id, "operational_kg": kg and kg._asdict(), "annual_operational_kg": self.annual_kg._asdict(),
            "g_per_kwh": self.g_per_kwh, "slots_g_per_kwh": self.slots_g_per_kwh,
            "annual_g_per_kwh": self.annual_g_per_kwh, "annual_share": self.annual_share,
            "forecast_share": self.forecast_share, "filled_share": self.filled_share, "is_flat": self.is_flat,
            "hours": [hour.to_dict() for hour in self.hours], "notes": list(self.notes),
        }  # fmt: skip


class _Piece(NamedTuple):
    """A time with its energy, in any unit; only shares count. [s, s, 1]"""

    start: float
    end: float
    energy: float


def match_hours(run: Run, series: Series) -> HourlyMatch:
    """Match a run with a series: energy by slot, times PUE, times the slot's carbon intensity.

    The energy is the believed one of the history; samples say when it was drawn. A gap of the series of up to two
    hours carries the slot before it on; energy in longer ones has the annual mean.

    Parameters
    ----------
    run : Run
        Tracked or imported; its energy, PUE and carbon intensity are known.
    series : Series
        Of the grid at the run's place.

    Raises
    ------
    InputError
        If the series is marginal, or something about the run is not known.
    """
    if series.basis == MARGINAL:
        rule = "is marginal: it tells what moving a load does, and has no place in an account of what a run emitted"
        raise InputError("grid_series", series.source, rule)
    facility, annual, grid = run.facility_energy_kwh, run.operational_kg, _grid(run)
    if facility is None or annual is None or grid is None or not facility.best or not run.started:
        raise InputError("id", run.id, f"has no known {_missing(run)} to match")
    pieces, is_flat = _pieces(run)
    timeline = Timeline(series)
    whole = sum(piece.energy for piece in pieces)
    annual_g = annual.best / facility.best * _G_PER_KG
    hours = tuple(_hours(pieces, timeline, facility.best / whole, annual_g))
    shares = _shares(pieces, timeline)
    kg = sum(hour.operational_kg for hour in hours)
    covered = 1 - shares.get("", 0.0)
    found = None
    if covered >= 1 - MOST_MISSING and kg > 0:
        found = with_relative_width(kg, facility, _doubt(run, shares, kg / facility.best * _G_PER_KG, grid.g_per_kwh))
    mean, _ = timeline.mean(pieces[0].start, max(piece.end for piece in pieces))
    return HourlyMatch(
        run.id, series, found, annual, kg / facility.best * _G_PER_KG, mean, annual_g, shares.get("", 0.0),
        shares.get(FORECAST, 0.0), shares.get(FILLED, 0.0), is_flat, hours,
        tuple(_notes(run, series, shares, is_flat)),
    )  # fmt: skip


def _grid(run: Run) -> Grid | None:
    """Return the annual carbon intensity: as its meter recorded it, else that of its footprint, as of imported runs."""
    site = run.site.grid_intensity
    found = run.footprint.grid if site is None else None
    return found if site is None else Grid(site.value, site.year, site.accounting, site.basis, site.source)


def _missing(run: Run) -> str:
    """Name what a run would have to have."""
    missing = {
        "energy": not run.it_energy_kwh,
        "PUE": run.it_energy_kwh and not run.facility_energy_kwh,
        "carbon intensity": _grid(run) is None,
        "time": not run.started,
    }
    return " or ".join(name for name, is_missing in missing.items() if is_missing) or "energy"


def _pieces(run: Run) -> tuple[list[_Piece], bool]:
    """Return when the energy was drawn, and whether that is taken to be even."""
    meters = read_journals(run.folders).meters
    pieces = []
    for meter in meters:
        course = [(0.0, 0.0)]
        course += [(point.seconds, sum(kwh or 0.0 for kwh in point.energy_kwh.values())) for point in meter.points]
        for (first, low), (second, high) in pairwise(course):
            if second > first and high > low:
                pieces.append(_Piece(meter.started + first, meter.started + second, high - low))
    if pieces:
        return sorted(pieces), False
    spans = [(node.started, node.started + node.duration_seconds) for node in run.nodes if node.duration_seconds > 0]
    spans = spans or [(run.started, max(run.ended, run.started + run.duration_seconds))]
    flat = [_Piece(start, end, end - start) for start, end in spans if end > start]
    if not flat:
        raise InputError("id", run.id, "has no length")
    return sorted(flat), True


def _cut(pieces: list[_Piece], length: float) -> Iterator[_Piece]:
    """Cut pieces at the edges of equal steps of UTC."""
    for piece in pieces:
        start = piece.start
        while start < piece.end:
            end = min(piece.end, (start // length + 1) * length)
            yield _Piece(start, end, piece.energy * (end - start) / (piece.end - piece.start))
            start = end


def _hours(pieces: list[_Piece], timeline: Timeline, kwh_per_energy: float, annual_g: float) -> Iterator[HourOfRun]:
    """Add energy and emissions up by the hour, each piece with the mean of its slots."""
    found: dict[float, list[float]] = {}
    for piece in _cut(pieces, float(SECONDS_PER_HOUR)):
        mean, covered = timeline.mean(piece.start, piece.end)
        kwh = piece.energy * kwh_per_energy
        kg = kwh * (mean * covered + annual_g * (1 - covered)) / _G_PER_KG
        sums = found.setdefault(piece.start // SECONDS_PER_HOUR * SECONDS_PER_HOUR, [piece.start, piece.end, 0.0, 0.0])
        sums[0], sums[1] = min(sums[0], piece.start), max(sums[1], piece.end)
        sums[2] += kwh
        sums[3] += kg
    for hour in sorted(found):
        start, end, kwh, kg = found[hour]
        yield HourOfRun(start, end, kwh, kg / kwh * _G_PER_KG if kwh else 0.0, kg)


def _shares(pieces: list[_Piece], timeline: Timeline) -> dict[str, float]:
    """Return the share of the energy by the kind of its slots; under no name that without any. [1]"""
    found: dict[str, float] = {}
    whole = sum(piece.energy for piece in pieces)
    for piece in _cut(pieces, float(SECONDS_PER_HOUR)):
        seconds, rest = piece.end - piece.start, 1.0
        for kind, part in timeline.kinds(piece.start, piece.end).items():
            share = min(part / seconds, 1.0)
            rest -= share
            found[kind] = found.get(kind, 0.0) + share * piece.energy / whole
        if rest > 1e-9:
            found[""] = found.get("", 0.0) + rest * piece.energy / whole
    return found


def _doubt(run: Run, shares: dict[str, float], g_per_kwh: float, grid: Interval) -> Interval:
    """Return what is not known of the carbon intensity, around one: the grid's factors, and slots not measured. [1]"""
    from greentrain.catalogue import load_catalogue
    from greentrain.interval import Z_90, log_width

    places = load_catalogue(run.estimate_inputs.get("profiles")).places
    unmeasured = shares.get(FORECAST, 0.0) + shares.get(FILLED, 0.0) + shares.get(ESTIMATED, 0.0)
    of_source = uncertainty_at(places, "source", g_per_kwh, is_step=True)
    of_slots = unmeasured * uncertainty_at(places, "forecast", _LEAD_HOURS)
    annual = 0.0 if grid.is_exact else log_width(grid) / 2 / Z_90
    variance = of_source**2 + of_slots**2 + (shares.get("", 0.0) * annual) ** 2
    return lognormal(1.0, variance**0.5) if variance else exact(1.0)


def _notes(run: Run, series: Series, shares: dict[str, float], is_flat: bool) -> Iterator[str]:
    yield from series.notes
    grid = _grid(run)
    accounting = (grid.accounting if grid else "") or "not stated"
    if series.basis != accounting:
        yield (
            f"The series counts: {series.basis}; the annual figure: {accounting}. The two are not on one basis unless "
            "a stated factor converts the series (--grid-factor)."
        )
    if is_flat:
        yield "Flat profile: no sample tells the power, so that it is taken to be even from start to end."
    missing = shares.get("", 0.0)
    if missing > MOST_MISSING:
        yield f"{percent(missing)} of the energy has no slot: no hourly figure is stated."
    elif missing:
        yield f"{100 * missing:.1f} % of the energy has no slot, and the annual mean."
    if shares.get(FORECAST):
        yield f"{percent(shares[FORECAST])} of the energy is in forecast slots: match again once they are measured."
