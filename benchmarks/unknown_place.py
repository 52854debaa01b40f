"""The carbon intensity of a run whose place is not known: a data centre somewhere, by where they draw electricity.

Reads src/greentrain/data/datacentre_electricity.csv: the share of each region of the world in the electricity of data
centres. Within a region it is split among countries by their number of cloud regions, which is an assumption. Each
country is a log-normal around its value of the year, or the nearest earlier one, as wide as a run there for 96 hours;
within the United States the part of the country is a further 0.45. The best value is the weighted mean, the ends are
the 5 % and 95 % quantiles of the mixture, worked out without random numbers.

The last row is also that of a run without year: it is stretched to the widest ratio of all years, since naming a year
may only narrow the interval.

Usage: python benchmarks/unknown_place.py [--write]
With --write src/greentrain/data/unknown_place.csv is replaced.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable
from math import erfc, exp, log, sqrt
from pathlib import Path
from typing import NamedTuple

from greentrain.catalogue import DATA_VERSION, Catalogue, load_catalogue
from greentrain.estimation.grid import choose_grid, grid_input
from greentrain.interval import Z_90

DATA = Path(__file__).parents[1] / "src" / "greentrain" / "data"
FIRST_YEAR, LAST_YEAR = 2009, int(DATA_VERSION[:4])
HOURS = 96.0
SUBREGION_US = 0.45
COLUMNS = ("year", "grid_year", "low", "best", "high", "basis", "source", "verified", "notes")
NOTES = (
    "Weighted mean and 5-95 % of a mixture of countries by where data centres draw electricity; "
    "within a region by the number of cloud regions, which is assumed."
)


class Component(NamedTuple):
    """A country in the mixture: its weight [1], its carbon intensity [g/kWh] and the log-sd below and above it."""

    weight: float
    g_per_kwh: float
    below: float
    above: float
    year: int


def weights(catalogue: Catalogue) -> dict[str, float]:
    """Return the weight of each country that has a cloud region. [1]"""
    places = catalogue.places
    regions = Counter(places.by_code[region.place].country for region in places.regions.values())
    with (DATA / "datacentre_electricity.csv").open(newline="", encoding="utf-8") as file:
        shares = [row for row in csv.DictReader(file) if row["kind"] == "electricity"]
    named = {country for row in shares for country in row["members"].split(";")}
    found: dict[str, float] = {}
    for row in shares:
        members = set(row["members"].split(";")) if row["members"] else set(regions) - named
        here = {country: count for country, count in regions.items() if country in members}
        total = sum(here.values())
        found |= {country: float(row["share"]) * count / total for country, count in here.items()}
    whole = sum(found.values())
    return {country: weight / whole for country, weight in found.items()}


def components(catalogue: Catalogue, year: int) -> list[Component]:
    """Return the mixture of a year."""
    found = []
    for country, weight in weights(catalogue).items():
        choice = choose_grid(catalogue, catalogue.places.find(country), year)
        low, best, high = grid_input(choice, catalogue, HOURS).value
        below, above = log(best / low) / Z_90, log(high / best) / Z_90
        if country == "US":
            rest = SUBREGION_US**2 - dict(catalogue.places.uncertainty_term("subregion"))["US"] ** 2
            below, above = sqrt(below**2 + rest), sqrt(above**2 + rest)
        found.append(Component(weight, best, below, above, choice.value.year))
    return found


def share_below(mixture: Iterable[Component], g_per_kwh: float) -> float:
    """Return the share of the mixture that lies below a carbon intensity. [1]"""
    found = 0.0
    for weight, best, below, above, _ in mixture:
        distance = log(g_per_kwh / best)
        found += weight * 0.5 * erfc(-distance / (below if distance < 0 else above) / sqrt(2))
    return found


def quantile(mixture: list[Component], share: float) -> float:
    """Return the carbon intensity below which a share of the mixture lies, by bisection. [g/kWh]"""
    low, high = 1.0, 5000.0
    for _ in range(60):
        middle = sqrt(low * high)
        low, high = (middle, high) if share_below(mixture, middle) < share else (low, middle)
    return sqrt(low * high)


def interval(catalogue: Catalogue, year: int) -> tuple[float, float, float, int]:
    """Return low, best and high of a year [g/kWh], and the newest year of the values behind it."""
    mixture = components(catalogue, year)
    mean = sum(one.weight * one.g_per_kwh for one in mixture)
    return quantile(mixture, 0.05), mean, quantile(mixture, 0.95), max(one.year for one in mixture)


def rows() -> list[dict[str, str]]:
    """Make the rows of unknown_place.csv."""
    catalogue = load_catalogue()
    found = {year: interval(catalogue, year) for year in range(FIRST_YEAR, LAST_YEAR + 1)}
    widest = max(log(high / low) for low, _, high, _ in found.values())
    low, best, high, grid_year = found[LAST_YEAR]
    stretch = exp((widest - log(high / low)) / 2 + 0.01)
    found[LAST_YEAR] = low / stretch, best, high * stretch, grid_year
    source = "greentrain_unknown_place;iea_energy_ai_2025;ember_2026_10"
    return [
        dict(
            zip(
                COLUMNS,
                (str(year), str(grid), *(f"{value:.0f}" for value in ends), "lifecycle", source, "assumed", NOTES),
                strict=True,
            )
        )
        for year, (*ends, grid) in found.items()
    ]


def main() -> None:
    """Print the rows, and write them if asked to."""
    found = rows()
    for row in found:
        print("  ".join(f"{row[name]:>5}" for name in COLUMNS[:5]))
    if "--write" in sys.argv:
        with (DATA / "unknown_place.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(found)


if __name__ == "__main__":
    main()
