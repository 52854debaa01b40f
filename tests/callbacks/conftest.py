"""What tests of callbacks share: a recorded meter, a home of their own, and frameworks that may be missing."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

POWER_W = 3600.0
"""The computer's power by the recorded meter, so that a second is a thousandth of a kilowatt-hour."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Lightning warn where a Slurm is installed, in which the tests do not run: only then it does."""
    for item in items:
        if "callbacks" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings("ignore:The `srun` command is available:UserWarning"))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Where the frameworks are declared to be here, a file that is skipped for the want of one is an error."""
    report: Any = yield
    if report.skipped and os.environ.get("GREENTRAIN_FRAMEWORKS"):
        report.outcome = "failed"
        report.longrepr = f"skipped, though GREENTRAIN_FRAMEWORKS is set: {report.longrepr}"
    return report


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Arguments of a callback: a computer that draws 3600 W, PUE 1.5 and 500 g/kWh, so that 1 kWh is 0.75 kg."""
    recorded = tmp_path / "recorded.jsonl"
    recorded.write_text('{"seconds": 0, "gpu_w": 3000, "cpu_w": 600}\n')
    home = tmp_path / "home"
    meter = f"replay:{recorded}"
    return {"name": "tiny", "pue": 1.5, "grid_intensity": 500, "home": home, "meter": meter, "quiet": True}
