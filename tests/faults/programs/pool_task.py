"""What each worker of a pool does: a run of its own, which stays until the test is done with all of them."""

import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track


def fit(number: int, seconds: float, busy: int, done: str) -> int:
    """Track a run; the first ones work. It goes on for so many seconds at least, and until there is a file. [s]"""
    with track(f"fit {number}", meter=meter(), quiet=True, location="FR"):
        end = time.monotonic() + seconds
        while number < busy and time.monotonic() < end:
            pass
        while time.monotonic() < end or not Path(done).exists():
            time.sleep(0.1)
    return number


if __name__ == "__main__":
    fit(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
