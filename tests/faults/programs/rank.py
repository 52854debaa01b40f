"""One rank of a distributed training, or one session of a restarted one: ``rank.py SECONDS [RANK]``.

The named rank is killed half way through, unless it has been started again.
"""

import os
import signal
import sys
import time

from tracked_by import meter

from greentrain import track

SECONDS = float(sys.argv[1])
IS_KILLED = sys.argv[2:] == [os.environ.get("RANK")] and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0"

with track("distributed", meter=meter(), quiet=True, pue=1.0, grid_intensity=500) as run:
    print("ready", flush=True)
    if IS_KILLED:
        time.sleep(SECONDS / 2)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(SECONDS)
    run.log(loss=0.5)
