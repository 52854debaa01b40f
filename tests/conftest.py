"""Settings that every test runs under."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run and no time limit per example: a red test is a changed law, never a slow machine.
settings.register_profile("greentrain", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("greentrain")

NO_SKIPS = "GREENTRAIN_NO_SKIPS"
_IN_A_STEP_OF_THEIR_OWN = "tests/callbacks/"

_SLOW_PLACES = (
    "browser/",
    "callbacks/",
    "contract/test_contributing.py",
    "faults/",
    "meter/test_backends.py",
    "meter/test_codecarbon_meter.py",
    "meter/test_meter_process.py",
    "meter/test_native_meter.py",
    "reporting/charts/test_pictures.py",
    "tracking/test_distributed.py",
    "tracking/test_mpirun.py",
    "tracking/test_process_ends.py",
    "typing/",
)
"""Folders and files whose tests start processes, browsers or frameworks; single slow tests have the marker itself."""

_TESTS = Path(__file__).parent
_PATIENCE_SECONDS = 30.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole folders and files as slow."""
    for item in items:
        if item.path.relative_to(_TESTS).as_posix().startswith(_SLOW_PLACES):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _signals_as_in_a_terminal() -> None:
    """Let programs under test start with default signals.

    ``nohup``, a shell's ``&`` and some continuous integration ignore signals, which programs inherit. What is handled
    here, if only by doing nothing, has its default action again in a program that is started.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGXCPU):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture(scope="session", autouse=True)
def _no_process_left(tmp_path_factory: pytest.TempPathFactory, _signals_as_in_a_terminal: None) -> Iterator[None]:
    """Fail if a process that a test started lives on when all tests have ended, and end it."""
    yield
    folder = os.fsencode(tmp_path_factory.getbasetemp())
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (left := _processes_of_the_tests(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert left == {}, "processes that tests left behind, with their commands"


def _processes_of_the_tests(folder: bytes) -> dict[int, str]:
    """Find living children, and processes that know of the tests' folder, as meters do, which are no children."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):  # it has ended meanwhile, or is somebody else's
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (process / "cmdline").read_bytes()
            is_child, is_alive = int(parent) == os.getpid(), state not in "ZX"
            if is_alive and (is_child or folder in command or folder in (process / "environ").read_bytes()):
                found[int(process.name)] = os.fsdecode(command.replace(b"\0", b" "))
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is said to be installed, a skipped test fails; the frameworks' tests have their own step."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get(NO_SKIPS) or reporter is None:
        return
    skipped = [report.nodeid for report in reporter.stats.get("skipped", [])]
    if any(not name.startswith(_IN_A_STEP_OF_THEIR_OWN) for name in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
