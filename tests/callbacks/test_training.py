"""What the callbacks share, without any framework: how runs end whose end a framework does not report."""

import copy
import json
import pickle
import subprocess
import sys
import time
from typing import Any

import pytest
from busy_machine import slowness
from framework_runs import KG_PER_KWH, check_energy, endings, logged, records, run_keys

from greentrain import BudgetExceeded
from greentrain.tracking import Training, TrainingAborted

_HEAD = """
import json, sys, time
from greentrain.tracking.callbacks.training import Training
training = Training(json.loads(sys.argv[1]))
training.begin()
training.epoch_begins(0)
"""
_RAISED = "raise KeyError('bad batch')"
_SWALLOWED = "try:\n    raise KeyError('bad batch')\nexcept KeyError:\n    pass"


def run_program(settings: dict[str, Any], body: str) -> subprocess.CompletedProcess[str]:
    """Run a program in which a training has begun."""
    arguments = json.dumps({**settings, "home": str(settings["home"])})
    command = [sys.executable, "-c", _HEAD + body, arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("body", "code", "ending"),
    [
        ("training.end()", 0, ("completed", None)),
        (_RAISED, 1, ("failed", "KeyError")),
        ("sys.exit(3)", 3, ("failed", "TrainingAborted")),
        (_SWALLOWED, 0, ("failed", "TrainingAborted")),
        ("raise KeyboardInterrupt", -2, ("interrupted", "KeyboardInterrupt")),
    ],
)
def test_the_end_of_the_program_ends_a_training(
    settings: dict[str, Any], body: str, code: int, ending: tuple[str, str | None]
) -> None:
    """As failed, with the exception's name where it is the one that ended the program; the exit code stays."""
    done = run_program(settings, body)
    assert done.returncode == code
    assert "greentrain" not in done.stderr
    assert endings(settings) == [ending]


def test_a_training_ends_with_its_callback(settings: dict[str, Any]) -> None:
    """Whoever lets go of the Trainer after an exception does not go on being metered."""
    run_program(settings, "del training\ntime.sleep(1.0)\nsys.exit(0)")
    (start,), (end,) = records(settings, "start"), records(settings, "end")
    assert (end["status"], end["error"]) == ("failed", "TrainingAborted")
    assert end["mono"] - start["mono"] < 0.5 * slowness()


def test_trainings_after_one_another_are_runs_of_their_own(settings: dict[str, Any]) -> None:
    """The first has no end of its own, the second has; ending twice changes nothing."""
    training = Training(settings)
    training.begin()
    training.begin()
    training.end()
    training.end(KeyError("late"))
    assert endings(settings) == [("failed", TrainingAborted.__name__), ("completed", None)]
    assert len(run_keys(settings)) == 2
    assert not training.is_running


def test_figures_go_on_from_those_of_a_checkpoint(settings: dict[str, Any]) -> None:
    """A kilowatt-hour and two kilograms before, 3600 W since; the state that comes out is the next checkpoint's."""
    training = Training(settings)
    training.restore({"run_id": "before", "it_energy_kwh": 1.0, "operational_kg": 2.0})
    training.begin()
    time.sleep(0.5)
    training.end()
    check_energy(training.run)
    energy = training.run.measurement.it_energy_kwh.best  # type: ignore[union-attr]
    assert training.state() == {
        "run_id": "before",
        "it_energy_kwh": 1.0 + energy,
        "operational_kg": pytest.approx(2.0 + energy * KG_PER_KWH),
    }
    assert run_keys(settings) == ["before"]


_DAMAGED = [{}, {"run_id": None}, {"run_id": 7, "it_energy_kwh": "much"}, {"it_energy_kwh": None}]


@pytest.mark.parametrize("state", _DAMAGED)
def test_a_damaged_state_begins_anew(settings: dict[str, Any], state: dict[str, Any]) -> None:
    """What a checkpoint holds is used as far as it makes sense, and never ends a training."""
    training = Training(settings)
    training.restore(state)
    training.begin()
    training.end()
    assert endings(settings) == [("completed", None)]


def test_what_the_user_calls_the_run_comes_before_the_checkpoint(settings: dict[str, Any]) -> None:
    """A run id of the user's own stays."""
    training = Training(settings | {"run_id": "mine"})
    training.restore({"run_id": "before"})
    training.begin()
    training.end()
    assert run_keys(settings) == ["mine"]


def test_only_numbers_are_logged(settings: dict[str, Any]) -> None:
    """The values of a framework are not checked by its user: those of other kinds are left out without a warning."""
    numpy = pytest.importorskip("numpy")
    values = {"loss": 0.5, "lr": numpy.float32(0.25), "flag": True, "text": "a", "many": numpy.ones(3), "none": None}
    training = Training(settings)
    training.begin()
    training.log(values)
    training.end()
    assert logged(settings) == {"loss": 0.5, "lr": 0.25}


def test_steps_are_recorded_now_and_then(settings: dict[str, Any]) -> None:
    """A million steps do not make a million records."""
    training = Training(settings)
    training.begin()
    for step in range(1, 1001):
        training.step(step, 1000)
    training.end()
    assert [record["values"] for record in records(settings, "log")] == [{"step": 1, "total_steps": 1000}]


def test_a_used_up_budget_ends_the_run_that_it_raises_from(settings: dict[str, Any]) -> None:
    """The framework informs no callback of the exception, so the run ends where it is raised."""
    training = Training(settings | {"budget_kwh": 1e-9, "on_budget": "raise"})
    training.begin()

    def train() -> None:
        for step in range(100):
            time.sleep(0.05)
            training.step(step)

    with pytest.warns(UserWarning, match="budget"), pytest.raises(BudgetExceeded):
        train()
    assert endings(settings) == [("failed", "BudgetExceeded")]


def test_a_copy_does_not_end_the_run(settings: dict[str, Any]) -> None:
    """A framework may copy and pickle its callbacks; the run goes on in the original."""
    training = Training({**settings, "home": str(settings["home"])})
    training.begin()
    for other in (copy.deepcopy(training), pickle.loads(pickle.dumps(training))):
        assert not other.is_running
        other.end()
    assert training.is_running
    training.end()
    assert endings(settings) == [("completed", None)]


@pytest.mark.parametrize("framework", ["transformers", "lightning", "keras", "torch"])
def test_only_a_frameworks_own_module_loads_it(framework: str) -> None:
    """Neither the package of the callbacks nor what they share does."""
    body = f"import sys, greentrain.tracking.callbacks.training\nsys.exit({framework!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", body], check=False, timeout=120).returncode == 0
