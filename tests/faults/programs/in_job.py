"""A training of a batch job: ``in_job.py NAME SECONDS [raises | waits]``.

What waits does so until it is ended; when its job has been started again, it ends as the others do.
"""

import os
import sys
import time

from tracked_by import meter

from greentrain import track

NAME, SECONDS, *END = sys.argv[1:]

with track(NAME, project=f"project of {NAME}", meter=meter(), quiet=True, pue=1.0, grid_intensity=500):
    print("ready", flush=True)
    time.sleep(float(SECONDS))
    if END == ["raises"]:
        raise ArithmeticError("diverged")
    if END == ["waits"] and "SLURM_RESTART_COUNT" not in os.environ:
        time.sleep(600)
