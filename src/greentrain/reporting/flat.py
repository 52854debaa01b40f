"""An estimate as one row of a table."""

import csv
import io
from typing import Any

from greentrain.estimation import Estimate
from greentrain.footprint import QUANTITIES


def estimate_row(estimate: Estimate) -> dict[str, Any]:
    """Give the run, the six quantities with their ends, the versions and the notes as one flat row."""
    whole = estimate.to_dict()
    row = {name: whole[name] for name in ("schema_version", "kind", "greentrain_version", "data_version")}
    row |= whole["run"]
    for name in QUANTITIES:
        row |= {f"{name}_{end}": value for end, value in whole[name].items()}
    row |= {item["name"]: item["best"] for item in whole["inputs"] if item["name"] not in row}
    return row | {"notes": " ".join(estimate.notes)}


def estimate_csv(estimate: Estimate) -> str:
    """Write an estimate as CSV: a header and one row."""
    row = estimate_row(estimate)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue()
