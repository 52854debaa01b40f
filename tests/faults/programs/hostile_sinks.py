"""A training whose surroundings raise whatever they like while it ends: ``hostile_sinks.py SINK WAY``."""

import contextlib
import logging
import sys
import warnings
from typing import Any, NoReturn

from tracked_by import track

SINK, WAY = sys.argv[1:]
OWN = ValueError("the training's own")


class Broken:
    """A stream that raises at every write."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def write(self, text: str) -> NoReturn:
        """Raise."""
        raise self.error

    def flush(self) -> NoReturn:
        """Raise."""
        raise self.error


def display(*words: Any, **more: Any) -> NoReturn:
    """Raise where a warning is to be shown."""
    raise KeyboardInterrupt("of the display")


class Handler(logging.Handler):
    """A logger's handler that raises."""

    def emit(self, record: Any) -> NoReturn:
        """Raise."""
        raise SystemExit("of the logger")


@track("sinks")
def train() -> str:
    """End in the way that is asked for."""
    if WAY == "raises":
        raise OWN
    if WAY == "exits":
        sys.exit(4)
    return "weights"


def main() -> None:
    """Print what comes out."""
    stderr = sys.stderr
    errors: dict[str, BaseException] = {
        "stream": OSError("gone"),
        "interrupt": KeyboardInterrupt(),
        "exit": SystemExit(9),
    }
    if SINK in errors:
        sys.stderr = Broken(errors[SINK])  # type: ignore[assignment]
    elif SINK == "none":
        sys.stderr = None  # type: ignore[assignment]
    elif SINK == "warnings":
        warnings.showwarning = display
        warnings.filterwarnings("always")
    elif SINK == "logging":
        logging.basicConfig(handlers=[Handler()], level=0)
        logging.captureWarnings(True)
    try:
        print("returned", train())
    except BaseException as error:
        print("raised", repr(error), error is OWN, error.__cause__, error.__context__, error.__suppress_context__)
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr = stderr


main()
