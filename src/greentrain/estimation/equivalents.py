"""Comparisons with everyday activities: a range with all its labels, never a bare "one flight"."""

from functools import lru_cache
from math import log10
from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue, Equivalent
from greentrain.interval import Interval, product_independent, reciprocal

HOW_MANY = 3
_FEWEST, _MOST = 0.01, 1000.0
"""How many times an activity says something to a reader. [1]"""
_FLIGHT_LABELS = ("subject", "trip", "radiative_forcing", "year")


class EverydayComparison(NamedTuple):
    """The run's emissions over an activity's.

    Attributes
    ----------
    activity : Equivalent
        What it is compared with, labels and source included.
    ratio : Interval
        How many times the activity. [1]
    """

    activity: Equivalent
    ratio: Interval

    @property
    def is_telling(self) -> bool:
        """Whether a reader can imagine it: a hundredth to a thousand times the activity."""
        return _FEWEST <= self.ratio.best <= _MOST

    @property
    def source_ids(self) -> list[str]:
        """The source ids of the activity's figure."""
        return self.activity.source.split(";")

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        activity = self.activity
        found = {"id": activity.id, "label": activity.label, "ratio": self.ratio._asdict()}
        found |= {"unit": activity.unit, "kg_per_unit": activity.kg._asdict(), "source": self.source_ids[0]}
        if activity.subject:
            found |= {label: getattr(activity, label) for label in _FLIGHT_LABELS}
        return found


def equivalents_of(emissions_kg: Interval, catalogue: Catalogue) -> tuple[EverydayComparison, ...]:
    """Compare emissions with the catalogue's activities, as `compare` does.

    Parameters
    ----------
    emissions_kg : Interval
        The run's emissions. [kg CO2e]
    catalogue : Catalogue
        Where the activities are.
    """
    return _compared(emissions_kg, _displayed_of(catalogue))


def compare(emissions_kg: Interval, activities: tuple[Equivalent, ...]) -> tuple[EverydayComparison, ...]:
    """Compare emissions with the three activities of the nearest size, the smallest activity first.

    Parameters
    ----------
    emissions_kg : Interval
        The run's emissions. [kg CO2e]
    activities : tuple of Equivalent
        Only those marked for display are used, and no flight that lacks a label.
    """
    return _compared(emissions_kg, _displayed(activities))


def _compared(
    emissions_kg: Interval, activities: tuple[tuple[float, Equivalent], ...]
) -> tuple[EverydayComparison, ...]:
    size = log10(emissions_kg.best)
    nearest = sorted(activities, key=lambda pair: abs(size - pair[0]))[:HOW_MANY]
    ordered = sorted((activity for _, activity in nearest), key=lambda activity: activity.kg.best)
    return tuple(EverydayComparison(activity, times(emissions_kg, activity.kg)) for activity in ordered)


def _displayed(activities: tuple[Equivalent, ...]) -> tuple[tuple[float, Equivalent], ...]:
    """Return the activities to compare with, each with the logarithm of its emissions."""
    fit = (activity for activity in activities if activity.display and is_labelled(activity))
    return tuple((log10(activity.kg.best), activity) for activity in fit)


@lru_cache(maxsize=16)
def _displayed_of(catalogue: Catalogue) -> tuple[tuple[float, Equivalent], ...]:
    return _displayed(catalogue.equivalents)


def is_labelled(activity: Equivalent) -> bool:
    """Whether an activity has every label that it needs; only flights need any."""
    is_flight = bool(activity.subject)
    return not is_flight or all(getattr(activity, label) for label in _FLIGHT_LABELS)


def times(emissions_kg: Interval, unit_kg: Interval) -> Interval:
    """Divide emissions by those of one unit of an activity. [1]

    Parameters
    ----------
    emissions_kg, unit_kg : Interval
        Emissions of the run and of the activity. [kg CO2e]
    """
    return product_independent(emissions_kg, reciprocal(unit_kg))
