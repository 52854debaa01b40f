"""``greentrain serve``: where it listens, what it says, and how it ends."""

import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from greentrain.cli import run
from greentrain.errors import install_hint

SERVE = [sys.executable, "-m", "greentrain", "serve"]


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_stops_in_order(tmp_path: Path, number: int) -> None:
    """The address is the first line, answers at once, and a signal ends it with code 0 and without a word."""
    program = subprocess.Popen(
        [*SERVE, "--port", "0", "--home", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        first = program.stdout.readline()
        found = re.fullmatch(r"greentrain serves (http://127\.0\.0\.1:\d+/)\n", first)
        assert found, first
        with urllib.request.urlopen(f"{found[1]}health", timeout=30) as answer:
            assert answer.status == 200
        program.send_signal(number)
        _, errors = program.communicate(timeout=30)
    finally:
        program.kill()
    assert (program.returncode, errors) == (0, "")


@pytest.mark.slow
@pytest.mark.timing
def test_with_other_hosts_it_warns_and_hands_out_a_token() -> None:
    """Whoever reaches it sees the calculator; the address with the token is for the runs."""
    program = subprocess.Popen([*SERVE, "--port", "0", "--host", "0.0.0.0"], stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(0.1)
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in range(4)]
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=30)
    assert lines[1] == "There is no login: whoever reaches this computer may use the calculator.\n"
    assert re.search(r"^Your runs, .*: http://0\.0\.0\.0:\d+/runs\?token=[\w-]{32}$", lines[2])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--port", "99999"], 2, "--port '99999': must be a whole number from 0 to 65535"),
        (["--port", "-1"], 2, "--port '-1': must be a whole number from 0 to 65535"),
        (["--runs", "all"], 2, "--runs 'all': must be loopback, token or nobody"),
        (["--root-path", "x y"], 2, "--root-path 'x y': must be a path such as /greentrain"),
        (["--allow-origin", "*"], 2, "--allow-origin '*': must be the origin of a site"),
        (["--profiles", "/nowhere"], 2, "--profiles '/nowhere': "),
        (["--host", "no.such.host.invalid"], 1, "cannot listen at no.such.host.invalid port 8321: "),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed as a result."""
    assert run(["serve", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"greentrain: {message}")
    assert captured.err.count("\n") == 1


def test_a_port_in_use_is_told_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Port 0 takes a free one."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"greentrain: cannot listen at 127.0.0.1 port {port}: Address already in use; --port 0 takes a free one\n"
    )


def test_without_the_extra_the_message_names_it(tmp_path: Path) -> None:
    """And the command that works from a checkout; code 1."""
    (tmp_path / "fastapi.py").write_text("raise ImportError('no fastapi')\n")
    done = subprocess.run(
        [*SERVE], env={"PYTHONPATH": str(tmp_path), "PATH": ""}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"greentrain: The page needs FastAPI and uvicorn: {install_hint('web')}.\n"
