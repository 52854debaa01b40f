"""A run that logs its steps: ``logging_steps.py STEPS [FAULT]``, a fault happening half way through."""

import os
import resource
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from tracked_by import meter

from greentrain import track

STEPS = int(sys.argv[1])
FAULT = sys.argv[2] if len(sys.argv) > 2 else ""
HOME = os.environ.get("RELATIVE_HOME")


def meets_fault() -> None:
    """Let something happen to the storage or the process."""
    if FAULT == "removed":
        shutil.rmtree(Path(os.environ["GREENTRAIN_HOME"]) / "runs" / run.key)
    elif FAULT == "file limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
    elif FAULT == "full":
        with Path(os.environ["GREENTRAIN_HOME"], "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while filler.write(b"x" * 512):
                pass
    elif FAULT == "other folder":
        folder = Path("elsewhere")
        folder.mkdir()
        os.chdir(folder)
    elif FAULT == "no descriptors":
        with suppress(OSError):
            while os.dup(2):
                pass
        print("descriptors exhausted")


done = 0
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
arguments = {"home": HOME} if HOME else {}
if FAULT == "moved before":
    tracker = track("steps", meter=meter(), quiet=True, pue=1.5, grid_intensity=500, **arguments)
    os.chdir("/")
else:
    tracker = track("steps", meter=meter(), quiet=True, pue=1.5, grid_intensity=500, **arguments)
with tracker as run:
    for step in range(STEPS):
        if step == STEPS // 2:
            meets_fault()
            time.sleep(0.3)
        run.log(step=step, loss=0.5)
        done += 1
    time.sleep(0.3)
print(f"trained {done} steps")
