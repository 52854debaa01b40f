"""The first model of power, kept to be compared with: accelerator power x host factor.

Utilization is the geometric mean of the metered accelerators with stretched 5 % and 95 % quantiles; the host factor is
node power over the utilization of the same kind of training. Laboratories count equally. fit_power_defaults.py fits it
to the same runs as the present model and judges both on laboratories left out.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import exp, log, prod
from typing import NamedTuple

HOST_CLASSES = ("sxm-node", "pcie-server")
WORKLOADS = ("", "pretraining", "finetuning", "inference-like", "small")
COVERAGE = 0.88
MOST_UTILIZATION = 0.97
Z_90 = 1.645
PRIOR_LABORATORIES = 2
SMALLEST_HOST_SD = 0.10


class Run(NamedTuple):
    """One metered run: mean power over TDP, at the accelerator or at the wall."""

    id: str
    laboratory: str
    hardware_class: str
    level: str
    ratio: float
    workload: str
    source: str


class Fit(NamedTuple):
    """A best value with its 90 % interval, and what it rests on."""

    low: float
    best: float
    high: float
    runs: int
    laboratories: int


def weighted(runs: list[Run]) -> list[tuple[float, float]]:
    """Give the logarithm of each ratio with its weight; every laboratory weighs one."""
    sizes = Counter(run.laboratory for run in runs)
    return [(log(run.ratio), 1 / sizes[run.laboratory]) for run in runs]


def quantile(pairs: list[tuple[float, float]], share: float) -> float:
    """Give a weighted quantile, interpolated between the middles of the weights."""
    ordered = sorted(pairs)
    total = sum(weight for _, weight in ordered)
    points: list[tuple[float, float]] = []
    passed = 0.0
    for value, weight in ordered:
        points.append(((passed + weight / 2) / total, value))
        passed += weight
    if share <= points[0][0]:
        return points[0][1]
    for (share_0, value_0), (share_1, value_1) in pairwise(points):
        if share <= share_1:
            return value_0 + (value_1 - value_0) * (share - share_0) / (share_1 - share_0)
    return points[-1][1]


def mean_and_sd(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Give the weighted mean and standard deviation."""
    total = sum(weight for _, weight in pairs)
    mean = sum(value * weight for value, weight in pairs) / total
    return mean, (sum(weight * (value - mean) ** 2 for value, weight in pairs) / total) ** 0.5


def fit_utilization(runs: list[Run], stretch: float = 1.0) -> Fit:
    """Take the geometric mean, which leaves no bias, and the 5 % and 95 % quantiles.

    The quantiles are stretched for a laboratory that is not among those seen.
    """
    pairs = weighted(runs)
    laboratories = len({run.laboratory for run in runs})
    middle, _ = mean_and_sd(pairs)
    factor = stretch * (1 + 1 / laboratories) ** 0.5
    low = middle - factor * (middle - quantile(pairs, 0.05))
    high = middle + factor * (quantile(pairs, 0.95) - middle)
    return Fit(exp(low), exp(middle), min(exp(high), MOST_UTILIZATION), len(runs), laboratories)


def fit_host_factor(nodes: list[Run], accelerators: list[Run], prior: float | None) -> Fit:
    """Divide node power by the utilization of the same kind of training; its spread is what utilization leaves over.

    A class with few laboratories is drawn towards the prior.
    """
    kinds = [kind for kind in WORKLOADS if of(nodes, kind) and of(accelerators, kind)]
    matched = [
        run._replace(ratio=run.ratio / fit_utilization(of(accelerators, kind)).best)
        for kind in kinds
        for run in of(nodes, kind)
    ]
    laboratories = len({run.laboratory for run in matched})
    best, sd = mean_and_sd(weighted(matched))
    if prior is not None:
        best = (laboratories * best + PRIOR_LABORATORIES * log(prior)) / (laboratories + PRIOR_LABORATORIES)
    _, own_sd = mean_and_sd(weighted(of(accelerators, "pretraining")))
    left_over = max(sd**2 - own_sd**2, SMALLEST_HOST_SD**2) ** 0.5
    half = Z_90 * left_over * (1 + 1 / laboratories) ** 0.5
    return Fit(max(1.0, exp(best - half)), exp(best), exp(best + half), len(matched), laboratories)


def held_out(runs: list[Run], fit: Callable[[list[Run]], Fit]) -> Iterator[tuple[Run, bool]]:
    """Judge each run by a fit that has not seen its laboratory."""
    for laboratory in sorted({run.laboratory for run in runs}):
        others = fit([run for run in runs if run.laboratory != laboratory])
        for run in runs:
            if run.laboratory == laboratory:
                yield run, others.low <= run.ratio <= others.high


def coverage(judged: list[tuple[Run, bool]]) -> tuple[float, float]:
    """Give the share of runs inside, each run counting once, and each laboratory counting once."""
    by_run = sum(inside for _, inside in judged) / len(judged)
    sizes = Counter(run.laboratory for run, _ in judged)
    by_laboratory = sum(inside / sizes[run.laboratory] for run, inside in judged) / len(sizes)
    return by_run, by_laboratory


def expected_ratio(run: Run, utilization: Fit, host: dict[str, Fit]) -> tuple[float, float, float]:
    """Give low, best and high of a run's power over TDP from the defaults alone, at the level that was measured."""
    factors = [utilization] if run.level == "accelerator" else [utilization, host[run.hardware_class]]
    best = prod(factor.best for factor in factors)
    down = sum(log(factor.best / factor.low) ** 2 for factor in factors) ** 0.5
    up = sum(log(factor.high / factor.best) ** 2 for factor in factors) ** 0.5
    return best * exp(-down), best, best * exp(up)


def smallest_stretch(runs: list[Run]) -> float:
    """Find the smallest stretch at which the left-out laboratories' runs are covered as promised."""
    for step in range(40, 201, 5):
        stretch = step / 100
        by_run, by_laboratory = coverage(list(held_out(runs, lambda seen, s=stretch: fit_utilization(seen, s))))
        if min(by_run, by_laboratory) >= COVERAGE:
            return stretch
    return 2.0


def in_accelerator_terms(runs: list[Run], host: dict[str, Fit]) -> list[Run]:
    """Divide node power by the host factor of its class, where only nodes were measured."""
    return [
        run._replace(ratio=run.ratio / host[run.hardware_class].best, level="accelerator")
        for run in runs
        if run.hardware_class in host
    ]


def fit_all(runs: list[Run]) -> tuple[float, dict[str, Fit], dict[str, Fit]]:
    """Fit the stretch, the utilization by workload and the host factor by class."""
    accelerators = [run for run in runs if run.level == "accelerator"]
    stretch = smallest_stretch(accelerators)
    host: dict[str, Fit] = {}
    for hardware_class in HOST_CLASSES:
        nodes = [run for run in runs if run.level == "node" and run.hardware_class == hardware_class]
        prior = host["sxm-node"].best if host else None
        host[hardware_class] = fit_host_factor(nodes, accelerators, prior)
    by_workload = {"": fit_utilization(accelerators, stretch)}
    for workload in WORKLOADS[1:]:
        chosen = of(accelerators, workload) or of(in_accelerator_terms(runs, host), workload)
        by_workload[workload] = fit_utilization(chosen, stretch) if chosen else by_workload[""]
    return stretch, by_workload, host


def of(runs: list[Run], workload: str) -> list[Run]:
    """Select the runs of one workload."""
    return [run for run in runs if run.workload == workload]
