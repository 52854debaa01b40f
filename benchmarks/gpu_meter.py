"""The meter against the GPU's own counter of energy, which nobody else reads: both over the same run.

Usage: python benchmarks/gpu_meter.py [SECONDS [METER]]; exit code 1 where they differ by more than 1 %.

Run it on a computer whose NVIDIA GPU has a counter (Volta or newer), best beside a program that keeps it busy. The
counter is read here at the run's start and end; the meter divides what others use, so the script needs the GPU alone.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import pynvml

from greentrain.meter.launch import launch

MOST_DIFFERENCE = 0.01
STEP_SECONDS = 0.001
J_PER_KWH = 3.6e6


def counter_j(handles: list[object]) -> float:
    """Read the counters' sum at the moment of their next step, so that its length is in no difference. [J]"""
    first = before = sum(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) for handle in handles)
    deadline = time.monotonic() + 1.0
    while before == first and time.monotonic() < deadline:
        time.sleep(STEP_SECONDS)
        before = sum(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) for handle in handles)
    return before / 1000


def main() -> int:
    """Print both and their ratio."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    meter = sys.argv[2] if len(sys.argv) > 2 else "native"
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        print(f"no GPU to compare with: {error}")
        return 0
    handles = [pynvml.nvmlDeviceGetHandleByIndex(number) for number in range(pynvml.nvmlDeviceGetCount())]
    with tempfile.TemporaryDirectory() as folder:
        counted, began = counter_j(handles), time.monotonic()
        handle = launch(folder, "benchmark", meter=meter, started_mono=began)
        time.sleep(seconds)
        counted, ended = counter_j(handles) - counted, time.monotonic()
        handle.stop(10.0, ended)
        (journal,) = Path(folder).glob("*.meter.jsonl")
        end = json.loads(journal.read_text().splitlines()[-1])
    metered = (end["energy_kwh"]["gpu"] or 0.0) * J_PER_KWH
    ratio = metered / counted if counted else 0.0
    method = end.get("share_method", {}).get("gpu")
    print(f"{meter}, {len(handles)} GPUs, {ended - began:.1f} s, divided: {method}")
    print(f"counter {counted:.1f} J, meter {metered:.1f} J, ratio {ratio:.4f}")
    return int(abs(ratio - 1.0) > MOST_DIFFERENCE)


if __name__ == "__main__":
    sys.exit(main())
