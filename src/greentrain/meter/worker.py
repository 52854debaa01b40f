"""Threads that may hang without blocking their caller, and when to give one up."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

SILENT_SECONDS = 3.0
"""How long an answer may be awaited before its source is given up. [s]"""

PASSING_FAILURES = 3
"""How many failures in a row count as passing."""


class Worker(Generic[Answer]):
    """A thread that is asked for an answer and may never give one.

    While it is at work it is not asked again, so that a thing that hangs holds one thread and no more.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._task: Callable[[], Answer] | None = None
        self._answer: tuple[Answer] | None = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._is_open = True
        self._asked_mono = 0.0

    def ask(self, task: Callable[[], Answer]) -> None:
        """Ask for an answer, unless one is still being worked at."""
        with self._changed:
            if self._task is None and self._answer is None:
                self._task, self._error, self._asked_mono = task, None, time.monotonic()
                self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="reading", daemon=True)
            self._thread.start()

    def wait(self, timeout_seconds: float) -> BaseException | None:
        """Wait for the answer, or for so long; give the error when there was one instead. [s]"""
        with self._changed:
            self._changed.wait_for(lambda: self._task is None, timeout_seconds)
            return self._error if self._task is None else None

    def take(self) -> Answer | None:
        """Take the answer; None when there is none."""
        with self._changed:
            answer, self._answer = self._answer, None
        return answer[0] if answer else None

    def silent_seconds(self) -> float:
        """Give how long the answer has been awaited; 0 when none is. [s]"""
        with self._changed:
            return time.monotonic() - self._asked_mono if self._task is not None else 0.0

    def close(self) -> None:
        """Let the thread end when it has nothing to do."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._task is not None or not self._is_open)
                task = self._task
            if task is None:
                return
            answer: tuple[Answer] | None = None
            error: BaseException | None = None
            try:
                answer = (task(),)
            except BaseException as raised:
                error = raised
            with self._changed:
                self._task, self._answer, self._error = None, answer, error
                self._changed.notify_all()


class TimeoutReader(Generic[Answer]):
    """Reads what may hang or fail, in a thread of its own, until it has done so for too long.

    Attributes
    ----------
    failure : str or None
        Why the source was given up; None as long as it is read.
    """

    def __init__(self) -> None:
        self.failure: str | None = None
        self._worker: Worker[Answer] = Worker()
        self._failures = 0

    def read(self, task: Callable[[], Answer], timeout_seconds: float) -> Answer | None:
        """Read now, or take what an earlier question has brought meanwhile.

        Returns
        -------
        object or None
            The answer; None where there is none within the time, or no more at all: see `failure`.

        Raises
        ------
        OSError
            If reading failed and may succeed the next time.
        """
        if self.failure is not None:
            return None
        self._worker.ask(task)
        error = self._worker.wait(timeout_seconds)
        answer = self._worker.take()
        if answer is not None:
            self._failures = 0
        elif error is not None:
            self._bear(error)
        elif self._worker.silent_seconds() > SILENT_SECONDS:
            self.failure = f"no reading for {SILENT_SECONDS:g} s"
        return answer

    def close(self) -> None:
        """Leave the thread behind; it ends when it has nothing to do, or with the process."""
        self._worker.close()

    def _bear(self, error: BaseException) -> None:
        self._failures += 1
        reason = f"{type(error).__name__} {error}"
        if self._failures <= PASSING_FAILURES:
            raise OSError(reason)
        self.failure = f"readings fail: {reason}"
