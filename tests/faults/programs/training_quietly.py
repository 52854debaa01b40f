"""A training that writes to its stdout only, for a program without a stderr."""

import time

from tracked_by import track


@track("training")
def train() -> dict[str, list[int]]:
    """Train."""
    time.sleep(0.2)
    return {"weights": [1, 2, 3]}


print("returned", train())
