"""What tracked trainings do under each of 66 faults: greentrain and codecarbon's own decorator.

Usage: python benchmarks/faults.py [--quick | --heavy]

Every fault has tests, which are run here; those that need PyTorch are run by the Python of ``.venv-frameworks``, where
that is there (.ci/run makes it). Where the same program can be tracked by either, it is run bare, tracked by
greentrain and tracked by codecarbon, and the three are compared; of the other faults nothing is claimed for codecarbon.
``--quick`` leaves the tests out, ``--heavy`` takes those with a real Slurm and under load too.
"""

import ast
import os
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "faults"
PYTHONS = {FOLDER: Path(sys.executable), ROOT / "tests" / "callbacks": ROOT / ".venv-frameworks" / "bin" / "python"}
"""Which Python runs the tests of a folder."""

sys.path.insert(0, str(FOLDER))

from fault_room import Room, Training  # noqa: E402

FAULTS = (
    "nothing wrong", "exception in the function", "Ctrl-C, once and twice", "SIGTERM", "SIGKILL, out of memory",
    "os._exit, sys.exit", "folder missing, removed during the run, read-only", "disk full, file-size limit",
    "damaged history", "eight runs that end at one instant", "eight runs that share one history",
    "trackers at once, nested, recursive, called twice", "fork, pools, data-loader workers", "threads",
    "async def, generators, async generators", "signature, methods, pickling, partials",
    "no GPU, no counter, unknown CPU", "nvidia-smi or scontrol broken or hanging", "unknown place, no place",
    "no network", "clock that jumps, suspension", "runs of no length and of milliseconds", "thirty days",
    "a measurement or an output that raises", "hostile configuration of codecarbon", "silly settings",
    "closed stderr, empty PATH, no home folder", "names with commas, newlines, formulas", "python -O, -W error",
    "the meter dies or cannot start", "interpreter exit without stop, kernel restart", "ranks, nodes, restarts",
    "own handler of SIGTERM", "history killed while it is written", "a class or a missing place, at decoration",
    "os.chdir during the run", "a holder of the tracker is pickled or copied", "descriptors exhausted",
    "start and stop out of order", "a slice of a CPU in a virtual machine", "readings beyond physics",
    "command wrapper", "a consumer raises while the user's exception is in flight", "forty functions of 40 ms",
    "processes that were started inside a run which has ended", "several trainings in one job of a batch system",
    "a launcher's id that is the same every day", "runs beside each other that do not know of each other",
    "two processes of one run, each with a meter", "files of the system that say nothing", "frozen application",
    "exceptions of the user's signal handlers", "a run that nobody stops, an interruption while one starts",
    "runs that nobody stops at the interpreter's end", "time that is missing, in every place that shows energy",
    "readings and journals that cannot be", "variables of a rank that are left over", "CPUs of rented computers",
    "a home of several users", "a wrapper that is killed, and what its command started",
    "an end that was not written", "coroutines at the same time", "no descriptor at the start, wrapper in a wrapper",
    "a history of many runs", "jobs of a real Slurm", "hundreds of runs at once, thousands in turn",
)  # fmt: skip
_NUMBERS = re.compile(r"Faults? (\d+)(?: and (\d+))?: ")
_HANGS_SECONDS = 25.0


class Case(NamedTuple):
    """A program that meets a fault, tracked by one or the other."""

    fault: int
    what: str
    program: str = "training"
    words: tuple[object, ...] = ("returns",)
    signals: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    environment: dict[str, str | None] = {}  # noqa: RUF012
    fake: str = ""


CASES = (
    Case(1, "nothing wrong, two seconds", words=("returns", 2)),
    Case(2, "exception that is caught", words=("raises",)),
    Case(2, "exception that nobody catches", words=("uncaught",)),
    Case(3, "Ctrl-C once", words=("waits",), signals=(signal.SIGINT,)),
    Case(3, "Ctrl-C twice", words=("waits",), signals=(signal.SIGINT, signal.SIGINT)),
    Case(3, "Ctrl-C that the training survives", words=("saves",), signals=(signal.SIGINT,)),
    Case(4, "SIGTERM", words=("waits",), signals=(signal.SIGTERM,)),
    Case(5, "SIGKILL", words=("waits",), signals=(signal.SIGKILL,)),
    Case(6, "sys.exit(3)", words=("exits",)),
    Case(6, "os._exit(5)", words=("vanishes",)),
    Case(15, "a program with functions of every kind", program="kinds", words=()),
    Case(18, "nvidia-smi that hangs", fake="nvidia-smi"),
    Case(27, "no PATH, no home folder", environment={"PATH": "", "HOME": None}),
    Case(29, "warnings as errors", options=("-W", "error")),
    Case(29, "python -O", options=("-O",)),
    Case(33, "own handler of SIGTERM", words=("checkpoints",), signals=(signal.SIGTERM,)),
)


def main() -> None:
    """Print the matrix."""
    tests = {} if "--quick" in sys.argv else tested()
    cases = defaultdict(list)
    for case in CASES:
        cases[case.fault].append(case)
    print("fault  tests of greentrain  what")
    for fault, words in enumerate(FAULTS, 1):
        print(f"{fault:5d}  {ended_as(tests.get(fault, [])):<20} {words}")
        for case in cases[fault]:
            print(f"         {case.what}")
            for by in ("greentrain", "codecarbon"):
                print(f"           {by:<11} {seen(case, by)}")
        if not cases[fault]:
            print("           codecarbon  not run")


def ended_as(tests: list[str]) -> str:
    """Say how many of a fault's tests passed, of those that were not skipped."""
    run = [ended for ended in tests if ended != "skipped"]
    return f"{run.count('passed')} of {len(run)} passed" if run else "not run"


def seen(case: Case, by: str) -> str:
    """Run a case bare and tracked, and say how the two differ and what is on record."""
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        bare, tracked = start(room, case, "nothing"), start(room, case, by)
        for training in (bare, tracked):
            if case.signals:
                training.wait_for()
                for number in case.signals:
                    training.process.send_signal(number)
        expected = bare.end()
        try:
            found = tracked.end(_HANGS_SECONDS)
        except AssertionError:
            return f"hangs for more than {_HANGS_SECONDS:g} s"
        is_same = found[:2] == expected[:2]
        extra = found.err.count("\n") - expected.err.count("\n")
        record = greentrain_record(room) if by == "greentrain" else codecarbon_record(room)
        change = "same result" if is_same else f"OTHER RESULT (exit code {found.code} for {expected.code})"
        return f"{change}, {extra} lines on stderr, {record}"


def start(room: Room, case: Case, by: str) -> Training:
    """Start a case's program."""
    environment: dict[str, Any] = {"METER": "codecarbon", "QUIET": None} | case.environment
    if case.fake:
        from built import program

        environment["PATH"] = program(room, case.fake, "sleep 1000")
    return room.start(case.program, *case.words, by=by, options=case.options, environment=environment)


def greentrain_record(room: Room) -> str:
    """Return what greentrain has on record."""
    runs = room.runs()
    states = ", ".join(sorted({run.status for run in runs}))
    return f"{len(runs)} on record ({states})" if runs else "NO RECORD"


def codecarbon_record(room: Room) -> str:
    """Return what codecarbon has on record."""
    file = room.work / "emissions.csv"
    rows = len(file.read_text().splitlines()) - 1 if file.exists() else 0
    return f"{rows} on record" if rows else "NO RECORD"


def tested() -> dict[int, list[str]]:
    """Run the tests; give how each ended, by fault."""
    found: dict[int, list[str]] = defaultdict(list)
    for tests, python in PYTHONS.items():
        faults = documented(tests)
        for name, ended in endings(tests, python) if python.exists() else ():
            for number in faults.get(name, ()):
                found[number].append(ended)
    return found


def endings(tests: Path, python: Path) -> list[tuple[str, str]]:
    """Run the tests of a folder that are about faults; give name and end of each."""
    files = [str(path) for path in sorted(tests.glob("test_*.py")) if "Fault" in path.read_text()]
    environment = os.environ | ({"GREENTRAIN_HEAVY": "1"} if "--heavy" in sys.argv else {})
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [str(python), "-m", "pytest", *files, "-q", f"--junitxml={report}"]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False)
        cases = ElementTree.parse(report).iter("testcase")
        return [(case.attrib["name"].partition("[")[0], next((one.tag for one in case), "passed")) for case in cases]


def documented(tests: Path) -> dict[str, tuple[int, ...]]:
    """Return the faults of every test in a folder by its name; its docstring begins with their numbers."""
    found = {}
    for path in sorted(tests.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            match = _NUMBERS.match(ast.get_docstring(node) or "") if isinstance(node, ast.FunctionDef) else None
            if match and isinstance(node, ast.FunctionDef):
                found[node.name] = tuple(int(number) for number in match.groups() if number)
    return found


if __name__ == "__main__":
    main()
