"""A tracked training with child processes: ``workers.py fork|pool-fork|pool-spawn|loader|program``."""

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track

# Spawned children import this module again, and make this tracker again.
tracker = track("workers", meter=meter(), quiet=True, pue=1.0, grid_intensity=500)
TRAIN_SECONDS = 0.25 if sys.argv[1:] == ["loader"] else 0.02


@tracker
def prepare(number: int) -> int:
    """Work, in a child that has the same tracked function."""
    end = time.process_time() + TRAIN_SECONDS
    while time.process_time() < end:
        pass
    return number**2


def fork() -> str:
    """Children of ``os.fork`` that end in each way."""
    ways = {0: lambda: os._exit(0), 3: lambda: sys.exit(3), 1: lambda: 1 / 0}
    codes = []
    for leave in ways.values():
        pid = os.fork()
        if not pid:
            prepare(1)
            tracker.log(loss=1)
            tracker.stop()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            leave()
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return str(codes)


def pool(kind: str) -> str:
    """A pool of two."""
    with multiprocessing.get_context(kind).Pool(2) as workers:
        return str(workers.map(prepare, range(4)))


def loader() -> str:
    """Sixteen short-lived workers, as a data loader starts them anew each epoch."""
    context = multiprocessing.get_context("fork")
    codes = []
    for _ in range(8):
        started = [context.Process(target=prepare, args=(number,)) for number in range(2)]
        for worker in started:
            worker.start()
        for worker in started:
            worker.join()
            codes.append(worker.exitcode)
    return str(codes)


def program() -> str:
    """A program that is started from the training and tracks too."""
    code = "import workers; print(workers.prepare(3))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True)
    return done.stdout.strip() + done.stderr


def main() -> None:
    """Train."""
    with tracker:
        way = sys.argv[1]
        found = pool(way.removeprefix("pool-")) if way.startswith("pool-") else globals()[way]()
    print(found)


if __name__ == "__main__":
    main()
