"""The memory that a training process needs for many steps: ``month.py STEPS``; prints its growth in MiB."""

import gc
import os
import sys
from pathlib import Path

from tracked_by import meter

from greentrain import track

STEPS = int(sys.argv[1])


def memory_mib() -> float:
    """Return the memory in use. [MiB]"""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


with track("month", meter=meter(), quiet=True, pue=1.0, grid_intensity=500) as run:
    for step in range(STEPS):
        if step == STEPS // 4:
            before = memory_mib()
        with run.span("step", step=step):
            run.log(step=step, loss=1 / (step + 1))
    print(memory_mib() - before)
