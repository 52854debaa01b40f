"""``greentrain track``: the command's streams, signals and end are its own."""

import inspect
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import greentrain
from greentrain import History
from greentrain.cli import run
from greentrain.cli.track import TRACK_OPTIONS

PROGRAM = str(Path(sys.executable).with_name("greentrain"))
NOISY = """
import os, sys
data = sys.stdin.buffer.read()
os.write(1, bytes(range(256)) * 300 + data)
os.write(2, b"\\xff\\x00err" * 100)
sys.exit(int(sys.argv[1]))
"""
LISTENER = """
import signal, sys, time
until = time.monotonic() + 60
def heard(number, frame):
    global until
    print(signal.Signals(number).name, flush=True)
    until = time.monotonic() + 2
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"):
    signal.signal(getattr(signal, name), heard)
print("ready", flush=True)
while time.monotonic() < until:
    time.sleep(0.01)
"""
"""Says which signals it hears, and ends two seconds after the last."""
SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


@pytest.fixture
def meter(tmp_path: Path) -> str:
    """A recorded meter of 360 W."""
    path = tmp_path / "power.jsonl"
    path.write_text('{"seconds": 0, "gpu_w": 360}\n')
    return f"replay:{path}"


def wrapped(tmp_path: Path, meter: str, *options: str) -> list[str]:
    """Return the command line up to the command."""
    return [PROGRAM, "track", "--home", str(tmp_path / "home"), "--meter", meter, *options, "--"]


def python(code: str, *arguments: str) -> list[str]:
    """Return the command that runs this code."""
    return [sys.executable, "-c", code, *arguments]


def records(tmp_path: Path, kind: str) -> list[dict[str, Any]]:
    """Read the only journal of a kind."""
    (path,) = (tmp_path / "home").glob(f"runs/*/*.{kind}.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def ended_meter(tmp_path: Path) -> dict[str, Any]:
    """Wait for the meter's last record."""
    for _ in range(1200):
        if any((tmp_path / "home").glob("runs/*/*.meter.jsonl")):
            found = records(tmp_path, "meter")
            if found and found[-1]["type"] == "end":
                return found[-1]
        time.sleep(0.05)
    raise AssertionError("the meter has not ended")


def await_meter(tmp_path: Path) -> None:
    """Wait for the meter's first record: the command begins without waiting for it."""
    for _ in range(1200):
        found = [path.read_text() for path in (tmp_path / "home").glob("runs/*/*.meter.jsonl")]
        if any(text.endswith("\n") for text in found):
            return
        time.sleep(0.05)
    raise AssertionError("the meter has not started")


def start(command: list[str], **more: Any) -> subprocess.Popen[str]:
    """Start a command and wait for its first line."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    assert process.stdout is not None
    process.first_line = process.stdout.readline().strip()  # type: ignore[attr-defined]
    return process


def has_ended(pid: int) -> bool:
    """Whether a process has gone, or waits to be collected by nobody in particular."""
    for _ in range(1200):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_options_are_the_keywords_of_track() -> None:
    """Each keyword of the library is an option of the same name."""
    assert {option.name for option in TRACK_OPTIONS} == set(inspect.signature(greentrain.track).parameters)


@pytest.mark.parametrize("code", [0, 3, 255])
def test_streams_and_exit_code_are_the_commands(code: int, tmp_path: Path, meter: str) -> None:
    """Stdin, stdout and stderr are byte-identical to the bare command's, and so is the exit code."""
    command, data = python(NOISY, str(code)), os.urandom(100_000)
    bare = subprocess.run(command, input=data, capture_output=True, check=False)
    found = subprocess.run(
        [*wrapped(tmp_path, meter, "--quiet"), *command], input=data, capture_output=True, check=False
    )

    assert (found.returncode, found.stdout, found.stderr) == (bare.returncode, bare.stdout, bare.stderr)
    (end,) = [record for record in records(tmp_path, "tracker") if record["type"] == "end"]
    assert (end["status"], end["exit_code"]) == ("failed" if code else "completed", code)
    assert ended_meter(tmp_path)["why"] in ("stopped", "process_ended")


@pytest.mark.slow
def test_one_line_follows_on_stderr(tmp_path: Path, meter: str) -> None:
    """Away from a terminal the summary is all that is added, after the command's last byte."""
    command = [*wrapped(tmp_path, meter, "--name", "bert", "--location", "FR"), *python(NOISY, "0")]
    found = subprocess.run(command, input=b"", capture_output=True, check=False)
    theirs = b"\xff\x00err" * 100

    assert found.stderr[: len(theirs)] == theirs
    ours = found.stderr[len(theirs) :].decode()
    assert ours.startswith("greentrain: bert completed after ")
    assert ours.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_a_command_that_dies_of_a_signal_gives_128_and_its_number(
    number: signal.Signals, tmp_path: Path, meter: str
) -> None:
    """As a shell says it."""
    command = python(f"import os; os.kill(os.getpid(), {int(number)})")
    found = subprocess.run([*wrapped(tmp_path, meter, "--quiet"), *command], check=False)

    assert found.returncode == 128 + number
    (end,) = [record for record in records(tmp_path, "tracker") if record["type"] == "end"]
    assert (end["error"], end["exit_code"]) == (number.name, 128 + number)


@pytest.mark.timing
def test_signals_reach_the_command_once(tmp_path: Path, meter: str) -> None:
    """What is sent to the wrapper is heard by the command, in order, and the wrapper goes on."""
    process = start([*wrapped(tmp_path, meter, "--quiet"), *python(LISTENER)])
    names = ["SIGUSR1", "SIGTERM", "SIGHUP", "SIGINT", "SIGUSR2"]
    heard = []
    for name in names:
        process.send_signal(getattr(signal, name))
        heard.append(process.stdout.readline().strip())  # type: ignore[union-attr]
    stdout, stderr = process.communicate(timeout=120)

    assert (process.first_line, heard) == ("ready", names)  # type: ignore[attr-defined]
    assert (process.returncode, stdout, stderr) == (0, "", "")


@pytest.mark.timing
def test_a_terminated_wrapper_leaves_no_orphan(tmp_path: Path, meter: str) -> None:
    """SIGTERM ends the command, its exit code says so, and the record is written."""
    process = start([*wrapped(tmp_path, meter, "--quiet"), *python(SLEEPER)])
    process.terminate()
    process.communicate(timeout=120)

    assert process.returncode == 128 + signal.SIGTERM
    assert has_ended(int(process.first_line))  # type: ignore[attr-defined]
    (end,) = [record for record in records(tmp_path, "tracker") if record["type"] == "end"]
    assert (end["status"], end["error"]) == ("interrupted", "SIGTERM")


@pytest.mark.timing
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_wrapper_leaves_no_orphan(tmp_path: Path, meter: str) -> None:
    """SIGKILL takes the command along, and the meter closes the journal."""
    process = start([*wrapped(tmp_path, meter, "--quiet"), *python(SLEEPER)])
    await_meter(tmp_path)
    process.kill()
    process.communicate(timeout=120)

    assert has_ended(int(process.first_line))  # type: ignore[attr-defined]
    assert ended_meter(tmp_path)["why"] == "process_ended"


SHELL = """
import subprocess, sys
sys.exit(subprocess.Popen(sys.argv[1:], process_group=0).wait())
"""
"""What a shell is to its jobs: a parent in the same session, outside of their process group."""


@pytest.mark.timing
def test_stop_and_continue(tmp_path: Path, meter: str) -> None:
    """SIGTSTP stops both, SIGCONT lets both go on, as below a shell: the kernel ignores it in a group without one."""
    process = start([sys.executable, "-c", SHELL, *wrapped(tmp_path, meter, "--quiet"), *python(SLEEPER)])
    child = int(process.first_line)  # type: ignore[attr-defined]
    wrapper = parent_of(parent_of(child))  # the guard is between them
    os.kill(wrapper, signal.SIGTSTP)
    assert [state_of(pid, "T") for pid in (wrapper, child)] == ["T", "T"]
    os.kill(wrapper, signal.SIGCONT)
    assert [state_of(pid, "S") for pid in (wrapper, child)] == ["S", "S"]
    os.kill(wrapper, signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM


def parent_of(pid: int) -> int:
    """Return the id of a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def state_of(pid: int, wanted: str) -> str:
    """Return the state of a process, once it is the wanted one or after a minute."""
    state = ""
    for _ in range(1200):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state == wanted:
            break
        time.sleep(0.05)
    return state


@pytest.mark.timing
def test_ctrl_c_in_a_terminal_reaches_the_command_once(tmp_path: Path, meter: str) -> None:
    """The terminal sends it to both; the wrapper sends no second one. There, the wrapper also says what it does."""
    child, terminal = pty.fork()
    if not child:
        command = [*wrapped(tmp_path, meter, "--name", "tty"), *python(LISTENER)]
        os.execv(command[0], command)
    shown = b""
    while b"ready" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, b"\x03")
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:
        pass
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    text = shown.decode()

    assert os.waitstatus_to_exitcode(status) == 0
    assert text.count("SIGINT") == 1
    assert "is tracked; 'greentrain watch' shows it" in text
    assert "greentrain: tty completed after" in text


@pytest.mark.slow
def test_a_used_up_budget_ends_the_command_with_3(tmp_path: Path, meter: str) -> None:
    """360 W x PUE 1 use 0.0001 kWh in a second; the command gets SIGTERM and may end in its own way."""
    code = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
time.sleep(60)
"""
    options = ("--pue", "1", "--budget-kwh", "0.00005", "--on-budget", "stop", "--quiet")
    before = time.monotonic()
    found = subprocess.run(
        [*wrapped(tmp_path, meter, *options), *python(code)], capture_output=True, text=True, check=False
    )

    assert found.returncode == 3
    assert time.monotonic() - before < 20
    assert "of the budget of 0.00005 kWh is used" in found.stderr
    ending = "greentrain: the budget is used up: the command gets SIGTERM, and SIGKILL a minute later\n"
    assert found.stderr.endswith(ending)
    (end,) = [record for record in records(tmp_path, "tracker") if record["type"] == "end"]
    assert (end["status"], end["error"], end["exit_code"]) == ("interrupted", "BudgetExceeded", 0)


@pytest.mark.slow
def test_a_budget_that_only_warns_keeps_the_exit_code(tmp_path: Path, meter: str) -> None:
    """The command goes on to its own end."""
    options = ("--pue", "1", "--budget-kwh", "0.00005", "--quiet")
    command = [*wrapped(tmp_path, meter, *options), *python("import time; time.sleep(2.5); raise SystemExit(4)")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert found.returncode == 4
    assert found.stderr.count("of the budget of 0.00005 kWh is used") == 1


@pytest.mark.slow
def test_a_tracked_training_inside_joins(tmp_path: Path, meter: str) -> None:
    """A decorator in the command's code finds the meter there: one run, its logs in it, one meter."""
    code = f"""
import greentrain
@greentrain.track("inside", meter={meter!r}, total_steps=7)
def train():
    return 1
train(); train()
"""
    command = [*wrapped(tmp_path, meter, "--quiet"), *python(code)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (folder,) = (tmp_path / "home" / "runs").iterdir()
    assert [line.partition(" s: ")[2] for line in done.stderr.splitlines()] == 2 * [
        f"measured as a part of {folder.name}"
    ]
    starts = [
        json.loads(path.read_text().splitlines()[0]) for path in (tmp_path / "home").glob("runs/*/*.tracker.jsonl")
    ]

    assert sorted((record["name"], record["role"]) for record in starts) == [
        ("inside", "joined"), ("inside", "joined"), (Path(sys.executable).name, "main"),
    ]  # fmt: skip
    assert len({record["session"] for record in starts}) == 3
    run = History(tmp_path / "home").get(folder.name)
    assert (run.ranks, run.total_steps, run.command) == (1, 7, tuple(python(code)))
    assert ended_meter(tmp_path)["type"] == "end"


def test_inherited_files_stay_open(tmp_path: Path, meter: str) -> None:
    """A pipe that a shell hands to the command arrives there."""
    reading, writing = os.pipe()
    command = python(f"import os; os.write({writing}, b'through')")
    subprocess.run([*wrapped(tmp_path, meter, "--quiet"), *command], check=True, pass_fds=[writing])
    os.close(writing)

    assert os.read(reading, 100) == b"through"
    os.close(reading)


def test_handled_signals_are_not_masked_in_the_command(tmp_path: Path, meter: str) -> None:
    """The command starts with the signal mask and the dispositions of a bare one."""
    code = "print([line for line in open('/proc/self/status') if line.startswith(('SigBlk', 'SigIgn'))])"
    bare = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@"', "sh", *python(code)], capture_output=True, text=True, check=False
    )
    found = subprocess.run(
        [*wrapped(tmp_path, meter, "--quiet"), *python(code)], capture_output=True, text=True, check=False
    )

    assert found.stdout == bare.stdout


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (
            ["/nonexistent/program"],
            127,
            "greentrain: '/nonexistent/program' cannot be run: No such file or directory\n",
        ),
        (["/etc/passwd"], 126, "greentrain: '/etc/passwd' cannot be run: Permission denied\n"),
    ],
)
def test_a_command_that_cannot_be_run(command: list[str], code: int, message: str, tmp_path: Path, meter: str) -> None:
    """The exit codes of a shell, one line even where nothing is quiet, and a record of the attempt."""
    found = subprocess.run([*wrapped(tmp_path, meter), *command], capture_output=True, text=True, check=False)

    assert (found.returncode, found.stderr) == (code, message)
    assert [record["type"] for record in records(tmp_path, "tracker")] == ["start", "end"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["track"], "track: name the command after two dashes: greentrain track -- python train.py"),
        (
            ["track", "--location", "Frnace", "--", "true"],
            "--location 'Frnace': unknown place; did you mean FR (France)",
        ),
        (["track", "--budget-kwh", "0", "--", "true"], "--budget-kwh '0': must be greater than 0 and at most"),
        (
            ["track", "--interval", "text", "--", "true"],
            "--interval 'text': must be a number (seconds between samples)",
        ),
        (["track", "--on-budget", "raise", "--", "true"], "--on-budget 'raise': must be warn or stop"),
        (
            ["track", "--on-budget", "stop", "--", "true"],
            "--on-budget 'stop': needs a budget: give --budget-kwh or --budget-kg",
        ),
        (
            ["track", "--budget-kg", "1", "--meter", "none", "--", "true"],
            "--meter 'none': measures nothing, and so excludes --budget-kg",
        ),
        (["track", "--nmae", "x", "--", "true"], "no such option: --nmae"),
    ],
)
def test_misuse_is_one_line_before_the_command_runs(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the option as it is typed, and nothing on stdout."""
    assert run(arguments) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith(f"greentrain: {message}")
    assert found.err.count("\n") == 1


@pytest.mark.slow
def test_options_after_the_command_are_the_commands(tmp_path: Path, meter: str) -> None:
    """With and without the two dashes."""
    code = "import sys; print(sys.argv[1:])"
    for dashes in ([], ["--"]):
        command = [*wrapped(tmp_path, meter, "--quiet")[:-1], *dashes, *python(code, "--name", "x", "--", "-h")]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.stdout == "['--name', 'x', '--', '-h']\n"


@pytest.mark.slow
@pytest.mark.parametrize(("options", "number"), [((), 2), (("--record-command", "no"), 0)])
def test_the_command_line_is_recorded_without_secrets_or_not_at_all(
    tmp_path: Path, options: tuple[str, ...], number: int
) -> None:
    """By the wrapper, and by a training in there that is tracked too and has the same words."""
    code = "import greentrain; greentrain.track('in', meter='none', quiet=True).start()"
    command = python(code, "--api-key", "HIDE", "bob:HIDE@host", "--lr=1")
    done = subprocess.run([*wrapped(tmp_path, "none", "--quiet", *options), *command], check=False)
    starts = [json.loads(path.read_text().partition("\n")[0]) for path in tmp_path.rglob("*.tracker.jsonl")]

    assert (done.returncode, len(starts), sorted("wraps" in start for start in starts)) == (0, 2, [False, True])
    recorded = [start["argv"][-4:] for start in starts if "argv" in start]
    assert recorded == [["--api-key", "***", "bob:***@host", "--lr=1"]] * number
    assert [path for path in tmp_path.rglob("*.jsonl") if "HIDE" in path.read_text()] == []
