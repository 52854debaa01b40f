"""What each place says of a run: its energy, emissions and basis, taken out of the text as a reader would.

The units and digits are read from the table of the forms; the numbers are converted here, not by the program.
"""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import greentrain

_UNITS = Path(greentrain.__file__).parent / "data" / "form_units.csv"
_NUMBER = r"(\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)"
FULL, WORDS, OF_REPR = 15, 3, 4
"""Significant digits of plain data, of words for people, and of `repr`."""

MEASURED, MIXED, ESTIMATED = "measured", "mixed", "estimated"
_BASIS_WORDS = {
    "measured in part": MIXED, "measured and modeled": MIXED, "modeled": ESTIMATED,
    "By measurement and estimate we find": MIXED, "We measured": MEASURED, "We estimate": ESTIMATED,
}  # fmt: skip


_KG = {"ng": 1e-12, "ug": 1e-9, "\N{MICRO SIGN}g": 1e-9, "mg": 1e-6, "g": 1e-3, "kg": 1.0, "t": 1e3}
_KWH = {"nWh": 1e-12, "uWh": 1e-9, "\N{MICRO SIGN}Wh": 1e-9, "mWh": 1e-6, "Wh": 1e-3, "kWh": 1.0, "MWh": 1e3}
_ENERGY, _MASS = (f"({'|'.join(units)})" for units in (_KWH, _KG))


class Shown(NamedTuple):
    """What a place shows.

    Attributes
    ----------
    kwh, kg : tuple of float
        The best value, or low, best and high where the place shows the interval, in the units of the place.
    digits : tuple of int
        Significant digits of energies and of emissions.
    basis : str or None
        How the energy is known; None where the place does not say.
    factors : tuple of float
        How many units of the place make a kWh and a kg.
    """

    kwh: tuple[float, ...]
    kg: tuple[float, ...]
    digits: tuple[int, int] = (FULL, FULL)
    basis: str | None = None
    factors: tuple[float, float] = (1.0, 1.0)


def unit(form: str, quantity: str) -> tuple[float, int]:
    """Return how many of the form's unit make one of ours, and the digits that it shows."""
    rows = csv.DictReader(io.StringIO(_UNITS.read_text()))
    row = next(row for row in rows if (row["form"], row["quantity"]) == (form, quantity))
    return float(row["factor"]), int(row["digits"])


def of_data(found: dict[str, Any], basis: str | None = None) -> Shown:
    """Read the two intervals of an object of plain data."""
    kwh, kg = (tuple(found[name].values()) for name in ("facility_energy_kwh", "operational_kg"))
    return Shown(kwh, kg, basis=basis or found["basis"])


def of_row(row: dict[str, str]) -> Shown:
    """Read a row of CSV with a column for each end."""
    kwh, kg = (
        tuple(float(row[f"{name}_{end}"]) for end in ("low", "best", "high"))
        for name in ("facility_energy_kwh", "operational_kg")
    )
    return Shown(kwh, kg, basis=row["basis"])


def of_words(text: str) -> Shown:
    """Read ``3.00 kWh (2.13 to 4.07), 0.3 kg CO2e (0.2 to 0.448)``, small ones with prefixes, broken or not."""
    span = rf"\({_NUMBER} to {_NUMBER}\)"
    found = _found(rf"{_NUMBER} {_ENERGY} {span}, {_NUMBER} {_MASS} CO2e {span}", " ".join(text.split()), str)
    kwh, kg = (_numbers((found[first], *found[first + 2 : first + 4])) for first in (0, 4))
    return Shown(_ordered(kwh), _ordered(kg), (WORDS, WORDS), factors=_factors(found[1], found[5]))


def _factors(energy: str, mass: str) -> tuple[float, float]:
    return 1 / _KWH[energy], 1 / _KG[mass]


def of_line(text: str) -> Shown:
    """Read ``3.00 kWh, 0.3 kg CO2e (90 % interval 0.2 to 0.448)``, small ones with prefixes."""
    span = rf"\(90 % interval {_NUMBER} to {_NUMBER}\)"
    energy, energy_unit, *mass = _found(rf"{_NUMBER} {_ENERGY}, {_NUMBER} {_MASS} CO2e {span}", text, str)
    kg = _numbers((mass[0], *mass[2:]))
    return Shown(_numbers((energy,)), _ordered(kg), (WORDS, WORDS), factors=_factors(energy_unit, mass[1]))


def of_repr(text: str) -> Shown:
    """Read the same with four digits."""
    return of_line(text)._replace(digits=(OF_REPR, OF_REPR))


def of_notebook(text: str) -> Shown:
    """Read the rows of a small table: the best value with its unit, and the ends of the interval in the same."""
    plain = html.unescape(re.sub(r"</?sub>", "", text))
    found = []
    for words, units in (("energy at the facility's meter", _ENERGY), ("operational, location-based", _MASS)):
        best_cell, ends = rf"(?:at least )?{_NUMBER} {units}[^<]*", rf"(?:{_NUMBER} to {_NUMBER}|exact)"
        row = re.search(rf">{words}</td><td[^>]*>{best_cell}</td><td[^>]*>{ends}<", plain)
        assert row is not None, words
        best, unit, low, high = row.groups()
        found.append((tuple(_numbers(each or best for each in (low, best, high))), unit))
    (kwh, energy), (kg, mass) = found
    return Shown(kwh, kg, (WORDS, WORDS), factors=(1 / _KWH[energy], 1 / _KG[mass]))


def _json(text: str) -> Shown:
    whole = json.loads(text)
    (line,) = whole["lines"]
    assert of_data(line) == of_data(whole["totals"], whole["basis"])
    return of_data(line)


def _csv(text: str) -> Shown:
    (row,) = csv.DictReader(io.StringIO(text))
    return of_row(row)


def _document(text: str) -> Shown:
    """Read the first sentence and the table of a document, which say the same."""
    found = re.search(
        rf"{_NUMBER} \({_NUMBER} to {_NUMBER}\) {_ENERGY} of electricity and "
        rf"{_NUMBER} \({_NUMBER} to {_NUMBER}\) {_MASS} CO2e, "
        r"operational and location-based, ([a-z ]+)\.",
        " ".join(text.split()),
    )
    assert found is not None
    kwh, kg = _numbers(found.groups()[:3]), _numbers(found.groups()[4:7])
    _assert_chart_says_the_same(text, tuple(value * _KG[found[8]] for value in kg))
    return Shown(_ordered(kwh), _ordered(kg), (WORDS, WORDS), _basis(found[9]), _factors(found[4], found[8]))


def _assert_chart_says_the_same(text: str, kg: tuple[float, ...]) -> None:
    """Read the sentence above the first chart: ``The run emits 300 g CO2e (200 to 448 g)``."""
    pattern = rf"The (?:run|project) emits {_NUMBER} (\w+) CO2e \({_NUMBER}(?: (\w+))? to {_NUMBER} (\w+)\)"
    if kg[0] < 0.01:  # nothing that people know is of about the size of a few grams, so there is no such chart
        return
    best, of_best, low, of_low, high, of_high = re.search(pattern, " ".join(text.split())).groups()  # type: ignore[union-attr]
    shown = ((best, of_best), (low, of_low or of_high), (high, of_high))
    assert [float(number.replace(",", "")) * _KG[its_unit] for number, its_unit in shown] == _close(list(kg), 0.005)


def _markdown(text: str) -> Shown:
    shown = _document(text)
    rows = {cells[1].strip(): cells for line in text.splitlines() if len(cells := line.split("|")) > 4}
    for words, numbers in (("Energy at the facility's meter", shown.kwh), ("Operational emissions", shown.kg)):
        best, span = rows[words][2], rows[words][3]
        assert (*_numbers(span.split(" to ")), *_numbers([best])) == (numbers[0], numbers[2], numbers[1])
    return shown


def _html(text: str) -> Shown:
    body = re.sub(r"<(style|script)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return _document(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?sub>", "", body))))


def _latex(text: str) -> Shown:
    """Read the paragraph, and the row of the total, in Wh, kWh or MWh and in g, kg or t."""
    plain = text.replace(r"\,", " ").replace("~", " ").replace(r"\%", "%")
    span = rf"\(90 % interval {_NUMBER} to {_NUMBER} "
    paragraph = " ".join(plain.split())
    pattern = (
        rf"(We \w+|By measurement and estimate we find) that training on .*? used {_NUMBER} {_ENERGY} {span}\3\) of "
        rf"electricity, which emitted {_NUMBER} {_MASS} CO\$_2\$e {span}"
    )
    found = re.search(pattern, paragraph)
    assert found is not None, plain
    kwh, kg = _numbers([found[2], found[4], found[5]]), _numbers([found[6], found[8], found[9]])
    total = re.search(rf"Total & .*& {_NUMBER} \[{_NUMBER}, {_NUMBER}\] & {_NUMBER} \[{_NUMBER}, {_NUMBER}\]", plain)
    assert total is not None
    assert _numbers(total.groups()) == (*kwh, *kg)
    return Shown(_ordered(kwh), _ordered(kg), (3, 3), _basis(found[1]), _factors(found[3], found[7]))


def _model_card(text: str) -> Shown:
    """Read the front matter, whose grams readers take, and the section's text, whose kilograms they read."""
    grams = _found(rf"emissions: {_NUMBER}\n", text)
    span = rf"\(90 % interval {_NUMBER} to {_NUMBER} "
    emitted = _found(rf"Carbon Emitted:\*\* {_NUMBER} g CO2e = {_NUMBER} kg CO2e {span}", text)
    kwh = _found(rf"Energy Consumed:\*\* {_NUMBER} kWh {span}", text)
    source = _found(r'source: "[^"]*; ([a-z ]+), operational, location-based', text, str)
    sentence = _found(r"Energy was ([a-z ]+)\.", text, str)
    assert emitted[0] == grams[0]
    assert source == sentence
    factor, digits = unit("model-card", "emissions")
    assert grams[0] / factor == _close(emitted[1], 0.005)  # four digits and three of one number
    assert grams[0] == float(f"{grams[0]:.{digits}g}")
    return Shown(_ordered(kwh), _ordered(emitted[1:]), (3, 3), _basis(source[0]))


def _gpai(text: str) -> Shown:
    kwh = _found(rf"Amount of energy used for training \| {_NUMBER} MWh", text)
    result = _found(rf"Result: {_NUMBER} MWh, 90 % interval {_NUMBER} to {_NUMBER} MWh", text)
    assert result[0] == kwh[0]
    basis = _found(r"How the energy is known \| ([a-z ]+) \|", text, str)
    factor, digits = unit("gpai", "energy")
    return Shown(_ordered(result), (), (digits, 0), _basis(basis[0]), (factor, 1.0))


def _ghg(text: str) -> Shown:
    run, total = csv.DictReader(io.StringIO(text))
    columns = ("energy_mwh_low", "energy_mwh", "energy_mwh_high")
    masses = ("location_based_t_co2e_low", "location_based_t_co2e", "location_based_t_co2e_high")
    kwh, kg = (tuple(float(run[name]) for name in names) for names in (columns, masses))
    assert [run[name] for name in (*columns, *masses, "basis")] == [
        total[name] for name in (*columns, *masses, "basis")
    ]
    factors = unit("ghg", "energy")[0], unit("ghg", "emissions")[0]
    return Shown(kwh, kg, (6, 6), run["basis"], factors)


def _sci(text: str) -> Shown:
    """Read the facility energy E and the operational part O."""
    span = rf"\(90 % interval {_NUMBER} to {_NUMBER}"
    kwh = _found(rf"\| E, facility energy \| {_NUMBER} {span}", text)
    grams = _found(rf"\| O, operational = E x I \| {_NUMBER} {span}", text)
    basis = _found(r"- Energy: ([a-z ]+); of hardware", text, str)
    tag = _found(r"\| E, facility energy \| [^|]+ \| kWh \| ([a-z ]+) \|", text, str)
    assert _basis(basis[0]) == _basis(tag[0])
    return Shown(_ordered(kwh), _ordered(grams), (4, 4), _basis(basis[0]), (1.0, unit("sci", "emissions")[0]))


def _cyclonedx(text: str) -> Shown:
    (component,) = json.loads(text)["components"]
    (used,) = component["modelCard"]["considerations"]["environmentalConsiderations"]["energyConsumptions"]
    kwh, tonnes = used["activityEnergyCost"], used["co2CostEquivalent"]
    assert (kwh["unit"], tonnes["unit"]) == ("kWh", "tCO2eq")
    assert used["energyProviders"][0]["energyProvided"] == kwh
    own = _properties({item["name"]: item["value"] for item in used["properties"]})
    assert own.kwh[1] == kwh["value"]
    assert own.kg[1] / 1000 == _close(tonnes["value"])
    return own


def _spdx(text: str) -> Shown:
    (package,) = (item for item in json.loads(text)["@graph"] if item["type"] == "ai_AIPackage")
    (used,) = package["ai_energyConsumption"]["ai_trainingEnergyConsumption"]
    assert used["ai_energyUnit"] == "kilowattHour"
    words = package["ai_informationAboutTraining"]
    kg = _found(rf"Operational emissions: {_NUMBER} kg CO2e \(90 % interval {_NUMBER} to {_NUMBER}\)", words)
    kwh = _found(rf"^Energy [a-z ]+, 90 % interval {_NUMBER} to {_NUMBER} kWh", words)
    entries = package["extension"][0]["extension_cdxProperty"]
    own = _properties({item["extension_cdxPropName"]: item["extension_cdxPropValue"] for item in entries})
    assert own.basis == _basis(_found(r"^Energy ([a-z ]+), 90 %", words, str)[0])
    shown = Shown((kwh[0], float(used["ai_energyQuantity"]), kwh[1]), _ordered(kg), (6, 6), own.basis)
    for ours, theirs in ((own.kwh, shown.kwh), (own.kg, shown.kg)):
        assert tuple(float(f"{value:.6g}") for value in ours) == theirs
    return shown


def _boamps(text: str) -> Shown:
    """Read the properties beside the form's own field, which holds the energy before PUE."""
    whole = json.loads(text)
    (measure,) = whole["measures"]
    own = _properties(whole["greentrain"])
    assert measure["measurementMethod"].split(",")[1].split()[0] == own.basis
    assert measure["powerConsumption"] == _close(float(whole["greentrain"]["greentrain:it_energy_kwh_best"]))
    return own


def _codecarbon(text: str) -> Shown:
    (row,) = csv.DictReader(io.StringIO(text))
    parts = [float(row[name]) for name in ("gpu_energy", "cpu_energy", "ram_energy") if row[name]]
    assert float(row["energy_consumed"]) == _close(sum(parts))
    return Shown((float(row["energy_consumed"]),), (float(row["emissions"]),), (12, 12))


_READERS: dict[str, Callable[[str], Shown]] = {
    "json": _json, "csv": _csv, "html": _html, "markdown": _markdown, "text": _document, "latex": _latex,
    "model-card": _model_card, "gpai": _gpai, "ghg": _ghg, "sci": _sci, "cyclonedx": _cyclonedx, "spdx": _spdx,
    "boamps": _boamps, "codecarbon": _codecarbon,
}  # fmt: skip
"""How each form is read, without what marks an amount that lacks a part of the computers."""

_LEAST = re.compile(r"at least |\$\\geq\$\\,", re.IGNORECASE)
FORMS: dict[str, Callable[[str], Shown]] = {
    name: lambda text, read=read: read(_LEAST.sub("", text))  # type: ignore[misc]
    for name, read in _READERS.items()
}
"""How each form is read."""


def is_least(form: str, text: str) -> bool:
    """Read whether a form says that its amounts lack a part of the computers: in words, or by a field of its own."""
    if form == "csv":
        return any(row["unmeasured"] for row in csv.DictReader(io.StringIO(text)))
    if form == "json":
        found: bool = json.loads(text)["is_least"]
        return found
    if form in ("ghg", "boamps", "cyclonedx"):
        return "not measured and not in the figures" in text
    return bool(_LEAST.search(text))


def it_energy_kwh(form: str, text: str) -> float | None:
    """Read the energy before PUE of those forms that state it."""
    if form == "boamps":
        found: float = json.loads(text)["measures"][0]["powerConsumption"]
        return found
    if form == "json":
        return float(json.loads(text)["lines"][0]["it_energy_kwh"]["best"])
    if form == "csv":
        return float(next(csv.DictReader(io.StringIO(text)))["it_energy_kwh_best"])
    return None


def _properties(found: dict[str, str]) -> Shown:
    kwh, kg = (
        tuple(float(found[f"greentrain:{name}_{end}"]) for end in ("low", "best", "high"))
        for name in ("facility_energy_kwh", "operational_kg")
    )
    return Shown(kwh, kg, (12, 12), found["greentrain:basis"])


def _found(pattern: str, text: str, as_: Callable[[str], Any] = lambda text: float(text.replace(",", ""))) -> Any:
    match = re.search(pattern, text)
    assert match is not None, f"{pattern} is not in:\n{text}"
    return tuple(map(as_, match.groups()))


def _numbers(texts: Iterable[str]) -> tuple[float, ...]:
    return tuple(float(text.strip().replace(",", "")) for text in texts)


def _ordered(numbers: tuple[float, ...]) -> tuple[float, ...]:
    """Put best, low and high into the order of an interval."""
    best, low, high = numbers
    return low, best, high


def _basis(words: str) -> str:
    return _BASIS_WORDS.get(words, words)


def _close(value: Any, rel: float = 1e-9) -> Any:
    return pytest.approx(value, rel=rel)
