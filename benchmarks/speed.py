"""How fast greentrain starts and estimates, compared with a bare typer program and an empty Python, in one run.

Usage: python benchmarks/speed.py [ROUNDS] [--against CHECKOUT]

With ``--against`` everything is done with the greentrain of that checkout too, in turns. Times depend on the machine
and on its other work; where valgrind is installed, instructions are counted as well, which do not.
"""

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BARE_TYPER = """
import typer

def main(gpu: str = "", hours: float = 0.0) -> None:
    print(gpu, hours)

typer.run(main)
"""
JOB = ["estimate", "--gpu", "V100", "--hours", "96"]
STARTS = {
    "estimate": JOB,
    "--version": ["--version"],
    "--help": ["--help"],
    "profiles": ["profiles"],
    "profiles show": ["profiles", "show", "v100-sxm2-16gb"],
    "grids": ["grids"],
    "grids show": ["grids", "show", "FR"],
    "history": ["history"],
}
CALLS = {
    "estimate of a GPU run": 'estimate("V100", hours=96 + number / 1000, location="FR")',
    "estimate of a CPU run": 'estimate(cpu="AMD EPYC 7763", cpu_cores=64, hours=96 + number / 1000, location="FR")',
    "to_dict()": "done.to_dict()",
    "load_catalogue()": "load_catalogue()",
    "a loop of 1,000 sums": "sum(range(1000))",
}
CALLING = """
import gc, sys, time
from greentrain import estimate, load_catalogue
done, number = estimate("V100", hours=96, location="FR"), 0
{call}
gc.disable()  # when garbage is searched for depends on all that was made before
start = time.perf_counter()
for number in range(int(sys.argv[1])):
    {call}
print((time.perf_counter() - start) / int(sys.argv[1]))
"""
TIMED_CALLS, COUNTED_CALLS = 2_000, 100
EMPTY, BARE = "empty Python", "bare typer program"


class Spent(NamedTuple):
    """Time of one process: its CPU's and by the clock. [s]"""

    cpu: float
    wall: float


class Program(NamedTuple):
    """A command and what is set in its environment."""

    command: list[str]
    environment: dict[str, str]

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(self.command, env=self.environment, check=True, capture_output=True, text=True)

    def spent(self) -> Spent:
        """Time it from its start to its end."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        self.run()
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return Spent(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)

    def instructions(self) -> float:
        """Count its instructions, in millions."""
        counted = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *self.command]
        found = re.search(r"Collected : (\d+)", self._replace(command=counted).run().stderr)
        assert found is not None
        return int(found[1]) / 1e6

    def peak_mib(self) -> float:
        """Return its peak memory. [MiB]"""
        code = (
            "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        kib = int(self._replace(command=[sys.executable, "-c", code, *self.command]).run().stdout)
        return (kib if sys.platform != "darwin" else kib // 1024) / 1024


def environment(home: str, sources: str = "") -> dict[str, str]:
    """Set for all programs the same hashes, a cache of bytecode as users have it, and a history without runs."""
    ours = {"PYTHONHASHSEED": "0", "GREENTRAIN_HOME": home, **({"PYTHONPATH": sources} if sources else {})}
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    return kept | ours


def starts(versions: dict[str, str], folder: str) -> dict[str, Program]:
    """List the programs whose start is timed: every command of every version, and what they are compared with."""
    script = str(Path(sys.executable).with_name("greentrain"))
    bare = Path(folder) / "bare_typer.py"
    bare.write_text(BARE_TYPER)
    found = {
        f"{name}{version}": Program([sys.executable, script, *words], environment(folder, sources))
        for name, words in STARTS.items()
        for version, sources in versions.items()
    }
    plain = environment(folder)
    return found | {
        BARE: Program([sys.executable, str(bare), *JOB[1:]], plain),
        "import greentrain": Program([sys.executable, "-c", "import greentrain"], plain),
        "import re": Program([sys.executable, "-c", "import re"], plain),
        EMPTY: Program([sys.executable, "-c", "pass"], plain),
    }


def in_turns(programs: dict[str, Program], rounds: int) -> dict[str, list[Spent]]:
    """Time programs in turns, so that a slow moment of the machine meets all of them."""
    for program in programs.values():
        program.run()
    times: dict[str, list[Spent]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            times[name].append(program.spent())
    return times


def ratio(times: dict[str, list[Spent]], one: str, other: str) -> Spent:
    """Return the medians over the rounds of one program's times over another's."""
    pairs = list(zip(times[one], times[other], strict=True))
    return Spent(
        statistics.median(a.cpu / b.cpu for a, b in pairs), statistics.median(a.wall / b.wall for a, b in pairs)
    )


def calling(call: str, calls: int, folder: str, sources: str) -> Program:
    """Make the program that makes one call over and over in a warm process."""
    return Program([sys.executable, "-c", CALLING.format(call=call), str(calls)], environment(folder, sources))


def start_lines(programs: dict[str, Program], rounds: int, is_counted: bool) -> Iterator[str]:
    """Print how long each program takes to start, and how much that is over an empty Python and a bare typer."""
    times = in_turns(programs, rounds)
    counts = {name: program.instructions() for name, program in programs.items()} if is_counted else {}
    yield f"Start, {rounds} rounds in turns, medians; x is over an empty Python" + (
        ", MIr a million instructions" * is_counted
    )
    yield f"  {'':<24}{'CPU ms':>8}{'x':>7}{'wall x':>8}{'/ typer':>9}" + f"{'MIr':>9}{'x':>7}" * is_counted
    for name, taken in times.items():
        over = ratio(times, name, EMPTY)
        line = f"  {name:<24}{1000 * statistics.median(one.cpu for one in taken):8.1f}{over.cpu:7.2f}{over.wall:8.2f}"
        line += f"{ratio(times, name, BARE).cpu:9.2f}"
        yield line + (f"{counts[name]:9.1f}{counts[name] / counts[EMPTY]:7.2f}" if is_counted else "")


def call_lines(versions: dict[str, str], folder: str, is_counted: bool) -> Iterator[str]:
    """Print what one call costs in a warm process: as the difference of a run with N calls and one with 2 N."""
    yield "Warm calls in one process" + ", MIr a million instructions a call" * is_counted
    yield f"  {'':<32}{'us':>8}" + f"{'MIr':>9}" * is_counted
    for name, call in CALLS.items():
        for version, sources in versions.items():
            seconds = float(calling(call, TIMED_CALLS, folder, sources).run().stdout)
            line = f"  {name + version:<32}{1e6 * seconds:8.1f}"
            if is_counted:
                once, twice = (calling(call, n * COUNTED_CALLS, folder, sources).instructions() for n in (1, 2))
                line += f"{(twice - once) / COUNTED_CALLS:9.3f}"
            yield line


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description="How fast greentrain starts and estimates.")
    parser.add_argument("rounds", nargs="?", type=int, default=21)
    parser.add_argument("--against", metavar="CHECKOUT", help="another checkout of greentrain to compare with")
    options = parser.parse_args()
    versions = {"": ""} | ({" (against)": str(Path(options.against).resolve() / "src")} if options.against else {})
    is_counted = shutil.which("valgrind") is not None
    with tempfile.TemporaryDirectory() as folder:
        programs = starts(versions, folder)
        for line in start_lines(programs, options.rounds, is_counted):
            print(line)
        for line in call_lines(versions, folder, is_counted):
            print(line)
        print("Peak memory, MiB")
        for name in ("estimate", EMPTY):
            print(f"  {name:<24}{programs[name].peak_mib():8.1f}")


if __name__ == "__main__":
    main()
