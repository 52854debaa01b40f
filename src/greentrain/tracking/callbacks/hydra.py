"""Energy and CO2e of applications that Hydra starts."""

from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import OmegaConf

from greentrain.tracking.callbacks.training import Training, TrainingAborted, WithTraining


class GreentrainCallback(WithTraining, Callback):  # type: ignore[misc]
    """Tracks each job of Hydra as a run: one of an application, each one of a sweep (``--multirun``).

    In the configuration, with any arguments of ``greentrain.track``::

        hydra:
          callbacks:
            greentrain:
              _target_: greentrain.tracking.callbacks.hydra.GreentrainCallback
              location: FR

    A run without a name is called like Hydra's job, those of a sweep with their numbers, and these have the job's name
    as their project. What the application tracks itself is a part of the run. A job that raised has failed with the
    exception's name. With launchers that start jobs elsewhere, the run is recorded there.

    Parameters
    ----------
    name : str, optional
        What the run is called.
    **settings
        The other arguments of ``greentrain.track``. A budget warns: Hydra lets no callback end a job.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        plain = {
            key: OmegaConf.to_object(value) if OmegaConf.is_config(value) else value for key, value in settings.items()
        }
        self.training = Training({"name": name, **plain})

    def on_job_start(self, config: Any, **kwargs: Any) -> None:
        """Start the run."""
        name, number = config.hydra.job.name, OmegaConf.select(config, "hydra.job.num")
        if str(OmegaConf.select(config, "hydra.mode")).endswith("MULTIRUN"):
            self.training.begin(name=f"{name}-{number}", project=name)
        else:
            self.training.begin(name=name)

    def on_job_end(self, config: Any, job_return: Any, **kwargs: Any) -> None:
        """End the run."""
        if job_return.status.name == "COMPLETED":
            self.training.end()
        else:  # Hydra's own property of the value raises it
            error = vars(job_return).get("_return_value")
            self.training.end(error if isinstance(error, BaseException) else TrainingAborted())
