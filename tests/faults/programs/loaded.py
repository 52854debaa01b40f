"""One of many runs: ``loaded.py NAME GO SECONDS IS_BUSY``; it starts when there is a file GO, and works if busy."""

import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track

NAME, GO, SECONDS, IS_BUSY = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "True"

print("ready", flush=True)
while not GO.exists():
    time.sleep(0.05)
with track(NAME, meter=meter(), quiet=True, location="FR"):
    end = time.monotonic() + SECONDS
    while IS_BUSY and time.monotonic() < end:
        pass
    time.sleep(max(0.0, end - time.monotonic()))
