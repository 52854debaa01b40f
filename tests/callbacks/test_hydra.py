"""The callback of Hydra, in real applications."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from framework_runs import ALONE, KWH_PER_SECOND, MISSING, endings, run_keys

from greentrain import History

pytest.importorskip("hydra", reason=MISSING)

APPLICATION = """
import json, sys, time
import hydra
from hydra.core.config_store import ConfigStore

settings = json.loads(sys.argv.pop(1))
settings["_target_"] = "greentrain.tracking.callbacks.hydra.GreentrainCallback"
ConfigStore.instance().store("config", {"fails": False, "hydra": {"callbacks": {"greentrain": settings}}})


@hydra.main(version_base=None, config_name="config")
def train(config):
    time.sleep(1)
    if config.fails:
        raise KeyError("bad batch")


train()
"""


def application(settings: dict[str, Any], folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    """Run the application in a folder."""
    program = folder / "app.py"
    program.write_text(APPLICATION)
    arguments = json.dumps({**settings, "home": str(settings["home"])})
    command = [sys.executable, str(program), arguments, *overrides]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_an_application_is_one_run(settings: dict[str, Any], tmp_path: Path) -> None:
    """It is called like Hydra's job, where the configuration gives no name; what it drew is power times time."""
    done = application(settings | {"name": None}, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert endings(settings) == [("completed", None)]
    (run,) = History(settings["home"]).runs()
    assert (run.name, run.project) == ("app", None)
    assert run.it_energy_kwh.best == pytest.approx(run.duration_seconds * ALONE * KWH_PER_SECOND, rel=0.2)


def test_each_job_of_a_sweep_is_a_run(settings: dict[str, Any], tmp_path: Path) -> None:
    """Numbered, in the project of the job's name; the second fails by its own exception."""
    application(settings | {"name": None}, tmp_path, "--multirun", "fails=false,true")
    runs = sorted(History(settings["home"]).runs(), key=lambda run: run.name or "")
    assert [(run.name, run.project, run.status) for run in runs] == [
        ("app-0", "app", "completed"),
        ("app-1", "app", "failed"),
    ]
    assert endings(settings) == [("completed", None), ("failed", "KeyError")]


def test_a_name_of_the_users_stays(settings: dict[str, Any], tmp_path: Path) -> None:
    """An application that raises ends with Hydra's own code, and the run with the exception's name."""
    done = application(settings, tmp_path, "fails=true")
    assert done.returncode == 1
    assert endings(settings) == [("failed", "KeyError")]
    (run,) = History(settings["home"]).runs()
    assert run.name == "tiny"


def test_wrong_arguments_are_refused_before_the_job(settings: dict[str, Any], tmp_path: Path) -> None:
    """With the message that the argument has everywhere."""
    done = application(settings | {"location": "Frence"}, tmp_path)
    assert done.returncode == 1
    assert "location 'Frence': " in done.stderr
    assert run_keys(settings) == []
