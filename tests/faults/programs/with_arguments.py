"""A short training by arguments as typed: ``with_arguments.py ARGUMENTS [SECONDS [busy]]``; prints its record, JSON."""

import json
import os
import sys
import time

from tracked_by import meter

from greentrain import track

# The meter may be started by a program of the test's, which puts something between it and the system.
sys.executable = os.environ.get("METER_PYTHON", sys.executable)
before = time.monotonic()
with track(**({"meter": meter(), "quiet": True} | eval(sys.argv[1]))) as run:
    started = time.monotonic() - before
    print("ready", flush=True)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0.1
    until = time.monotonic() + seconds
    while sys.argv[3:] == ["busy"] and time.monotonic() < until:
        pass
    time.sleep(max(0.0, until - time.monotonic()))
around = time.monotonic() - before
sys.stderr.write(json.dumps({"started": started, "around": around, "record": run.record}))
