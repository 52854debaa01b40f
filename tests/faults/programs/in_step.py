"""Runs that end at the same instants as those of other processes: ``in_step.py START_TIME ROUNDS``."""

import sys
import time

from tracked_by import meter

from greentrain import track

START, ROUNDS = float(sys.argv[1]), int(sys.argv[2])

for number in range(ROUNDS):
    with track(f"round {number}", meter=meter(), quiet=True, pue=1, grid_intensity=500):
        time.sleep(max(0.0, START + number * 0.6 - time.time()))
