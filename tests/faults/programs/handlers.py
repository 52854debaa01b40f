"""Compare the handlers of all signals before, during and after a run, and count threads."""

import signal
from pathlib import Path

from tracked_by import track


def handlers() -> dict[int, object]:
    """Return what handles each signal."""
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


BEFORE = handlers()


@track("handlers")
def train() -> tuple[bool, int]:
    """Look from inside."""
    return handlers() == BEFORE, len(list(Path("/proc/self/task").iterdir()))


is_same, threads = train()
after = "same" if handlers() == BEFORE else "other"
print(f"{'same' if is_same else 'other'} handlers during, {after} handlers after, {threads} thread")
