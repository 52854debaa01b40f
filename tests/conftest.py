"""Settings that every test runs under."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from slurm_node import PACKAGES, SlurmNode, missing_programs

# The same examples on every run and no time limit per example: a red test is a changed law, never a slow machine.
settings.register_profile("greentrain", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("greentrain")

NO_SKIPS, HEAVY = "GREENTRAIN_NO_SKIPS", "GREENTRAIN_HEAVY"
_IN_A_STEP_OF_THEIR_OWN = (
    "tests/callbacks/", "tests/trackers/", "tests/fuzz/test_fuzz_guided.py",
    "tests/importing/test_formats_of_samples.py",  # files of others, which lie beside a developer's checkout alone
)  # fmt: skip
_SKIPPED_AS_HEAVY = f"heavy: `bash .ci/run heavy` runs it, and {HEAVY}=1 where all that it wants is installed"

_SLOW_PLACES = (
    "browser/",
    "callbacks/",
    "contract/test_contributing.py",
    "faults/",
    "fuzz/",
    "meter/test_backends.py",
    "meter/test_codecarbon_meter.py",
    "meter/test_gpu_sharing.py",
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
    """Mark whole folders and files as slow; skip what is heavy, if it is not asked for."""
    for item in items:
        is_heavy = item.get_closest_marker("heavy") is not None
        if is_heavy or item.path.relative_to(_TESTS).as_posix().startswith(_SLOW_PLACES):
            item.add_marker(pytest.mark.slow)
        if is_heavy and not os.environ.get(HEAVY):
            item.add_marker(pytest.mark.skip(reason=_SKIPPED_AS_HEAVY))


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory, _no_process_left: None) -> Iterator[SlurmNode]:
    """Start a Slurm of this computer alone; skip where its programs are missing."""
    if missing := missing_programs():
        pytest.skip(f"no {', '.join(missing)}; of Debian's packages: {PACKAGES}")
    node = SlurmNode(tmp_path_factory.mktemp("slurm"))
    try:
        node.start()
        yield node
    finally:
        node.stop()


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
def _runs_of_the_tests_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the runs of the tests share the computer with each other, and with no other run that happens to be there."""
    os.environ["GREENTRAIN_LIVE_RUNS"] = str(tmp_path_factory.mktemp("live-runs"))


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
    """Where everything is said to be installed, a skipped test fails; some tests have a step of their own."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get(NO_SKIPS) or reporter is None:
        return
    if not all(_has_a_step_of_its_own(report) for report in reporter.stats.get("skipped", [])):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _has_a_step_of_its_own(skipped: pytest.TestReport | pytest.CollectReport) -> bool:
    """Whether another step of ``.ci/run`` runs what was skipped here."""
    # What is heavy may say another reason first: what it wants is installed by that step.
    is_heavy = not os.environ.get(HEAVY) and "heavy" in getattr(skipped, "keywords", ())
    is_elsewhere = skipped.nodeid.startswith(_IN_A_STEP_OF_THEIR_OWN) or is_heavy
    return is_elsewhere or _SKIPPED_AS_HEAVY in str(skipped.longrepr)
