"""Detection of the run's end: by its own signal, by the end of its process, or by a signal to the meter."""

import os
import select
import signal
import sys
import time
from contextlib import suppress
from math import inf
from typing import NamedTuple

from greentrain.journal.fields import number
from greentrain.journal.process_alive import is_process_alive
from greentrain.journal.reader import last_record
from greentrain.meter.run_journals import NodeRanks

_POLL_SECONDS = 0.2
_JOURNAL_SECONDS = 1.0
_MOMENT_BYTES = 8


class RunEnd(NamedTuple):
    """How the run ended.

    Attributes
    ----------
    why : {"stopped", "process_ended", "terminated"}
        ``terminated``: the meter got a signal to end and the run was still there.
    mono : float
        When, of ``time.monotonic``. [s]
    """

    why: str
    mono: float


class RunEndWatch:
    """Waits for the run's end.

    Parameters
    ----------
    run_pid : int
        The run's process.
    pid_started : int or None
        When that process started, by `process_started`; another one with its id is not the run.
    channel : int
        Descriptor on which the run signals its end: the moment, in nanoseconds of ``time.monotonic_ns``, as a
        native integer of 8 bytes.
    ranks : NodeRanks, optional
        The ranks of the run on this computer, the last of which ends what is measured.
    journal : str, optional
        The session's journal: where the process replaces its program, it is there that the run's end stands.
    """

    def __init__(
        self, run_pid: int, pid_started: int | None, channel: int, ranks: NodeRanks | None = None, journal: str = ""
    ) -> None:
        self._ranks = ranks
        self._journal = journal
        self._journal_bytes = 0
        self._run_pid = run_pid
        self._pid_started = pid_started
        self._channel: int | None = channel
        self._stated: RunEnd | None = None
        self._signalled = False
        self._own_end: RunEnd | None = None
        self._wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)
        self._process = _process_descriptor(run_pid)

    def wait(self, seconds: float) -> RunEnd | None:
        """Wait for the run's end, or for so long; return the end when there is one. [s]"""
        deadline = time.monotonic() + max(0.0, seconds)
        while True:
            left = max(0.0, deadline - time.monotonic())
            own = self._own_end or self._look(left)
            end = self._with_other_ranks(own)
            if end is not None or time.monotonic() >= deadline:
                return end
            if own is not None:
                time.sleep(min(left, _POLL_SECONDS))

    def _with_other_ranks(self, own: RunEnd | None) -> RunEnd | None:
        """Return the end of the last rank of this computer; None while any goes on."""
        if own is None or self._ranks is None or self._signalled:
            return own
        self._own_end = own
        mono = self._ranks.last_end(own.mono)
        return None if mono is None else own._replace(mono=mono)

    def run_is_there(self) -> bool:
        """Whether the run's process still lives."""
        return is_process_alive(self._run_pid, self._pid_started)

    def _look(self, seconds: float) -> RunEnd | None:
        if self._process is None:
            seconds = min(seconds, _POLL_SECONDS)
        seconds = min(seconds, _JOURNAL_SECONDS)
        for descriptor in self._readable(seconds):
            if descriptor == self._wake_read:
                os.read(descriptor, 4096)
            elif descriptor == self._channel:
                self._receive()
        if self._stated or self._find_recorded_end():
            return self._stated
        if not self.run_is_there():
            return RunEnd("process_ended", time.monotonic())
        return RunEnd("terminated", time.monotonic()) if self._signalled else None

    def _readable(self, seconds: float) -> list[int]:
        descriptors = [self._wake_read, self._channel, self._process]
        poll = select.poll()
        for descriptor in descriptors:
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        return [descriptor for descriptor, _ in poll.poll(int(seconds * 1000) + 1 if seconds > 0 else 0)]

    def _receive(self) -> None:
        """Receive the run's end; a closed channel proves nothing, since the run may have closed all its files."""
        assert self._channel is not None
        try:
            moment = os.read(self._channel, _MOMENT_BYTES)
        except OSError:
            moment = b""
        if len(moment) == _MOMENT_BYTES:
            self._stated = RunEnd("stopped", min(time.monotonic(), int.from_bytes(moment, sys.byteorder) / 1e9))
        else:
            self._channel = None

    def _find_recorded_end(self) -> bool:
        """Look for the run's end in its journal, where that has grown."""
        with suppress(OSError):
            size = os.stat(self._journal).st_size if self._journal else 0
            is_longer, self._journal_bytes = size != self._journal_bytes, size
            if is_longer and (end := last_record(self._journal, "end")) is not None:
                self._stated = RunEnd("stopped", min(time.monotonic(), number(end, "mono") or inf))
        return self._stated is not None

    def _on_signal(self, number: int, frame: object) -> None:
        self._signalled = True


def _process_descriptor(pid: int) -> int | None:
    """Open the process, where the system can; else None, and it is looked at five times a second."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
