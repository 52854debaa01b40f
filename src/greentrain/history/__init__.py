"""Runs over time: journals read, merged over nodes and restarts, reconciled with estimates, and handed on."""

from greentrain.history.history import History
from greentrain.history.run import Run
from greentrain.history.run_records import NodeMeasurement

__all__ = ["History", "NodeMeasurement", "Run"]
