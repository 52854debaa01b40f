"""trackio: metrics of the run that the training has begun there."""

import sys
from typing import Any

from greentrain.tracking.sinks.values import RunFacts, SinkReading, no_active_run


class TrackioSink:
    """Logs at the training's newest step, so that its own next one stays what it is."""

    def __init__(self, target: str, facts: RunFacts) -> None:
        self._run: Any = None

    def attach(self) -> None:
        """Take the run that is active by now in the training's context."""
        known = getattr(sys.modules.get("trackio.context_vars"), "current_run", None)
        self._run = (known.get() if known is not None else None) or self._run

    def log(self, reading: SinkReading) -> None:
        """Log the values."""
        if self._run is None:
            if reading.is_last:
                raise no_active_run("trackio", "call trackio.init() before the run ends")
            return
        steps = getattr(self._run, "_next_step", None)
        if steps == 0 and not reading.is_last:  # the training's first step is its own
            return
        self._run.log(reading.metrics(), step=max(steps - 1, 0) if isinstance(steps, int) else reading.step)

    def close(self) -> None:
        """The run is the training's."""
