"""Runs inside runs, and out of order: ``inside.py WAY``."""

import asyncio
import sys
import threading
import time
from typing import Any

from tracked_by import meter

from greentrain import Tracker, track

ALONE = 1.15
"""What the computers draw over what sensors read. [1]"""


def tracked(name: str) -> Tracker:
    """Make a tracker."""
    found: Any = track(name, meter=meter(), quiet=True, pue=1.0, grid_intensity=500)
    assert isinstance(found, Tracker)
    return found


def two_at_once() -> None:
    """Two trackers overlap; the second goes on when the first has ended."""
    first, second = tracked("first"), tracked("second")
    before = time.monotonic()
    first.start()
    time.sleep(0.4)
    second.start()
    time.sleep(0.4)
    first.stop()
    time.sleep(0.4)
    second.stop()
    seconds = time.monotonic() - before
    kwh = [tracker.measurement.it_energy_kwh.best for tracker in (first, second)]  # type: ignore[union-attr]
    # The first one's meter is told of the end some milliseconds after the second one's has begun.
    print("added to at most the meter's", sum(kwh) <= ALONE * (seconds + 0.05) * 1e-3)


def nested() -> None:
    """A tracked function calls another one."""

    @tracked("inner")
    def inner() -> int:
        time.sleep(0.3)
        return 7

    @tracked("outer")
    def outer() -> int:
        return inner() + inner()

    print(outer())


def recursive() -> None:
    """A tracked function calls itself."""

    @tracked("recursive")
    def depth(left: int) -> int:
        time.sleep(0.02)
        return 1 + depth(left - 1) if left else 1

    print(depth(14))


def twice() -> None:
    """A tracked function is called twice."""

    @tracked("twice")
    def train() -> None:
        time.sleep(0.2)

    print(train(), train())


def threads() -> None:
    """Threads of a run use tracked functions at the same time."""

    @tracked("thread")
    def work(number: int) -> None:
        time.sleep(0.3)
        results.append(number)

    results: list[int] = []
    with tracked("threads"):
        started = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
    print(sorted(results))


def threads_alone() -> None:
    """Threads use a tracked function with no run around them."""

    @tracked("thread")
    def work(number: int) -> None:
        time.sleep(0.1 * (number + 1))

    started = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    print("joined")


def out_of_order() -> None:
    """Stop before the start, stop twice, start twice, leave twice."""
    tracker = tracked("out of order")
    tracker.stop()
    tracker.__exit__(None, None, None)
    before = time.monotonic()
    run = tracker.start()
    time.sleep(0.2)
    tracker.stop()
    around = time.monotonic() - before
    duration = run.duration_seconds or 0.0
    time.sleep(0.2)
    tracker.stop()
    run.stop()
    print(run.duration_seconds == duration, 0.2 <= duration <= around)


def two_blocks() -> None:
    """One tracker in two blocks, then in two that are inside each other."""
    tracker = tracked("block")
    for _ in range(2):
        before = time.monotonic()
        with tracker as run:
            time.sleep(0.3)
        print(0.3 <= run.measurement.duration_seconds <= time.monotonic() - before)  # type: ignore[union-attr]
    with tracker as outer, tracker as inner:
        time.sleep(0.1)
    print(outer is not inner)


def tasks() -> None:
    """Tasks inside a run have spans that overlap, each with a clock of its own."""

    async def task(run: Any, number: int) -> None:
        with run.span("task", number=number):
            await asyncio.sleep(0.1 * (number + 1))

    async def main() -> None:
        with tracked("tasks") as run:
            await asyncio.gather(*(task(run, number) for number in range(3)))
            await asyncio.sleep(0.2)

    asyncio.run(main())
    print("done")


globals()[sys.argv[1]]()
