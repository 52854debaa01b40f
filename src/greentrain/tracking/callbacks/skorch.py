"""Energy and CO2e of trainings by a net of skorch."""

from typing import Any, Self

from skorch.callbacks import Callback

from greentrain.tracking.callbacks.training import Training, WithTraining


class GreentrainCallback(WithTraining, Callback):  # type: ignore[misc]
    """Tracks each ``fit()`` and ``partial_fit()`` of a net as a run, its epochs as spans.

    The net's history, and with it the printed log, also gets ``it_energy_kwh``, the energy of this node before PUE
    [kWh], and ``operational_kg`` [kg CO2e], both since the start. The run's journal gets the numbers of each epoch. The
    callback can be cloned, so each fit of a grid search is a run of its own; to have the whole search as one run, put
    ``with greentrain.track(...)`` around it.

    skorch does not inform its callbacks of an exception, and ends a training on Ctrl-C as if it were complete. After
    an exception the run ends with the program, with the callback, at the next ``fit()``, or, at once and with the
    exception's name, with a block::

        with GreentrainCallback("digits", location="FR") as callback:
            NeuralNetClassifier(..., callbacks=[callback]).fit(X, y)

    Parameters
    ----------
    name : str, optional
        What the run is called.
    **settings
        The other arguments of ``greentrain.track``. With ``on_budget="stop"`` the net ends its training as it does for
        early stopping.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        self._parameters = {"name": name, **settings}
        self.training = Training(self._parameters)
        self._step = 0

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments that this callback was made of, as estimators of scikit-learn do."""
        return dict(self._parameters)

    def set_params(self, **params: Any) -> Self:
        """Replace arguments; a run that goes on keeps its own."""
        parameters = self._parameters | params
        training = Training(parameters)
        self.training.abandon()
        self._parameters, self.training = parameters, training
        return self

    def on_train_begin(self, net: Any, *args: Any, **kwargs: Any) -> None:
        """Start the run."""
        self._step = 0
        self.training.begin()

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Begin the span of an epoch."""
        self.training.epoch_begins(len(net.history) - 1)

    def on_batch_end(self, net: Any, training: bool | None = None, **kwargs: Any) -> None:
        """Check the budget after a batch of the training."""
        if not training:
            return
        self._step += 1
        self.training.step(self._step)
        if self.training.may_stop and self.training.should_stop:
            raise KeyboardInterrupt  # how skorch's own callbacks end a training

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Record the epoch's numbers, and add energy and CO2e to them."""
        self.training.log({**net.history[-1], "step": self._step})
        self.training.epoch_ends()
        for name, value in self.training.figures().items():
            net.history.record(name, value)

    def on_train_end(self, net: Any, *args: Any, **kwargs: Any) -> None:
        """End the run."""
        parameters = sum(value.numel() for value in net.module_.parameters())
        self.training.log({"step": self._step, "parameters": parameters})
        self.training.end()
