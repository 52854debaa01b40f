"""Budgets of energy and emissions per project and year, from ``greentrain.toml``: used, left, and where it leads."""

import os
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from greentrain.errors import DataError, InputError, UnknownName, path_text
from greentrain.estimation.ranges import FIRST_YEAR, Limits, checked_in
from greentrain.history.history import History
from greentrain.history.totals import totals_of
from greentrain.interval import Interval
from greentrain.record import Record

CONFIG = "greentrain.toml"
EVERYTHING = "*"
"""The project that stands for all runs, those without a project too."""
_KEYS = {"kg": ("operational_kg", "kg CO2e"), "kwh": ("facility_energy_kwh", "kWh")}
_LEAST_OF_YEAR = 1 / 52
"""Before a week of the year has gone, nothing can be said of the rest. [1]"""


class YearBudget(NamedTuple):
    """What a project may use in a year.

    Attributes
    ----------
    project : str
        Its name; ``*`` for all runs.
    year : int
        By UTC.
    key : {'kg', 'kwh'}
        Emissions [kg CO2e] or energy of the facility [kWh].
    amount : float
        In that unit.
    """

    project: str
    year: int
    key: str
    amount: float

    @property
    def quantity(self) -> str:
        """The quantity of a footprint that counts."""
        return _KEYS[self.key][0]

    @property
    def unit(self) -> str:
        """Unit of the amount."""
        return _KEYS[self.key][1]


class YearUse(Record):
    """What was used of a budget.

    Attributes
    ----------
    budget : YearBudget
        The budget.
    runs : int
        Runs that began in that year, failed ones too.
    used : Interval
        By them. [unit of the budget]
    forecast : Interval or None
        Of the whole year, if it goes on as so far; None in its first week. [unit of the budget]
    """

    budget: YearBudget
    runs: int
    used: Interval
    forecast: Interval | None

    @property
    def left(self) -> float:
        """What is left by the best value; below 0 where it is used up. [unit of the budget]"""
        return self.budget.amount - self.used.best

    def is_exceeded(self, end: str = "best") -> bool:
        """Whether an end of what was used is above the budget."""
        value: float = getattr(self.used, end)
        return value > self.budget.amount

    def to_dict(self) -> dict[str, Any]:
        """Return the use as plain data."""
        budget = self.budget
        return {
            "project": budget.project, "year": budget.year, "quantity": budget.quantity, "unit": budget.unit,
            "budget": budget.amount, "runs": self.runs, "used": self.used._asdict(), "left": self.left,
            "used_share": self.used.best / budget.amount, "forecast": self.forecast and self.forecast._asdict(),
        }  # fmt: skip


def read_budgets(path: str | os.PathLike[str]) -> list[YearBudget]:
    """Read the budgets of a file.

    Parameters
    ----------
    path : path
        TOML with a table ``[budgets.PROJECT]`` of years, each with ``kg`` or ``kwh`` or both.

    Raises
    ------
    DataError
        If it is none.
    """
    name = path_text("config", path)
    if not os.path.isfile(name):  # noqa: PTH113 -- paths are text here
        raise UnknownName("config", name, "is not there; it holds a table [budgets.PROJECT] of years")
    try:
        with open(name, "rb") as file:  # noqa: PTH123 -- as above
            whole = tomllib.load(file)
    except (ValueError, RecursionError) as error:
        raise DataError(name, f"is no TOML: {str(error)[:200]}") from None
    found = list(_budgets(name, whole.get("budgets")))
    if not found:
        raise DataError(name, 'holds no budget: [budgets.nlp] with 2026 = { kg = 500, kwh = 2000 }; "*" is everything')
    return found


def _budgets(name: str, projects: Any) -> Iterator[YearBudget]:
    for project, years in _items(name, "budgets", projects or {}):
        for year, amounts in _items(name, project, years):
            if not year.isdecimal() or not FIRST_YEAR <= int(year) <= 9999:
                raise DataError(name, f"budgets of {project!a}: {year!a} is no year")
            for key, amount in _items(name, year, amounts):
                if key not in _KEYS:
                    raise DataError(name, f"budget of {project!a} in {year}: {key!a} must be kg or kwh")
                yield YearBudget(project, int(year), key, _amount(name, project, key, amount))


def _items(name: str, what: str, found: Any) -> list[tuple[str, Any]]:
    if not isinstance(found, dict):
        raise DataError(name, f"{what!a} must be a table: [budgets.nlp] with 2026 = {{ kg = 500 }}")
    return list(found.items())


def _amount(name: str, project: str, key: str, amount: Any) -> float:
    try:
        return checked_in(Limits(0, 1e12, _KEYS[key][1]), key, amount)
    except InputError as error:
        raise DataError(name, f"budget of {project!a}: {error}") from None


def budget_uses(history: History, budgets: list[YearBudget], now: float | None = None) -> list[YearUse]:
    """Return what runs used of budgets, by the years in which they began.

    Parameters
    ----------
    history : History
        The runs.
    budgets : list of YearBudget
        The budgets.
    now : float, optional
        The present, for the forecast. [s since 1970]
    """
    present = time.time() if now is None else now
    totals = {}
    for project, year in dict.fromkeys((budget.project, budget.year) for budget in budgets):
        named = None if project == EVERYTHING else project
        found = history.summaries(project=named, since=f"{year}-01-01", until=f"{year}-12-31")
        totals[project, year] = totals_of(found)
    return [_use(budget, totals[budget.project, budget.year], present) for budget in budgets]


def _use(budget: YearBudget, whole: Any, present: float) -> YearUse:
    used: Interval = getattr(whole, budget.quantity)
    gone = _gone(budget.year, present)
    forecast = used.scaled(1 / gone) if gone >= _LEAST_OF_YEAR else None
    return YearUse(budget, whole.runs, used, forecast)


def _gone(year: int, present: float) -> float:
    """Return how much of a year has gone. [1]"""
    start, end = (datetime(each, 1, 1, tzinfo=UTC).timestamp() for each in (year, year + 1))
    return min(1.0, max(0.0, (present - start) / (end - start)))
