"""A part of a run that others take part in: ``one_history.py RUN_ID STEPS``."""

import sys
import time

from tracked_by import meter

from greentrain import track

with track("shared", run_id=sys.argv[1], meter=meter(), quiet=True, pue=1, grid_intensity=500) as run:
    print("ready", flush=True)
    for step in range(int(sys.argv[2])):
        run.log(step=step)
        time.sleep(0.005)
