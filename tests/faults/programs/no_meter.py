"""A training whose meter cannot start or dies: ``no_meter.py FAULT``."""

import os
import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track

FAULT = sys.argv[1]
if FAULT == "no such program":
    sys.executable = "/nonexistent/python"
elif FAULT == "no program known":
    sys.executable = ""
elif FAULT == "breaks at its start":
    os.environ["PYTHONHOME"] = "/nonexistent"
elif FAULT == "recorded file gone":
    pass

tracker = track("no meter", meter=meter(), quiet="LOUD" not in os.environ, gpu="V100", pue=1.5, grid_intensity=500)
if FAULT == "recorded file gone":
    Path(os.environ["METER"].removeprefix("replay:")).unlink()
with tracker as run:
    print("ready", flush=True)
    time.sleep(3.8 if FAULT == "killed" else 0.3)
print("trained", run.measurement is not None)
