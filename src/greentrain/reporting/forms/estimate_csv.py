"""An estimate as one row of a table."""

from typing import Any

from greentrain.csv_text import rows_csv
from greentrain.estimation import Estimate
from greentrain.footprint import QUANTITIES
from greentrain.interval import Interval

_HEAD = ("schema_version", "kind", "greentrain_version", "data_version")
_RUN = (
    "gpu", "count", "hours", "gpu_hours", "location", "year", "year_basis", "grid_year", "runs", "site", "instance",
)  # fmt: skip
_RUN_IF_STATED = (
    "place", "cpu", "cpu_cores", "memory_gb", "params", "active_params", "tokens", "flops", "precision", "mfu",
)  # fmt: skip
_INPUTS = (
    "peak", "accelerator_power", "tdp", "utilization", "host_factor", "board_power", "cpu_tdp_per_core", "cpu_load",
    "cpu_idle_fraction", "memory_power_per_gb", "pue", "grid_intensity", "device_embodied", "node_share_embodied",
    "lifetime", "share_of_life_in_use", "wue", "water_intensity", "node_ratio", "host_power",
)  # fmt: skip

COLUMNS = (
    *_HEAD, *_RUN, *(f"{name}_{end}" for name in QUANTITIES for end in Interval._fields), "basis", "scope",
    *_RUN_IF_STATED, *_INPUTS, "architecture", "fraction", "gpu_family", "notes",
)  # fmt: skip
"""The header, the same for every estimate: the run, its quantities, each input that the model may use, the notes.

Columns keep their names; a new input of the model gets one before the notes. What every estimate has comes first.
"""


def estimate_row(estimate: Estimate) -> dict[str, Any]:
    """Return the run, the six quantities with their ends, the best value of each input and the notes as one row.

    What the estimate does not use has no cell. An input that is also part of the run, such as the count, has one cell.
    """
    whole = estimate.to_dict()
    row: dict[str, Any] = {name: whole[name] for name in (*_HEAD, "basis", "scope")} | whole["run"]
    for name in QUANTITIES:
        row |= {f"{name}_{end}": value for end, value in whole[name].items()}
    row |= {item["name"]: item["best"] for item in whole["inputs"] if item["name"] not in row}
    return row | {"notes": " ".join(estimate.notes)}


def estimate_csv(estimate: Estimate) -> str:
    """Write an estimate as CSV: a header and one row."""
    return rows_csv(COLUMNS, [estimate_row(estimate)])
