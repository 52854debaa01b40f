"""Print what tracking adds to the CPU time of a training loop, until it is known to 0.25 %.

Two programs do the same work on one core by turns of 0.1 s, which first by chance: one is tracked, the other is not.
The CPU times of whole processes are compared, so that threads of a tracker count and other programs of the computer do
not; and turns that short meet the same speed of the processor, which drifts by several percent within seconds. After
each round of turns the programs change places, since two processes of the same code differ by a percent, too. A tracker
starts and ends between rounds, so its start and end are left out. For carbontracker and zeus, which find no sensor on
most computers, the start alone is printed.

Usage: python benchmarks/overhead.py [--minutes M] [--error PERCENT] [VARIANT ...]
"""

import argparse
import contextlib
import importlib.util
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

TURN_SECONDS = 0.1
TURNS = 24
WARM_UP_TURNS = 4
LEAST_ROUNDS = 8
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
        for number in range(2_000):
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


def serve_turns(kind: str, variant: str, home: str) -> None:
    """Work for as many pieces as each line of standard input says, and answer with the CPU time of this process.

    A line `on` starts tracking, `off` ends it.
    """
    loop = LOOPS[kind]
    with contextlib.ExitStack() as tracking:
        for line in sys.stdin:
            began = time.process_time()
            if line == "on\n":
                tracking.enter_context(variants(home)[variant]())
            elif line == "off\n":
                tracking.close()
            else:
                loop(int(line))
            print(time.process_time() - began, flush=True)


class Worker:
    """A program that works by turns, tracked or not."""

    def __init__(self, kind: str, variant: str, home: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--serve", kind, variant, home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def turn(self, pieces: int | str) -> float:
        """Return the CPU time [s] of a turn."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{pieces}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        """Let the program end."""
        self._process.communicate()


def pieces_of(worker: Worker) -> int:
    """Return how many pieces make a turn."""
    pieces = 8
    while (spent := worker.turn(pieces)) < TURN_SECONDS / 4:
        pieces *= 2
    return max(1, round(pieces * TURN_SECONDS / spent))


def round_times(tracked: Worker, plain: Worker, pieces: int) -> tuple[float, float]:
    """Return the CPU times [s] of a round with the first program tracked, of both programs."""
    tracked.turn("on")
    totals = [0.0, 0.0]
    for turn in range(TURNS):
        for place in random.sample((0, 1), 2):
            spent = (tracked, plain)[place].turn(pieces)
            totals[place] += spent if turn >= WARM_UP_TURNS else 0.0
    tracked.turn("off")
    return totals[0], totals[1]


def added(kind: str, variant: str, home: str, minutes: float, error: float) -> tuple[float, float, int]:
    """Return the added share of CPU time, its standard error, and the number of rounds."""
    one, other = (Worker(kind, variant, home) for _ in range(2))
    pieces, shares = pieces_of(one), list[float]()
    until = time.monotonic() + 60 * minutes
    while True:
        there, back = round_times(one, other, pieces), round_times(other, one, pieces)
        shares.append((there[0] + back[0]) / (there[1] + back[1]) - 1)
        if len(shares) >= LEAST_ROUNDS:
            deviation = statistics.stdev(shares) / math.sqrt(len(shares))
            if deviation < error or time.monotonic() > until:
                break
    for worker in (one, other):
        worker.end()
    return statistics.fmean(shares), deviation, len(shares)


def start_seconds(program: str, home: str) -> tuple[float, bool]:
    """Return how long a program takes, an empty Python left out, and whether it came to its end."""
    times, is_done = [], True
    for code in ("pass", program):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code, home], capture_output=True, timeout=300)
        times.append(time.perf_counter() - began)
        is_done = done.returncode == 0
    return times[1] - times[0], is_done


def print_starts(home: str) -> None:
    """Print how long each tracker takes to start, or why it does not."""
    for name, program in STARTS.items():
        if importlib.util.find_spec(name) is None:
            print(f"start of {name}: not installed")
            continue
        seconds, is_done = start_seconds(program, home)
        print(f"start of {name}: {seconds:.2f} s{'' if is_done else ', and then it failed'}", flush=True)


def main() -> None:
    """Print a line for each loop and variant, and each start."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--error", type=float, default=0.25)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("variants", nargs="*")
    asked = parser.parse_args()
    if asked.serve:
        serve_turns(*asked.serve)
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as home:
        for kind in LOOPS:
            for name in variants(home):
                if asked.variants and name not in asked.variants:
                    continue
                share, error, rounds = added(kind, name, home, asked.minutes, asked.error / 100)
                print(
                    f"{kind:<7} {name:<11} {100 * share:+6.2f} %  s.e. {100 * error:.2f} %  {rounds} rounds", flush=True
                )
        print_starts(home)


if __name__ == "__main__":
    main()
