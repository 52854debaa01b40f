"""The callback of skorch, in real trainings of a tiny net on the CPU."""

import time
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from framework_runs import KG_PER_KWH, MISSING, check_energy, endings, logged, records, run_keys

from greentrain import BudgetExceeded, UnknownName

torch = pytest.importorskip("torch", reason=MISSING)
skorch = pytest.importorskip("skorch", reason=MISSING)

from greentrain.tracking.callbacks.skorch import GreentrainCallback  # noqa: E402

POINTS = numpy.ones((8, 4), dtype=numpy.float32)
TARGETS = numpy.ones((8, 1), dtype=numpy.float32)


class AtBatch(skorch.callbacks.Callback):
    """Does after each batch what a test wants to happen there."""

    def __init__(self, action: Callable[[int], None]) -> None:
        self.action = action
        self.batch_ = 0

    def on_batch_end(self, net: Any, training: bool = False, **kwargs: Any) -> None:
        """Do it."""
        if training:
            self.batch_ += 1
            self.action(self.batch_)


def net(callback: GreentrainCallback, action: Callable[[int], None] = lambda batch: None, epochs: int = 2) -> Any:
    """Return a net of 5 parameters that sees two points a batch, so that an epoch has four."""
    return skorch.NeuralNetRegressor(
        torch.nn.Linear, module__in_features=4, module__out_features=1, max_epochs=epochs, batch_size=2, verbose=0,
        train_split=None, callbacks=[callback, AtBatch(action)],
    )  # fmt: skip


def wait(batch: int) -> None:
    """Make each batch last."""
    time.sleep(0.2)


def fail(batch: int) -> None:
    """Raise in the third batch."""
    if batch == 3:
        raise KeyError("bad batch")


def test_a_training_is_one_run(settings: dict[str, Any]) -> None:
    """Energy is power times time, epochs are spans, and the net's history has energy and emissions."""
    callback = GreentrainCallback(**settings)
    history = net(callback, wait).fit(POINTS, TARGETS).history

    assert endings(settings) == [("completed", None)]
    assert [record["attributes"] for record in records(settings, "span_start")] == [{"epoch": 0}, {"epoch": 1}]
    assert {"parameters": 5, "step": 8, "epoch": 2}.items() <= logged(settings).items()
    check_energy(callback.run)
    energy, mass = history[:, "it_energy_kwh"], history[:, "operational_kg"]
    assert len(energy) == 2
    assert energy == sorted(energy)
    assert mass == pytest.approx([value * KG_PER_KWH for value in energy])


def test_an_exception_in_a_block_ends_the_run_with_its_name(settings: dict[str, Any]) -> None:
    """The net informs no callback; the block does, and the exception stays the user's."""
    with pytest.raises(KeyError, match="bad batch"), GreentrainCallback(**settings) as callback:
        net(callback, fail).fit(POINTS, TARGETS)
    assert endings(settings) == [("failed", "KeyError")]


def test_the_next_training_ends_one_that_raised(settings: dict[str, Any]) -> None:
    """Without a block the exception's name is not known, but the run has failed; the second is a run of its own."""
    callback = GreentrainCallback(**settings)
    with pytest.raises(KeyError):
        net(callback, fail).fit(POINTS, TARGETS)
    net(callback).fit(POINTS, TARGETS)
    assert endings(settings) == [("failed", "TrainingAborted"), ("completed", None)]


def test_a_budget_stops_the_training(settings: dict[str, Any]) -> None:
    """The net ends its training as for early stopping, in the middle of an epoch."""
    callback = GreentrainCallback(**settings, budget_kwh=0.0015, on_budget="stop")
    with pytest.warns(UserWarning, match=r"of the budget of 0\.0015 kWh is used"):
        net(callback, wait, epochs=40).fit(POINTS, TARGETS)
    assert endings(settings) == [("completed", None)]
    assert 4 <= logged(settings)["step"] <= 20
    assert callback.run is not None
    assert callback.run.is_budget_exceeded


def test_a_budget_raises_out_of_the_training(settings: dict[str, Any]) -> None:
    """The exception reaches the caller of fit, and the run has failed by it."""
    callback = GreentrainCallback(**settings, budget_kg=0.001, on_budget="raise")
    with pytest.warns(UserWarning, match=r"0\.001 kg CO2e"), pytest.raises(BudgetExceeded):
        net(callback, wait, epochs=40).fit(POINTS, TARGETS)
    assert endings(settings) == [("failed", "BudgetExceeded")]


def test_each_fit_of_a_grid_search_is_a_run(settings: dict[str, Any]) -> None:
    """Two rates in two folds, and the best once more: clones of the callback have its settings."""
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(net(GreentrainCallback(**settings)), {"lr": [0.1, 0.01]}, cv=2, scoring="r2")
    search.fit(POINTS, TARGETS)
    assert endings(settings) == [("completed", None)] * 5
    assert len(run_keys(settings)) == 5


def test_arguments_are_parameters_of_an_estimator(settings: dict[str, Any]) -> None:
    """The net's own way to set a callback's parameter; a wrong value is refused with the message of the argument."""
    callback = GreentrainCallback(**settings)
    trained = net(callback).initialize()
    assert callback.get_params() == settings
    trained.set_params(callbacks__GreentrainCallback__location="DE")
    assert callback.get_params() == settings | {"location": "DE"}
    with pytest.raises(UnknownName, match=r"^location 'Frence': "):
        callback.set_params(location="Frence")
    with pytest.raises(UnknownName, match=r"^location 'Frence': "):
        GreentrainCallback(**settings, location="Frence")
