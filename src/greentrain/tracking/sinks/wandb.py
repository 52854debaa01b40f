"""Weights & Biases: metrics of the run that the training has begun there, and its summary."""

import sys
from typing import Any

from greentrain.tracking.sinks.values import RunFacts, SinkReading, no_active_run


class WandbSink:
    """Logs to ``wandb.run``; the step stays the training's, as its next own log takes ours with it."""

    def __init__(self, target: str, facts: RunFacts) -> None:
        self._run: Any = None

    def attach(self) -> None:
        """Take the run that is active by now."""
        self._run = getattr(sys.modules.get("wandb"), "run", None) or self._run

    def log(self, reading: SinkReading) -> None:
        """Log the values; the result goes into the summary."""
        self.attach()
        if self._run is None:
            if reading.is_last:
                raise no_active_run("wandb", "call wandb.init() before the run ends")
            return
        if reading.is_last:
            self._run.summary.update(reading.metrics())
        else:
            self._run.log(reading.metrics(), commit=False)

    def close(self) -> None:
        """The run is the training's."""
