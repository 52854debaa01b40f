"""The meter's process: reads at every interval, writes the journal, and closes it when the run ends.

``python -m greentrain.meter JSON``, as `greentrain.meter.launch` starts it.
"""

import os
import signal
import sys
import time
from contextlib import suppress

from greentrain.journal.access_rights import renew_folder
from greentrain.journal.writer import JournalWriter
from greentrain.meter.backends import make_meter
from greentrain.meter.base import Meter
from greentrain.meter.launch import CHANNEL, PRESENCE, SIGN_OF_LIFE
from greentrain.meter.live_runs import Announcement, announce, withdraw
from greentrain.meter.process_share import ProcessShare
from greentrain.meter.recorder import Recorder
from greentrain.meter.run_end import RunEnd, RunEndWatch
from greentrain.meter.run_journals import NodeRanks
from greentrain.meter.settings import MeterSettings, from_json

FIRST_SAMPLE_SECONDS = 0.3
"""How long the first sample waits for what takes long to load. [s]"""

LONGEST_PAUSE_SECONDS = 10.0
"""Time after which a meter is read again, however seldom its readings are recorded. [s]"""

_PATIENCE_SECONDS = 0.02
_LOOK_SECONDS = 0.2
_READ_SECONDS = 0.5
_LAST_READ_SECONDS = 1.0


def main(argument: str) -> None:
    """Measure until the run ends; the process ends here, whatever may still hang in it."""
    settings = from_json(argument)
    announcement = Announcement(settings.announced, PRESENCE) if settings.announced else Announcement()
    _stand_alone(CHANNEL, SIGN_OF_LIFE, *([PRESENCE] if settings.announced else []))
    _go_on_at_the_end(SIGN_OF_LIFE)
    ranks = NodeRanks(settings)
    watch = RunEndWatch(settings.run_pid, settings.pid_started, CHANNEL, ranks, settings.journal)
    if not _is_needed(ranks, watch):
        withdraw(announcement)
        os._exit(0)
    if ranks.are_apart():
        settings = settings._replace(root_pid=settings.run_pid, is_alone=True)
    if not settings.announced:
        announcement = announce(settings.run_pid, settings.started_mono)
    with suppress(OSError):  # somebody may have removed it since the run's start
        renew_folder(settings.run_folder)
    journal = JournalWriter(settings.run_folder, "meter")
    code = 0
    try:
        # The share is counted from here on: what the meter loads takes longer than a first count needs.
        share = ProcessShare(settings.root_pid, settings.started_mono, announcement)
        measure(settings, journal, make_meter(settings), share, watch)
    except BaseException as error:
        journal.write({"type": "end", "why": "terminated", "error": f"{type(error).__name__} {error}"})
        code = 1
    os._exit(code)


def _is_needed(ranks: NodeRanks, watch: RunEndWatch) -> bool:
    """Wait until it is known whether another rank's meter measures this node, or the run has ended."""
    while not ranks.is_measured():
        if ranks.are_apart() or not ranks.is_up_to_another():
            return True
        if watch.wait(_LOOK_SECONDS) is not None:
            return not (ranks.is_measured(or_was=True) or ranks.is_lower_rank_there())
    return False


def measure(
    settings: MeterSettings, journal: JournalWriter, meter: Meter, share: ProcessShare, watch: RunEndWatch
) -> None:
    """Measure until the run ends."""
    meter.start(settings.started_mono)
    recorder = Recorder(settings, journal, meter, share)
    end = _wait_for_first(settings.started_mono + FIRST_SAMPLE_SECONDS, meter, watch)
    next_mono = time.monotonic()
    while end is None:
        recorder.read(_READ_SECONDS)
        now = time.monotonic()
        # Late ticks are left out, not made up for.
        next_mono = max(next_mono + settings.interval_seconds, now)
        end = _wait_until(next_mono, recorder, watch)
    _finish(recorder, meter, end)


def _wait_until(mono: float, recorder: Recorder, watch: RunEndWatch) -> RunEnd | None:
    """Wait for the next reading to record [s]; return the run's end when that comes first.

    In a long pause the meter is read all the same: a CPU's counter starts again after some ten minutes, and what has
    no counter is known by its power at the moments of reading alone. Energy is cumulative, so nothing gets lost.
    """
    left = mono - time.monotonic()
    end = watch.wait(min(left, LONGEST_PAUSE_SECONDS))
    while end is None and left > LONGEST_PAUSE_SECONDS:
        recorder.keep_up(_READ_SECONDS)
        left = mono - time.monotonic()
        end = watch.wait(min(left, LONGEST_PAUSE_SECONDS))
    return end


def _wait_for_first(deadline_mono: float, meter: Meter, watch: RunEndWatch) -> RunEnd | None:
    """Wait until the meter is ready or it is time for the first sample; return the run's end when that comes first."""
    end = watch.wait(0.0)
    while end is None and time.monotonic() < deadline_mono and not meter.wait_until_ready(_PATIENCE_SECONDS):
        end = watch.wait(0.0)
    return end


def _finish(recorder: Recorder, meter: Meter, end: RunEnd) -> None:
    if meter.awaits_component:
        meter.wait_until_ready(_LAST_READ_SECONDS)
    recorder.read(_LAST_READ_SECONDS, is_last=True)
    recorder.finish(end)
    meter.stop()
    recorder.tidy_up()


def _stand_alone(*kept: int) -> None:
    """Leave the run's session, folder and files but these descriptors, which programs started here don't inherit."""
    with suppress(OSError):  # it may lead a session already
        os.setsid()
    os.chdir(os.sep)
    os.closerange(kept[-1] + 1, os.sysconf("SC_OPEN_MAX"))
    for descriptor in kept:
        os.set_inheritable(descriptor, False)


def _go_on_at_the_end(sign_of_life: int) -> None:
    """Have the system continue this process, should somebody have stopped it, once the run lets go of the pipe.

    A stopped meter sees no end, and nobody else knows of it. Only Linux sends a signal of choice.
    """
    if sys.platform != "linux":
        return
    import fcntl

    with suppress(OSError):
        fcntl.fcntl(sign_of_life, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(sign_of_life, fcntl.F_SETSIG, signal.SIGCONT)
        flags = fcntl.fcntl(sign_of_life, fcntl.F_GETFL)
        fcntl.fcntl(sign_of_life, fcntl.F_SETFL, flags | os.O_ASYNC)


if __name__ == "__main__":
    main(sys.argv[1])
