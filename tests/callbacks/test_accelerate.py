"""The tracker of Accelerate, in real loops of an Accelerator on the CPU."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from framework_runs import MISSING, check_energy, endings, logged, records

from greentrain import BudgetExceeded, History, UnknownName

accelerate = pytest.importorskip("accelerate", reason=MISSING)

from greentrain.tracking.callbacks.accelerate import GreentrainTracker  # noqa: E402


@pytest.fixture(autouse=True)
def _no_accelerator_before() -> Iterator[None]:
    """Accelerate keeps one state per process."""
    yield
    accelerate.state.AcceleratorState._reset_state(reset_partial_state=True)


def loop(accelerator: Any, seconds: float = 0.2, steps: int = 5) -> None:
    """Log a loss at each step, beside what is no number."""
    for step in range(steps):
        time.sleep(seconds)
        accelerator.log({"loss": 0.5, "phase": "warm-up"}, step=step)


def test_a_loop_is_one_run(settings: dict[str, Any]) -> None:
    """Between `init_trackers` and `end_training`; energy is power times time, and the numbers stand in the journal."""
    tracker = GreentrainTracker(**settings)
    accelerator = accelerate.Accelerator(cpu=True, log_with=tracker)
    accelerator.init_trackers("ignored", config={"lr": 0.1})
    loop(accelerator)
    accelerator.end_training()

    assert endings(settings) == [("completed", None)]
    assert logged(settings) == {"loss": 0.5, "step": 4}
    assert len(records(settings, "log")) == 5
    run = accelerator.get_tracker("greentrain", unwrap=True)
    assert run is tracker.run
    check_energy(run)


def test_a_registered_class_is_known_by_its_name(settings: dict[str, Any]) -> None:
    """The project of `init_trackers` is the run's project and, where no name is given, its name."""
    accelerate.tracking.register_tracker_class(GreentrainTracker)
    accelerator = accelerate.Accelerator(cpu=True, log_with="greentrain")
    del settings["name"]
    accelerator.init_trackers("bert", init_kwargs={"greentrain": settings})
    accelerator.end_training()
    (run,) = History(settings["home"]).runs()
    assert (run.name, run.project, run.status) == ("bert", "bert", "completed")


def test_an_exception_in_a_block_ends_the_run_with_its_name(settings: dict[str, Any]) -> None:
    """Accelerate informs no tracker; the block does, and the exception stays the user's."""
    tracker = GreentrainTracker(**settings)
    accelerate.Accelerator(cpu=True, log_with=tracker).init_trackers("bert")
    with pytest.raises(KeyError, match="bad batch"), tracker:
        raise KeyError("bad batch")
    assert endings(settings) == [("failed", "KeyError")]


def test_a_budget_raises_out_of_the_loop(settings: dict[str, Any]) -> None:
    """At the next log; the run has failed by it."""
    accelerator = accelerate.Accelerator(
        cpu=True, log_with=GreentrainTracker(**settings, budget_kg=0.001, on_budget="raise")
    )
    accelerator.init_trackers("bert")
    with pytest.warns(UserWarning, match=r"0\.001 kg CO2e"), pytest.raises(BudgetExceeded):
        loop(accelerator, seconds=0.25, steps=160)
    assert endings(settings) == [("failed", "BudgetExceeded")]


def test_wrong_arguments_are_refused_at_once(settings: dict[str, Any]) -> None:
    """In the line that makes the tracker."""
    with pytest.raises(UnknownName, match=r"^location 'Frence': "):
        GreentrainTracker(**settings, location="Frence")
