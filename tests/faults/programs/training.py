"""A training that ends, or is ended, in one of many ways: ``training.py WAY [SECONDS]``."""

import _thread
import os
import resource
import signal
import sys
import time
from typing import NoReturn

from tracked_by import track

SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0


class TrainingError(Exception):
    """An exception of the training's own, whose words cannot be had."""

    def __str__(self) -> NoReturn:
        raise RuntimeError("no words")

    __repr__ = __str__


RAISED = TrainingError("own")


def returns() -> dict[str, list[int]]:
    """End well."""
    time.sleep(SECONDS)
    sys.stderr.write("the function's end\n")
    return {"weights": [1, 2, 3]}


def raises() -> NoReturn:
    """Raise an exception that the program catches."""
    raise RAISED


def uncaught() -> NoReturn:
    """Raise an exception that nobody catches."""
    raise LookupError("no such layer")


def exits() -> NoReturn:
    """Ask for the program's end with a code."""
    sys.exit(3)


def exits_with_words() -> NoReturn:
    """Ask for the program's end with a text."""
    sys.exit("no data")


def exits_well() -> NoReturn:
    """Ask for the program's end without an error."""
    sys.exit()


def vanishes() -> None:
    """End the process without any tidying up."""
    os._exit(5)


def aborts() -> None:
    """End the process as a crash in native code does."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.abort()


def waits() -> str:
    """Wait to be ended; catch nothing."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(SECONDS or 30)
    return "waited"


def saves() -> str:
    """Wait to be interrupted, and save what there is."""
    try:
        return waits()
    except KeyboardInterrupt:
        return "saved"


def checkpoints() -> str:
    """Wait with a handler of its own for the signal of a preemption."""
    caught: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: caught.append(number))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not caught:
        time.sleep(0.01)
    return f"checkpoint on {caught}"


def exhausts() -> str:
    """Ask for more memory than there is."""
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
    return str(len(bytearray(2**33)))


def grows() -> NoReturn:
    """Use memory until the kernel ends it; stdin says when to begin."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    used = []
    while True:
        used.append(b"x" * 2**20)


def interrupts_itself() -> str:
    """Get an interruption from another thread while Python runs."""
    _thread.interrupt_main()
    for _ in range(10_000_000):
        pass
    return "never here"


@track("training")
def train() -> object:
    """Train."""
    return globals()[sys.argv[1]]()


def main() -> None:
    """Print what comes of it."""
    try:
        result = train()
    except TrainingError as error:
        print("raised", type(error).__name__, error is RAISED, error.args, error.__context__, error.__cause__)
    except MemoryError:
        print("out of memory")
    else:
        print("returned", result)


if __name__ == "__main__":
    main()
