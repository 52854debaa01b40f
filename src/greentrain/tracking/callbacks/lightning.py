"""Energy and CO2e of trainings by a Trainer of Lightning."""

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from greentrain.errors import is_from_handler
from greentrain.journal.paths import new_run_key
from greentrain.tracking.callbacks.training import AGREE_EVERY_STEPS, Training, WithTraining
from greentrain.tracking.distributed import launch_of, ranks_of

if TYPE_CHECKING or "pytorch_lightning" not in sys.modules or "lightning" in sys.modules:
    try:
        from lightning.pytorch import Callback
    except ModuleNotFoundError:
        from pytorch_lightning import Callback
else:
    from pytorch_lightning import Callback


class GreentrainCallback(WithTraining, Callback):  # type: ignore[misc]
    """Tracks each ``Trainer.fit()`` as a run, under either name of the package: ``lightning``, ``pytorch_lightning``.

    After every epoch and at the end the Trainer's loggers get ``it_energy_kwh``, the energy of this node before PUE
    [kWh], and ``operational_kg`` [kg CO2e]. The run's journal gets the Trainer's metrics of each epoch. Checkpoints
    hold the run's id and what it has used, so that a resumed training goes on in the same run and its figures go on
    from those of the checkpoint.

    Parameters
    ----------
    name : str, optional
        What the run is called.
    **settings
        The other arguments of ``greentrain.track``. With ``on_budget="stop"`` the Trainer ends its training as it does
        for early stopping, after ``min_epochs`` and ``min_steps``.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        super().__init__()
        self.training = Training({"name": name, **settings})
        self._has_begun = False
        self._total_steps: int | None = None

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Start the run; later where the checkpoint that names it is read later."""
        self._has_begun = False
        if not (trainer.strategy.restore_checkpoint_after_setup and trainer.ckpt_path):
            self._begin(trainer)

    def on_sanity_check_start(self, trainer: Any, pl_module: Any) -> None:
        """Start the run if it has not started."""
        self._begin(trainer)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Start the run if it has not started."""
        self._begin(trainer)
        self._total_steps = _total_steps(trainer) if trainer.is_global_zero else None

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin the span of an epoch."""
        self.training.epoch_begins(trainer.current_epoch)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Check the budget."""
        self.training.step(trainer.global_step, self._total_steps)
        if self.training.may_stop and self._agreed(trainer, batch_idx):
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Log energy and CO2e, and record the metrics."""
        if trainer.is_global_zero:
            self.training.log({**trainer.callback_metrics, "step": trainer.global_step})
        self.training.epoch_ends()
        self._tell_loggers(trainer)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """End the run, and log what it took."""
        if self.training.is_running:
            if trainer.is_global_zero:
                self.training.log({"step": trainer.global_step, "parameters": _parameters(pl_module)})
            self.training.end()
            self._tell_loggers(trainer)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the run with the exception, and log what it took."""
        if self.training.is_running:
            self.training.end(exception)
            with contextlib.suppress(BaseException):  # the exception that ended the training is the one to be seen
                self._tell_loggers(trainer)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """End a run that nothing else has ended, as when a tuner leaves early."""
        if self.training.is_running:
            self.training.end()

    def state_dict(self) -> dict[str, Any]:
        """Return the run's id, energy [kWh] and CO2e [kg] so far, for a checkpoint."""
        return self.training.state()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the run that a checkpoint names."""
        self.training.restore(state_dict)

    def _begin(self, trainer: Any) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        ranks = ranks_of(os.environ)
        run_id = self.training.run_id
        if trainer.world_size > 1 and (trainer.world_size != ranks.world_size or ranks.launcher == "environment"):
            # Lightning's own launcher gives its ranks no common id, and no common parent.
            job = launch_of(os.environ, ranks).job
            run_id = trainer.strategy.broadcast(run_id or "-".join(filter(None, (job, new_run_key()))))
        # Ranks that Lightning forked or spawned do not have their rank in the environment: one of them has the meter.
        if trainer.local_rank == 0 or not ranks.meters:
            self.training.begin(run_id=run_id)

    def _agreed(self, trainer: Any, batch_idx: int) -> bool:
        """Whether the training is to stop, on all ranks at the same step."""
        wanted = self.training.should_stop
        if trainer.world_size == 1:
            return wanted
        if batch_idx % AGREE_EVERY_STEPS:
            return False
        return bool(trainer.strategy.reduce_boolean_decision(wanted, all=False))

    def _tell_loggers(self, trainer: Any) -> None:
        figures = self.training.figures()
        for logger in trainer.loggers if figures else ():
            try:
                logger.log_metrics(figures, step=trainer.global_step)
            except Exception as error:  # it may refuse what the Trainer itself would not log
                if is_from_handler(error):
                    raise
                name = type(logger).__name__
                self.training.warn(f"{name} does not take energy and emissions ({type(error).__name__})")


def _total_steps(trainer: Any) -> int | None:
    """Return the steps of the whole training; None where they are not limited or not known."""
    try:
        steps = trainer.estimated_stepping_batches
    except Exception as error:  # as with an accumulation of gradients that changes from epoch to epoch
        if is_from_handler(error):
            raise
        return None
    return int(steps) if 0 < steps < float("inf") else None


def _parameters(pl_module: Any) -> int:
    return sum(parameter.numel() for parameter in pl_module.parameters())
