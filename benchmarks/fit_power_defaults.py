"""Fit the power of accelerators and of whole servers to metered runs, and judge it on laboratories left out.

Reads hardware_profiles/power_evidence.csv: mean power in training over TDP, of the accelerator as its own sensor reads
it, or of the whole node per accelerator as a wall meter reads it. Two tables follow, each in units of TDP and with no
factor between them: ``utilization`` of an accelerator and ``node_ratio`` of a full server, with a row per workload.

Laboratories count equally, whatever the number of their runs. A workload's mean logarithm is drawn towards that of its
level as by one more laboratory, its variance towards the variance within workloads as by four more: few laboratories
have been metered in each. The interval is that of a prediction for a laboratory that was not seen, by Student's t.

The first model (utilization x host factor, first_power_model.py) and the TDP alone are judged in the same way: every
run is predicted by a fit that has not seen its laboratory.

Usage: python benchmarks/fit_power_defaults.py [--write]
With --write the fitted rows of hardware_profiles/power_defaults.csv are replaced.
"""

import csv
import sys
from collections import Counter
from collections.abc import Callable
from math import exp, log
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
import first_power_model
from first_power_model import Fit, Run

FOLDER = Path(__file__).parents[1] / "hardware_profiles"
GPU_CLASSES = ("sxm-node", "pcie-server", "workstation", "laptop")
NODE_CLASSES = ("sxm-node", "pcie-server")
WORKLOADS = ("", "pretraining", "finetuning", "inference-like", "small")
LEVELS = ("accelerator", "node")
PRIOR_OF_MEAN, PRIOR_OF_SPREAD = 1, 4
"""Laboratories that stand for the other workloads of a level. [1]"""
HOST_WIDTH = 1.6
"""Either way around the host's share of TDP, which few servers show apart from their accelerators. [1]"""
NEWKIRK_ERROR = 0.114
"""Mean error of the best published model on single-node transformer runs, fitted to them (Newkirk et al. 2025). [1]"""
STUDENT_95 = (
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812,
    1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725,
)  # fmt: skip
"""95 % quantiles of Student's t with 1 to 20 degrees of freedom. [1]"""
COLUMNS = (
    "hardware_class", "parameter", "low", "best", "high", "unit", "basis", "source", "verified", "notes", "workload",
)  # fmt: skip


class Judged(NamedTuple):
    """A run, and what was predicted for it without its laboratory."""

    run: Run
    low: float
    best: float
    high: float


Model = Callable[[list[Run], Run, bool], tuple[float, float, float] | None]
"""Predicts the ratio of a run from other laboratories' runs, with or without its workload; None where it can't."""


def evidence() -> list[Run]:
    """Read the metered runs that the fit may use."""
    with (FOLDER / "power_evidence.csv").open(newline="", encoding="utf-8") as file:
        return [
            Run(*(row[name] for name in Run._fields[:4]), float(row["ratio"]), row["workload"], row["source"])
            for row in csv.DictReader(file)
            if row["use"] == "fit"
        ]


def moments(runs: list[Run]) -> tuple[float, float, int]:
    """Return mean and variance of the logarithms, laboratories weighted equally, and the number of laboratories."""
    sizes = Counter(run.laboratory for run in runs)
    mean = sum(log(run.ratio) / sizes[run.laboratory] for run in runs) / len(sizes)
    variance = sum((log(run.ratio) - mean) ** 2 / sizes[run.laboratory] for run in runs) / len(sizes)
    return mean, variance, len(sizes)


def within_workloads(runs: list[Run]) -> float | None:
    """Return the variance of the logarithms around their workload's mean, laboratories of a workload weighted equally.

    None where no run has a workload.
    """
    kinds = {run.workload for run in runs} - {""}
    found = [moments([run for run in runs if run.workload == kind]) for kind in kinds]
    laboratories = sum(number for _, _, number in found)
    return sum(number * variance for _, variance, number in found) / laboratories if found else None


def fit(runs: list[Run], level: str, workload: str = "") -> Fit:
    """Fit one level or one workload of it; a workload without a metered run gets the level's own fit.

    Parameters
    ----------
    runs : list of Run
        Of both levels; at least one of this one.
    """
    everything = [run for run in runs if run.level == level]
    mean, variance, all_laboratories = moments(everything)
    number, laboratories = len(everything), all_laboratories
    own = [run for run in everything if workload and run.workload == workload]
    if own:
        own_mean, own_variance, laboratories = moments(own)
        number = len(own)
        spread = within_workloads(everything)
        assert spread is not None
        mean = (laboratories * own_mean + PRIOR_OF_MEAN * mean) / (laboratories + PRIOR_OF_MEAN)
        variance = (laboratories * own_variance + PRIOR_OF_SPREAD * spread) / (laboratories + PRIOR_OF_SPREAD)
    half = STUDENT_95[all_laboratories - 1] * (variance * (1 + 1 / laboratories)) ** 0.5
    # An accelerator is held at its limit: above that no mean of a training lies.
    high = min(1.0, exp(mean + half)) if level == "accelerator" else exp(mean + half)
    return Fit(exp(mean - half), exp(mean), high, number, 0 if workload and not own else laboratories)


def host_share(runs: list[Run]) -> Fit:
    """Return what a server draws beside its accelerators, over their TDP: the difference of the two tables.

    Servers at the wall are nearly all pretraining or fine-tuning that fills the device.
    """
    best = fit(runs, "node").best - fit(runs, "accelerator", "pretraining").best
    nodes = [run for run in runs if run.level == "node"]
    return Fit(best / HOST_WIDTH, best, best * HOST_WIDTH, len(nodes), moments(nodes)[2])


def direct(others: list[Run], run: Run, hinted: bool) -> tuple[float, float, float]:
    """Predict from the table of the run's level."""
    return fit(others, run.level, run.workload if hinted else "")[:3]


def tdp_alone(others: list[Run], run: Run, hinted: bool) -> tuple[float, float, float]:
    """Predict the TDP, as methods do that multiply it by the hours."""
    return 1.0, 1.0, 1.0


def first(others: list[Run], run: Run, hinted: bool) -> tuple[float, float, float] | None:
    """Predict by utilization x host factor, each fitted to the same runs."""
    try:
        _, utilization, host = first_power_model.fit_all(others)
    except ZeroDivisionError:  # a class or a workload of which no run is left
        return None
    if run.level == "node" and run.hardware_class not in host:
        return None
    return first_power_model.expected_ratio(run, utilization[run.workload if hinted else ""], host)


MODELS: dict[str, Model] = {"direct by level": direct, "utilization x host factor": first, "TDP alone": tdp_alone}


def judged(runs: list[Run], model: Model, hinted: bool) -> list[Judged]:
    """Predict every run from the runs of the other laboratories."""
    found = []
    for run in runs:
        others = [other for other in runs if other.laboratory != run.laboratory]
        predicted = model(others, run, hinted)
        if predicted:
            found.append(Judged(run, *predicted))
    return found


def by_laboratory(results: list[Judged], value: Callable[[Judged], float]) -> float:
    """Return the mean of a value, laboratories weighted equally."""
    sizes = Counter(result.run.laboratory for result in results)
    return sum(value(result) / sizes[result.run.laboratory] for result in results) / len(sizes)


def row_of(results: list[Judged]) -> str:
    """Format coverage, width, error and bias of predictions."""
    inside = [result.low <= result.run.ratio <= result.high for result in results]
    covered = by_laboratory(results, lambda one: one.low <= one.run.ratio <= one.high)
    width = exp(sum(log(one.high / one.low) for one in results) / len(results))
    error = sum(abs(one.best / one.run.ratio - 1) for one in results) / len(results)
    bias = exp(by_laboratory(results, lambda one: log(one.best / one.run.ratio)))
    return f"{len(results):>5}{sum(inside) / len(inside):>9.2f}{covered:>9.2f}{width:>9.1f}{error:>8.0%}{bias:>8.2f}"


def show_left_out(runs: list[Run]) -> None:
    """Print how each model predicts laboratories that it has not seen."""
    print("Laboratories left out: share inside the 90 % interval (of runs, of laboratories), width, mean error, bias")
    print(f"{'level':<13}{'workload':<9}{'model':<27}{'runs':>5}{'inside':>9}{'by lab':>9}{'width x':>9}{'error':>8}")
    for level in (*LEVELS, "both"):
        for hinted in (False, True):
            for name, model in MODELS.items():
                results = [one for one in judged(runs, model, hinted) if level in ("both", one.run.level)]
                print(f"{level:<13}{'named' if hinted else '-':<9}{name:<27}{row_of(results)}")
    nodes = [one for one in judged(runs, direct, True) if one.run.level == "node" and one.run.workload]
    error = sum(abs(one.best / one.run.ratio - 1) for one in nodes) / len(nodes)
    print(f"Servers at the wall, workload named: mean error {error:.1%} (Newkirk et al. 2025: {NEWKIRK_ERROR:.1%})")


def fitted(runs: list[Run]) -> dict[tuple[str, str], Fit]:
    """Return the tables by parameter and workload."""
    found = {}
    for parameter, level in (("utilization", "accelerator"), ("node_ratio", "node")):
        metered = {run.workload for run in runs if run.level == level} | {""}
        found |= {(parameter, kind): fit(runs, level, kind) for kind in WORKLOADS if kind in metered}
    return {**found, ("host_share", ""): host_share(runs)}


def show(tables: dict[tuple[str, str], Fit]) -> None:
    """Print the tables."""
    print(f"\n{'over TDP':<34}{'low':>7}{'best':>7}{'high':>7}{'runs':>6}{'labs':>6}")
    for (parameter, kind), one in tables.items():
        name = f"{parameter}, {kind or 'any workload'}"
        print(f"{name:<34}{one.low:>7.3f}{one.best:>7.3f}{one.high:>7.3f}{one.runs:>6}{one.laboratories:>6}")


def new_rows(runs: list[Run], tables: dict[tuple[str, str], Fit]) -> list[dict[str, str]]:
    """Make the rows of power_defaults.csv that this fit answers for."""
    rows = []
    for hardware_class in GPU_CLASSES:
        for (parameter, kind), one in tables.items():
            if parameter == "utilization" or hardware_class in NODE_CLASSES:
                rows.append(_row(runs, hardware_class, parameter, kind, one))
    return rows


def _row(runs: list[Run], hardware_class: str, parameter: str, kind: str, one: Fit) -> dict[str, str]:
    level = "accelerator" if parameter == "utilization" else "node"
    used = [run for run in runs if run.level == level]
    own = [run for run in used if kind in ("", run.workload)]
    sources = ";".join(sorted({run.source for run in own}))
    notes = f"Fitted to metered runs in power_evidence.csv: {one.runs}, of {one.laboratories} laboratories."
    low, best, high = (f"{value:.3f}".rstrip("0").rstrip(".") for value in one[:3])
    verified = "yes" if one.laboratories > 2 else "partial"
    values = (hardware_class, parameter, low, best, high, "1", "default", sources, verified, notes, kind)
    return dict(zip(COLUMNS, values, strict=True))


def write(rows: list[dict[str, str]]) -> None:
    """Replace the fitted rows of power_defaults.csv and keep the others."""
    path = FOLDER / "power_defaults.csv"
    with path.open(newline="", encoding="utf-8") as file:
        kept = list(csv.DictReader(file))
    keys = {(row["hardware_class"], row["parameter"]) for row in rows}
    replaced = {(name, "host_factor") for name in NODE_CLASSES}
    others = [row for row in kept if (row["hardware_class"], row["parameter"]) not in keys | replaced]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows([*rows, *others])


def main() -> None:
    """Fit, judge, print, and write if asked to."""
    runs = evidence()
    show_left_out(runs)
    tables = fitted(runs)
    show(tables)
    if "--write" in sys.argv:
        write(new_rows(runs, tables))


if __name__ == "__main__":
    main()
