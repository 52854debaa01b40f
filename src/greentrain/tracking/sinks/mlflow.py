"""MLflow: metrics and tags of the run that is active, or of the one whose id is the target."""

import os
import sys
import time
from typing import Any

from greentrain.errors import GreentrainError, install_hint
from greentrain.tracking.sinks.values import RunFacts, SinkReading, described, no_active_run


class MlflowSink:
    """Logs by the client: the active run is known in the training's own thread alone."""

    def __init__(self, target: str, facts: RunFacts) -> None:
        self._facts = facts
        self._run_id = target or None

    def attach(self) -> None:
        """Take the run that is active by now, or was last."""
        mlflow = sys.modules.get("mlflow")
        if self._run_id is None and mlflow is not None:
            found = mlflow.active_run() or mlflow.last_active_run()
            self._run_id = found.info.run_id if found is not None else None

    def log(self, reading: SinkReading) -> None:
        """Log the values at the training's step, and with the result the texts as tags."""
        run_id = self._run_id or _of_any_thread() or os.environ.get("MLFLOW_RUN_ID")
        if run_id is None:
            if reading.is_last:
                raise no_active_run("mlflow", "call mlflow.start_run(), or name one: mlflow:RUN_ID")
            return
        self._run_id = run_id
        try:
            from mlflow import MlflowClient
            from mlflow.entities import Metric, RunTag
        except ImportError:
            raise GreentrainError(f"needs mlflow: {install_hint('mlflow')}") from None
        now = int(time.time() * 1000)
        step = reading.step if reading.step is not None else int(reading.seconds)
        metrics = [Metric(name, value, now, step) for name, value in reading.metrics().items()]
        texts = described(self._facts, reading) if reading.is_last else {}
        tags = [RunTag(f"greentrain.{name}", value) for name, value in texts.items()]
        MlflowClient().log_batch(run_id, metrics=metrics, tags=tags)

    def close(self) -> None:
        """The run is the training's."""


def _of_any_thread() -> Any:
    """Return the id of the newest run that is active in any thread, where this MLflow tells."""
    fluent = sys.modules.get("mlflow.tracking.fluent")
    latest = getattr(fluent, "_get_latest_active_run", None)
    found = latest() if latest is not None else None
    return found.info.run_id if found is not None else None
