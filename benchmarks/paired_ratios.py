"""Paired ratios by simulation: how often the interval of a ratio of two alternatives holds what chance draws.

Every input of two estimates is drawn as a lopsided log-normal number. What both share is drawn once, and the emissions
follow from the formula itself, sums included, not from the closed form that `compare` uses. Printed are the share of
draws inside the 90 % interval, and the widths of the drawn and of the closed interval. For comparison stands the
interval of a ratio of strangers, in which nothing cancels.
"""

import argparse
from itertools import combinations

import numpy as np

from greentrain import Interval, compare
from greentrain.interval import Z_90, product_independent, reciprocal
from greentrain.planning import paired_ratio

CASES = {
    "one place, two devices, 8 of each": {"gpu": ["A100", "H100"], "count": 8, "hours": 100, "location": "DE"},
    "one place, two devices, 1 of each": {"gpu": ["V100", "L40S"], "hours": 100, "location": "FR"},
    "one device, three places": {"gpu": "A100", "hours": 100, "location": ["SE", "FR", "PL"]},
    "two devices, two places": {"gpu": ["A100", "T4"], "hours": 24, "location": ["GB", "US-CA"]},
    "two clouds": {"gpu": "A100", "hours": 24, "location": ["aws:eu-central-1", "gcp:europe-west3"]},
    "two years": {"gpu": "H100", "count": 8, "hours": 24, "location": "IE", "year": [2019, 2024]},
    "speed of devices": {"gpu": ["A100", "H100"], "params": "8B", "tokens": "1T", "count": 64, "location": "DE"},
    "precision": {"gpu": "H100", "params": "8B", "tokens": "1T", "count": 8, "location": "DE",
                  "precision": ["bf16", "fp8"]},
}  # fmt: skip


class Draws:
    """Random numbers under the names of what they are of: asked for again, the same ones; without a seed all zero."""

    def __init__(self, number: int, seed: int | None) -> None:
        self._number, self._random = number, None if seed is None else np.random.default_rng(seed)
        self._known: dict[tuple[object, ...], np.ndarray] = {}

    def normal(self, *identity: object) -> np.ndarray:
        """Return the draws of an unknown, standard normal."""
        if self._random is None:
            return np.zeros(self._number)
        if identity not in self._known:
            self._known[identity] = self._random.standard_normal(self._number)
        return self._known[identity]

    def of_input(self, item, device: tuple[object, ...]) -> np.ndarray:
        """Return the draws of an input of an estimate: its best value times what is not known of it."""
        low, best, high = item.value
        if low == high:
            return np.full(self._number, best)
        own_share = item.own_share if item.key else 1.0
        own = (item.key, item.year) if item.key else (item.source, *device)
        z = (1 - own_share) ** 0.5 * self.normal(item.name, item.key) + own_share**0.5 * self.normal(
            "own", item.name, *own
        )
        return best * np.exp(np.where(z > 0, np.log(high / best), np.log(best / low)) * z / Z_90)


def emissions(result, draws: Draws) -> np.ndarray:
    """Return the drawn emissions of an estimate up to a constant factor, by the formula."""
    device = (result.run["gpu"], result.run.get("cpu"))
    found = {item.name: draws.of_input(item, device) for item in result.inputs}
    tdp = found["tdp"]
    if "node_ratio" in found:
        watts = tdp * found["node_ratio"]
    else:
        watts = tdp * found["utilization"] + found["host_power"] * tdp / result.inputs["tdp"].value.best
    hours = 1 / (found["peak"] * found["mfu"]) if "mfu" in found else result.run["hours"]
    return watts * hours * found["pue"] * found["grid_intensity"]


def width(interval: Interval) -> float:
    """Return the width of an interval as a factor."""
    return interval.high / interval.low


def main() -> None:
    """Print a line for each pair, and the mean coverage."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--draws", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=18)
    asked = options.parse_args()
    inside = []
    print(f"{'pair':52} {'inside':>7} {'drawn':>7} {'closed':>7} {'strangers':>9}")
    for name, keywords in CASES.items():
        rows = [row.estimate for row in compare(**keywords).rows]
        draws = Draws(asked.draws, asked.seed)
        for first, second in combinations(rows, 2):
            ratio = emissions(first, draws) / emissions(second, draws)
            closed = paired_ratio(first, second)
            ratio *= closed.best / _best_ratio(first, second)
            low, high = np.quantile(ratio, [0.05, 0.95])
            share = float(np.mean((ratio >= closed.low) & (ratio <= closed.high)))
            inside.append(share)
            strangers = product_independent(first.operational_kg, reciprocal(second.operational_kg))
            label = f"{name}: {first.run['gpu']} {first.run['location']}"[:52]
            print(f"{label:52} {100 * share:6.1f}% {high / low:7.2f} {width(closed):7.2f} {width(strangers):9.2f}")
    print(f"mean of {len(inside)} pairs: {100 * np.mean(inside):.1f} %, lowest {100 * min(inside):.1f} %")


def _best_ratio(first, second) -> float:
    """Return the ratio of the best values as `emissions` has it: one draw of which nothing is unknown."""
    exact = Draws(1, None)
    return float((emissions(first, exact) / emissions(second, exact))[0])


if __name__ == "__main__":
    main()
