"""Runs over time: journals read, merged over nodes and restarts, reconciled with estimates, and handed on."""

from greentrain.history.history import History
from greentrain.history.recorded_run import NodeMeasurement
from greentrain.history.run import Run

__all__ = ["History", "NodeMeasurement", "Run"]
