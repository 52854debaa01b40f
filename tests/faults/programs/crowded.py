"""A process that has no file descriptor left when its run begins."""

import os
import resource
import time

from tracked_by import meter

from greentrain import track

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
held = []
try:
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    print("none left", flush=True)
with track("crowded", meter=meter(), quiet=True, location="FR"):
    time.sleep(0.2)
print("trained")
