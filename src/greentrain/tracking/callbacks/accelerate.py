"""Energy and CO2e of training loops that log by an Accelerator of Accelerate."""

from typing import TYPE_CHECKING, Any

from accelerate.tracking import GeneralTracker

from greentrain.tracking.callbacks.training import Training, WithTraining

if TYPE_CHECKING:
    from greentrain.tracking.live import LiveRun


class GreentrainTracker(WithTraining, GeneralTracker):  # type: ignore[misc]
    """Tracks what lies between ``init_trackers`` and ``end_training`` of an Accelerator as a run.

    Either an object of it, or its name once the class is registered::

        accelerator = Accelerator(log_with=["wandb", GreentrainTracker("bert", location="FR")])

        register_tracker_class(GreentrainTracker)  # Accelerate 1.15 and newer
        accelerator = Accelerator(log_with="greentrain")
        accelerator.init_trackers("bert", init_kwargs={"greentrain": {"location": "FR"}})

    The run's journal gets the numbers that the loop logs, with their step. Accelerate makes its trackers in the main
    process alone: in a training on several nodes that is the node which is measured, and the others are missing from
    the run; ``with greentrain.track(...)`` in every process measures all of them.

    Accelerate does not inform its trackers of an exception. The run then ends with the program, or, at once and with
    the exception's name, with a block: ``with GreentrainTracker("bert") as tracker``.

    Parameters
    ----------
    project_name : str, optional
        The run's project, and its name where ``name`` is missing.
    **settings
        The other arguments of ``greentrain.track``. With ``on_budget="stop"`` the loop asks
        ``tracker.run.should_stop``.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    name = "greentrain"
    requires_logging_directory = False

    def __init__(self, project_name: str | None = None, **settings: Any) -> None:
        super().__init__()
        self.training = Training({"name": project_name, "project": project_name, **settings})

    @property
    def tracker(self) -> "LiveRun | None":
        """The newest run, as ``accelerator.get_tracker("greentrain", unwrap=True)`` returns it."""
        return self.run

    def start(self) -> None:
        """Start the run."""
        self.training.begin()

    def log(self, values: dict[str, Any], step: int | None = None, **kwargs: Any) -> None:
        """Record the numbers that are logged, and check the budget."""
        self.training.log(values if step is None else {**values, "step": step})

    def finish(self) -> None:
        """End the run."""
        self.training.end()
