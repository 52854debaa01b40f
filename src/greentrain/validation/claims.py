"""Public claims recomputed from their own inputs, and what becomes of them with others.

A claim passes when its published figures follow from its own stated inputs and its ratio to each activity that it
compares with is reported. Whether the sentence holds is a different matter, which the verdict answers.
"""

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.estimation import Estimate, estimate
from greentrain.factors import decomposed
from greentrain.interval import exact
from greentrain.validation.claim_records import PUBLISHED, Claim, Scenario, read_claims
from greentrain.validation.claim_results import Check, ClaimResult, ScenarioResult, compared
from greentrain.validation.claim_verdicts import long_verdict, short_verdict

__all__ = ["Check", "ClaimResult", "ScenarioResult", "check_claims"]


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
    return tuple(Check(scenario.id, name, said, found, tolerance) for name, said, found in pairs if said)
