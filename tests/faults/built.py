"""Libraries and system files that tests put in the place of the real ones."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fault_room import PROGRAMS, Room

CPUINFO = """processor : {number}
vendor_id : GenuineIntel
model name : {name}
physical id : 0
core id : {number}
flags : fpu {flags}

"""


def library(room: Room, source: str, name: str) -> Path:
    """Compile one of the C programs; skip the test where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is here")
    path = room.folder / "lib" / name
    path.parent.mkdir(exist_ok=True)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(path), str(PROGRAMS / source), "-ldl"], check=True)
    return path


def program(room: Room, name: str, script: str) -> str:
    """Put a program on the search path; give the search path."""
    folder = room.folder / "bin"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"{folder}:{room.environment['PATH']}"


def meter_with(room: Room, variables: dict[str, str]) -> dict[str, str]:
    """Return the environment of ``with_arguments.py`` in which its meter has these variables in its own."""
    python = room.folder / "python"
    words = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    python.write_text(f'#!/bin/sh\n{words} exec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    return {"METER_PYTHON": str(python)}


def with_cpu(room: Room, name: str, threads: int, flags: str = "hypervisor") -> tuple[str, ...]:
    """Return the words before a command that show it another CPU; skip the test where that is not allowed."""
    text = "".join(CPUINFO.format(number=number, name=name, flags=flags) for number in range(threads))
    file = room.folder / "cpuinfo"
    file.write_text(text)
    words = ("unshare", "--mount", "sh", "-c", f'mount --bind {file} /proc/cpuinfo && exec "$@"', "sh")
    done = subprocess.run([*words, "cat", "/proc/cpuinfo"], capture_output=True, text=True, check=False)
    if done.stdout != text:
        pytest.skip(f"no other CPU can be shown here: {done.stderr.strip()}")
    return words
