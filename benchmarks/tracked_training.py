"""What tracking costs the training process, greentrain's and codecarbon's: time to start, its loop's speed, its memory.

Usage: python benchmarks/tracked_training.py [ROUNDS]
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import greentrain

START = """
import time
begun = time.perf_counter()
{head}
def train():
    return time.perf_counter()
started = train()
print(1000 * (started - begun))
"""
GREENTRAIN = "import greentrain\n@greentrain.track('t', location='FR', quiet=True)"
CODECARBON = (
    "from codecarbon import track_emissions\n"
    "@track_emissions(offline=True, country_iso_code='FRA', save_to_file=False, log_level='critical')"
)
PROGRAMS = {
    "bare Python": START.format(head=""),
    "greentrain": START.format(head=GREENTRAIN),
    "greentrain, after import numpy": "import numpy\n" + START.format(head=GREENTRAIN),
    "codecarbon": START.format(head=CODECARBON),
}
MEMORY = """
import time
{head}
def train():
    time.sleep(1)
    with open("/proc/self/status") as file:
        print(next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM")))
train()
"""
BLOCK_SECONDS, PAIRS_PER_ROUND = 0.25, 20
MEDIAN_ERROR = 1.253
"""Standard error of a median over that of a mean, of normal values. [1]"""


def printed(program: str, home: str) -> float:
    """Run a program as a process of its own, and read the number that it prints."""
    # Bytecode is cached as it is for users, whatever this shell's settings are.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["GREENTRAIN_HOME"] = home
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return float(done.stdout)


def starts_ms(home: str, rounds: int) -> dict[str, list[float]]:
    """Time each program until its function starts, in turns. [ms]"""
    for program in PROGRAMS.values():
        printed(program, home)
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            times[name].append(printed(program, home))
    return times


def python_loop() -> None:
    """Do a fixed piece of work in Python itself."""
    total = 0
    for number in range(100_000):
        total += number * number % 7


def numpy_loop() -> None:
    """Do a fixed piece of work in NumPy."""
    import numpy

    matrix = numpy.ones((200, 200))
    for _ in range(10):
        matrix = matrix @ matrix / 200


def pieces_per_second(work: Callable[[], None]) -> float:
    """Count pieces of work a second in one block. [1/s]"""
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < BLOCK_SECONDS:
        work()
        count += 1
    return count / (time.perf_counter() - start)


def added_time(work: Callable[[], None], home: str, pairs: int, is_tracked: bool) -> tuple[float, float]:
    """Compare neighbouring blocks, of which one has the meter stand still: added time, and its standard error. [1]

    The training process itself does nothing for its meter while it computes, so that a meter that stands still costs
    nothing. Each pair is the other way round than the one before, so that a machine that slows down favours neither.
    """
    work()
    found = []
    with greentrain.track(home=home, location="FR", quiet=True) as run:
        time.sleep(1)  # the meter has started
        pid = meter_pid(str(run.folder)) if is_tracked else None
        for pair in range(pairs):
            rates = {is_on: block(work, pid, is_on) for is_on in ((True, False) if pair % 2 else (False, True))}
            found.append(rates[False] / rates[True] - 1)
        block(work, pid, is_on=True)
    return statistics.median(found), MEDIAN_ERROR * statistics.stdev(found) / len(found) ** 0.5


def block(work: Callable[[], None], pid: int | None, is_on: bool) -> float:
    """Work for a block, with the meter at work or standing still; give its pieces a second. [1/s]"""
    if pid is not None:
        os.kill(pid, signal.SIGCONT if is_on else signal.SIGSTOP)
    return pieces_per_second(work)


def meter_pid(folder: str) -> int:
    """Find the process of a run's meter by its journal's first record."""
    (journal,) = Path(folder).glob("*.meter.jsonl")
    return int(json.loads(journal.read_text().splitlines()[0])["pid"])


def main() -> None:
    """Print all figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as home:
        print(f"{rounds} rounds in turns, medians, quarters in brackets")
        for name, times in starts_ms(home, rounds).items():
            low, middle, high = statistics.quantiles(times, n=4)
            print(f"  until the function starts, {name:<31} {middle:7.1f} ms  ({low:.1f} to {high:.1f})")
        bare, ours, theirs = (printed(MEMORY.format(head=head), home) for head in ("", GREENTRAIN, CODECARBON))
        print(f"  memory over bare Python: greentrain {ours - bare:.1f} MiB, codecarbon {theirs - bare:.1f} MiB")
        for name, work in (("pure Python", python_loop), ("NumPy", numpy_loop)):
            for kind, is_tracked in (("tracked", True), ("bare, for control", False)):
                added, error = added_time(work, home, rounds * PAIRS_PER_ROUND, is_tracked)
                shown = f"{100 * added:+.2f} % (standard error {100 * error:.2f} %)"
                print(f"  added time of a {name} loop, {kind}: {shown}")


if __name__ == "__main__":
    main()
