"""Public claims as data: the sentence, with what it compares, and the scenarios by which it is checked.

A claim may compare only with activities that carry every label, and never with a whole aircraft: a table that does is
refused, ours or a user's.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue, Equivalent
from greentrain.catalogue.table_files import Row, listed, number
from greentrain.catalogue.tables import Tables
from greentrain.errors import DataError
from greentrain.estimation.equivalents import is_labelled
from greentrain.interval import Interval

PUBLISHED, OWN = "published", "own"
_REFERENCES, _SCENARIOS = "claim_references.csv", "claim_scenarios.csv"
_LEGS = {"round-trip": 2}
_TEXTS = ("gpu", "location")
_WHOLE_NUMBERS = ("count", "year")
_KEYWORDS = {"hours": "hours", "power_w": "power", "host_factor": "host_factor", "pue": "pue"}
_KEYWORDS |= {"grid_g_per_kwh": "grid_intensity"}


class Scenario(NamedTuple):
    """One way of estimating a claim's job, or one figure that was printed for it.

    Attributes
    ----------
    kind : {'published', 'correction', 'recalculated', 'own', 'superseded', 'misprint', 'other-job'}
        What it is to the claim.
    inputs : dict
        Keywords of `greentrain.estimate`; what is absent is our default. Empty where nothing is estimated.
    published_kwh, published_kg : float or None
        What was printed. [kWh, kg CO2e]
    tolerance : float or None
        Relative difference between printed and recomputed that rounding explains. [1]
    """

    id: str
    kind: str
    label: str
    inputs: Mapping[str, Any]
    published_kwh: float | None
    published_kg: float | None
    tolerance: float | None
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> "Scenario":
        """Read a row of claim_scenarios.csv."""
        inputs: dict[str, Any] = {name: row[name] for name in _TEXTS if row[name]}
        inputs |= {name: int(row[name]) for name in _WHOLE_NUMBERS if row[name]}
        inputs |= {keyword: float(row[name]) for name, keyword in _KEYWORDS.items() if row[name]}
        return cls(
            id=row["id"],
            kind=row["kind"],
            label=row["label"],
            inputs=inputs if row["gpu"] else {},
            published_kwh=number(row, "published_kwh"),
            published_kg=number(row, "published_kg"),
            tolerance=number(row, "tolerance"),
            source=row["source"],
            verified=row["verified"],
            notes=row["notes"],
        )


class Yardstick(NamedTuple):
    """An activity that a claim compares with.

    Attributes
    ----------
    activity : Equivalent
        The activity, with its labels.
    is_meant : bool
        False for what the claim is mistaken for.
    claimed_times : float or None
        How many of it the sentence claims. [1]
    unit_kg : Interval
        Its emissions, and the range over every sourced value of the same activity. [kg CO2e]
    """

    activity: Equivalent
    is_meant: bool
    claimed_times: float | None
    unit_kg: Interval
    source: str
    notes: str


class Claim(NamedTuple):
    """A common statement on training, with the job that it is about."""

    id: str
    title: str
    sentence: str
    job: str
    source: str
    notes: str
    yardsticks: tuple[Yardstick, ...]
    scenarios: tuple[Scenario, ...]

    @property
    def meant(self) -> tuple[Yardstick, ...]:
        """The activities that the sentence may mean, the one usually meant first."""
        return tuple(item for item in self.yardsticks if item.is_meant)

    @property
    def mistaken(self) -> tuple[Yardstick, ...]:
        """What the sentence is mistaken for."""
        return tuple(item for item in self.yardsticks if not item.is_meant)


def read_claims(catalogue: Catalogue) -> tuple[Claim, ...]:
    """Read the shipped claims and the user's own, whose rows win over ours of the same id.

    Raises
    ------
    DataError
        If a claim compares with a whole aircraft, with an activity that lacks a label or with unlike ones, or has not
        exactly one published scenario.
    """
    tables = Tables(catalogue.folders)
    activities = {activity.id: activity for activity in catalogue.equivalents}
    rows = {row["id"]: row for row in tables.records("claims")}
    references = {(row["claim"], row["activity"]): row for row in tables.records("claim_references")}
    scenarios = {(row["claim"], row["id"]): row for row in tables.records("claim_scenarios")}
    return tuple(
        _claim(
            row,
            tuple(_yardstick(found, activities) for (key, _), found in references.items() if key == row["id"]),
            tuple(Scenario.from_row(found) for (key, _), found in scenarios.items() if key == row["id"]),
        )
        for row in rows.values()
    )


def _claim(row: Row, yardsticks: tuple[Yardstick, ...], scenarios: tuple[Scenario, ...]) -> Claim:
    texts = {name: row[name] for name in ("id", "title", "sentence", "job", "source", "notes")}
    claim = Claim(**texts, yardsticks=yardsticks, scenarios=scenarios)
    if not claim.meant:
        raise DataError(_REFERENCES, f"claim {claim.id} compares with nothing; it needs a row of role reference")
    for kind in (PUBLISHED, OWN):
        found = sum(scenario.kind == kind for scenario in scenarios)
        if found != 1:
            raise DataError(_SCENARIOS, f"claim {claim.id} has {found} scenarios of kind {kind}; it needs one")
    return claim


def _yardstick(row: Row, activities: Mapping[str, Equivalent]) -> Yardstick:
    activity = activities[row["activity"]]
    same = [activity, *(activities[key] for key in listed(row, "others"))]
    is_meant = row["role"] == "reference"
    for other in same:
        if fault := _fault(other, activity, is_meant):
            raise DataError(_REFERENCES, f"claim {row['claim']}, {other.id}: {fault}", column="activity")
    legs = _legs(activity)
    low = min(other.kg.low / _legs(other) for other in same) * legs
    high = max(other.kg.high / _legs(other) for other in same) * legs
    unit_kg = Interval(low, activity.kg.best, high)
    return Yardstick(activity, is_meant, number(row, "claimed_times"), unit_kg, row["source"], row["notes"])


def _fault(other: Equivalent, activity: Equivalent, is_meant: bool) -> str:
    """Return why an activity cannot be compared with; blank where it can."""
    if not is_labelled(other):
        return "lacks a label: passenger or aircraft, one way or round trip, radiative forcing, year"
    if is_meant and other.subject == "aircraft":
        return "is a whole aircraft; no training is compared with all its seats"
    if (other.unit, other.subject) != (activity.unit, activity.subject):
        return f"is not of the same kind as {activity.id}"
    return ""


def _legs(activity: Equivalent) -> int:
    """Count the flights of a trip; anything else counts once. [1]"""
    return _LEGS.get(activity.trip, 1)
