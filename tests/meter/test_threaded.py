"""A thread whose silence is bearable."""

import threading

import pytest

from greentrain.meter.threaded import Worker


def test_answers_and_errors_come_back() -> None:
    """An answer is taken once; an error is given instead of one, and the next question is asked as usual."""
    worker: Worker[int] = Worker()
    worker.ask(lambda: 6 * 7)
    assert worker.wait(5.0) is None
    assert (worker.take(), worker.take()) == (42, None)
    worker.ask(lambda: 1 // 0)
    assert isinstance(worker.wait(5.0), ZeroDivisionError)
    assert worker.take() is None
    worker.ask(lambda: 7)
    assert worker.wait(5.0) is None
    assert worker.take() == 7
    worker.close()


def test_one_that_hangs_holds_one_thread() -> None:
    """While an answer is awaited, nothing else is asked: a hundred questions make one thread."""
    worker: Worker[int] = Worker()
    release = threading.Event()
    before = set(threading.enumerate())

    def hang() -> int:
        release.wait(30.0)
        return 1

    for _ in range(100):
        worker.ask(hang)
        assert worker.wait(0.001) is None
        assert worker.take() is None
    assert len(set(threading.enumerate()) - before) == 1
    release.set()
    worker.wait(5.0)
    assert worker.take() == 1
    worker.close()


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, MemoryError])
def test_anything_raised_is_an_answer(raised: type[BaseException]) -> None:
    """Whatever is raised in the thread is kept from ending it unsaid."""

    def fail() -> int:
        raise raised

    worker: Worker[int] = Worker()
    worker.ask(fail)
    assert isinstance(worker.wait(5.0), raised)
    worker.close()
