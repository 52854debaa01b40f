"""Accelerator-hours derived from the size of published models, against the hours that were published.

Prints a row per run of model_runs.csv, the default MFU that the runs give, over all and by generation of accelerators,
and how well it holds on organisations that were left out of the fit. The fit is that of fit_power_defaults.py.

Usage: python benchmarks/model_hours.py
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from greentrain import Interval, estimate, formulas, load_catalogue
from greentrain.catalogue.table_files import Row, shipped_table

sys.path.insert(0, str(Path(__file__).parent))
from fit_power_defaults import STUDENT_95, Run, fit, moments

FAMILIES = ("", "Ampere", "Hopper")
"""Generations of accelerators that at least three organisations published runs of; the first is any."""


class ModelRun(NamedTuple):
    """A published training: its size, its hours and what the hours imply."""

    model: str
    organisation: str
    family: str
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
    family = load_catalogue().hardware.accelerator(row["hardware"]).family
    return ModelRun(row["model"], row["organisation"], family, row["precision"], published, hours, mfu)


def fitted(runs: list[ModelRun], family: str = "") -> Interval:
    """Fit the MFU of a further organisation's run, organisations weighted equally.

    Parameters
    ----------
    runs : list of ModelRun
        At least two organisations.
    family : str, optional
        Generation of accelerators, whose runs are drawn towards all; any by default.
    """
    ratios = [Run(run.model, run.organisation, "", "node", run.mfu, run.family, "") for run in runs]
    if family:
        return Interval(*fit(ratios, "node", family)[:3])
    mean, variance, number = moments(ratios)
    # Between organisations: theirs are a sample of all, few of which publish.
    half = STUDENT_95[number - 2] * math.sqrt(variance * number / (number - 1) * (1 + 1 / number))
    return Interval(*(math.exp(mean + side * half) for side in (-1, 0, 1)))


def held_out(runs: list[ModelRun]) -> Iterator[tuple[str, float]]:
    """Fit without each organisation in turn; yield its name and the share of its runs that the interval holds."""
    for organisation in dict.fromkeys(run.organisation for run in runs):
        others = [run for run in runs if run.organisation != organisation]
        left_out = [run for run in runs if run.organisation == organisation]
        intervals = [fitted(others, run.family if run.family in FAMILIES else "") for run in left_out]
        inside = [low <= run.mfu <= high for run, (low, _, high) in zip(left_out, intervals, strict=True)]
        yield organisation, sum(inside) / len(inside)


def main() -> None:
    """Print the table, the fit and its coverage."""
    runs = model_runs()
    print(f"{'model':<20}{'published h':>13}{'derived h':>13}{'ratio':>8}{'implied MFU':>13}  inside")
    for run in runs:
        hours = f"{run.published_hours:>13,.0f}{run.derived_hours.best:>13,.0f}"
        print(f"{run.model:<20}{hours}{run.ratio:>8.2f}{run.mfu:>13.3f}  {'yes' if run.is_covered else 'no'}")
    used = [run for run in runs if run.precision == "bf16"]
    shares = dict(held_out(used))
    errors = sorted(abs(math.log(run.ratio)) for run in runs)
    print(f"inside the interval: {sum(run.is_covered for run in runs)} of {len(runs)}")
    print(f"median factor between derived and published hours: {math.exp(errors[len(errors) // 2]):.2f}")
    for family in FAMILIES:
        low, best, high = fitted(used, family)
        known = load_catalogue().hardware.compute_default("bf16", "mfu", family).value
        print(f"MFU at bf16, {family or 'any'}: {best:.2f} ({low:.2f} to {high:.2f}), in the table {known}")
    print(f"coverage of the {len(shares)} organisations left out in turn: {sum(shares.values()) / len(shares):.0%}")


if __name__ == "__main__":
    main()
