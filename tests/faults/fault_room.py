"""A place in which a program meets a fault: a home with an earlier run, a recorded meter, and the programs' ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from greentrain import History, Run

PROGRAMS = Path(__file__).parent / "programs"
KWH_PER_SECOND = 3600 / 3.6e6
"""What the recorded computer draws: 3600 W, so that a second is a thousandth of a kilowatt-hour."""

ALONE = 1.15
"""What computers whose accelerators no table knows draw over what sensors read: 0.15 is added for the rest. [1]"""

GREENTRAIN = (sys.executable, "-c", "import sys; from greentrain.cli import main; sys.exit(main())")
"""The command, whether installed or not."""

EARLIER = "20260101T000000Z-000000"
_STEPS = ({"seconds": 0, "gpu_w": 3000, "cpu_w": 500, "memory_w": 100},)
_PATIENCE_SECONDS = 60.0
_PASSED = ("PATH", "LANG", "GREENTRAIN_LIVE_RUNS", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")


class Outcome(NamedTuple):
    """What the outside sees of a program: exit code (negative: the signal that ended it) and what it wrote."""

    code: int
    out: str
    err: str


class Training:
    """A program that runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", out: Path, err: Path) -> None:
        self.process = process
        self._out, self._err = out, err

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def out(self) -> str:
        """What it has written to its stdout."""
        return self._out.read_text(errors="backslashreplace")

    @property
    def err(self) -> str:
        """What it has written to its stderr."""
        return self._err.read_text(errors="backslashreplace")

    def wait_for(self, text: str = "ready\n") -> "Training":
        """Wait until it has written a text to its stdout."""
        wait_until(lambda: text in self.out or self.process.poll() is not None)
        assert text in self.out, self.err
        return self

    def signal(self, *numbers: int, pause_seconds: float = 0.0) -> "Training":
        """Send signals to its process group, as a terminal does."""
        for number in numbers:
            os.killpg(self.pid, number)
            time.sleep(pause_seconds)
        return self

    def end(self, seconds: float = 120.0) -> Outcome:
        """Wait for its end."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            raise AssertionError(f"the program hangs: {self.out} {self.err}") from None
        return Outcome(code, self.out, self.err)


class Room:
    """A home with an earlier run, and the environment of the programs.

    Attributes
    ----------
    home : Path
        The folder of the records.
    environment : dict of str to str
        Of the programs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home, self.user, self.spare = (folder / name for name in ("home", "user", "spare"))
        for place in (self.user, self.spare, folder / "work"):
            place.mkdir()
        self.work = folder / "work"
        self.environment = {name: os.environ[name] for name in _PASSED if name in os.environ} | {
            "HOME": str(self.user), "TMPDIR": str(self.spare), "GREENTRAIN_HOME": str(self.home), "QUIET": "1",
        }  # fmt: skip
        self.environment["METER"] = self.meter(*_STEPS)
        self._started: list[Training] = []
        self.earlier = earlier_run(self.home)

    @property
    def spare_home(self) -> Path:
        """The place that stands in for the home."""
        return self.spare / f"greentrain-{os.getuid()}"

    def meter(self, *steps: dict[str, Any]) -> str:
        """Name a meter that replays these steps."""
        path = self.folder / f"recorded-{len(list(self.folder.glob('recorded-*')))}.jsonl"
        path.write_text("".join(f"{json.dumps(step)}\n" for step in steps))
        return f"replay:{path}"

    def start(self, program: str, *words: object, by: str = "greentrain", **settings: Any) -> Training:
        """Start one of the programs.

        Parameters
        ----------
        program : str
            Its name.
        *words
            Its arguments.
        by : str, optional
            What tracks it: ``greentrain``, ``codecarbon`` or ``nothing``.
        **settings
            ``before``: words before Python's; ``options``: of Python; ``environment``: what differs, None takes out.
            The rest goes to Popen.
        """
        command = [
            *settings.pop("before", ()),
            sys.executable,
            *settings.pop("options", ()),
            str(PROGRAMS / f"{program}.py"),
        ]
        return self.launch([*command, *map(str, words)], by=by, **settings)

    def launch(self, command: Sequence[str], by: str = "greentrain", **settings: Any) -> Training:
        """Start any command in this room."""
        changed = {"TRACKED_BY": by} | settings.pop("environment", {})
        environment = {name: value for name, value in (self.environment | changed).items() if value is not None}
        number = len(self._started)
        out, err = self.folder / f"out-{number}", self.folder / f"err-{number}"
        with out.open("wb") as out_file, err.open("wb") as err_file:
            files = {"stdin": subprocess.DEVNULL, "stdout": out_file, "stderr": err_file}
            options: dict[str, Any] = {"cwd": self.work, "start_new_session": True, **files, **settings}
            process = subprocess.Popen(command, env=environment, **options)
        self._started.append(Training(process, out, err))
        return self._started[-1]

    def run(self, program: str, *words: object, **settings: Any) -> Outcome:
        """Run one of the programs to its end."""
        return self.start(program, *words, **settings).end()

    def both(self, program: str, *words: object, **settings: Any) -> Outcome:
        """Run a program bare and tracked, check that nobody can tell the two apart, and give the tracked one's end."""
        bare, tracked = (self.start(program, *words, by=by, **settings) for by in ("nothing", "greentrain"))
        outcomes = bare.end(), tracked.end()
        assert outcomes[0][:2] == outcomes[1][:2]
        return outcomes[1]

    def runs(self, home: Path | None = None, wait: bool = True, seconds: float = _PATIENCE_SECONDS) -> tuple[Run, ...]:
        """Return the recorded runs, without the earlier one, oldest first, once their meters have ended."""
        place = home or self.home
        if wait:
            wait_until(lambda: not unfinished(place), seconds)
        found = [run for run in History(place).runs() if run.id != EARLIER]
        return tuple(sorted(found, key=lambda run: run.started))

    def run_alone(self, home: Path | None = None) -> Run:
        """Return the one recorded run."""
        (run,) = self.runs(home)
        return run

    def tidy(self) -> None:
        """End what still runs, and check that nothing of the earlier run has changed."""
        for training in self._started:
            if training.process.poll() is None:
                os.killpg(training.pid, signal.SIGKILL)
                training.process.wait()
        assert {path: path.read_bytes() for path in self.earlier} == self.earlier


def wait_until(condition: Any, seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait until something holds, so long at most. [s]"""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


def journals(home: Path, kind: str) -> dict[Path, list[dict[str, Any]]]:
    """Return the records of all journals of a kind, without the earlier run's."""
    found = {}
    for path in sorted(home.glob(f"runs/*/*.{kind}.jsonl")):
        if path.parent.name != EARLIER and path.is_file():
            found[path] = [record for line in path.read_bytes().split(b"\n")[:-1] if (record := _record(line))]
    return found


def records(home: Path, kind: str, type_: str) -> list[dict[str, Any]]:
    """Return the records of a type from all journals of a kind."""
    return [record for found in journals(home, kind).values() for record in found if record["type"] == type_]


def unfinished(home: Path) -> set[str]:
    """Name the sessions whose meter has not written its end."""
    wanted = {
        record["session"]
        for record in records(home, "tracker", "start")
        if record.get("role") == "main" and record["meter"] != "none"
    }
    meters = journals(home, "meter").values()
    ended = {found[0].get("session") for found in meters if found and found[-1]["type"] == "end"}
    return wanted - ended


def earlier_run(home: Path) -> dict[Path, bytes]:
    """Write an earlier run by hand, whose last line is torn; give its files."""
    folder = home / "runs" / EARLIER
    folder.mkdir(parents=True)
    head = '{"v":1,"t":"2026-01-01T00:00:00.000Z","mono":1.0,"session":"s","type":'
    start = f'{head}"start","name":"earlier","host":"h","pid":1,"role":"main","meter":"none"}}\n'
    texts = {"tracker": f'{start}{head}"end","status":"completed"}}\n', "meter": f"{start}{head}"}
    files = {folder / f"h.1.aaaaaa.{kind}.jsonl": text.encode() for kind, text in texts.items()}
    for path, content in files.items():
        path.write_bytes(content)
    return files


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("v") == 1 else None
