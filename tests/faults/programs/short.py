"""Short functions: ``short.py SECONDS TIMES``; prints how long they took together, inside and around the calls."""

import sys
import time

from tracked_by import track

SECONDS, TIMES = float(sys.argv[1]), int(sys.argv[2])


@track("short")
def train() -> None:
    """Take the time."""
    global total
    start = time.perf_counter()
    if SECONDS:
        time.sleep(SECONDS)
    total += time.perf_counter() - start


total = 0.0
before = time.perf_counter()
for _ in range(TIMES):
    train()
print(total, time.perf_counter() - before)
