"""Print what tracking adds to the CPU time of a training loop, in paired blocks, until it is known to 0.25 %.

A pair is the same work twice, once tracked and once not, which first by turns; its two CPU times of the whole process
are compared, so that threads of a tracker count and other programs of the computer do not. Trackers start and stop
outside of what is timed; carbontracker and zeus, which find no sensor on most computers, have their start alone.

Usage: python benchmarks/overhead.py [--minutes M] [--error PERCENT] [VARIANT ...]
"""

import argparse
import contextlib
import importlib.util
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

BLOCK_SECONDS = 3.0
LEAST_PAIRS = 8
STARTS = {
    "codecarbon": "from codecarbon import OfflineEmissionsTracker as T\n"
    "T(country_iso_code='FRA', save_to_file=False, log_level='critical').start()",
    "carbontracker": "from carbontracker.tracker import CarbonTracker as T\nT(epochs=1, verbose=0)",
    "zeus": "from zeus.monitor import ZeusMonitor as T\nT()",
    "greentrain": "import greentrain, sys\ngreentrain.track(home=sys.argv[1], quiet=True).start()",
}


def python_loop(pieces: int) -> float:
    """Add up squares, piece by piece."""
    total = 0.0
    for _ in range(pieces):
        for number in range(20_000):
            total += number * number * 1e-9
    return total


def numpy_loop(pieces: int) -> float:
    """Multiply matrices, piece by piece."""
    import numpy

    matrix = numpy.random.default_rng(1).random((160, 160))
    for _ in range(pieces):
        matrix = matrix @ matrix
        matrix /= matrix.max()
    return float(matrix[0, 0])


LOOPS: dict[str, Callable[[int], float]] = {"Python": python_loop, "NumPy": numpy_loop}


class Nowhere:
    """A sink that takes values and does nothing with them."""

    def log(self, values: dict[str, float], step: int | None = None) -> None:
        """Take values."""


@contextlib.contextmanager
def greentrain_run(home: str, *sinks: object) -> Iterator[None]:
    """Track a block by greentrain."""
    import greentrain

    with greentrain.track("block", home=home, location="FR", quiet=True, sinks=list(sinks)):
        yield


@contextlib.contextmanager
def codecarbon_run() -> Iterator[None]:
    """Track a block by codecarbon, offline, at a reading a second."""
    from codecarbon import OfflineEmissionsTracker

    tracker = OfflineEmissionsTracker(
        country_iso_code="FRA", measure_power_secs=1, save_to_file=False, log_level="critical", allow_multiple_runs=True
    )
    tracker.start()
    try:
        yield
    finally:
        tracker.stop()


def variants(home: str) -> dict[str, Callable[[], AbstractContextManager[None]]]:
    """Return what is compared with nothing, by name."""
    return {
        "control": contextlib.nullcontext,
        "greentrain": lambda: greentrain_run(home),
        "with sinks": lambda: greentrain_run(home, Nowhere(), f"prometheus:{home}/energy.prom"),
        "codecarbon": codecarbon_run,
    }


def cpu_seconds(loop: Callable[[int], float], pieces: int) -> float:
    """Return the CPU time of this process during so much work."""
    began = time.process_time()
    loop(pieces)
    return time.process_time() - began


def pieces_of(loop: Callable[[int], float]) -> int:
    """Return how many pieces make a block."""
    pieces = 8
    while (spent := cpu_seconds(loop, pieces)) < BLOCK_SECONDS / 4:
        pieces *= 2
    return max(1, round(pieces * BLOCK_SECONDS / spent))


def added(
    loop: Callable[[int], float], run: Callable[[], AbstractContextManager[None]], minutes: float, error: float
) -> tuple[float, float, int]:
    """Return the mean of the added share, its standard error, and the number of pairs."""
    pieces, found = pieces_of(loop), list[float]()
    until = time.monotonic() + 60 * minutes
    while True:
        times: dict[bool, float] = {}
        for is_tracked in (True, False) if len(found) % 2 else (False, True):
            with run() if is_tracked else contextlib.nullcontext():
                times[is_tracked] = cpu_seconds(loop, pieces)
        found.append(math.log(times[True] / times[False]))
        if len(found) >= LEAST_PAIRS:
            deviation = statistics.stdev(found) / math.sqrt(len(found))
            if deviation < error or time.monotonic() > until:
                return statistics.fmean(found), deviation, len(found)


def start_seconds(program: str, home: str) -> tuple[float, bool]:
    """Return how long a program takes, an empty Python left out, and whether it came to its end."""
    times, is_done = [], True
    for code in ("pass", program):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code, home], capture_output=True, timeout=300)
        times.append(time.perf_counter() - began)
        is_done = done.returncode == 0
    return times[1] - times[0], is_done


def main() -> None:
    """Print a line for each loop and variant, and each start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--error", type=float, default=0.25)
    parser.add_argument("variants", nargs="*")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        for kind, loop in LOOPS.items():
            for name, run in variants(home).items():
                if asked.variants and name not in asked.variants:
                    continue
                share, error, pairs = added(loop, run, asked.minutes, asked.error / 100)
                print(
                    f"{kind:<7} {name:<11} {100 * share:+6.2f} %  s.e. {100 * error:.2f} %  {pairs} pairs", flush=True
                )
        for name, program in STARTS.items():
            if importlib.util.find_spec(name) is None:
                print(f"start of {name}: not installed")
                continue
            seconds, is_done = start_seconds(program, home)
            print(f"start of {name}: {seconds:.2f} s{'' if is_done else ', and then it failed'}", flush=True)


if __name__ == "__main__":
    main()
