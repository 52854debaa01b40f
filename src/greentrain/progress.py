"""How far long work is, told to a bar with the interface of tqdm."""

from __future__ import annotations

import os
import sys
from time import monotonic

from greentrain.errors import InputError, OwnErrors
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class ProgressBar(Protocol):
        """What is told how far work is."""

        def update(self, n: float, /) -> object:
            """Go on by so much."""

        def close(self) -> object:
            """Be done."""

    Progress = bool | Callable[..., ProgressBar] | None

_FIRST_SECONDS, _NEXT_SECONDS = 0.7, 0.1
"""When a bar is shown first, and how often again. [s]"""
_BAR_COLUMNS, _USUAL_COLUMNS = 24, 80


class Telling:
    """A stretch of work; what is called inside moves a bar on, which is closed whatever happens.

    Parameters
    ----------
    progress : bool or callable, optional
        True shows a `TerminalBar`; what is called with ``total`` and ``desc``, as `tqdm`, is shown instead. None and
        False show nothing.
    total : float or None
        How much there is to do, in any unit; None where nobody knows.
    desc : str
        What is being done.
    """

    def __init__(self, progress: Progress, total: float | None, desc: str) -> None:
        self._bar = None
        if progress is not None and progress is not False:
            self._bar = _checked(progress)(total=total, desc=desc)

    def __enter__(self) -> Callable[[float], object]:
        return self._bar.update if self._bar is not None else _ignored

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _ignored(_: float) -> None:
    pass


def _checked(progress: object) -> Callable[..., ProgressBar]:
    if progress is True:
        return TerminalBar
    if not callable(progress):
        raise InputError("progress", progress, "must be True, or a class like tqdm, which takes total and desc")
    return progress


class TerminalBar:
    """A line on stderr that is written over, and gone in the end; what takes under a second shows none.

    Parameters
    ----------
    total : float, optional
        How much there is to do.
    desc : str, optional
        What is being done.
    """

    def __init__(self, total: float | None = None, desc: str = "") -> None:
        self._total, self._desc = total, desc
        self._done = 0.0
        self._began = monotonic()
        self._next = self._began + _FIRST_SECONDS
        self._columns = 0

    def update(self, n: float = 1) -> None:
        """Go on by so much."""
        self._done += n
        now = monotonic()
        if now >= self._next:
            self._next = now + _NEXT_SECONDS
            self._write(self._text(now - self._began))

    def close(self) -> None:
        """Leave the line as it was."""
        if self._columns:
            self._write("")
            self._write("")  # back to the beginning of what is blank now

    def _text(self, seconds: float) -> str:
        if not self._total:
            return f"{self._desc}: {self._done:,.0f}"
        share = min(1.0, self._done / self._total)
        filled = round(_BAR_COLUMNS * share)
        left = f", {seconds / share - seconds:,.0f} s left" if share else ""
        return f"{self._desc} [{'#' * filled}{'.' * (_BAR_COLUMNS - filled)}] {100 * share:.0f} %{left}"

    def _write(self, text: str) -> None:
        """Write over what stands there, on one line of the terminal."""
        columns = _USUAL_COLUMNS
        with OwnErrors(OSError, ValueError, AttributeError):  # a stream of a notebook's, or none
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
        text = text[: max(1, columns - 1)]
        with OwnErrors(OSError, AttributeError):
            sys.stderr.write(f"\r{text:<{self._columns}}")
            sys.stderr.flush()
        self._columns = len(text)
