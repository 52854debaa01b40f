"""A module whose trackers spawned children make again: ``module_level.py bare|decorated|pool|executor``.

Only what starts at the module's level differs: a bare ``start()``, or a tracker and a function that it decorates.
"""

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tracked_by import meter

from greentrain import track

WAY, KIND = sys.argv[1:3]
tracker = track("module", meter=meter(), quiet=True, pue=1.0, grid_intensity=500)
if WAY.startswith("bare"):
    # Every child that is spawned imports this module, and starts again here.
    run = tracker.start()


@tracker
def square(number: int) -> int:
    """Work, as a function that is tracked."""
    time.sleep(0.02)
    return number**2


def train() -> str:
    """Work in children."""
    context = multiprocessing.get_context(KIND)
    if WAY.endswith("executor"):
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            return str(list(pool.map(square, range(4))))
    with context.Pool(2) as workers:
        return str(workers.map(square, range(4)))


if __name__ == "__main__":
    if WAY.startswith("bare"):
        found = train()
        tracker.stop()
    else:
        with tracker:
            found = train()
    print(found, os.environ.get("GREENTRAIN_SESSION"))
