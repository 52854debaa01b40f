"""The result of checking a claim: the figures of each scenario, their factors, and the verdict in words."""

from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.estimation.equivalents import EverydayComparison, times
from greentrain.factors import Decomposition
from greentrain.interval import Interval
from greentrain.validation.claim_records import OWN, PUBLISHED, Claim, Scenario, Yardstick

ABOUT = 0.9
"""A sentence that says "as much as" holds from this share of what it says on. [1]"""
_SAME_RESULT = 0.1
_FAR_APART = 1.25


class Check(NamedTuple):
    """A published figure beside what its own inputs give.

    Attributes
    ----------
    quantity : str
        ``energy_kwh``, ``emissions_kg``, or ``times:`` with the id of an activity.
    tolerance : float
        Largest relative difference that rounding explains. [1]
    """

    scenario: str
    quantity: str
    published: float
    recomputed: float
    tolerance: float

    @property
    def difference(self) -> float:
        """Recomputed over published, less one. [1]"""
        return self.recomputed / self.published - 1

    @property
    def passed(self) -> bool:
        """Whether rounding explains the difference."""
        return abs(self.difference) <= self.tolerance

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        return self._asdict() | {"difference": self.difference, "passed": self.passed}


class ScenarioResult(NamedTuple):
    """What a scenario comes to.

    Attributes
    ----------
    energy_kwh : Interval or None
        Energy at the facility's meter, as published where it was. [kWh]
    emissions_kg : Interval
        As published where they were, else estimated. [kg CO2e]
    ratios : tuple of EverydayComparison
        The emissions over each activity that the claim compares with, as ranges over its sourced values.
    factors : Decomposition or None
        Those of the estimate; None where nothing was estimated.
    checks : tuple of Check
        Its published figures against its own inputs.
    notes : tuple of str
        What the estimate says of the inputs.
    """

    scenario: Scenario
    energy_kwh: Interval | None
    emissions_kg: Interval
    ratios: tuple[EverydayComparison, ...]
    factors: Decomposition | None
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        scenario = self.scenario
        found = {name: getattr(scenario, name) for name in ("id", "kind", "label")}
        found["inputs"] = dict(scenario.inputs)
        found |= {"published_kwh": scenario.published_kwh, "published_kg": scenario.published_kg}
        found["energy_kwh"] = self.energy_kwh._asdict() if self.energy_kwh else None
        found["emissions_kg"] = self.emissions_kg._asdict()
        found["ratios"] = [{"id": item.activity.id, "ratio": item.ratio._asdict()} for item in self.ratios]
        found["factors"] = _factors_dict(self.factors)
        found |= {"source": scenario.source.split(";"), "verified": scenario.verified}
        return found | {"notes": [scenario.notes, *self.notes]}


class ClaimResult(NamedTuple):
    """A claim with all its scenarios; prints as its verdict.

    Attributes
    ----------
    claim : Claim
        What is said.
    scenarios : tuple of ScenarioResult
        Each way of estimating the job, and each figure that was printed for it.
    catalogue : Catalogue
        Where the sources are.
    verdict : str
        What the claim comes to, in short.
    explanation : str
        In which sense the claim holds, and what it becomes with other inputs.
    """

    claim: Claim
    scenarios: tuple[ScenarioResult, ...]
    catalogue: Catalogue
    verdict: str = ""
    explanation: str = ""

    @property
    def published(self) -> ScenarioResult:
        """The figure of the claim."""
        return next(item for item in self.scenarios if item.scenario.kind == PUBLISHED)

    @property
    def own(self) -> ScenarioResult:
        """Our own estimate of the job from our defaults."""
        return next(item for item in self.scenarios if item.scenario.kind == OWN)

    def of_kind(self, *kinds: str) -> tuple[ScenarioResult, ...]:
        """Select scenarios by what they are to the claim."""
        return tuple(item for item in self.scenarios if item.scenario.kind in kinds)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every published figure and ratio that could be recomputed."""
        return tuple(check for item in self.scenarios for check in item.checks)

    @property
    def passed(self) -> bool:
        """Whether every published figure follows from its own inputs."""
        return all(check.passed for check in self.checks)

    def reaches(self, yardstick: Yardstick) -> bool | None:
        """Whether the published figure comes to what the sentence says; None where it says no number."""
        claimed = yardstick.claimed_times
        if claimed is None:
            return None
        return self.published.emissions_kg.best / yardstick.activity.kg.best >= ABOUT * claimed

    def over_published(self, item: ScenarioResult) -> Decomposition | None:
        """Divide a scenario's factors by the published ones; None where nothing was estimated. [1]"""
        theirs = self.published.factors
        return item.factors.over(theirs) if item.factors and theirs else None

    def cancelling(self, item: ScenarioResult) -> dict[str, float]:
        """Return the factors over the published ones that cancel, where a scenario meets the figure by that. [1]

        Power and host count as one factor, since a published power may hold the host's share.
        """
        ratios = self.over_published(item)
        same = item.emissions_kg.best / self.published.emissions_kg.best
        if ratios is None or abs(same - 1) > _SAME_RESULT:
            return {}
        joint = {"hours": ratios.device_hours, "power and host": ratios.node_w}
        joint |= {"PUE": ratios.pue, "grid": ratios.g_per_kwh}
        far = {name: ratio for name, ratio in joint.items() if max(ratio, 1 / ratio) > _FAR_APART}
        return far if min(far.values(), default=1) < 1 < max(far.values(), default=1) else {}

    @property
    def mistaken(self) -> tuple[EverydayComparison, ...]:
        """The published emissions over what the claim is mistaken for."""
        return tuple(compared(self.published.emissions_kg, item) for item in self.claim.mistaken)

    @property
    def source_ids(self) -> tuple[str, ...]:
        """The ids of every source that the claim, its activities and its scenarios name, the claim's first."""
        claim = self.claim
        named = [claim.source, *(f"{item.source};{item.activity.source}" for item in claim.yardsticks)]
        named += [item.scenario.source for item in self.scenarios]
        return tuple(dict.fromkeys(";".join(named).split(";")))

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        claim = self.claim
        found: dict[str, Any] = {"id": claim.id, "title": claim.title, "sentence": claim.sentence, "job": claim.job}
        found |= {"passed": self.passed, "verdict": self.verdict, "explanation": self.explanation}
        found["checks"] = [check.to_dict() for check in self.checks]
        found["references"] = [self._reference_to_dict(item) for item in claim.meant]
        found["mistaken_for"] = [item.to_dict() for item in self.mistaken]
        found["scenarios"] = [self._scenario_to_dict(item) for item in self.scenarios]
        sources = {key: self.catalogue.source(key) for key in self.source_ids}
        found["sources"] = {key: {"title": it.title, "url": it.url, "year": it.year} for key, it in sources.items()}
        return found | {"notes": claim.notes}

    def _reference_to_dict(self, item: Yardstick) -> dict[str, Any]:
        found = compared(self.published.emissions_kg, item).to_dict()
        return found | {"claimed_times": item.claimed_times, "reaches": self.reaches(item)}

    def _scenario_to_dict(self, item: ScenarioResult) -> dict[str, Any]:
        over_published = _factors_dict(self.over_published(item))
        return item.to_dict() | {"over_published": over_published, "cancelling": self.cancelling(item)}

    def __repr__(self) -> str:
        return f"<ClaimResult {self.claim.id}: {self.verdict}>"


def compared(emissions_kg: Interval, yardstick: Yardstick) -> EverydayComparison:
    """Compare emissions with an activity, as a range over its sourced values.

    Parameters
    ----------
    emissions_kg : Interval
        What is compared. [kg CO2e]
    """
    return EverydayComparison(yardstick.activity, times(emissions_kg, yardstick.unit_kg))


def _factors_dict(factors: Decomposition | None) -> dict[str, float] | None:
    """Return factors, or their ratios, by the names that they have in JSON."""
    if factors is None:
        return None
    return {
        "accelerator_hours": factors.device_hours,
        "power_w": factors.power_w,
        "host_factor": factors.host_factor,
        "pue": factors.pue,
        "grid_g_per_kwh": factors.g_per_kwh,
    }
