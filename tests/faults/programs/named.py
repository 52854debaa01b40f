"""A run for each name: ``named.py NAMES`` as JSON; the name is that of the run, its project, a span and a number."""

import json
import sys
import time

from tracked_by import meter

from greentrain import track

for name in json.loads(sys.argv[1]):
    with track(name, project=name, meter=meter(), quiet=True, location="FR", year=2024) as run:
        with run.span(name, **{name: name}):
            run.log(**{name: 0.5, "step": 1})
        time.sleep(0.1)
