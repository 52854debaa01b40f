"""What it takes to read a long run: ``month_read.py HOME RUN_ID``; prints the energies found and the memory taken."""

import json
import sys
from pathlib import Path

from greentrain import History
from greentrain.reporting.terminal import watch_text
from greentrain.tracking import LiveEnergy


def memory_mib(name: str) -> float:
    """Return the memory in use (VmRSS) or the highest so far (VmHWM). [MiB]"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name)) / 1024


HOME, RUN_ID = sys.argv[1:]
folder = str(Path(HOME, "runs", RUN_ID))
before = memory_mib("VmRSS")
readings = LiveEnergy(folder, "")
so_far_kwh = readings.whole_kwh()
by_readings = memory_mib("VmHWM") - before

run = History(HOME).get(RUN_ID)
after_one = memory_mib("VmRSS")
for _ in range(2):
    run = History(HOME).get(RUN_ID)
    text = watch_text(run)
found = {
    "readings_kwh": so_far_kwh,
    "readings_mib": by_readings,
    "history_kwh": run.it_energy_kwh.best if run.it_energy_kwh else None,
    "kept_mib": memory_mib("VmRSS") - after_one,
    "peak_mib": memory_mib("VmHWM") - before,
    "text": text,
}
print(json.dumps(found))
