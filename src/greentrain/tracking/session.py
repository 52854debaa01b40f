"""Journal and meter of one run in this process, and how warnings reach the user."""

from __future__ import annotations

import os
import sys
import time

from greentrain._version import DATA_VERSION, __version__
from greentrain.catalogue.user_folder import home_folder
from greentrain.errors import GreentrainWarning, OwnErrors, is_from_handler, is_from_outside
from greentrain.journal.paths import folder_key, host_name, new_run_key, safe_name, shown
from greentrain.journal.process_alive import process_started
from greentrain.journal.run_folders import make_run_folder
from greentrain.journal.secret_words import without_secrets
from greentrain.journal.sessions import recorded_sessions, stated
from greentrain.journal.writer import JournalWriter
from greentrain.light_typing import TYPE_CHECKING
from greentrain.meter.backends import NONE
from greentrain.tracking.distributed import Launch, Ranks, launch_of, ranks_of, separate_runs_warning
from greentrain.tracking.identity import UNSETTLED, Ancestor, settled
from greentrain.tracking.training_records import Spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from greentrain.meter.launch import MeterHandle
    from greentrain.tracking.settings import Settings

MAIN, JOINED = "main", "joined"
_MOST_ARGUMENTS = 20
_LONGEST_ARGUMENT = 500
_POLLING_SECONDS = 0.01
_RANK_SECONDS = 1.0


class Session:
    """The journal and the meter of one run in one process. Nothing in here raises.

    It is made empty, so that whoever holds it can end it at whatever moment its beginning is interrupted.

    Parameters
    ----------
    above : Ancestor or None
        The tracked process whose run is joined; its meter is the meter of this run too.
    inherited : mapping, optional
        The ranks of the process above, whose run this one is inside: variables that state the same are not its own.

    Attributes
    ----------
    id : str
        Id of this part of the run.
    role : {'main', 'joined'}
        Whether it has a meter of its own.
    folder : str or None
        Folder of the journals; None where none can be written.
    spans : Spans
        The named parts of the run.
    started_mono : float
        The zero of the run's clock. [s]
    ended_mono : float or None
        When the run ended, by the same clock; what the meter reads later is not the run's. [s]
    worst : tuple or None
        Status, error and exit code of the worst of those calls that ran beside others of the run and have ended.
    """

    def __init__(self, above: Ancestor | None, inherited: Mapping[str, object] | None = None) -> None:
        self.id = os.urandom(16).hex()
        self.spans = Spans(self.id, self.write)
        self.started_mono = self.spans.started_mono
        self.ended_mono: float | None = None
        self.worst: tuple[str, str | None, int | None] | None = None
        self.is_closed = False
        self._is_stopping = False
        self._warned: set[str] = set()
        self._pid = os.getpid()
        self._above = above
        ranks = ranks_of(os.environ)
        self._ranks = ranks = Ranks() if ranks._asdict() == inherited else ranks
        self.role = MAIN if above is None and ranks.meters else JOINED
        self.folder: str | None = None
        self.journal: JournalWriter | None = None
        self.meter: MeterHandle | None = None

    @property
    def key(self) -> str | None:
        """The run's key in the history; None where it has no journal."""
        return folder_key(self.folder) if self.folder else None

    def begin(self, settings: Settings, name: str | None, inside: str = "", command: Sequence[str] = ()) -> None:
        """Begin the journal.

        Parameters
        ----------
        settings : Settings
            The run as described.
        name : str or None
            What the run is called.
        inside : str, optional
            What the environment told this process of the tracked process above it.
        command : sequence of str, optional
            The command that this process only wraps.
        """
        launch = launch_of(os.environ, self._ranks)
        origin = {"launch": {**launch._asdict(), "attempt": list(launch.attempt)}, "inside": inside or None}
        start = _start_record(self, settings, name, self._ranks) | origin | _argv(settings, command)
        self.folder, problem = self._find_folder(settings, self._above, launch)
        try:
            self.journal = JournalWriter(self.folder, "tracker") if self.folder else None
            self.write(start)
            problem = self._settle(start, problem)
        except BaseException as error:
            self._give_up(error)
            raise
        is_alone = self._above is None
        separate = separate_runs_warning(settings.run_id, os.environ, self._ranks) if is_alone else None
        for warning in (problem, separate, self._other_names(settings.run_id, start)):
            if warning:
                self.warn(warning)

    def write(self, record: dict[str, Any], mono: float | None = None) -> None:
        """Append a record of now, or of a moment of the monotonic clock; warn the first time that one is lost."""
        if self.journal is None or self.is_closed:
            return
        t = None if mono is None else time.time() - (time.monotonic() - mono)
        if not self.journal.write(record, t, mono):
            warn_user(f"the run's journal {self.journal.path} cannot be written ({self.journal.problem})")

    def warn(self, message: str) -> None:
        """Warn the user, and keep the warning in the journal."""
        self.write({"type": "warning", "message": message})
        warn_user(message)

    def launch(self, settings: Settings, run_pid: int | None = None) -> None:
        """Start the meter; that of another rank than local rank 0 looks first whether another one measures.

        Parameters
        ----------
        settings : Settings
            The run as described.
        run_pid : int, optional
            The process to measure with all its children. Default: this one.
        """
        if self._above is not None or self.folder is None or settings.meter == NONE:
            return
        from greentrain.meter.launch import launch

        self.meter = launch(
            self.folder,
            self.id,
            interval_seconds=settings.interval_seconds,
            meter=settings.meter,
            started_mono=self.started_mono,
            run_pid=run_pid,
            journal=self.journal.path if self.journal is not None else "",
            is_sure=self.role == MAIN,
            is_rank=self._ranks.local_rank is not None,
        )
        if self.meter.problem:
            self.warn(self.meter.problem)

    def stop_meter(self) -> None:
        """Signal the end of the run to the meter."""
        if self.meter is not None and os.getpid() == self._pid:
            self._check_meter()
            self.meter.stop(0.0, self.ended_mono)
            self._is_stopping = True

    def wait_for_meter(self, seconds: float) -> None:
        """Signal the end of the run to the meter, and wait for its last record so long at most. [s]"""
        if self.meter is None or self.meter.problem or os.getpid() != self._pid:
            return
        if not self._is_stopping:
            self._check_meter()
            self._is_stopping = True
            # The meter goes on until the last rank of this computer has ended.
            self.meter.stop(min(seconds, _RANK_SECONDS) if self._other_ranks_go_on() else seconds, self.ended_mono)
            return
        from greentrain.tracking.live_energy import LiveEnergy

        deadline = time.monotonic() + seconds
        readings = LiveEnergy(self.folder, self.id)
        while not readings.has_ended() and time.monotonic() < deadline:
            time.sleep(_POLLING_SECONDS)

    def _check_meter(self) -> None:
        """Warn where the meter has ended and left nothing: its Python could not load it, or had no memory."""
        if self.meter is None or self.meter.problem or self._is_stopping or self.meter.alive or self.role != MAIN:
            return
        from greentrain.tracking.live_energy import LiveEnergy

        if LiveEnergy(self.folder, self.id).session_path() is None and not self._is_measured_by_another():
            self.warn("the meter ended before it read anything: the run is not measured")

    def _is_measured_by_another(self) -> bool:
        """Whether another rank's meter reads this computer, so that its own has ended because it was not needed."""
        from greentrain.journal.fields import number

        return self.folder is not None and any(
            one.start.get("host") == host_name()
            and (one.goes_on or (number(one.end or {}, "mono") or 0.0) >= self.started_mono)
            for one in recorded_sessions(self.folder, "meter")
        )

    @property
    def is_metered_itself(self) -> bool:
        """Whether its own meter is the one that measures this computer for the run."""
        if self.role == MAIN or self.meter is None:
            return self.role == MAIN
        from greentrain.tracking.live_energy import LiveEnergy

        return LiveEnergy(self.folder, self.id).session_path() is not None

    def _other_ranks_go_on(self) -> bool:
        if not self._ranks.are_several or self.folder is None:
            return False
        return any(
            one.id != self.id and one.start.get("host") == host_name() and one.goes_on
            for one in recorded_sessions(self.folder)
        )

    def warn_once(self, message: str) -> None:
        """Warn the user of something that is likely to come again and again."""
        if message not in self._warned:
            self._warned.add(message)
            self.warn(message)

    def close(self) -> None:
        """Close the journal; nothing is written any more."""
        self.is_closed = True
        if self.journal is not None:
            self.journal.close()

    def _find_folder(self, settings: Settings, above: Ancestor | None, launch: Launch) -> tuple[str | None, str | None]:
        """Return the folder of the run; of one whose job may have others, a folder until it is known which it is."""
        if above is not None:
            return above.folder, None
        key = new_run_key() if launch.job is None else f"{UNSETTLED}{self.id}"
        if settings.run_id is not None:
            key = safe_name(settings.run_id)
        try:
            return make_run_folder(settings.home or home_folder(), key)
        except Exception as error:
            if is_from_outside(error):
                raise
            return None, f"the run leaves no journal ({error})"

    def _other_names(self, run_id: str | None, start: dict[str, Any]) -> str | None:
        """State that a process under the same id names the run otherwise at this time: one record has one name."""
        if run_id is None or self.folder is None:
            return None
        others = [one for one in recorded_sessions(self.folder) if one.id != self.id and one.stated != stated(start)]
        if not any(one.goes_on for one in others):
            return None
        return f"run_id={run_id!a} goes on in a process that names the run otherwise: what was stated last is recorded"

    def _give_up(self, error: BaseException) -> None:
        """Leave no run that goes on where the start was interrupted."""
        if self.journal is None:
            return
        self.write({"type": "end", "status": "interrupted", "error": type(error).__name__, "exit_code": None})
        self.close()
        folder = os.path.dirname(self.journal.path)
        if os.path.basename(folder).startswith(UNSETTLED):
            with OwnErrors(OSError):
                os.unlink(self.journal.path)
                os.rmdir(folder)

    def _settle(self, start: dict[str, Any], problem: str | None) -> str | None:
        """Take the place in the history that the run has by its job; return the problem with its home as it is then."""
        if self.journal is None or self.folder is None or not os.path.basename(self.folder).startswith(UNSETTLED):
            return problem
        first, self.folder = self.folder, settled(self.journal, start)
        return problem and problem.replace(shown(first), shown(self.folder))


def _start_record(session: Session, settings: Settings, name: str | None, ranks: Ranks) -> dict[str, Any]:
    inputs = settings.dated_inputs()
    pid = os.getpid()
    return {
        "type": "start",
        "session": session.id,
        "name": name,
        "project": settings.project,
        "user": settings.recorded_user,
        "run_id": settings.run_id,
        "pid": pid,
        "pid_started": process_started(pid),
        "host": host_name(),
        "ranks": ranks._asdict(),
        "role": session.role,
        "versions": {"greentrain": __version__, "data": DATA_VERSION, "python": sys.version.split()[0]},
        "location": inputs.get("location"),
        "year": inputs["year"],
        **settings.stated_factors(),
        "estimate_inputs": inputs,
        "budget": settings.budget,
        "interval_seconds": settings.interval_seconds,
        "meter": settings.meter,
        "total_steps": settings.total_steps,
    }


def _argv(settings: Settings, command: Sequence[str]) -> dict[str, Any]:
    """Return what is run, without secrets and only if it may be recorded.

    A process that only wraps a command is no rank of the training, and is marked as such.
    """
    mark = {"wraps": True, "is_unnamed": settings.name is None} if command else {}
    if not settings.records_command:
        return mark
    arguments = list(command) or getattr(sys, "argv", [])
    if arguments[:1] == ["-c"]:  # of a program on Python's command line `sys.argv` holds no more
        arguments = sys.orig_argv
    words = [str(argument) for argument in arguments[:_MOST_ARGUMENTS]]
    return {"argv": [word[:_LONGEST_ARGUMENT] for word in without_secrets(words)], **mark}


def warn_user(message: str) -> None:
    """Warn the user; where warnings are errors, or their display is broken, on stderr at most."""
    try:
        import warnings  # loaded by then, or else not to be had when no file can be opened any more

        warnings.warn(f"greentrain: {message}", GreentrainWarning, stacklevel=_stack_level())
    except BaseException as error:  # warnings may be errors, and a display of the user's may raise anything
        if is_from_handler(error):
            raise
        write_to_stderr(f"greentrain: warning: {message}\n")


def write_to_stderr(text: str) -> None:
    """Write to stderr, if there is one that takes it; on a terminal no line is longer than that is wide."""
    try:
        sys.stderr.write(_fitted(text))
        sys.stderr.flush()
    except BaseException as error:
        if is_from_handler(error):
            raise


def _fitted(text: str) -> str:
    """Break lines at blanks where they are longer than the terminal is wide."""
    columns = 0
    with OwnErrors(AttributeError, OSError, ValueError):  # a stream of a notebook's or of a user's own
        columns = os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    if not columns or all(len(line) <= columns for line in text.splitlines()):
        return text
    from textwrap import fill  # with patterns that few runs need

    look: dict[str, Any] = {"subsequent_indent": "  ", "break_long_words": False, "break_on_hyphens": False}
    return "".join(f"{fill(line, columns, **look)}\n" for line in text.splitlines())


def _stack_level() -> int:
    """Return the level of the first line that is not greentrain's own."""
    level, frame = 2, sys._getframe(2)
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith("greentrain."):
        level += 1
        if frame.f_back is None:
            break
        frame = frame.f_back
    return level
