"""The verdict on a claim, in words made from its numbers.

Every activity is named once with its whole label, and by a letter after that.
"""

from math import floor, log10
from string import ascii_uppercase

from greentrain.estimation.equivalents import EverydayComparison
from greentrain.factors import Decomposition
from greentrain.interval import Interval
from greentrain.validation.claim_results import ClaimResult, ScenarioResult


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
    return f"{100 * ratio:.2g} %"


def _senses(result: ClaimResult) -> list[str]:
    """Write for each activity whether the published figure comes to what the sentence claims."""
    found, factors = [], result.published.factors
    said = f'"{result.claim.sentence}" is about one job: {_lower(result.claim.job)}'
    found.append(f"{said}, reckoned as {_product(factors)}." if factors else f"{said}.")
    for letter, yardstick, item in zip(ascii_uppercase, result.claim.meant, result.published.ratios, strict=False):
        reached, claimed = result.reaches(yardstick), yardstick.claimed_times
        named, ratio = f"{letter}, {item.activity.label}", _times(item.ratio)
        if claimed is None:
            found.append(f"It comes to {ratio} {named}.")
        else:
            verb = "reaches it" if reached else "falls short"
            found.append(f"If it means {named}, the published figure {verb}: {ratio}, where it says {claimed:,.10g}.")
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
    said = "; ".join(f"{two_digits(item.ratios[0].ratio.best)} {item.scenario.label}" for item in items)
    return [f"The same job reckoned otherwise, in A: {said}."]


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
