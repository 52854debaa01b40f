"""A training of which a framework's callback is told every ten seconds: ``month_steps.py STEPS``."""

import os
import sys
import time

from tracked_by import meter

from greentrain.tracking import Training

STEPS = int(sys.argv[1])
training = Training({"meter": meter(), "home": os.environ["GREENTRAIN_HOME"], "quiet": True})
training.begin()
for step in range(STEPS):
    time.sleep(10)
    training.step(step, STEPS)
training.end()
print(f"{STEPS} steps")
