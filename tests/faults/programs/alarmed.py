"""Limits of time that end in an exception: ``alarmed.py MOMENT KIND``; prints how many came and how many were caught.

A handler raises at moments that lie ever later after a run's beginning, within a span, while it logs, or at its end.
"""

import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from tracked_by import meter

from greentrain import track

MOMENT = sys.argv[1]
TIMES, STEP_SECONDS = 40, 0.00025
came = 0


KIND: type[Exception] = {"own": Exception, "system": TimeoutError}[sys.argv[2]]


class TimeLimit(KIND):  # type: ignore[misc, valid-type]
    """What a queue of tasks raises in a task that takes too long."""


def handler(number: int, frame: FrameType | None) -> NoReturn:
    """Raise the limit."""
    global came
    came += 1
    raise TimeLimit if KIND is Exception else KIND


def train(run: Any) -> None:
    """Log or open spans without a pause, or wait."""
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        if MOMENT == "log":
            run.log(loss=0.5)
        elif MOMENT == "span":
            with run.span("step"):
                pass
        else:
            time.sleep(0.01)


def limit(delay: float) -> None:
    """Set the clock that raises."""
    signal.setitimer(signal.ITIMER_REAL, delay)


def one(delay: float) -> None:
    """Track a run that a limit of time meets."""
    if MOMENT == "start":
        limit(delay)
    with track("alarmed", meter=meter(), quiet=True, pue=1.0, grid_intensity=500) as run:
        if MOMENT in ("log", "span"):
            limit(0.01 + delay)
        train(run)
        if MOMENT == "end":
            limit(delay)
    time.sleep(0.2)


# Python drops errors of the system's itself while it loads modules: those are loaded by then.
with track("loads", meter=meter(), quiet=True, pue=1.0, grid_intensity=500) as first, first.span("step"):
    first.log(loss=0.5)
signal.signal(signal.SIGALRM, handler)
caught = 0
for number in range(TIMES):
    try:
        one((number + 1) * STEP_SECONDS)
    except (TimeLimit, TimeoutError):
        caught += 1
    with suppress(TimeLimit, TimeoutError):
        limit(0)
print(came, caught)
