"""The callback of Lightning's Trainer, in real trainings of a tiny model on the CPU."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from framework_runs import KG_PER_KWH, MISSING, check_energy, endings, logged, records, run_keys

from greentrain import BudgetExceeded, InvalidNumber

torch = pytest.importorskip("torch", reason=MISSING)
# Lightning's own use of torch, and its advice on data loaders.
pytestmark = [pytest.mark.filterwarnings("ignore::FutureWarning"), pytest.mark.filterwarnings("ignore:.*num_workers")]
lightning = pytest.importorskip("lightning.pytorch", reason=MISSING)

from lightning.pytorch.loggers import Logger  # noqa: E402

from greentrain.tracking.callbacks.lightning import GreentrainCallback  # noqa: E402

PROGRAM = str(Path(__file__).parent / "train_lightning.py")
Action = Callable[[int], None]


def module_of(package: Any) -> type:
    """Make a tiny model for one of the two packages that Lightning comes in."""

    class Tiny(package.LightningModule):  # type: ignore[name-defined, misc]
        """A line through points, with a step that waits or fails as a test wants it."""

        def __init__(self, action: Action = lambda step: None) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)
            self.action = action

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            self.action(self.trainer.global_step + 1)
            loss = self.layer(batch[0]).pow(2).mean()
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    return Tiny


class Kept(Logger):
    """A logger that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.logged: list[tuple[int | None, dict[str, float]]] = []

    name = "kept"
    version = 0

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Keep metrics."""
        self.logged.append((step, metrics))

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Keep nothing."""


def trainer(folder: Path, callbacks: list[Any], package: Any = lightning, **arguments: Any) -> Any:
    """Make a Trainer of two epochs."""
    default = {"max_epochs": 2, "log_every_n_steps": 1, "accelerator": "cpu", "devices": 1, "default_root_dir": folder}
    silent = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    return package.Trainer(**(default | silent | arguments), callbacks=callbacks)


def data(batches: int = 4) -> Any:
    """Return batches of two points."""
    points = torch.utils.data.TensorDataset(torch.ones(2 * batches, 4))
    return torch.utils.data.DataLoader(points, batch_size=2)


Tiny = module_of(lightning)


def wait(seconds: float) -> Action:
    """Make each step last."""
    return lambda step: time.sleep(seconds)


def test_a_training_is_one_run(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Energy is power times time, epochs are spans, metrics are recorded, and loggers get energy and emissions."""
    callback, logger = GreentrainCallback(**settings), Kept()
    trainer(tmp_path, [callback], logger=logger).fit(Tiny(wait(0.15)), data())

    assert endings(settings) == [("completed", None)]
    assert [record["attributes"] for record in records(settings, "span_start")] == [{"epoch": 0}, {"epoch": 1}]
    known = logged(settings)
    assert {"parameters": 5, "step": 8, "total_steps": 8}.items() <= known.items()
    assert len([record for record in records(settings, "log") if "loss" in record["values"]]) == 2
    check_energy(callback.run)
    received = [(step, metrics) for step, metrics in logger.logged if "it_energy_kwh" in metrics]
    assert [step for step, _ in received] == [4, 8, 8]
    measured = callback.run.measurement
    assert received[-1][1] == {
        "it_energy_kwh": measured.it_energy_kwh.best,
        "operational_kg": pytest.approx(measured.it_energy_kwh.best * KG_PER_KWH),
    }


@pytest.mark.parametrize(("error", "ending"), [(KeyError("bad batch"), "failed"), (KeyboardInterrupt(), "interrupted")])
def test_an_exception_ends_the_run_with_its_name(
    tmp_path: Path, settings: dict[str, Any], error: BaseException, ending: str
) -> None:
    """Lightning informs its callbacks; the exception stays the user's, and the loggers learn what the run took."""

    def fail(step: int) -> None:
        time.sleep(0.2)
        if step == 3:
            raise error

    logger = Kept()
    made = trainer(tmp_path, [GreentrainCallback(**settings)], logger=logger)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises((KeyError, SystemExit)):
        made.fit(Tiny(fail), data())
    signal.signal(signal.SIGINT, handler)  # on Ctrl-C, Lightning ignores the next one and leaves it at that
    assert endings(settings) == [(ending, type(error).__name__)]
    assert [span["error"] for span in records(settings, "span_end")] == [type(error).__name__]
    assert set(logger.logged[-1][1]) == {"it_energy_kwh", "operational_kg"}


def test_a_logger_that_fails_does_not_replace_the_exception(tmp_path: Path, settings: dict[str, Any]) -> None:
    """What ended the training reaches the user, whatever the logger does then."""

    class Failing(Kept):
        def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
            if "it_energy_kwh" in metrics:
                raise SystemExit(5)

    def fail(step: int) -> None:
        time.sleep(0.3)
        raise KeyError("bad batch")

    with pytest.raises(KeyError, match="bad batch"):
        trainer(tmp_path, [GreentrainCallback(**settings)], logger=Failing()).fit(Tiny(fail), data())
    assert endings(settings) == [("failed", "KeyError")]


def test_a_resumed_training_goes_on_in_its_run(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The checkpoint names the run and what was used before; the figures go on from there."""
    first = GreentrainCallback(**settings)
    made = trainer(tmp_path, [first], max_epochs=1)
    made.fit(Tiny(wait(0.2)), data())
    made.save_checkpoint(tmp_path / "half.ckpt")
    second, logger = GreentrainCallback(**settings), Kept()
    trainer(tmp_path, [second], logger=logger).fit(Tiny(wait(0.2)), data(), ckpt_path=str(tmp_path / "half.ckpt"))

    assert run_keys(settings) == [first.run.key] == [second.run.key]
    assert endings(settings) == [("completed", None)] * 2
    both = [run.measurement.it_energy_kwh.best for run in (first.run, second.run)]
    assert logger.logged[-1][1]["it_energy_kwh"] == pytest.approx(sum(both))
    assert second.state_dict()["it_energy_kwh"] == pytest.approx(sum(both))


def test_a_budget_stops_the_training(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The Trainer ends as for early stopping, in the middle of an epoch."""
    callback = GreentrainCallback(**settings, budget_kwh=0.0015, on_budget="stop")
    made = trainer(tmp_path, [callback])
    with pytest.warns(UserWarning, match=r"of the budget of 0\.0015 kWh is used"):
        made.fit(Tiny(wait(0.25)), data(40))
    assert 4 <= made.global_step <= 16
    assert endings(settings) == [("completed", None)]


def test_a_budget_raises_out_of_the_training(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The exception reaches the caller of fit, and the run has failed by it."""
    made = trainer(tmp_path, [GreentrainCallback(**settings, budget_kg=0.001, on_budget="raise")])
    with pytest.warns(UserWarning, match=r"0\.001 kg CO2e"), pytest.raises(BudgetExceeded):
        made.fit(Tiny(wait(0.25)), data(40))
    assert endings(settings) == [("failed", "BudgetExceeded")]


def test_the_older_package_takes_the_callback_too(tmp_path: Path, settings: dict[str, Any]) -> None:
    """A Trainer of pytorch_lightning calls the same hooks."""
    older = pytest.importorskip("pytorch_lightning", reason=MISSING)
    trainer(tmp_path, [GreentrainCallback(**settings)], package=older).fit(module_of(older)(), data())
    assert endings(settings) == [("completed", None)]
    assert logged(settings)["step"] == 8


def test_wrong_arguments_are_refused_at_once(settings: dict[str, Any]) -> None:
    """In the line that makes the callback, not when the data is loaded."""
    with pytest.raises(InvalidNumber, match=r"^budget_kwh -1: "):
        GreentrainCallback(**settings, budget_kwh=-1)


@pytest.mark.parametrize("strategy", ["ddp", "ddp_fork"])
def test_two_ranks_are_one_run_and_stop_at_one_step(settings: dict[str, Any], strategy: str) -> None:
    """Ranks that Lightning starts itself have one meter and one run, and a budget ends both after the same step."""
    arguments = json.dumps({**settings, "home": str(settings["home"]), "budget_kwh": 0.001, "on_budget": "stop"})
    command = [sys.executable, PROGRAM, strategy, arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr

    assert len(run_keys(settings)) == 1
    roles = sorted(record["role"] for record in records(settings, "start"))
    assert roles == ["joined", "main"]
    assert endings(settings) == [("completed", None)] * 2
    steps = [line for line in done.stdout.splitlines() if line.startswith("steps")]
    assert len(steps) == 2
    assert len(set(steps)) == 1
    assert 5 <= int(steps[0].split()[1]) <= 31
