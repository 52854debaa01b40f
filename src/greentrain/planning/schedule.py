"""When to start a job: every start that a series of carbon intensity allows, the best of them, and what it saves."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from math import exp
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.catalogue import Catalogue, Places, load_catalogue
from greentrain.errors import Contradiction, GreentrainError, InputError, InvalidNumber
from greentrain.estimation import Estimate, estimate
from greentrain.estimation.grid import choose_grid, hidden_by_year, uncertainty_at
from greentrain.estimation.ranges import checked_number
from greentrain.intensity.choice import SeriesChoice
from greentrain.intensity.series import DIRECT, MARGINAL, MEASURED, NOT_STATED, Series, Timeline, utc_text
from greentrain.interval import Interval, exact, lognormal, with_relative_width
from greentrain.numbers import amount, percent, rounded
from greentrain.record import Record, WithoutArithmetic

if TYPE_CHECKING:
    from collections.abc import Callable

WITHIN_HOURS = 48.0
"""How far ahead starts are looked for. [h]"""
_HOUR = 3600.0
_SLOT_BEFORE_SECONDS = 3600.0
"""A service is asked from an hour before now on, so that the present slot is in the answer. [s]"""
_MOST_SAMPLED = 60
_WHOLE = 1 - 1e-9
_LENGTHS_HOURS = (1.0, 6.0, 24.0, 96.0, 168.0, 720.0)
_HARDWARE = ("gpu", "instance", "cpu", "cpu_cores")
_STEADY_KW = 1.0
_BASIS_NOTES = {
    DIRECT: "The series counts direct emissions alone: its kg are lower than those of estimate, which are life-cycle.",
    MARGINAL: "The series is marginal: for choosing when, never for an account of what was emitted.",
    NOT_STATED: "The series does not say whether it counts direct or life-cycle emissions (--grid-basis).",
}
_PLANNED_NOTE = "The file does not say which of its slots are forecasts (column kind): all are taken for forecasts."


class Candidate(NamedTuple):
    """A possible start.

    Attributes
    ----------
    start : float
        Seconds since 1970. [s]
    g_per_kwh : float
        Mean carbon intensity over the run. [g/kWh]
    operational_kg : Interval
        Emissions of the run. [kg CO2e]
    sigma : float
        Standard deviation of the logarithm by what a forecast does not know. [1]
    """

    start: float
    g_per_kwh: float
    operational_kg: Interval
    sigma: float

    def to_dict(self) -> dict[str, Any]:
        """Return the candidate as plain data."""
        kg = self.operational_kg._asdict()
        return {"start": utc_text(self.start), "operational_kg": kg, "g_per_kwh": self.g_per_kwh}


class Schedule(WithoutArithmetic, Record):
    """Possible starts of a job and the best of them.

    Attributes
    ----------
    hours : float
        Length of the run. [h]
    series : Series or None
        The carbon intensity; None where there is only an annual mean, which cannot tell.
    now, best : Candidate or None
        The start that is nearest, and the one with the lowest emissions.
    saving_share : Interval or None
        What the best start saves over ``now``, with what forecasts do not know; what both share cancels. [1]
    mean_saving_share : Interval or None
        The same over the mean of all starts. [1]
    candidates : tuple of Candidate
        Every start, in the order of time.
    segments : tuple of (float, float)
        When the job runs, from and to; more than one where it may pause. [s]
    spread : dict of float to float
        Standard deviation of a run's mean intensity around the annual mean, by the run's hours. [1]
    notes : tuple of str
        What to know.

    Examples
    --------
    >>> schedule = best_start("V100", hours=6, location="GB")
    >>> schedule.best is None, round(schedule.spread[6.0], 2)
    (True, 0.23)
    """

    hours: float
    series: Series | None
    now: Candidate | None
    best: Candidate | None
    saving_share: Interval | None
    mean_saving_share: Interval | None
    candidates: tuple[Candidate, ...]
    segments: tuple[tuple[float, float], ...]
    spread: dict[float, float]
    notes: tuple[str, ...]

    @property
    def is_clear(self) -> bool:
        """Whether the best start is better than now by more than a forecast may err."""
        return self.saving_share is not None and self.saving_share.low > 0

    def to_dict(self) -> dict[str, Any]:
        """Return the schedule as plain data, as ``--json`` prints it.

        Examples
        --------
        >>> best_start(hours=6, location="GB").to_dict()["candidates"]
        []
        """
        best = self.best and self.best.to_dict()
        if best is not None:
            pieces = [{"start": utc_text(start), "end": utc_text(end)} for start, end in self.segments]
            best |= {"end": pieces[-1]["end"], "segments": pieces}
        return {
            "kind": "schedule", "hours": self.hours, "series": self.series and self.series.to_dict(),
            "now": self.now and self.now.to_dict(), "best": best,
            "saving_share": self.saving_share and self.saving_share._asdict(),
            "mean_saving_share": self.mean_saving_share and self.mean_saving_share._asdict(),
            "is_clear": self.is_clear, "candidates": [item.to_dict() for item in self.candidates],
            "annual_mean_hides": [{"hours": hours, "sigma": sigma} for hours, sigma in self.spread.items()],
            "notes": list(self.notes),
        }  # fmt: skip

    def to_json(self, indent: int | None = 2) -> str:
        r"""Return the schedule as JSON text.

        Examples
        --------
        >>> best_start(hours=6, location="GB").to_json()[:21]
        '{\n  "kind": "schedule'
        """
        from greentrain.plain_numbers import plain_json

        return plain_json(self.to_dict(), indent=indent)

    def __repr__(self) -> str:
        if self.best is None or self.saving_share is None:
            return f"<Schedule of {self.hours:g} h, no series>"
        saving = f"saves {percent(self.saving_share.best)}"
        return f"<Schedule of {self.hours:g} h, best start {utc_text(self.best.start)}, {saving}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks: the best start beside now, or what an annual mean hides."""
        from greentrain.html_table import table

        notes = " ".join(self.notes)
        if self.best is None or self.now is None or self.saving_share is None:
            spread = [(f"{hours:,g} h", percent(sigma)) for hours, sigma in self.spread.items()]
            caption = "No start is better by what is known: there is no series of carbon intensity"
            return table(("length of a run", "typical difference from the annual mean"), spread, caption, notes)
        low, best, high = (percent(value) for value in self.saving_share)
        saving = best if low == high else f"{best} ({low} to {high})"
        rows = [
            (
                name,
                utc_text(item.start),
                f"{rounded(item.g_per_kwh)} g/kWh",
                amount(item.operational_kg, "kg CO2e"),
            )
            for name, item in (("best", self.best), ("now", self.now))
        ]
        head = ("", "start (UTC)", "mean intensity", "operational (90 % interval)")
        clear = "" if self.is_clear else ", no clear gain: a forecast may err by more"
        return table(head, rows, f"The best start of {self.hours:g} h saves {saving} against now{clear}", notes)


def best_start(
    gpu: str | None = None,
    *,
    within: float | str | None = None,
    deadline: str | datetime | None = None,
    interruptible: bool = False,
    grid_series: str | PathLike[str] | Series | None = None,
    grid_service: str | None = None,
    grid_zone: str | None = None,
    grid_url: str | None = None,
    grid_basis: str | None = None,
    grid_factor: float | str | None = None,
    home: str | PathLike[str] | None = None,
    profiles: str | PathLike[str] | None = None,
    now: float | None = None,
    before_asking: "Callable[[str], object] | None" = None,
    **described: Any,
) -> Schedule:
    r"""Find the start of a job with the lowest emissions.

    Parameters
    ----------
    gpu : str, optional
        Accelerator, as in `estimate`. Without hardware the load is a steady kilowatt.
    within : float or str, optional
        How far ahead the start may be: 48, ``48h``, ``2d``. Default 48 h. [h]
    deadline : str or datetime, optional
        When the run has to have ended; a time without a zone is UTC.
    interruptible : bool
        Whether the job may pause: it then runs in the cleanest slots.
    grid_series : path or Series, optional
        CSV with ``timestamp,g_per_kwh``. Its first slot is now, whatever the clock says.
    grid_service : str, optional
        Service to ask: ``gb``, ``energy-charts``, ``rte``, ``aemo``, ``electricity-maps``, ``watttime`` and others.
    grid_zone, grid_url : str, optional
        The zone as the service names it, and another address of the service.
    grid_basis : {'direct', 'life-cycle', 'marginal'}, optional
        What a file's values count.
    grid_factor : float or str, optional
        Makes direct values life-cycle ones; ``table`` takes the country's ratio.
    home, profiles : path, optional
        Data folder, and folder of your own profiles.
    now : float, optional
        The present, for a service. [s since 1970]
    before_asking : callable, optional
        Is told in one line what a service is about to be sent.
    **described
        The keywords of `estimate`, one value each; the hours are those of the run.

    Returns
    -------
    Schedule
        All starts, the best of them, and what it saves with an interval. Without a series there is none of these, but
        what an annual mean hides by the run's length.

    Raises
    ------
    InputError
        If an argument is invalid, or the run does not fit.
    DataError
        If the file is no series.
    GridServiceError
        If the service gives no usable answer.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("day.csv").write_text("timestamp,g_per_kwh\n" + "".join(
    ...     f"2026-03-01T{hour:02}:00Z,{300 - 10 * hour}\n" for hour in range(24)))
    >>> schedule = best_start("V100", hours=6, location="GB", grid_series="day.csv")
    >>> schedule.to_dict()["best"]["start"], round(schedule.saving_share.best, 3)
    ('2026-03-01T18:00:00Z', 0.655)
    """
    catalogue = load_catalogue(profiles)
    location = described.get("location")
    choice = SeriesChoice(
        catalogue, location, home=None if home is None else str(home), grid_series=grid_series,
        grid_service=grid_service, grid_zone=grid_zone, grid_url=grid_url, grid_basis=grid_basis,
        grid_factor=grid_factor,
    )  # fmt: skip
    job = _job(catalogue, {"gpu": gpu, **described}, profiles)
    ahead = _hours("within", WITHIN_HOURS if within is None else within) * _HOUR
    until = None if deadline is None else _moment(deadline)
    if not choice.is_named:
        return _without_series(catalogue, job, location, described.get("year"))
    present = time.time() if now is None else now
    asked = (present - _SLOT_BEFORE_SECONDS, present + ahead + job.seconds + _HOUR)
    told = choice.announcement(*asked)
    if told and before_asking:
        before_asking(told)
    series = choice.find(*asked)
    first = series.start if choice.service is None else _present_slot(series, present)
    limit = min(series.end, float("inf") if until is None else until)
    return _search(catalogue, job, series, _Bounds(first, first + ahead, limit), interruptible=interruptible)


class _Job(NamedTuple):
    """The run: its length and its energy at the facility's meter. [kWh]"""

    hours: float
    energy_kwh: Interval
    notes: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return self.hours * _HOUR


class _Bounds(NamedTuple):
    """The first and last moment to start at, and the last to have ended by. [s]"""

    first: float
    last: float
    end: float


def _job(catalogue: Catalogue, described: dict[str, Any], profiles: Any) -> _Job:
    if all(described.get(name) is None for name in _HARDWARE):
        if described.get("hours") is None:
            raise Contradiction("hours", None, "how long does it run? Give {hours} (wall-clock)")
        hours = checked_number("hours", described["hours"])
        note = f"No hardware is named: emissions are those of a steady load of {_STEADY_KW:g} kW."
        return _Job(hours, exact(hours * _STEADY_KW), (note,))
    result: Estimate = estimate(**described, profiles=profiles)
    if result.wall_clock_hours is None:
        raise Contradiction("hours", None, "how long does it run? Give {hours} (wall-clock), or {count} too")
    notes = tuple(note for note in result.notes if "grid" not in note)
    return _Job(result.wall_clock_hours * result.run["runs"], result.facility_energy_kwh, notes)


def _hours(name: str, value: float | str) -> float:
    try:
        return checked_number("hours", value)
    except InvalidNumber as error:
        raise InvalidNumber(name, value, error.rule) from None


_DEADLINE_RULE = "must be a time such as 2026-03-02T08:00Z"


def _moment(value: str | datetime) -> float:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise InputError("deadline", value, _DEADLINE_RULE) from None
    if not isinstance(value, datetime):
        raise InputError("deadline", value, _DEADLINE_RULE)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


def _present_slot(series: Series, present: float) -> float:
    """Return the start of the slot in which the present is; of the first one if it lies before. [s]"""
    return max((slot.start for slot in series.slots if slot.start <= present), default=series.start)


def _search(catalogue: Catalogue, job: _Job, series: Series, bounds: _Bounds, *, interruptible: bool) -> Schedule:
    timeline, errors = Timeline(series), _Errors(catalogue.places, bounds.first)
    starts = [
        slot.start
        for slot in timeline.slots
        if bounds.first <= slot.start <= bounds.last and slot.start + job.seconds <= bounds.end + 1e-6
    ]
    means = [(start, *timeline.mean(start, start + job.seconds)) for start in starts]
    found = [
        _candidate(job, errors, timeline, start, g_per_kwh) for start, g_per_kwh, covered in means if covered >= _WHOLE
    ]
    if not found:
        raise _no_room(job, series, bounds)
    now, best = found[0], min(found, key=lambda item: item.g_per_kwh)
    segments: tuple[tuple[float, float], ...] = ((best.start, best.start + job.seconds),)
    if interruptible:
        last = min(bounds.end, found[-1].start + job.seconds)
        segments = _cleanest(timeline, bounds.first, last, job.seconds)
        best = _of_segments(job, errors, timeline, segments)
    notes = [*job.notes, *series.notes, *_notes(series, bounds, found, len(starts))]
    return Schedule(
        job.hours, series, now, best, errors.saving(best, [now]), errors.saving(best, _sampled(found)), tuple(found),
        segments, {}, tuple(notes),
    )  # fmt: skip


def _no_room(job: _Job, series: Series, bounds: _Bounds) -> GreentrainError:
    rule = (
        f"no start is left: the series goes from {utc_text(series.start)} to {utc_text(series.end)} with "
        f"{series.missing} missing slots, and the run of {job.hours:g} h has to fit between {utc_text(bounds.first)} "
        f"and {utc_text(bounds.end)}"
    )
    return InputError("hours", job.hours, rule)


def _notes(series: Series, bounds: _Bounds, found: list[Candidate], tried: int) -> list[str]:
    notes = [_BASIS_NOTES[series.basis]] if series.basis in _BASIS_NOTES else []
    if any(slot.kind == "given" for slot in series.slots):
        notes.append(_PLANNED_NOTE)
    if series.missing:
        notes.append(
            f"{series.missing} slots are missing: gaps of up to two hours carry the slot before them on, starts that "
            f"would run into longer ones are left out ({tried - len(found)} of {tried})."
        )
    if found[0].start > bounds.first:
        notes.append(f"The run cannot be judged from {utc_text(bounds.first)} on: now is the first start that can.")
    return notes


def _candidate(job: _Job, errors: "_Errors", timeline: Timeline, start: float, g_per_kwh: float) -> Candidate:
    sigma = errors.sigma(timeline, ((start, start + job.seconds),))
    return _judged(job, errors, start, g_per_kwh, sigma)


def _judged(job: _Job, errors: "_Errors", start: float, g_per_kwh: float, sigma: float) -> Candidate:
    kg = job.energy_kwh.best * g_per_kwh / 1000
    if kg <= 0:
        return Candidate(start, g_per_kwh, exact(0.0), sigma)
    whole = (sigma**2 + errors.of_source(g_per_kwh) ** 2) ** 0.5
    return Candidate(start, g_per_kwh, with_relative_width(kg, job.energy_kwh, lognormal(1.0, whole)), sigma)


def _cleanest(timeline: Timeline, first: float, last: float, seconds: float) -> tuple[tuple[float, float], ...]:
    """Choose the slots with the lowest intensity until the run fits, and join neighbours."""
    rest, pieces = seconds, []
    inside = [slot for slot in timeline.slots if slot.end > first and slot.start < last]
    for slot in sorted(inside, key=lambda item: (item.g_per_kwh, item.start)):
        start, end = max(slot.start, first), min(slot.end, last)
        end = min(end, start + rest)
        if end > start:
            pieces.append((start, end))
            rest -= end - start
        if rest <= 1e-6:
            break
    joined: list[tuple[float, float]] = []
    for start, end in sorted(pieces):
        if joined and start - joined[-1][1] <= 1e-6:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _of_segments(
    job: _Job, errors: "_Errors", timeline: Timeline, segments: tuple[tuple[float, float], ...]
) -> Candidate:
    seconds = sum(end - start for start, end in segments)
    g_per_kwh = sum(timeline.mean(start, end)[0] * (end - start) for start, end in segments) / seconds
    return _judged(job, errors, segments[0][0], g_per_kwh, errors.sigma(timeline, segments))


def _sampled(found: Sequence[Candidate]) -> Sequence[Candidate]:
    """Take some of many starts: the error of their mean needs every pair of them."""
    step = -(-len(found) // _MOST_SAMPLED)
    return found[::step]


class _Errors:
    """What a series does not know of the future, by how far that is ahead.

    Parameters
    ----------
    places : Places
        Where the terms of the uncertainty are.
    present : float
        From where on it is the future. [s]
    """

    def __init__(self, places: Places, present: float) -> None:
        self._places, self._present = places, present
        self._memory_hours = uncertainty_at(places, "forecast_memory", 0.0)

    def of_source(self, g_per_kwh: float) -> float:
        """Return what sources of one grid differ by, log. [1]"""
        return uncertainty_at(self._places, "source", g_per_kwh, is_step=True)

    def sigma(self, timeline: Timeline, segments: Sequence[tuple[float, float]]) -> float:
        """Return the standard deviation of the logarithm of a run's mean: nothing for what was measured. [1]"""
        seconds = unknown = lead = 0.0
        for start, end in segments:
            kinds = timeline.kinds(start, end)
            seconds += end - start
            unknown += sum(part for kind, part in kinds.items() if kind != MEASURED)
            lead += ((start + end) / 2 - self._present) * (end - start)
        hours = max(0.0, lead / seconds / _HOUR)
        return uncertainty_at(self._places, "forecast", hours) * unknown / seconds

    def saving(self, best: Candidate, others: Sequence[Candidate]) -> Interval:
        """Return what one start saves over the mean of others, as a share of it. [1]

        Errors of forecasts of near hours are alike and cancel in part; those of hours far from each other do not.
        """
        mean = sum(item.g_per_kwh for item in others) / len(others)
        if not mean:
            return exact(0.0)
        ratio, number = best.g_per_kwh / mean, len(others)
        with_best = sum(self._alike(best, item) for item in others) / number
        among = sum(self._alike(one, other) for one in others for other in others) / number**2
        variance = max(0.0, best.sigma**2 + among - 2 * with_best)
        low, middle, high = lognormal(ratio, variance**0.5) if ratio > 0 else exact(0.0)
        return Interval(1 - high, 1 - middle, 1 - low)

    def _alike(self, one: Candidate, other: Candidate) -> float:
        """Return the covariance of two starts' errors, log. [1]"""
        apart = abs(one.start - other.start) / _HOUR
        return one.sigma * other.sigma * exp(-apart / self._memory_hours)


def _without_series(catalogue: Catalogue, job: _Job, location: str | None, year: Any) -> Schedule:
    """Say what an annual mean hides."""
    place = None if location is None else catalogue.places.find(location)
    value = choose_grid(catalogue, place, None if year is None else int(checked_number("year", year))).value
    lengths = sorted({*_LENGTHS_HOURS, job.hours})
    spread = {hours: hidden_by_year(catalogue.places, hours, value.g_per_kwh) for hours in lengths}
    where = "a data centre somewhere" if place is None else place.code
    notes = (
        f"An annual mean cannot tell one hour from another: {value.g_per_kwh:,.0f} g/kWh in {where} ({value.year}) is "
        f"the same for every start.",
        f"The mean over a run of {job.hours:g} h typically differs from it by {percent(spread[job.hours])} (one "
        "standard deviation); that is what a choice of hours is made from.",
        "A series tells: --grid-series FILE (CSV timestamp,g_per_kwh), or --grid-service NAME, which is asked only "
        "then.",
    )
    return Schedule(job.hours, None, None, None, None, None, (), (), spread, (*job.notes, *notes))
