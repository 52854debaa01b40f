"""Children that outlive the training or end with it: ``left_behind.py fork|exec|daemonic``."""

import multiprocessing
import os
import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track

WAY = sys.argv[1]
DONE = Path("child-done")


def works() -> None:
    """Use the tracker after the parent has gone, and leave as any Python does."""
    while os.getppid() == parent:
        time.sleep(0.01)
    run.log(loss=1.0)
    with run.span("orphan"):
        time.sleep(0.8)
    tracker.stop()
    DONE.write_text(f"{run.is_over} {run.measurement}")


def waits() -> None:
    """Be ended with the parent."""
    time.sleep(30)


parent = os.getpid()
tracker = track("parent", meter=meter(), quiet=True, pue=1.0, grid_intensity=500)
with tracker as run:
    if WAY == "daemonic":
        child = multiprocessing.get_context("fork").Process(target=waits, daemon=True)
        child.start()
    elif not os.fork():
        if WAY == "exec":
            command = [sys.executable, "-c", f"import time; time.sleep(1); open({str(DONE)!r}, 'w').write('exec')"]
            os.execv(command[0], command)
        works()
        sys.exit(0)
    time.sleep(0.5)
print("parent done")
