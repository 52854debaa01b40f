"""One rank of a distributed training, or one session of a restarted one: ``rank.py SECONDS``."""

import sys
import time

from tracked_by import meter

from greentrain import track

with track("distributed", meter=meter(), quiet=True, pue=1.0, grid_intensity=500) as run:
    print("ready", flush=True)
    time.sleep(float(sys.argv[1]))
    run.log(loss=0.5)
