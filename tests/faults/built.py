"""Libraries and system files that tests put in the place of the real ones."""

import json
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


def _compiler() -> str:
    found = shutil.which("cc")
    if found is None:
        pytest.skip("no C compiler is here")
    return found


def library(room: Room, source: str, name: str) -> Path:
    """Compile one of the C programs; skip the test where there is no compiler."""
    path = room.folder / "lib" / name
    path.parent.mkdir(exist_ok=True)
    subprocess.run([_compiler(), "-shared", "-fPIC", "-o", str(path), str(PROGRAMS / source), "-ldl"], check=True)
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
    # A program: a script with the name of a Python is not started, since it may start anything.
    python, source = room.folder / "python", room.folder / "python.c"
    lines = [f"setenv({json.dumps(name)}, {json.dumps(value)}, 1);" for name, value in variables.items()]
    start = f"words[0] = {json.dumps(sys.executable)}; return execv(words[0], words);"
    source.write_text(
        f"#include <stdlib.h>\n#include <unistd.h>\nint main(int count, char **words) {{ {' '.join(lines)} {start} }}\n"
    )
    subprocess.run([_compiler(), "-o", str(python), str(source)], check=True)
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
