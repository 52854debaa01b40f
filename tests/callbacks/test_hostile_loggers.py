"""Loggers and other callbacks that raise next to ours: what the training does is what it would do without us."""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from framework_runs import MISSING, endings, records

torch = pytest.importorskip("torch", reason=MISSING)
# What the frameworks themselves warn of.
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*num_workers"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

import test_huggingface as huggingface  # noqa: E402
import test_keras as keras  # noqa: E402
import test_lightning as lightning  # noqa: E402

OWN = KeyError("bad batch")


class Ended(BaseException):
    """What no program catches by ``except Exception``."""


ERRORS = [OSError("disk full"), Ended(), KeyboardInterrupt()]


class Refusing(lightning.Kept):
    """A logger that refuses energy, with any exception."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Raise at what only our callback logs."""
        if "it_energy_kwh" in metrics:
            raise self.error
        super().log_metrics(metrics, step)


class Thing:
    """A value that raises whatever it is asked."""

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(name)

    def __float__(self) -> NoReturn:
        raise RuntimeError

    def __repr__(self) -> NoReturn:
        raise RuntimeError


def fail_at(step: int) -> Callable[[int], None]:
    """Make a step of a training raise."""

    def action(number: int) -> None:
        if number == step:
            raise OWN

    return action


def test_logger_that_refuses_energy(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Fault 43: a Lightning logger that fails at our figures fails nothing else; one warning names it."""
    logger = Refusing(OSError("disk full"))
    callback = lightning.GreentrainCallback(**settings)
    made = lightning.trainer(tmp_path, [callback], logger=logger)
    with pytest.warns(UserWarning, match=r"Refusing does not take energy and emissions \(OSError\)") as caught:
        made.fit(lightning.Tiny(lightning.wait(0.15)), lightning.data())
    assert len([item for item in caught if "does not take" in str(item.message)]) == 1
    assert made.state.finished
    assert [set(metrics) for _, metrics in logger.logged] != []
    assert endings(settings) == [("completed", None)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_logger_while_the_training_fails(tmp_path: Path, settings: dict[str, Any], error: BaseException) -> None:
    """Fault 43: whatever a Lightning logger raises then, the training's own exception comes out."""
    made = lightning.trainer(tmp_path, [lightning.GreentrainCallback(**settings)], logger=Refusing(error))
    with pytest.raises(KeyError) as caught:
        made.fit(lightning.Tiny(fail_at(3)), lightning.data())
    assert caught.value is OWN
    assert endings(settings) == [("failed", "KeyError")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("framework", ["huggingface", "keras"])
def test_another_callback_that_raises(
    tmp_path: Path, settings: dict[str, Any], framework: str, error: BaseException
) -> None:
    """Fault 43: what a callback of the user's raises comes out as ever, and the block records it."""

    def action(*words: Any, **more: Any) -> NoReturn:
        raise error

    with pytest.raises(type(error)) as caught:
        train(framework, tmp_path, settings, on_log=action, on_epoch_end=action)
    assert caught.value is error
    status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    assert endings(settings) == [(status, type(error).__name__)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("framework", ["huggingface", "keras"])
def test_surroundings_while_the_training_fails(
    tmp_path: Path, settings: dict[str, Any], framework: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 43: stderr and the display of warnings raise while the run is ended: the training's own comes out."""

    def refuse(*words: Any, **more: Any) -> NoReturn:
        raise error

    stream = type("Stream", (), {"write": refuse, "flush": refuse})()
    loud = settings | {"quiet": False, "budget_kwh": 1e-9}
    with monkeypatch.context() as patched, warnings.catch_warnings():
        warnings.simplefilter("always")
        patched.setattr(warnings, "showwarning", refuse)
        with pytest.raises(KeyError) as caught:
            train(framework, tmp_path, loud, lambda: patched.setattr(sys, "stderr", stream))
    assert caught.value is OWN
    assert endings(settings) == [("failed", "KeyError")]


def test_values_that_raise(settings: dict[str, Any]) -> None:
    """Fault 43: what a framework logs may be an object that can be asked nothing; the other values are recorded."""
    with keras.GreentrainCallback(**settings) as callback:
        callback.training.begin()
        callback.training.log({"thing": Thing(), "loss": 0.5, "step": torch.tensor(3)})
        callback.training.end()
    assert [record["values"] for record in records(settings, "log")] == [{"loss": 0.5, "step": 3}]


def train(
    framework: str, folder: Path, settings: dict[str, Any], before: Callable[[], None] | None = None, **hooks: Any
) -> None:
    """Train in a block of our callback; by hooks of another callback, or with the training's own exception."""

    def action(step: int) -> None:
        if step == 3 and before is not None:
            before()
            raise OWN

    if framework == "huggingface":
        other = type("Other", (huggingface.transformers.TrainerCallback,), {"on_log": _method(hooks.get("on_log"))})
        with huggingface.GreentrainCallback(**settings) as callback:
            huggingface.trainer(folder, [callback, other()], action).train()
    else:
        end = {"on_epoch_end": _method(hooks.get("on_epoch_end"))}
        other = type("Other", (keras.keras.callbacks.Callback,), end)
        with keras.GreentrainCallback(**settings) as callback:
            keras.fit([callback, other()], action)


def _method(hook: Callable[..., Any] | None) -> Callable[..., Any]:
    return hook or (lambda *words, **more: None)
