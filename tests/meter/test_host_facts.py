"""What the system does not report is unknown at the place where it is read; what no table knows is assumed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from greentrain.meter.host_reader import parse_cpu_facts

ARM = """processor\t: 0
BogoMIPS\t: 243.75
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: 0xd0c

processor\t: 1
"""
PROGRAM = """
import json, os
from greentrain.meter.host_reader import HostComponents, cpu_seconds, memory_bytes
parts = HostComponents()
found = {"cpu": parts.cpu(None)._asdict(), "memory": parts.memory()._asdict(), "load": bool(cpu_seconds()),
         "bytes": memory_bytes(), "memory_w": parts.memory_w, "facts": parts.facts(os.getpid())._asdict()}
print(json.dumps(found))
"""


def seen_with(folder: Path, hidden: str, content: str | None) -> dict[str, object]:
    """Return what is read of a computer that shows something else in a place; skip where that is not allowed."""
    stand_in = folder / "stand-in"
    if content is None:
        stand_in.mkdir()
    else:
        stand_in.write_text(content)
    words = ["unshare", "--mount", "sh", "-c", f'mount --bind {stand_in} {hidden} && exec "$@"', "sh"]
    done = subprocess.run([*words, sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"nothing can be hidden here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_arm_states_implementer_and_part() -> None:
    """And often no name."""
    facts = parse_cpu_facts(ARM, 2)
    assert (facts.name, facts.numbers, facts.threads, facts.is_virtual) == ("", (0x41, 0xD0C), 2, False)


def test_a_rented_cpu_is_modelled_and_assumed(tmp_path: Path) -> None:
    """Two threads of a Milan of 2.3 W each; its estimate takes them as threads."""
    text = "processor: 0\ncpu family: 25\nmodel: 1\nmodel name: AMD EPYC Processor\nflags: hypervisor\n"
    found = seen_with(tmp_path, "/proc/cpuinfo", text)
    threads = os.cpu_count() or 1
    assert found["cpu"] == {
        "component": "cpu", "id": "", "name": "AMD EPYC Processor", "method": "load x assumed W/thread",
        "quality": "modelled", "reason": f"no TDP is known of AMD EPYC: 2.3 W (1.6 to 4.2) assumed for each "
        f"of {threads} threads, as of AMD EPYC (Milan)",
    }  # fmt: skip
    facts = found["facts"]
    assert isinstance(facts, dict)
    assert (facts["cpu"], facts["cpu_cores"]) == ("AMD EPYC (Milan)", float(threads))


def test_memory_without_its_file_is_asked_for_elsewhere(tmp_path: Path) -> None:
    """Its size by the pages that the system has; how much is used is then not known, which is not 0."""
    found = seen_with(tmp_path, "/proc/meminfo", "")
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert found["bytes"] == [None, float(total)]
    assert isinstance(found["memory_w"], float)


def test_a_system_without_proc(tmp_path: Path) -> None:
    """Neither name nor load of the CPU: unknown, with the reason; memory all the same."""
    found = seen_with(tmp_path, "/proc", None)
    cpu = found["cpu"]
    assert isinstance(cpu, dict)
    assert (cpu["name"], cpu["quality"], found["load"]) == ("", "unknown", False)
    assert cpu["reason"] == "this system does not report the load of its CPUs"
    facts = found["facts"]
    assert isinstance(facts, dict)
    assert facts["cpu"] in ("Virtual CPU", "aarch64")
