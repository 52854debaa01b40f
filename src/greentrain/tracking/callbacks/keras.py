"""Energy and CO2e of trainings by ``model.fit`` of Keras."""

from typing import Any

from keras.callbacks import Callback

from greentrain.tracking.callbacks.training import Training, WithTraining


class GreentrainCallback(WithTraining, Callback):  # type: ignore[misc]
    """Tracks each ``model.fit()`` as a run, its epochs as spans.

    The logs of each epoch, and with them the ``History`` that ``fit`` returns, also get ``it_energy_kwh``, the energy
    of this node before PUE [kWh], and ``operational_kg`` [kg CO2e], both since the start. Callbacks that come after
    this one in the list see them too. The run's journal gets the numbers of each epoch.

    Keras does not inform its callbacks of an exception. The run then ends with the program, with the callback, at the
    next ``fit()``, or, at once and with the exception's name, with a block::

        with GreentrainCallback("digits", location="FR") as callback:
            model.fit(..., callbacks=[callback])

    Parameters
    ----------
    name : str, optional
        What the run is called.
    **settings
        The other arguments of ``greentrain.track``. With ``on_budget="stop"`` the model ends its training as it does
        for early stopping; where several processes train one model, each of them decides alone.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    async_safe = True
    """Nothing here reads what a batch computed, so that Keras need not wait for it."""

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        super().__init__()
        self.training = Training({"name": name, **settings})
        self._step = 0
        self._total_steps: int | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the run."""
        epochs, steps = (self.params or {}).get("epochs"), (self.params or {}).get("steps")
        self._step, self._total_steps = 0, epochs * steps if epochs and steps else None
        self.training.begin()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin the span of an epoch."""
        self.training.epoch_begins(epoch)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the budget."""
        self._step += 1
        self.training.step(self._step, self._total_steps)
        if self.training.should_stop:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the epoch's numbers, and add energy and CO2e to them."""
        self.training.log({**(logs or {}), "step": self._step})
        self.training.epoch_ends()
        if logs is not None:
            logs.update(self.training.figures())

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """End the run."""
        self.training.log({"step": self._step, "parameters": self.model.count_params()})
        self.training.end()
