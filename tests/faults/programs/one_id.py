"""One of the processes of a run whose id the user gives: ``one_id.py NAME SECONDS [raises]``; the id is ``RUN_ID``."""

import os
import sys
import time

from tracked_by import meter

from greentrain import track

NAME, SECONDS, *END = sys.argv[1:]

with track(NAME, run_id=os.environ["RUN_ID"], meter=meter(), quiet=True, pue=1.0, grid_intensity=500):
    print("ready", flush=True)
    time.sleep(float(SECONDS))
    if END:
        raise ArithmeticError("diverged")
