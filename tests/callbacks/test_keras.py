"""The callback of Keras, in real trainings of a tiny model on the CPU."""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from framework_runs import KG_PER_KWH, MISSING, check_energy, endings, logged, records, run_keys

from greentrain import BudgetExceeded, UnknownName

pytest.importorskip("torch", reason=MISSING)
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason=MISSING)

from greentrain.tracking.callbacks.keras import GreentrainCallback  # noqa: E402

# How Keras hands its tensors to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
Action = Callable[[int], None]


class AtBatch(keras.callbacks.Callback):
    """Does at each batch what a test wants to happen there."""

    def __init__(self, action: Action) -> None:
        super().__init__()
        self.action = action

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Do it."""
        self.action(batch + 1)


def fit(callbacks: list[Any], action: Action = lambda batch: None, batches: int = 4, epochs: int = 2) -> Any:
    """Train a model of 5 parameters, two points a batch."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    points = numpy.ones((2 * batches, 4))
    return model.fit(
        points, numpy.ones((2 * batches, 1)), epochs=epochs, batch_size=2, verbose=0,
        callbacks=[*callbacks, AtBatch(action)],
    )  # fmt: skip


def wait(seconds: float) -> Action:
    """Make each batch last."""
    return lambda batch: time.sleep(seconds)


def fail(batch: int) -> None:
    """Raise in the third batch."""
    if batch == 3:
        raise KeyError("bad batch")


def test_a_training_is_one_run(settings: dict[str, Any]) -> None:
    """Energy is power times time, epochs are spans, and the history that fit returns has energy and emissions."""
    callback = GreentrainCallback(**settings)
    history = fit([callback], wait(0.2)).history

    assert endings(settings) == [("completed", None)]
    assert [record["attributes"] for record in records(settings, "span_start")] == [{"epoch": 0}, {"epoch": 1}]
    known = logged(settings)
    assert {"parameters": 5, "step": 8, "total_steps": 8}.items() <= known.items()
    logs = [record["values"] for record in records(settings, "log")]
    assert [values["loss"] for values in logs if "loss" in values] == history["loss"]
    check_energy(callback.run)
    energy, mass = history["it_energy_kwh"], history["operational_kg"]
    assert len(energy) == 2
    assert energy == sorted(energy)
    assert mass == pytest.approx([value * KG_PER_KWH for value in energy])


def test_an_exception_in_a_block_ends_the_run_with_its_name(settings: dict[str, Any]) -> None:
    """Keras informs no callback; the block does, and the exception stays the user's."""
    with pytest.raises(KeyError, match="bad batch"), GreentrainCallback(**settings) as callback:
        fit([callback], fail)
    assert endings(settings) == [("failed", "KeyError")]
    assert [record["error"] for record in records(settings, "span_end")] == ["KeyError"]


def test_the_next_training_ends_one_that_raised(settings: dict[str, Any]) -> None:
    """Without a block the exception's name is not known, but the run has failed; the second is a run of its own."""
    callback = GreentrainCallback(**settings)
    with pytest.raises(KeyError):
        fit([callback], fail)
    fit([callback])
    assert endings(settings) == [("failed", "TrainingAborted"), ("completed", None)]
    assert len(run_keys(settings)) == 2


def test_a_budget_stops_the_training(settings: dict[str, Any]) -> None:
    """The model ends its training as for early stopping, in the middle of an epoch."""
    callback = GreentrainCallback(**settings, budget_kwh=0.0015, on_budget="stop")
    with pytest.warns(UserWarning, match=r"of the budget of 0\.0015 kWh is used"):
        fit([callback], wait(0.25), batches=40)
    assert endings(settings) == [("completed", None)]
    assert 4 <= logged(settings)["step"] <= 16
    assert callback.run.is_budget_exceeded


def test_a_budget_raises_out_of_the_training(settings: dict[str, Any]) -> None:
    """The exception reaches the caller of fit, and the run has failed by it."""
    callback = GreentrainCallback(**settings, budget_kg=0.001, on_budget="raise")
    with pytest.warns(UserWarning, match=r"0\.001 kg CO2e"), pytest.raises(BudgetExceeded):
        fit([callback], wait(0.25), batches=40)
    assert endings(settings) == [("failed", "BudgetExceeded")]


def test_a_training_inside_a_tracked_function_is_a_part_of_it(settings: dict[str, Any]) -> None:
    """One run and one meter; the training is a span of it, and the epochs are spans of that."""
    from greentrain import track

    callback = GreentrainCallback(**settings)
    with track(**settings | {"name": "outer"}):
        fit([callback], wait(0.1))
    assert len(run_keys(settings)) == 1
    spans = [(record["span"], record["parent"], record["name"]) for record in records(settings, "span_start")]
    assert spans == [(1, None, "tiny"), (2, 1, "epoch"), (3, 1, "epoch")]
    check_energy(callback.run)


def test_wrong_arguments_are_refused_at_once(settings: dict[str, Any]) -> None:
    """In the line that makes the callback, not when the data is loaded."""
    with pytest.raises(UnknownName, match=r"^location 'Frence': "):
        GreentrainCallback(**settings, location="Frence")
