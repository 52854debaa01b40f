"""An application that a freezer has packed, which starts itself again whatever it is asked to run: ``frozen.py``.

Its own file, a program on its own, counts its starts, and does not start more than eight times.
"""

import os
import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track

STARTS = Path("starts")
if STARTS.exists() and STARTS.stat().st_size >= 8:
    sys.exit(9)
with STARTS.open("a") as file:
    file.write("x")
sys.executable = os.environ["FROZEN"]
sys.frozen = True  # type: ignore[attr-defined]
with track("packed", meter=meter(), location="FR"):
    time.sleep(1.5)
print("trained")
