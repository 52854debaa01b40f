"""Which run this process is in: one at a time, never handed to a forked child, ended when the interpreter ends."""

from __future__ import annotations

import os
from _thread import RLock

from greentrain.journal.paths import host_name
from greentrain.journal.process_alive import process_started
from greentrain.light_typing import TYPE_CHECKING
from greentrain.tracking.distributed import SESSION_VARIABLE, TRACKER, Ancestor

if TYPE_CHECKING:
    from typing import Protocol

    class ActiveRun(Protocol):
        """What the registry does to a run; it needs to know no more of one."""

        def disown(self) -> None:
            """Do nothing more in the parent's name, in a forked child."""

        def end_at_exit(self) -> None:
            """End, because the interpreter does."""


class Registry:
    """The run of this process.

    Attributes
    ----------
    lock : RLock
        Held while runs start and end. It may be taken again by its holder, since a signal's handler may end a run
        that is just starting.
    active : ActiveRun or None
        The run that has this process's journal; runs that start inside it become its spans.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.active: ActiveRun | None = None
        self._disowned: list[ActiveRun] = []
        self._variable_before: str | None = None
        self._is_watching = False

    def claim(self, run: ActiveRun, session: str, folder: str) -> None:
        """Make a run this process's, and say so to the processes that it will start."""
        self._watch()
        self.active = run
        self._variable_before = os.environ.get(SESSION_VARIABLE)
        pid = os.getpid()
        here = Ancestor(session, pid, process_started(pid), TRACKER, host_name(), folder)
        os.environ[SESSION_VARIABLE] = here.text()

    def release(self, run: ActiveRun, session: str) -> None:
        """Let go of a run, and put the environment back as it was."""
        if self.active is not run:
            return
        self.active = None
        if not os.environ.get(SESSION_VARIABLE, "").startswith(f"{session}:"):
            return
        if self._variable_before is None:
            del os.environ[SESSION_VARIABLE]
        else:
            os.environ[SESSION_VARIABLE] = self._variable_before

    def _watch(self) -> None:
        if self._is_watching:
            return
        self._is_watching = True
        import atexit

        atexit.register(self._end_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._disown)

    def _disown(self) -> None:
        """In a forked child: the run stays the parent's; its objects are kept, so that none is finalized here."""
        self.lock = RLock()
        if self.active is not None:
            self.active.disown()
            self._disowned.append(self.active)
            self.active = None

    def _end_at_exit(self) -> None:
        if self.active is not None:
            self.active.end_at_exit()


REGISTRY = Registry()
"""This process's own. A process has one meter, whichever code asks for it."""
