"""Limits of time that grow with what the computer has to do meanwhile."""

import os
from pathlib import Path

_CPUS = os.cpu_count() or 1


def slowness() -> float:
    """Return how many programs share a processor, at least one: what is late by a limit may be so many times later."""
    load, _, _, running, _ = Path("/proc/loadavg").read_text().split()
    return max(1.0, float(load) / _CPUS, int(running.partition("/")[0]) / _CPUS)
