"""Accelerator-hours derived from the size of published models, against the hours that were published.

Prints a row per run of model_runs.csv, the default MFU that the runs give, and how well it holds on organisations that
were left out of the fit.

Usage: python benchmarks/model_hours.py
"""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

from greentrain import Interval, estimate, formulas, load_catalogue
from greentrain.catalogue.table_files import Row, shipped_table

Z_90 = NormalDist().inv_cdf(0.95)


class ModelRun(NamedTuple):
    """A published training: its size, its hours and what the hours imply."""

    model: str
    organisation: str
    precision: str
    published_hours: float
    derived_hours: Interval
    mfu: float

    @property
    def ratio(self) -> float:
        """Derived over published hours. [1]"""
        return self.derived_hours.best / self.published_hours

    @property
    def is_covered(self) -> bool:
        """Whether the published hours lie inside the interval of the derived ones."""
        return self.derived_hours.low <= self.published_hours <= self.derived_hours.high


def model_runs() -> list[ModelRun]:
    """Derive the hours of every published run from its size alone."""
    return [_model_run(row) for row in shipped_table("model_runs").records()]


def _model_run(row: Row) -> ModelRun:
    found = estimate(
        row["hardware"],
        params=row["params"],
        tokens=row["tokens"],
        active_params=row["active_params"] or None,
        precision=row["precision"],
    )
    (hours,) = [item.value for item in found.inputs if item.name == "gpu_hours"]
    (peak,) = [item.value.best for item in found.inputs if item.name == "peak"]
    published = float(row["accelerator_hours"])
    mfu = formulas.flops_utilization(found.run["flops"], peak, published)
    return ModelRun(row["model"], row["organisation"], row["precision"], published, hours, mfu)


def fitted(runs: list[ModelRun]) -> Interval:
    """Fit the MFU of a further organisation's run: a log-normal prediction, organisations weighted alike.

    Parameters
    ----------
    runs : list of ModelRun
        At least two organisations.
    """
    by_organisation: dict[str, list[float]] = {}
    for run in runs:
        by_organisation.setdefault(run.organisation, []).append(math.log(run.mfu))
    number = len(by_organisation)
    weighted = [(value, 1 / number / len(values)) for values in by_organisation.values() for value in values]
    mean = sum(value * weight for value, weight in weighted)
    variance = sum(weight * (value - mean) ** 2 for value, weight in weighted) * number / (number - 1)
    half = _student_95(number - 1) * math.sqrt(variance * (1 + 1 / number))
    return Interval(*(math.exp(mean + side * half) for side in (-1, 0, 1)))


def _student_95(freedom: int) -> float:
    """Approximate the 95 % quantile of Student's distribution by two terms of its expansion around the normal one."""
    z = Z_90
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def held_out(runs: list[ModelRun]) -> Iterator[tuple[str, float]]:
    """Fit without each organisation in turn; give its name and the share of its runs that the interval holds."""
    for organisation in dict.fromkeys(run.organisation for run in runs):
        low, _, high = fitted([run for run in runs if run.organisation != organisation])
        left_out = [run for run in runs if run.organisation == organisation]
        yield organisation, sum(low <= run.mfu <= high for run in left_out) / len(left_out)


def main() -> None:
    """Print the table, the fit and its coverage."""
    runs = model_runs()
    print(f"{'model':<20}{'published h':>13}{'derived h':>13}{'ratio':>8}{'implied MFU':>13}  inside")
    for run in runs:
        hours = f"{run.published_hours:>13,.0f}{run.derived_hours.best:>13,.0f}"
        print(f"{run.model:<20}{hours}{run.ratio:>8.2f}{run.mfu:>13.3f}  {'yes' if run.is_covered else 'no'}")
    fit = [run for run in runs if run.precision == "bf16"]
    low, best, high = fitted(fit)
    shares = dict(held_out(fit))
    errors = sorted(abs(math.log(run.ratio)) for run in runs)
    print(f"inside the interval: {sum(run.is_covered for run in runs)} of {len(runs)}")
    print(f"median factor between derived and published hours: {math.exp(errors[len(errors) // 2]):.2f}")
    print(f"default MFU fitted to {len(fit)} runs at bf16: {best:.2f} ({low:.2f} to {high:.2f})")
    print(f"coverage of the {len(shares)} organisations left out in turn: {sum(shares.values()) / len(shares):.0%}")
    print("default MFU of the table:", load_catalogue().hardware.compute_default("bf16", "mfu").value)


if __name__ == "__main__":
    main()
