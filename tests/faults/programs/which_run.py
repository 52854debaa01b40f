"""Runs after, beside and out of step with each other: ``which_run.py WAY``."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from tracked_by import meter

from greentrain import Tracker, track

COMMAND = (sys.executable, "-c", "import sys; from greentrain.cli import main; sys.exit(main())")


def tracked(name: str, **arguments: Any) -> Tracker:
    """Make a tracker."""
    found: Any = track(name, meter=meter(), quiet=True, **{"pue": 1.0, "grid_intensity": 500, **arguments})
    assert isinstance(found, Tracker)
    return found


@tracked("later")
def fit(seconds: float) -> int:
    """Train in a worker."""
    time.sleep(seconds)
    return os.getpid()


def pool(method: str) -> None:
    """Workers that were started inside a run train when it has ended."""
    with tracked("first"):
        workers = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method))
        list(workers.map(time.sleep, [0.2, 0.2]))
    list(workers.map(fit, [0.3] * 4))
    workers.shutdown()


def shell() -> None:
    """A command in an environment that was made inside a run which has ended."""
    with tracked("first"):
        environment = dict(os.environ)
        time.sleep(0.2)
    words = (*COMMAND, "track", "--quiet", "--name", "later", "--meter", str(meter()), "--", "sleep", "0.3")
    print(subprocess.run(words, env=environment, check=True).returncode)


def server() -> None:
    """A server that was started inside a run trains twice when that has ended."""
    reader, writer = os.pipe()
    with tracked("first"):
        child = os.fork()
        if not child:
            os.read(reader, 1)
            fit(0.3)
            fit(0.3)
            os._exit(0)
        time.sleep(0.2)
    os.write(writer, b"x")
    os.waitpid(child, 0)


def forgotten() -> None:
    """A run that nobody stops, and proper ones after it."""
    tracked("forgotten").start()
    time.sleep(0.2)
    with tracked("proper", project="P", grid_intensity=100):
        time.sleep(0.5)
    fit(0.3)


def interrupted(milliseconds: str) -> None:
    """An interruption while a run starts, at a moment after its beginning, and a run after it."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, float(milliseconds) / 1000)
    try:
        tracked("first").start()
        time.sleep(1.0)
    except KeyboardInterrupt:
        print("interrupted")
    with tracked("second"):
        time.sleep(0.5)


def at_exit() -> None:
    """Two runs that nobody stops."""
    tracked("a").start()
    tracked("b").start()
    time.sleep(1.0)


def gathered(*names: str) -> None:
    """Coroutines at the same time, each under a name."""

    async def one(name: str) -> None:
        with tracked(name):
            await asyncio.sleep(1.0)

    async def main() -> None:
        await asyncio.gather(*(one(name) for name in names))

    asyncio.run(main())


def _step(name: str, number: int, failing: int) -> None:
    with tracked(name):
        time.sleep(0.3 + 0.2 * number)
        if number == failing:
            raise ArithmeticError("diverged")
        time.sleep(0.6)


def beside(kind: str, failing: str) -> None:
    """Three threads, coroutines or generators of one name at once, of which one fails and its failure is caught."""
    numbers = range(3)
    if kind == "threads":
        with ThreadPoolExecutor(3) as workers:
            found = [workers.submit(_step, "one", number, int(failing)) for number in numbers]
        print(sum(each.exception() is not None for each in found))
        return

    async def one(number: int) -> None:
        with tracked("one"):
            await asyncio.sleep(0.3 + 0.2 * number)
            if number == int(failing):
                raise ArithmeticError("diverged")
            await asyncio.sleep(0.6)

    @tracked("one")
    def values(number: int) -> Iterator[int]:
        yield number
        time.sleep(0.2)
        if number == int(failing):
            raise ArithmeticError("diverged")
        yield number

    async def main() -> list[Any]:
        return await asyncio.gather(*(one(number) for number in numbers), return_exceptions=True)

    if kind == "coroutines":
        print(sum(each is not None for each in asyncio.run(main())))
        return
    begun, failures = [values(number) for number in numbers], 0
    for step in (*begun, *begun, *begun):
        try:
            next(step, None)
        except ArithmeticError:
            failures += 1
    print(failures)


def retried() -> None:
    """A call inside a call of the same name fails, and the one around it makes good."""
    with tracked("one"):
        try:
            _step("one", 0, 0)
        except ArithmeticError:
            _step("one", 0, 1)


if __name__ == "__main__":
    WAY, *WORDS = sys.argv[1:]
    globals()[WAY](*WORDS)
