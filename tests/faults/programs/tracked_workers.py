"""Workers that track, inside a run that goes on: ``tracked_workers.py METHOD SECONDS``."""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tracked_by import meter

from greentrain import track

METHOD, SECONDS = sys.argv[1], float(sys.argv[2])


@track("fit", project="inner", meter=meter(), quiet=True, location="PL")
def fit(number: int) -> None:
    """Work; one of them fails."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        pass
    if number == 1:
        raise ArithmeticError


if __name__ == "__main__":
    with (
        track("outer", project="outer", meter=meter(), quiet=True, location="FR"),
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(METHOD)) as pool,
    ):
        print([type(task.exception()).__name__ for task in [pool.submit(fit, number) for number in range(2)]])
