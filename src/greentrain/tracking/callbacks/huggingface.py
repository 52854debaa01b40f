"""Energy and CO2e of trainings by ``transformers.Trainer``."""

import sys
import time
from typing import Any

from transformers import TrainerCallback

from greentrain.errors import Contradiction
from greentrain.tracking.callbacks.training import AGREE_EVERY_STEPS, Training, WithTraining

_STATE_KEY = "greentrain"
_LAST_LOG = {"train_runtime", "train_loss", "total_flos"}
"""Names that the Trainer logs together once, when its loop is done."""

_KEEP_EVERY_SECONDS = 1.0
"""The meter is not asked more often either."""

_MOST_FRAMES = 6
_TWICE = "measures the same training as greentrain's callback, and it would count twice; leave one of them out"


class GreentrainCallback(WithTraining, TrainerCallback):  # type: ignore[misc]
    """Tracks each ``Trainer.train()`` as a run.

    What the Trainer logs (``state.log_history``, and every ``report_to``) also gets ``it_energy_kwh``, the energy of
    this node before PUE [kWh], and ``operational_kg`` [kg CO2e]. The run's journal gets the numbers that the Trainer
    logs, and at the end its ``parameters``, ``total_flos`` and, where the Trainer counts them, ``tokens``. Checkpoints
    hold the run's id and what it has used, so that a resumed training goes on in the same run.

    A Trainer does not inform its callbacks of an exception. The run then ends with the program, with the callback, at
    the next ``train()``, or, at once and with the exception's name, with a block::

        with GreentrainCallback("bert-base", location="FR") as callback:
            Trainer(..., callbacks=[callback]).train()

    Parameters
    ----------
    name : str, optional
        What the run is called.
    **settings
        The other arguments of ``greentrain.track``. With ``on_budget="stop"`` the Trainer ends its training as it does
        for early stopping.

    Raises
    ------
    InputError
        If an argument cannot be used; on making a Trainer or on ``train()``, if the Trainer's own callback for
        codecarbon is there too.
    """

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        self.training = Training({"name": name, **settings})
        self._kept = 0.0

    def on_init_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Refuse to count twice, and go first, so that loggers get what this callback adds."""
        self._take_place(args)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start the run, or go on with the one that the checkpoint names."""
        self._take_place(args)
        before = (state.stateful_callbacks or {}).get(_STATE_KEY)
        if isinstance(before, dict):
            self.training.restore(before)
        self.training.begin()
        self._keep(state)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin the span of an epoch."""
        self.training.epoch_begins(int(state.epoch or 0))

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End the span of an epoch."""
        self.training.epoch_ends()
        self._keep(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        """Check the budget."""
        self.training.step(state.global_step, state.max_steps)
        if self.training.may_stop and self._agreed(args, state):
            control.should_training_stop = True
        if time.monotonic() - self._kept >= _KEEP_EVERY_SECONDS:
            self._keep(state)
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, model: Any = None, **kwargs: Any) -> None:
        """Add energy and CO2e to what is logged; with the last log of a training, end the run."""
        if logs is None or not self.training.is_running:
            return
        if logs.keys() >= _LAST_LOG:
            self._end(args, state, model, logs)
        elif state.is_world_process_zero:
            self.training.log({**logs, "step": state.global_step})
        figures = self.training.figures()
        logs.update(figures)
        if state.log_history and state.log_history[-1].get("step") == state.global_step:
            state.log_history[-1].update(figures)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """End the run."""
        if self.training.is_running:
            self._end(args, state, model, {})

    def _end(self, args: Any, state: Any, model: Any, logs: dict[str, Any]) -> None:
        if state.is_world_process_zero:
            self.training.log({**logs, **_bought(args, state, model)})
        self.training.end()
        self._keep(state)

    def _keep(self, state: Any) -> None:
        """Put into the Trainer's state what its next checkpoint must hold.

        The Trainer's own way, ``ExportableState``, fails in trainings resumed from a checkpoint that did not have it.
        """
        self._kept = time.monotonic()
        if isinstance(state.stateful_callbacks, dict) and self.training.run is not None:
            state.stateful_callbacks[_STATE_KEY] = self.training.state()

    def _agreed(self, args: Any, state: Any) -> bool:
        """Whether the training is to stop, on all ranks at the same step."""
        wanted = self.training.should_stop
        if args.parallel_mode.value != "distributed":
            return wanted
        if state.global_step % AGREE_EVERY_STEPS:
            return False
        from transformers.trainer_pt_utils import distributed_broadcast_scalars

        return bool(distributed_broadcast_scalars([float(wanted)], device=args.device).sum().item())

    def _take_place(self, args: Any) -> None:
        callbacks = _all_callbacks(self)
        names = {parent.__name__ for callback in callbacks for parent in type(callback).__mro__}
        if "CodeCarbonCallback" in names or "codecarbon" in (args.report_to or ()):
            raise Contradiction("report_to", "codecarbon", _TWICE)
        if self in callbacks:
            # The Trainer goes through the list by position: what comes after this callback stays where it is.
            callbacks.remove(self)
            callbacks.insert(0, self)


def _all_callbacks(callback: TrainerCallback) -> list[Any]:
    """Find the list that a callback is in: the Trainer shows its callbacks only to itself, which is calling."""
    frame = sys._getframe(1)
    for _ in range(_MOST_FRAMES):
        callbacks = getattr(frame.f_locals.get("self"), "callbacks", None)
        if isinstance(callbacks, list) and any(callback is other for other in callbacks):
            return callbacks
        if frame.f_back is None:
            break
        frame = frame.f_back
    return []


def _bought(args: Any, state: Any, model: Any) -> dict[str, Any]:
    """Return what the energy bought: the size of the model, its arithmetic and the tokens that it saw."""
    from transformers.trainer_pt_utils import get_model_param_count

    found = {"step": state.global_step, "total_flos": state.total_flos}
    if args.include_num_input_tokens_seen not in (False, "no"):
        found["tokens"] = state.num_input_tokens_seen
    if model is not None:
        found["parameters"] = get_model_param_count(model)
    return found
