"""codecarbon's table of CPUs, read as a file: importing codecarbon would cost more than the whole estimate.

The file is private to codecarbon, so its absence is an ordinary answer here, not an error.
"""

import csv
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from greentrain.catalogue.devices import Cpu
from greentrain.catalogue.names import fold
from greentrain.interval import exact

SOURCE = "codecarbon"


@cache
def codecarbon_cpu_tdp_w() -> dict[str, tuple[str, float]]:
    """Read the name and TDP [W] of each CPU, by folded name; malformed and zero values are left out."""
    spec = find_spec("codecarbon")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    files = [Path(folder) / "data" / "hardware" / "cpu_power.csv" for folder in folders]
    found: dict[str, tuple[str, float]] = {}
    for file in filter(Path.exists, files):
        with file.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                tdp_w = _watts(row["TDP"])
                if tdp_w:
                    found.setdefault(fold(row["Name"]), (row["Name"], tdp_w))
    return found


def codecarbon_cpu(name: str) -> Cpu | None:
    """Find a CPU of codecarbon's table by its exact name, case and punctuation aside."""
    found = codecarbon_cpu_tdp_w().get(fold(name))
    if found is None:
        return None
    full_name, tdp_w = found
    return Cpu(fold(full_name), full_name, "", "", (), exact(tdp_w), None, SOURCE, "partial", "")


def _watts(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
