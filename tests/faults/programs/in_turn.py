"""Many runs of one process: ``in_turn.py COUNT``; prints how long each takes beyond what it does, and memory."""

import json
import resource
import sys
import time

from tracked_by import meter

from greentrain import track

COUNT, SECONDS = int(sys.argv[1]), 0.01

before = time.monotonic()
for number in range(COUNT):
    with track(f"turn {number}", meter=meter(), quiet=True, location="FR"):
        time.sleep(SECONDS)
    if not number:
        memory_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
added = (time.monotonic() - before) / COUNT - SECONDS
print(json.dumps([added, memory_kib / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
