"""Programs in each other's place or beside each other: ``replaced.py NAMES SECONDS [raises]``; a name each, by commas.

Each but the last begins a run that it does not end, and then replaces itself. One whose name is empty has none.
"""

import os
import sys
import time

from tracked_by import meter

from greentrain import track

NAMES, SECONDS, *END = sys.argv[1:]
NAME, _, REST = NAMES.partition(",")

stated = {"project": f"project of {NAME}", "grid_intensity": 500} if NAME else {}
run = track(NAME or None, meter=meter(), quiet=True, pue=1.0 if NAME else None, **stated)  # type: ignore[call-overload]
if REST:
    run.start()
    time.sleep(float(SECONDS))
    os.execv(sys.executable, [sys.executable, sys.argv[0], REST, SECONDS, *END])
with run:
    print("ready", flush=True)
    time.sleep(float(SECONDS))
    if END:
        raise ArithmeticError("diverged")
