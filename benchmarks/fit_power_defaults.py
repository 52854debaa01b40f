"""Fit the defaults of utilization and host factor to the measured runs, and judge them on laboratories left out.

Reads hardware_profiles/power_evidence.csv: mean power in training over TDP, of the accelerator alone or of the node
per accelerator. Laboratories count equally, whatever the number of their runs, since runs of one laboratory share
their habits. Prints the fit and the coverage that it would have had on laboratories it has not seen.

Usage: python benchmarks/fit_power_defaults.py [--write]
With --write the fitted rows of hardware_profiles/power_defaults.csv are replaced.
"""

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import exp, log, prod
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "hardware_profiles"
GPU_CLASSES = ("sxm-node", "pcie-server", "workstation")
HOST_CLASSES = ("sxm-node", "pcie-server")
WORKLOADS = ("", "pretraining", "finetuning", "inference-like", "small")
COVERAGE = 0.88
MOST_UTILIZATION = 0.97
Z_90 = 1.645
PRIOR_LABORATORIES = 2
SMALLEST_HOST_SD = 0.10
COLUMNS = (
    "hardware_class", "parameter", "low", "best", "high", "unit", "basis", "source", "verified", "notes", "workload",
)  # fmt: skip


class Run(NamedTuple):
    """One measured run: power over TDP at the accelerator or the node."""

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


def evidence() -> list[Run]:
    """Read the measured runs."""
    with (FOLDER / "power_evidence.csv").open(newline="", encoding="utf-8") as file:
        return [
            Run(
                row["laboratory"],
                row["hardware_class"],
                row["level"],
                float(row["ratio"]),
                row["workload"],
                row["source"],
            )
            for row in csv.DictReader(file)
        ]


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


def judged_without_their_laboratory(runs: list[Run]) -> list[tuple[Run, bool, float]]:
    """Judge every run by defaults fitted without its laboratory: whether inside, and the log of ours over measured."""
    found = []
    for laboratory in sorted({run.laboratory for run in runs}):
        _, utilization, host = fit_all([run for run in runs if run.laboratory != laboratory])
        for run in runs:
            if run.laboratory == laboratory and (run.level == "accelerator" or run.hardware_class in host):
                low, best, high = expected_ratio(run, utilization[""], host)
                found.append((run, low <= run.ratio <= high, log(best / run.ratio)))
    return found


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
        by_workload[workload] = fit_utilization(chosen, stretch)
    return stretch, by_workload, host


def of(runs: list[Run], workload: str) -> list[Run]:
    """Select the runs of one workload."""
    return [run for run in runs if run.workload == workload]


def show(runs: list[Run], stretch: float, utilization: dict[str, Fit], host: dict[str, Fit]) -> None:
    """Print the fit and its coverage of laboratories left out."""
    accelerators = [run for run in runs if run.level == "accelerator"]
    by_run, by_laboratory = coverage(list(held_out(accelerators, lambda seen: fit_utilization(seen, stretch))))
    print(f"Quantiles stretched by {stretch:.2f} and by the root of 1 + 1 / laboratories")
    print(f"Coverage of left-out laboratories, utilization: {by_run:.2f} of runs, {by_laboratory:.2f} by laboratory")
    judged = judged_without_their_laboratory(runs)
    for level in ("accelerator", "node"):
        chosen = [(run, inside, error) for run, inside, error in judged if run.level == level]
        by_run, by_laboratory = coverage([(run, inside) for run, inside, _ in chosen])
        error = exp(median(abs(error) for _, _, error in chosen))
        bias = exp(mean(error for _, _, error in chosen))
        print(
            f"Left-out laboratories, whole chain, {level} level: {len(chosen)} runs, {by_run:.2f} inside, "
            f"{by_laboratory:.2f} by laboratory, median error x {error:.2f}, bias x {bias:.2f}"
        )
    print(f"{'':<32}{'low':>7}{'best':>7}{'high':>7}{'runs':>6}{'labs':>6}")
    rows = {f"utilization, {name or 'any workload'}": fit for name, fit in utilization.items()}
    rows |= {f"host factor, {name}": fit for name, fit in host.items()}
    for name, fit in rows.items():
        print(f"{name:<32}{fit.low:>7.3f}{fit.best:>7.3f}{fit.high:>7.3f}{fit.runs:>6}{fit.laboratories:>6}")


def new_rows(runs: list[Run], utilization: dict[str, Fit], host: dict[str, Fit]) -> list[dict[str, str]]:
    """Make the rows of power_defaults.csv that this fit answers for."""
    rows = []
    for hardware_class in GPU_CLASSES:
        for workload, fit in utilization.items():
            rows.append(row(runs, hardware_class, workload, "utilization", fit))
        if hardware_class in host:
            rows.append(row(runs, hardware_class, "", "host_factor", host[hardware_class]))
    return rows


def row(runs: list[Run], hardware_class: str, workload: str, parameter: str, fit: Fit) -> dict[str, str]:
    """Make one row, with its evidence in words."""
    if parameter == "utilization":
        chosen = [run for run in runs if run.level == "accelerator" and workload in ("", run.workload)]
    else:
        chosen = [run for run in runs if run.level == "node" and run.hardware_class == hardware_class]
    sources = sorted({run.source for run in chosen or of(runs, workload)})
    notes = f"Fitted to measured runs in power_evidence.csv: {fit.runs}, of {fit.laboratories} laboratories."
    low, best, high = (f"{value:.2f}".rstrip("0").rstrip(".") for value in fit[:3])
    verified = "yes" if fit.laboratories > 2 else "partial"
    values = (hardware_class, parameter, low, best, high, "1", "default", ";".join(sources), verified, notes, workload)
    return dict(zip(COLUMNS, values, strict=True))


def write(fitted: list[dict[str, str]]) -> None:
    """Replace the fitted rows of power_defaults.csv and keep the others."""
    path = FOLDER / "power_defaults.csv"
    with path.open(newline="", encoding="utf-8") as file:
        kept = list(csv.DictReader(file))
    keys = {(one["hardware_class"], one["parameter"]) for one in fitted}
    others = [one for one in kept if (one["hardware_class"], one["parameter"]) not in keys]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows([*fitted, *others])


def main() -> None:
    """Fit, judge, print, and write if asked to."""
    runs = evidence()
    stretch, utilization, host = fit_all(runs)
    show(runs, stretch, utilization, host)
    if "--write" in sys.argv:
        write(new_rows(runs, utilization, host))


if __name__ == "__main__":
    main()
