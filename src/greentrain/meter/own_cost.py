"""What the meter itself costs: CPU time, power and memory of its process."""

import os

from greentrain.meter.base import Meter

_KIB_PER_MIB = 1024


class OwnCost:
    """The meter's own cost.

    Parameters
    ----------
    meter : Meter
        Knows the TDP of a thread of this computer, if anything does.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def record(self, elapsed_seconds: float) -> dict[str, float | None]:
        """Give CPU time [s], mean power [W] and highest memory [MiB] for the journal."""
        times = os.times()
        seconds = times.user + times.system + times.children_user + times.children_system
        thread_w = getattr(self._meter, "cpu_w_per_thread", None)
        return {
            "meter_cpu_seconds": round(seconds, 3),
            "meter_w": round(thread_w * seconds / elapsed_seconds, 4) if thread_w and elapsed_seconds > 0 else None,
            "meter_memory_mib": peak_memory_mib(),
        }


def peak_memory_mib() -> float | None:
    """Give the highest memory of this process; the system's older count would hold that of the run before it. [MiB]"""
    try:
        with open("/proc/self/status", "rb") as file:
            kib = next(float(line.split()[1]) for line in file if line.startswith(b"VmHWM:"))
    except (OSError, StopIteration, ValueError):
        return None
    return round(kib / _KIB_PER_MIB, 1)
