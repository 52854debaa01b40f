"""Signals reach the training as they would without us, and the meter closes the journal when it dies of one."""

import signal
import time

import pytest
from busy_machine import slowness
from fault_room import ALONE, KWH_PER_SECOND, Room, records

pytestmark = pytest.mark.timing


def test_interrupted_once(room: Room) -> None:
    """Fault 3: Ctrl-C passes on to the program, which dies of it."""
    trainings = [room.start("training", "waits", by=by).wait_for() for by in ("nothing", "greentrain")]
    outcomes = [training.signal(signal.SIGINT).end() for training in trainings]

    assert [outcome[:2] for outcome in outcomes] == [(-signal.SIGINT, "ready\n")] * 2
    run = room.run_alone()
    assert (run.status, run.error) == ("interrupted", "KeyboardInterrupt")


def test_interrupted_twice(room: Room) -> None:
    """Fault 3: a second Ctrl-C, 0 to 50 ms after the first, which may come while the run is ended."""
    pauses = (0.0, 0.001, 0.003, 0.01, 0.05)
    loud = {"QUIET": None}
    trainings = [room.start("training", "waits", environment=loud).wait_for() for _ in pauses]
    for training, pause in zip(trainings, pauses, strict=True):
        try:
            training.signal(signal.SIGINT, signal.SIGINT, pause_seconds=pause)
        except ProcessLookupError:
            assert pause > 0
    outcomes = [training.end() for training in trainings]

    assert {outcome[:2] for outcome in outcomes} == {(-signal.SIGINT, "ready\n")}
    assert [(run.status, run.error) for run in room.runs()] == [("interrupted", "KeyboardInterrupt")] * len(pauses)


def test_interruption_that_the_training_survives(room: Room) -> None:
    """Fault 3: a training that catches Ctrl-C and saves has completed, as its program sees it."""
    trainings = [room.start("training", "saves", by=by).wait_for() for by in ("nothing", "greentrain")]
    outcomes = [training.signal(signal.SIGINT).end() for training in trainings]

    assert [outcome[:2] for outcome in outcomes] == [(0, "ready\nreturned saved\n")] * 2
    assert room.run_alone().status == "completed"


def test_interruption_by_a_thread(room: Room) -> None:
    """Fault 3: an interruption that another thread asks for, as notebooks do."""
    assert room.both("training", "interrupts_itself").code == -signal.SIGINT
    assert room.run_alone().status == "interrupted"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGXCPU"])
def test_terminated(room: Room, name: str) -> None:
    """Fault 4: a signal of the scheduler ends the program, which dies of that signal; the meter closes the record."""
    number = getattr(signal, name)
    trainings = [room.start("training", "waits", by=by).wait_for() for by in ("nothing", "greentrain")]
    outcomes = [training.signal(number).end() for training in trainings]

    assert outcomes == [(-number, "ready\n", "")] * 2
    run = room.run_alone()
    assert run.status == "killed"
    assert [record["why"] for record in records(room.home, "meter", "end")] == ["process_ended"]


def test_killed(room: Room) -> None:
    """Fault 5: SIGKILL leaves a record with the energy of every second up to the last."""
    training = room.start("training", "waits").wait_for()
    start = time.monotonic()
    time.sleep(2.5)
    outcome = training.signal(signal.SIGKILL).end()
    seconds = time.monotonic() - start

    assert outcome == (-signal.SIGKILL, "ready\n", "")
    run = room.run_alone()
    assert (run.status, run.error) == ("killed", None)
    assert run.it_energy_kwh is not None
    assert run.it_energy_kwh.best == pytest.approx(
        ALONE * seconds * KWH_PER_SECOND, abs=0.3 * slowness() * KWH_PER_SECOND
    )
    assert run.operational_kg is not None
    assert run.operational_kg.best == pytest.approx(run.it_energy_kwh.best * 1.5 * 0.5)


def test_own_handler(room: Room) -> None:
    """Fault 33: the user's handler of SIGTERM saves a checkpoint, and the training goes on to its end."""
    trainings = [room.start("training", "checkpoints", by=by).wait_for() for by in ("nothing", "greentrain")]
    outcomes = [training.signal(signal.SIGTERM).end() for training in trainings]

    assert [outcome[:2] for outcome in outcomes] == [(0, "ready\nreturned checkpoint on [15]\n")] * 2
    assert room.run_alone().status == "completed"


def test_no_handler_of_ours(room: Room) -> None:
    """Fault 33: all signals are handled during the run and after it as they were before; no thread was started."""
    outcome = room.run("handlers")
    assert outcome.err == ""
    assert outcome.out == "same handlers during, same handlers after, 1 thread\n"
    assert room.run_alone().status == "completed"
