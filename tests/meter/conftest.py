"""A folder for a run's journals, and a driver in the place of the real one."""

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Make a folder for the journal."""
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a driver with two boards in the meter's way, and an ``nvidia-smi`` that hangs."""
    folder = tmp_path / "driver"
    folder.mkdir()
    shutil.copy(HERE / "fake_pynvml.py", folder / "pynvml.py")
    (folder / "boards").write_text("2")
    smi = folder / "nvidia-smi"
    smi.write_text("#!/bin/sh\nexec sleep 1000\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS"):
        monkeypatch.delenv(name, raising=False)
    return folder
