"""How fast greentrain starts and estimates, beside a bare typer program and an empty Python, in one run.

Usage: python benchmarks/speed.py [ROUNDS]
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE_TYPER = """
import typer

def main(gpu: str = "", hours: float = 0.0) -> None:
    print(gpu, hours)

typer.run(main)
"""
JOB = ["estimate", "--gpu", "V100", "--hours", "96"]
WARM_CALLS = 20_000


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Time a process from its start to its end. [s]"""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def in_turns(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """Time commands in turns, so that a slow moment of the machine meets all of them."""
    # Bytecode is cached as it is for users, whatever this shell's settings are.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for command in commands.values():
        seconds(command, environment)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command, environment))
    return times


def ratio(times: dict[str, list[float]], one: str, other: str) -> float:
    """Give the median over the rounds of one command's time over another's."""
    return statistics.median(a / b for a, b in zip(times[one], times[other], strict=True))


def peak_mib(command: list[str]) -> float:
    """Give the peak memory of a process. [MiB]"""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    found = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    kib = int(found.stdout) if sys.platform != "darwin" else int(found.stdout) // 1024
    return kib / 1024


def warm_estimates_per_second() -> float:
    """Count estimates a second in one process, the hours different each time. [1/s]"""
    from greentrain import estimate

    estimate("V100", hours=96)
    start = time.perf_counter()
    for number in range(WARM_CALLS):
        estimate("V100", hours=96 + number / 1000, location="FR")
    return WARM_CALLS / (time.perf_counter() - start)


def main() -> None:
    """Print all figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    program = Path(sys.executable).with_name("greentrain")
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare_typer.py"
        bare.write_text(BARE_TYPER)
        commands = {
            "greentrain estimate": [str(program), *JOB],
            "bare typer program": [sys.executable, str(bare), *JOB[1:]],
            "import greentrain": [sys.executable, "-c", "import greentrain"],
            "empty Python": [sys.executable, "-c", "pass"],
        }
        times = in_turns(commands, rounds)
    print(f"{rounds} rounds in turns, medians")
    for name, taken in times.items():
        print(f"  {name:<20} {1000 * statistics.median(taken):7.1f} ms")
    print(f"greentrain estimate / bare typer program  {ratio(times, 'greentrain estimate', 'bare typer program'):5.2f}")
    print(f"greentrain estimate / empty Python        {ratio(times, 'greentrain estimate', 'empty Python'):5.2f}")
    extra = [a - b for a, b in zip(times["import greentrain"], times["empty Python"], strict=True)]
    print(f"import greentrain over nothing            {1000 * statistics.median(extra):5.2f} ms")
    print(f"peak memory of greentrain estimate        {peak_mib([str(program), *JOB]):5.1f} MiB")
    print(f"peak memory of an empty Python            {peak_mib([sys.executable, '-c', 'pass']):5.1f} MiB")
    print(f"warm estimates in one process          {warm_estimates_per_second():8,.0f} a second")
    own_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process               {own_mib:5.1f} MiB")


if __name__ == "__main__":
    main()
