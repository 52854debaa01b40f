"""Tier T4: figures that contradict each other or mix scopes, noticed by their numbers and their wording.

A detector looks at one record, at the records of the same run and at the catalogue, and returns what it found, or
nothing. Its docstring is the trap, for any record; it knows no record by its id.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log
from typing import NamedTuple

from greentrain import formulas
from greentrain.catalogue import Accelerator, Catalogue, load_catalogue
from greentrain.errors import GreentrainError, InputError
from greentrain.estimation import estimate
from greentrain.estimation.power import NODE_OVER_TDP, rating_fault
from greentrain.interval import Interval
from greentrain.numbers import rounded
from greentrain.units import G_PER_KG, HOURS_PER_YEAR, W_PER_KW
from greentrain.validation.names import RecordHardware, find_hardware, find_place
from greentrain.validation.our_estimate import (
    co2e_boundary,
    described,
    energy_at,
    estimated,
    place_g_per_kwh,
    power_holds_host,
    published_power_w,
)
from greentrain.validation.recompute import agreements, excludes_pue, includes_embodied, quoted_kg, recompute
from greentrain.validation.reference import Reference

_WITHIN = 0.015
"""How far a ratio may be from the factor that betrays a slip. [1]"""
_LONGEST_WALL_H = 17_520
"""Two years: no run of several devices took longer from start to end. [h]"""
_OTHER_GRID = 1.5
"""How far outside the interval of a place's grid an intensity is of no grid there. [1]"""
_CALCULATOR_G_PER_KWH, _CALCULATOR_WITHIN = 432.0, 0.01
"""What the ML CO2 Impact calculator takes for a site that it has no grid of. [g/kWh]"""
_OTHER_THAN_CALCULATOR = 0.1
_NOT_METERED = 0.1
"""Mean power over TDP below which an accelerator at work was not metered; idle ones draw more. [1]"""
_NET = re.compile(r"^market\b|\bnet of (clean|contract|renewable)|\(net\b|(^|\. )net \(", re.IGNORECASE)
_PROGRAMME = re.compile(r"\b(programme|development|all (models|runs|experiments)|hyperparameter)\b", re.IGNORECASE)
_PREDICTED = re.compile(r"\b(predict(ed|ion)|projected)\b", re.IGNORECASE)
_OTHER_FIGURE = 0.1
"""Difference of logarithms above which two figures are two. [1]"""
_HOURS_WITHIN = 0.01
_SAME_HOURS = re.compile(r"\bsame [\d.,]+ ?[kM]? ?(GPU-|accelerator-)?h(ours)?\b")
_IMPOSSIBLE = re.compile(r"impossible in practice|longer than .* had existed|was released in .* after")
_SPLIT_GPU = re.compile(r"\bgpu (\d[\d.]*)")


class Surroundings(NamedTuple):
    """What a detector may look at besides the record: the catalogue, and other records of the same run."""

    catalogue: Catalogue
    same_run: tuple[Reference, ...] = ()


def find_traps(
    reference: Reference, others: Sequence[Reference] = (), *, catalogue: Catalogue | None = None
) -> dict[str, str]:
    """Find the traps of a record.

    Parameters
    ----------
    reference : Reference
        The record.
    others : sequence of Reference
        Records among which those of the same run are looked for.
    catalogue : Catalogue, optional
        Where devices and places are.

    Returns
    -------
    dict of str to str
        What was found, by the name of the trap.
    """
    same_run = tuple(other for other in others if is_same_run(reference, other))
    around = Surroundings(catalogue or load_catalogue(), same_run)
    return {name: found for name, detect in TRAPS.items() if (found := detect(reference, around))}


def _tenfold(reference: Reference, around: Surroundings) -> str:
    """A figure is ten, a hundred ... times what its inputs or another record give."""
    for what, ratio in kg_ratios(reference, around.same_run):
        power = round(log(ratio, 10))
        if power not in (0, 3, -3) and _is_near(ratio, 10.0**power):
            return f"its CO2e is {10.0**power:g} x that {what}: a misplaced decimal point in one of them"
    return ""


def _grams(reference: Reference, around: Surroundings) -> str:
    """A figure is a thousand times too large or small."""
    if found := _thousandfold_grid(reference, around):
        return found
    for what, ratio in kg_ratios(reference, around.same_run):
        if _is_near(ratio, 1000) or _is_near(ratio, 0.001):
            factor = "1000" if ratio > 1 else "1/1000"
            return f"its CO2e is {factor} x that {what}: grams, kilograms or tonnes taken for each other"
    return ""


def _thousandfold_grid(reference: Reference, around: Surroundings) -> str:
    """Tell that the carbon intensity is a thousand times that of the place, or a thousandth of it."""
    own, implied = _place_g_per_kwh(reference, around), implied_g_per_kwh(reference)
    if own is None or not implied:
        return ""
    what = "its grid" if reference.grid_g_per_kwh is not None else "the grid that its CO2e implies"
    for factor, words in ((1000.0, "a thousand times"), (0.001, "a thousandth of")):
        if own.low / _OTHER_GRID <= implied / factor <= own.high * _OTHER_GRID:
            there = f"that of {reference.location}, {own.best:,.0f}"
            value = f"{implied:,.0f}" if factor > 1 else f"{implied:.3g}"
            return f"{what}, {value} g/kWh, is {words} {there}: grams and kilograms taken for each other"
    return ""


def _total_hours(reference: Reference, _: Surroundings) -> str:
    """Hours summed over devices are stated next to a count of devices."""
    wall, count = reference.wall_hours, reference.accelerator_count
    if wall and count and count > 1 and wall > _LONGEST_WALL_H:
        return (
            f"{wall:,.0f} h is {wall / HOURS_PER_YEAR:.0f} years from start to end on {count:,.0f} devices: "
            "hours summed over devices, or extrapolated, are given as wall-clock hours"
        )
    return ""


def _tpu_cores(reference: Reference, around: Surroundings) -> str:
    """TPU cores, chips and devices are taken for each other."""
    if "tpu" not in reference.accelerator.lower():
        return ""
    if re.search(r"\bcores?\b|\bv[234]-\d+", reference.accelerator, re.IGNORECASE):
        return f"{reference.accelerator} counts cores, of which two make a chip"
    figures = [(other.id, other.published_co2e_kg) for other in around.same_run]
    if re.search(r"\b(chips?|cores?)\b", reference.notes):
        figures += [("its note", kg) for kg in quoted_kg(reference.notes)]
    for who, kg in figures:
        ratio = ratio_of(reference.published_co2e_kg, kg)
        for factor in (2, 4, 8):
            less = _is_near(ratio, factor)
            if less or _is_near(ratio, 1 / factor):
                times = f"{factor} x {'less' if less else 'more'}"
                return f"{who} gives the same run {times}: cores, chips and devices of a TPU"
    return ""


def _pue_mixed(reference: Reference, around: Surroundings) -> str:
    """Energy before PUE is stated next to a figure after it."""
    pue = reference.pue
    if pue is None or _is_near(pue, 1):
        return ""
    if _is_near(kg_over_energy(reference), pue):
        return f"the CO2e includes PUE {pue:g}, the energy next to it does not"
    for other in around.same_run:
        ratio = ratio_of(reference.published_energy_kwh, other.published_energy_kwh)
        before = _is_near(ratio, pue)
        if before or _is_near(ratio, 1 / pue):
            return f"{other.id} gives the same energy {'before' if before else 'after'} PUE {pue:g}"
    return ""


def _pue_wrong_way(reference: Reference, _: Surroundings) -> str:
    """Energy was divided by PUE instead of multiplied."""
    pue = reference.pue
    if pue is None or _is_near(pue, 1) or not _is_near(kg_over_energy(reference), pue**2):
        return ""
    return f"the CO2e needs PUE {pue:g} twice on top of the printed energy: it was divided by PUE instead of multiplied"


def _embodied_inside(reference: Reference, _: Surroundings) -> str:
    """The figure holds the making of the hardware."""
    if not includes_embodied(reference):
        return ""
    made = f", {reference.embodied_kg:,.0f} kg of it embodied" if reference.embodied_kg else ""
    return f"the CO2e is of the life cycle{made}: not comparable with an operational figure"


def _net(reference: Reference, _: Surroundings) -> str:
    """A market-based or net figure replaces a location-based one."""
    if _NET.search(reference.co2e_scope) or _NET.search(reference.notes):
        return "a figure net of clean-energy contracts (market-based) replaces, or is next to, the location-based one"
    return ""


def _other_grid(reference: Reference, around: Surroundings) -> str:
    """The carbon intensity is not that of the place named: stated, of the stated energy, or of all that we estimate."""
    own = _place_g_per_kwh(reference, around)
    if own is None or _net(reference, around) or _thousandfold_grid(reference, around):
        return ""
    implied = implied_g_per_kwh(reference)
    ends = (implied, implied) if implied else _g_per_kwh_of_estimate(reference, around)
    there = f"{reference.location} has {own.best:,.0f}"
    if ends and ends[0] > own.high * _OTHER_GRID:
        least = "" if implied else "at least "
        return f"its CO2e implies {least}{ends[0]:,.0f} g/kWh, {there}: the grid of another place"
    if ends and ends[1] < own.low / _OTHER_GRID:
        most = "" if implied else "at most "
        return f"its CO2e implies {most}{ends[1]:,.0f} g/kWh, {there}: the grid of another place"
    return ""


def _calculator_grid(reference: Reference, around: Surroundings) -> str:
    """The default of a well-known calculator stands for the grid of another country."""
    implied = implied_g_per_kwh(reference) or _g_per_kwh_of_rating(reference, around)
    if not implied or abs(implied / _CALCULATOR_G_PER_KWH - 1) > _CALCULATOR_WITHIN:
        return ""
    own = _place_g_per_kwh(reference, around)
    if own is None or abs(own.best / _CALCULATOR_G_PER_KWH - 1) <= _OTHER_THAN_CALCULATOR:
        return ""
    code = find_place(reference.location, around.catalogue).code
    if around.catalogue.places.find(code).place.country == "US":
        return ""  # 0.954 lb/kWh, the mean of the country, is as near
    there = f"{reference.location} has {own.best:,.0f}"
    return f"its CO2e implies {implied:,.0f} g/kWh, the default of the ML CO2 Impact calculator; {there}"


def _above_rating(reference: Reference, around: Surroundings) -> str:
    """The power of an accelerator is above what any of its kind draws."""
    hardware, profile = _device(reference, around.catalogue)
    stated = reference.power_w_per_accelerator
    power_w = published_power_w(reference) if stated is None else stated
    if profile is None or power_w is None:
        return ""
    each_w = power_w / hardware.devices_per_count
    whence = f"{each_w:,.0f} W per accelerator {'stated' if stated is not None else 'by its energy'}"
    if fault := rating_fault(profile, each_w, profile.name):
        return f"{whence}: {fault}"
    if profile.tdp_w is None or power_holds_host(reference) or each_w <= NODE_OVER_TDP * profile.tdp_w.high:
        return ""
    return f"{whence}, without its host, is above the rating of {profile.name}, {profile.tdp_w.best:g} W"


def _impossible(reference: Reference, around: Surroundings) -> str:
    """Hours, year and size of the model cannot be together on this hardware."""
    keywords, _ = described(reference, around.catalogue)
    if not keywords:
        return ""
    if reference.params and reference.tokens:
        keywords |= {"params": reference.params, "tokens": reference.tokens}
    try:
        warnings = estimate(**keywords).footprint.warnings
    except InputError:
        return ""
    return next((text for text in warnings if _IMPOSSIBLE.search(text)), "")


def _same_hours(reference: Reference, around: Surroundings) -> str:
    """Another record has the same hours and other emissions."""
    for other in around.same_run:
        same = _is_near(ratio_of(reference.hours, other.hours), 1)
        ratio = ratio_of(reference.published_co2e_kg, other.published_co2e_kg)
        if same and ratio and abs(log(ratio)) > _OTHER_FIGURE:
            hours = f"{reference.hours:,.0f} accelerator-hours"
            return f"{other.id} has the same {hours} and {rounded(1 / ratio)} x the CO2e"
    quoted = quoted_kg(reference.notes) if _SAME_HOURS.search(reference.notes) else ()
    ratios = [ratio for kg in quoted if (ratio := ratio_of(kg, reference.published_co2e_kg))]
    farthest = max(ratios, key=lambda ratio: abs(log(ratio)), default=1.0)
    is_other = abs(log(farthest)) > _OTHER_FIGURE
    return f"its note quotes {rounded(farthest)} x the CO2e for the same hours" if is_other else ""


def _programme(reference: Reference, _: Surroundings) -> str:
    """The figure covers a programme of many runs."""
    found = _PROGRAMME.search(reference.model)
    return f"{found[0].lower()!a} is in its name: not one final run" if found else ""


def _prediction(reference: Reference, _: Surroundings) -> str:
    """The figure was predicted, not derived from the run."""
    found = _PREDICTED.search(f"{reference.model} {reference.co2e_scope}")
    return "the figure was predicted before or without the run, not derived from it" if found else ""


def _unmetered(reference: Reference, around: Surroundings) -> str:
    """The log's accelerator power is below what an idle device draws."""
    found = _SPLIT_GPU.search(reference.notes)
    kwh = reference.device_energy_kwh
    if kwh is None and found:
        kwh = float(found[1].rstrip("."))
    tdp_w = device_tdp_w(reference, around.catalogue)
    if kwh is None or not reference.is_measured or not reference.hours or not tdp_w:
        return ""
    mean_w = kwh * W_PER_KW / reference.hours
    if mean_w >= _NOT_METERED * tdp_w:
        return ""
    return f"its accelerators drew {mean_w:.0f} W of {tdp_w:.0f} W by the log: idle or not metered"


def _does_not_follow(reference: Reference, around: Surroundings) -> str:
    """The published figure does not follow from the inputs stated with it."""
    failing = [item for item in agreements(reference) if not item.holds]
    known = (_tenfold, _grams, _pue_wrong_way)
    if not failing or any(detect(reference, around) for detect in known):
        return ""
    item = failing[0]
    pue = f" (PUE {reference.pue:g} included)" if reference.pue and not excludes_pue(reference) else ""
    return f"its own inputs give {item.quantity} of {item.recomputed:,.6g}{pue}, not {item.published:,.6g}"


def ratio_of(figure: float | None, other: float | None) -> float | None:
    """Divide, or give None where a figure is missing or zero."""
    return figure / other if figure and other else None


def is_same_run(reference: Reference, other: Reference) -> bool:
    """Whether two records are of one run: linked, or of one model and with hours that agree where both state them."""
    if reference.id == other.id:
        return False
    if other.id in reference.links:
        return True
    ours, theirs = _model_name(reference), _model_name(other)
    if not ours or not theirs or (ours != theirs and ours not in theirs and theirs not in ours):
        return False
    hours = [ratio_of(getattr(reference, name), getattr(other, name)) for name in ("wall_hours", "hours")]
    return all(each is None or abs(each - 1) <= _HOURS_WITHIN for each in hours) and any(hours)


def _model_name(reference: Reference) -> str:
    """The model's name without remarks in brackets, ends marked so that one name is not found inside a longer word."""
    plain = re.sub(r"\([^)]*\)", "", reference.model.lower())
    name = re.sub(r"[^a-z0-9.]+", " ", plain).strip()
    return f" {name} " if name else ""


def kg_ratios(reference: Reference, same_run: Sequence[Reference]) -> Iterator[tuple[str, float]]:
    """Yield published emissions over what the record's inputs give, and over those of other records of the run."""
    stated = ratio_of(reference.published_co2e_kg, recompute(reference).co2e_kg)
    if stated:
        yield "of its own inputs", stated
    for other in same_run:
        if found := ratio_of(reference.published_co2e_kg, other.published_co2e_kg):
            yield f"of {other.id}", found


def kg_over_energy(reference: Reference) -> float | None:
    """Published emissions over published energy x stated grid: 1, or PUE where the two are on its two sides. [1]"""
    if reference.published_energy_kwh is None or not reference.grid_g_per_kwh:
        return None
    kg = formulas.operational_kg(reference.published_energy_kwh, reference.grid_g_per_kwh)
    return ratio_of(reference.published_co2e_kg, kg)


def implied_g_per_kwh(reference: Reference) -> float | None:
    """Carbon intensity used: as stated, else emissions over energy after PUE, published or power x hours. [g/kWh]"""
    if reference.grid_g_per_kwh is not None:
        return reference.grid_g_per_kwh
    energy = reference.published_energy_kwh or recompute(reference).energy_kwh
    if energy and reference.pue and not reference.includes_pue and not excludes_pue(reference):
        energy = formulas.facility_energy_kwh(energy, reference.pue)
    found = ratio_of(reference.published_co2e_kg, energy)
    return found and found * G_PER_KG


def device_tdp_w(reference: Reference, catalogue: Catalogue) -> float | None:
    """Thermal design power of the record's device, None where it is not known. [W]"""
    _, profile = _device(reference, catalogue)
    return profile.tdp_w.best if profile and profile.tdp_w else None


def _place_g_per_kwh(reference: Reference, around: Surroundings) -> Interval | None:
    """Carbon intensity of the record's place; where no year is stated, from the lowest to the highest year. [g/kWh]"""
    try:
        own = place_g_per_kwh(reference, around.catalogue)
    except GreentrainError:  # a year before the tables begin
        return None
    if own is None or reference.year is not None:
        return own
    places = around.catalogue.places
    code = find_place(reference.location, around.catalogue).code
    years = [value.g_per_kwh for value in places.series(places.find(code).place.place)]
    return Interval(min(own.low, *years), own.best, max(own.high, *years)) if years else own


def _g_per_kwh_of_estimate(reference: Reference, around: Surroundings) -> tuple[float, float] | None:
    """Return the emissions over the most and the least energy that we estimate, where none is stated. [g/kWh]"""
    result = estimated(reference, around.catalogue).estimate
    energy = result and energy_at(result, co2e_boundary(reference))
    kg = reference.published_co2e_kg
    if not energy or not kg or includes_embodied(reference):
        return None
    return kg * G_PER_KG / energy.high, kg * G_PER_KG / energy.low


def _g_per_kwh_of_rating(reference: Reference, around: Surroundings) -> float | None:
    """Return the emissions over TDP x hours, as calculators have it where nothing else is stated. [g/kWh]"""
    tdp_w, hours, kg = device_tdp_w(reference, around.catalogue), reference.hours, reference.published_co2e_kg
    if not tdp_w or not hours or not kg:
        return None
    kwh: float = formulas.it_energy_kwh(1, hours, tdp_w, 1.0)
    return kg * G_PER_KG / kwh


def _device(reference: Reference, catalogue: Catalogue) -> tuple[RecordHardware, Accelerator | None]:
    """Find the record's accelerator, None where it is not known."""
    hardware = find_hardware(reference.accelerator, catalogue, reference.accelerator_count)
    try:
        return hardware, catalogue.hardware.find_accelerator(hardware.name)[0] if hardware.name else None
    except GreentrainError:
        return hardware, None


def _is_near(ratio: float | None, factor: float) -> bool:
    return ratio is not None and abs(ratio / factor - 1) <= _WITHIN


TRAPS: Mapping[str, Callable[[Reference, Surroundings], str]] = {
    "tenfold": _tenfold,
    "grams_as_kilograms": _grams,
    "total_hours_as_wall_clock": _total_hours,
    "tpu_cores_as_chips": _tpu_cores,
    "pue_mixed": _pue_mixed,
    "pue_wrong_way": _pue_wrong_way,
    "embodied_inside": _embodied_inside,
    "net_of_contracts": _net,
    "grid_of_another_place": _other_grid,
    "default_grid_of_calculator": _calculator_grid,
    "power_above_rating": _above_rating,
    "impossible_combination": _impossible,
    "same_hours_other_co2e": _same_hours,
    "programme_not_run": _programme,
    "prediction": _prediction,
    "unmetered_accelerator": _unmetered,
    "does_not_follow": _does_not_follow,
}
"""The detector of every trap by name, in the order in which they are tried."""
