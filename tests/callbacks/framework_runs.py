"""What the trainings of these tests left behind."""

import json
from pathlib import Path
from typing import Any

import pytest

MISSING = "needs the frameworks of tests/callbacks/requirements.txt"

KG_PER_KWH = 1.5 * 500 / 1000
"""PUE x g/kWh of the tests' settings."""

ALONE = 1.15
"""What the computers draw over what sensors read. [1]"""

KWH_PER_SECOND = 3600 / 3.6e6
"""What the recorded meter's computer draws."""


def records(settings: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the records of a type that the trackers wrote, the oldest first."""
    paths = Path(settings["home"]).glob("runs/*/*.tracker.jsonl")
    found = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    return sorted((record for record in found if record["type"] == kind), key=lambda record: record["mono"])


def endings(settings: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return how the runs ended, each with the exception's type."""
    return [(record["status"], record["error"]) for record in records(settings, "end")]


def run_keys(settings: dict[str, Any]) -> list[str]:
    """Return the keys of the runs in the history."""
    return sorted(path.name for path in Path(settings["home"]).glob("runs/*"))


def logged(settings: dict[str, Any]) -> dict[str, float]:
    """Return the last value of each name that was logged."""
    return {name: value for record in records(settings, "log") for name, value in record["values"].items()}


def check_energy(run: Any) -> None:
    """Check that a run's energy is its power times its time, and its emissions follow from PUE and grid."""
    measurement = run.measurement
    assert measurement.it_energy_kwh.best == pytest.approx(
        measurement.duration_seconds * ALONE * KWH_PER_SECOND, rel=0.2
    )
    assert measurement.operational_kg.best == pytest.approx(measurement.it_energy_kwh.best * KG_PER_KWH, rel=1e-9)
