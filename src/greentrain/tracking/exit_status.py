"""How a run ended, by the exception that ended it, at the end of the interpreter, or by the worst of its parts."""

from __future__ import annotations

import sys

from greentrain.light_typing import NamedTuple

COMPLETED, FAILED, INTERRUPTED = "completed", "failed", "interrupted"
_FROM_WORST = (FAILED, INTERRUPTED, COMPLETED)
_INTERRUPTIONS = ("KeyboardInterrupt", "CancelledError")


class ExitStatus(NamedTuple):
    """How a run ended.

    Attributes
    ----------
    status : {'completed', 'failed', 'interrupted'}
        The status that the journal records.
    error : str or None
        Type of the exception that ended it.
    exit_code : int or None
        Exit code, where the run ended with the process.
    """

    status: str
    error: str | None = None
    exit_code: int | None = None


def exit_status_of(error: BaseException | None) -> ExitStatus:
    """Return the exit status of a run that ended with this exception, or with none."""
    if error is None or isinstance(error, GeneratorExit):  # a generator of which no more is wanted is closed
        return ExitStatus(COMPLETED)
    kind = type(error).__name__
    if isinstance(error, SystemExit):
        code = _exit_code(error.code)
        return ExitStatus(FAILED, kind, code) if code else ExitStatus(COMPLETED, None, 0)
    return ExitStatus(INTERRUPTED if kind in _INTERRUPTIONS else FAILED, kind)


def worse_of(one: ExitStatus, other: tuple[str, str | None, int | None] | None) -> ExitStatus:
    """Return the worse end of two parts of a run that ran beside each other, the first one's where they are alike."""
    return min(one, ExitStatus(*(other or one)), key=lambda end: _FROM_WORST.index(end.status))


def last_uncaught() -> object:
    """Return the exception that Python last printed a traceback of; it stays there until the next one."""
    return getattr(sys, "last_value", None)


def exit_status_at_exit(uncaught_before: object) -> ExitStatus:
    """Return the exit status of a run that goes on when the interpreter ends.

    Parameters
    ----------
    uncaught_before : object
        `last_uncaught` as it was when the run began.
    """
    uncaught = last_uncaught()
    # In a notebook or at Python's prompt an exception ends a cell or a line; under ``python -i`` it ended the program.
    is_prompt = hasattr(sys, "ps1") and not sys.flags.interactive
    if is_prompt or uncaught is uncaught_before or not isinstance(uncaught, BaseException):
        return ExitStatus(COMPLETED)
    return exit_status_of(uncaught)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    return code if isinstance(code, int) else 1
