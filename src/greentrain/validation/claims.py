"""Public claims recomputed from their own inputs, and what becomes of them with others.

A claim passes when its published figures follow from its own stated inputs and its ratio to each activity that it
compares with is reported. Whether the sentence holds is a different matter, which the verdict answers: text made from
the numbers, in which every activity is named once with its whole label, and by a letter after that.
"""

from math import floor, log10
from string import ascii_uppercase
from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.estimation import Estimate, estimate
from greentrain.estimation.equivalents import EverydayComparison, times
from greentrain.factors import Decomposition, decomposed
from greentrain.interval import Interval, exact
from greentrain.numbers import rounded
from greentrain.validation.claim_records import OWN, PUBLISHED, Claim, Scenario, Yardstick, read_claims

ABOUT = 0.9
"""A sentence with "as much as" holds from this share of its number on. [1]"""
_SAME_RESULT = 0.1
_FAR_APART = 1.25


class Check(NamedTuple):
    """A published figure and what its own inputs give.

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
        The notes of the estimate.
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
        The claim with its data.
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
        """Whether the published figure comes to what the sentence claims; None where that is no number."""
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


def check_claims(catalogue: Catalogue | None = None) -> tuple[ClaimResult, ...]:
    """Recompute every claim, and estimate its scenarios.

    Parameters
    ----------
    catalogue : Catalogue, optional
        Where claims, activities and our defaults are; a user's folder may add claims.

    Returns
    -------
    tuple of ClaimResult
        In the order of claims.csv.

    Raises
    ------
    DataError
        If a claim compares with a whole aircraft or with an activity that lacks a label.

    Examples
    --------
    >>> bert = check_claims()[0]
    >>> [round(item.ratio.best, 2) for item in bert.published.ratios]
    [0.72, 1.45]
    """
    catalogue = catalogue or load_catalogue()
    return tuple(_result(claim, catalogue) for claim in read_claims(catalogue))


def _result(claim: Claim, catalogue: Catalogue) -> ClaimResult:
    profiles = catalogue.folders[-1] if catalogue.folders else None
    found = []
    for scenario in claim.scenarios:
        ours = estimate(**scenario.inputs, profiles=profiles) if scenario.inputs else None
        found.append(_scenario_result(claim, scenario, ours))
    result = ClaimResult(claim, tuple(found), catalogue)
    return result._replace(verdict=short_verdict(result), explanation=long_verdict(result))


def _scenario_result(claim: Claim, scenario: Scenario, ours: Estimate | None) -> ScenarioResult:
    kg = exact(scenario.published_kg) if scenario.published_kg else None
    kwh = exact(scenario.published_kwh) if scenario.published_kwh else None
    if ours is not None:
        kg, kwh = kg or ours.operational_kg, kwh or ours.facility_energy_kwh
    assert kg is not None, scenario.id  # the schema demands one or the other
    ratios = tuple(compared(kg, item) for item in claim.meant)
    if ours is None:
        return ScenarioResult(scenario, kwh, kg, ratios, None, (), ())
    factors = decomposed(ours.footprint, ours.accelerators_kwh, ours.run["gpu_hours"])
    return ScenarioResult(scenario, kwh, kg, ratios, factors, _checks(claim, scenario, ours), ours.notes)


def _checks(claim: Claim, scenario: Scenario, ours: Estimate) -> tuple[Check, ...]:
    tolerance = scenario.tolerance or 0.0
    kwh, kg = ours.facility_energy_kwh.best, ours.operational_kg.best
    pairs = [("energy_kwh", scenario.published_kwh, kwh), ("emissions_kg", scenario.published_kg, kg)]
    if scenario.kind == PUBLISHED and scenario.published_kg:
        units = {f"times:{item.activity.id}": item.activity.kg.best for item in claim.meant}
        pairs += [(name, scenario.published_kg / unit_kg, kg / unit_kg) for name, unit_kg in units.items()]
    return tuple(Check(scenario.id, name, printed, found, tolerance) for name, printed, found in pairs if printed)


def short_verdict(result: ClaimResult) -> str:
    """Write the published figure, its ratios and how far other inputs move them."""
    published = result.published
    ratios = "; ".join(_ratio_with_label(item) for item in published.ratios)
    text = f"{result.claim.job}, as published: {three_digits(published.emissions_kg.best)} kg CO2e = {ratios}."
    others = [item.ratios[0].ratio.best for item in result.of_kind("correction", "recalculated")]
    if not others:
        return text
    least, most = two_digits(min(others)), two_digits(max(others))
    span = f"{least} to {most}" if len(others) > 1 else least
    return f"{text} The same job with other inputs: {span} x the first."


def long_verdict(result: ClaimResult) -> str:
    """Write in which sense the sentence holds, what it becomes with other inputs, and what it never means."""
    parts = [
        *_senses(result),
        *_corrections(result),
        *_recalculated(result),
        *_own(result),
        *_coincidences(result),
        *_others(result),
        *(f"It never means {item.activity.label}: {_percent(item.ratio.best)} of one." for item in result.mistaken),
    ]
    return " ".join(parts)


def three_digits(value: float) -> str:
    """Write a quantity with three significant digits and thousands separators."""
    return f"{float(f'{value:.3g}'):,.10g}"


def two_digits(value: float) -> str:
    """Write a ratio: two decimals, more where they would leave fewer than two digits, fewer from ten on."""
    if value >= 10:
        return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
    return f"{value:.{max(2, 1 - floor(log10(value)))}f}"


def _times(ratio: Interval) -> str:
    """Write a ratio with its range."""
    best = f"{two_digits(ratio.best)} x"
    return best if ratio.is_exact else f"{best} ({two_digits(ratio.low)} to {two_digits(ratio.high)})"


def _ratio_with_label(item: EverydayComparison) -> str:
    return f"{_times(item.ratio)} {item.activity.label}"


def _percent(ratio: float) -> str:
    return f"{rounded(100 * ratio, 2)} %"


def _senses(result: ClaimResult) -> list[str]:
    """Write for each activity whether the published figure comes to what the sentence claims."""
    found, factors = [], result.published.factors
    job = f'"{result.claim.sentence}" is about one job: {_lower(result.claim.job)}'
    found.append(f"{job}, computed as {_product(factors)}." if factors else f"{job}.")
    for letter, yardstick, item in zip(ascii_uppercase, result.claim.meant, result.published.ratios, strict=False):
        reached, claimed = result.reaches(yardstick), yardstick.claimed_times
        named, ratio = f"{letter}, {item.activity.label}", _times(item.ratio)
        if claimed is None:
            found.append(f"It comes to {ratio} {named}.")
        else:
            verb = "reaches it" if reached else "falls short"
            found.append(f"If it means {named}, the published figure {verb}: {ratio}, where it claims {claimed:,.10g}.")
    return found


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _product(factors: Decomposition) -> str:
    hours, power_w = three_digits(factors.device_hours), three_digits(factors.power_w)
    shown = f"{hours} accelerator-hours x {power_w} W x host {two_digits(factors.host_factor)}"
    return f"{shown} x PUE {two_digits(factors.pue)} x {three_digits(factors.g_per_kwh)} g/kWh"


def _corrections(result: ClaimResult) -> list[str]:
    return [
        f"Corrected since: {item.scenario.label}, {_kg(item)}, {_times(item.ratios[0].ratio)} A, "
        f"1/{two_digits(result.published.emissions_kg.best / item.emissions_kg.best)} of what was published."
        for item in result.of_kind("correction")
    ]


def _kg(item: ScenarioResult) -> str:
    low, best, high = (three_digits(value) for value in item.emissions_kg)
    return f"{best} kg" if item.emissions_kg.is_exact else f"{best} kg ({low} to {high})"


def _recalculated(result: ClaimResult) -> list[str]:
    items = result.of_kind("recalculated")
    if not items:
        return []
    ratios = "; ".join(f"{two_digits(item.ratios[0].ratio.best)} {item.scenario.label}" for item in items)
    return [f"The same job under other assumptions, in A: {ratios}."]


def _own(result: ClaimResult) -> list[str]:
    own = result.own
    ratios = result.over_published(own)
    text = f"Our own estimate, from hardware, count, hours, place and year alone, is {_kg(own)}"
    text += f", {_times(own.ratios[0].ratio)} A"
    if ratios is None:
        return [f"{text}."]
    named = {"hours": ratios.device_hours, "power": ratios.power_w, "host": ratios.host_factor}
    named |= {"PUE": ratios.pue, "grid": ratios.g_per_kwh}
    factors = ", ".join(f"{name} x {two_digits(ratio)}" for name, ratio in named.items())
    return [f"{text}; over the published figure: {factors}, together x {two_digits(ratios.product)}."]


def _coincidences(result: ClaimResult) -> list[str]:
    found = []
    for item in result.scenarios:
        if cancelling := result.cancelling(item):
            factors = ", ".join(f"{name} x {two_digits(ratio)}" for name, ratio in cancelling.items())
            found.append(f"The same figure for other reasons ({item.scenario.label}): {factors} cancel.")
    return found


def _others(result: ClaimResult) -> list[str]:
    found = []
    for item in result.of_kind("superseded", "misprint"):
        over = two_digits(item.emissions_kg.best / result.published.emissions_kg.best)
        found.append(f"Not to be quoted ({item.scenario.label}): {_kg(item)}, {over} x what was published.")
    for item in result.of_kind("other-job"):
        ratio = two_digits(item.ratios[0].ratio.best)
        found.append(f"Another job ({item.scenario.label}): {_kg(item)}, {ratio} x A.")
    return found
