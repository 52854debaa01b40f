"""One of many runs: ``loaded.py NAME GO SECONDS IS_BUSY DONE``.

It starts when there is a file GO, works if busy, and ends after so many seconds when there is a file DONE.
"""

import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track

NAME, GO, SECONDS, IS_BUSY = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "True"
DONE = Path(sys.argv[5])

print("ready", flush=True)
while not GO.exists():
    time.sleep(0.05)
with track(NAME, meter=meter(), quiet=True, location="FR"):
    end = time.monotonic() + SECONDS
    while IS_BUSY and time.monotonic() < end:
        pass
    while time.monotonic() < end or not DONE.exists():
        time.sleep(0.1)
