"""How fast the service answers, beside Boavizta's, and whether its memory grows.

Usage: python benchmarks/serve.py [--boavizta PYTHON] [--seconds S] [--soak REQUESTS]

Both services run with one worker on this computer, and are asked in turns, over connections that are kept. PYTHON is
the interpreter of an environment with ``boaviztapi`` and ``uvicorn``; without it only ours is asked. Each question is
another one, so that no answer is one that was kept. Where the computer is busy, the CPU time of a request is the figure
to look at: one worker answers as many a second as go into one.
"""

import argparse
import http.client
import json
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

PLACES = ("FR", "DE", "PL", "US", "SE", "GB", "IN", "ZA")
GPUS = ("V100", "A100", "H100", "RTX 4090", "MI300X", "TPU v4")
INSTANCES = ("a1.medium", "c5.large", "m5.xlarge", "r5.large", "t3.medium", "p3.2xlarge")
ROUNDS, CONNECTIONS = 5, 4
PATIENCE_SECONDS = 120.0
Asked = Callable[[int], str]


def ours(number: int) -> str:
    """Return an address of ours, a different one for each number."""
    words = {"gpu": GPUS[number % len(GPUS)], "hours": 1 + number % 5000 / 7, "location": PLACES[number % len(PLACES)]}
    return f"/v1/estimate?{urlencode(words)}"


def page(number: int) -> str:
    """Return an address of the calculator."""
    return ours(number).removeprefix("/v1/estimate").replace("?", "/?", 1)


def boavizta(number: int) -> str:
    """Return an address of Boavizta's estimate of a cloud instance."""
    words = {"provider": "aws", "instance_type": INSTANCES[number % len(INSTANCES)], "duration": 1 + number % 5000 / 7,
             "verbose": "false"}  # fmt: skip
    return f"/v1/cloud/instance?{urlencode(words)}"


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service until the block ends; it has answered once by then."""
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_SECONDS
    try:
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield program
    finally:
        program.terminate()
        program.wait()


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def ask(port: int, asked: Asked, numbers: Iterator[int], until: float, taken: list[float]) -> None:
    """Ask one question after another over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    for number in numbers:
        began = time.perf_counter()
        if began > until:
            break
        connection.request("GET", asked(number))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        taken.append(time.perf_counter() - began)
    connection.close()


def load(port: int, asked: Asked, seconds: float, start: int) -> list[float]:
    """Ask over several connections at once and return how long each answer took. [s]"""
    taken: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    until = time.perf_counter() + seconds
    numbers = [iter(range(start + lane, 10**9, CONNECTIONS)) for lane in range(CONNECTIONS)]
    lanes = zip(numbers, taken, strict=True)
    threads = [threading.Thread(target=ask, args=(port, asked, its, until, times)) for its, times in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for lane in taken for each in lane]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a program has used. [s]"""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / 100


def memory_mib(pid: int) -> float:
    """Return the resident memory of a program. [MiB]"""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def main() -> None:
    """Print rates in turns, then the memory over many requests."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--boavizta", metavar="PYTHON")
    words.add_argument("--seconds", type=float, default=4.0)
    words.add_argument("--soak", type=int, default=20_000)
    said = words.parse_args()
    port, other_port = free_port(), free_port()
    serve = [sys.executable, "-m", "greentrain", "serve", "--port", str(port), "--runs", "nobody"]
    uvicorn = ["-m", "uvicorn", "boaviztapi.main:app", "--port", str(other_port), "--no-access-log"]
    with running(serve, port) as mine:
        lanes: dict[str, tuple[int, int, Asked]] = {
            "estimate": (mine.pid, port, ours),
            "calculator page": (mine.pid, port, page),
        }
        if said.boavizta:
            with running([said.boavizta, *uvicorn], other_port) as theirs:
                lanes["boaviztapi"] = (theirs.pid, other_port, boavizta)
                rates(lanes, said.seconds)
        else:
            rates(lanes, said.seconds)
        soak(mine.pid, port, said.soak)


def rates(lanes: dict[str, tuple[int, int, Asked]], seconds: float) -> None:
    """Print requests per second, in turns, and what one costs."""
    taken: dict[str, list[float]] = {name: [] for name in lanes}
    speeds: dict[str, list[float]] = {name: [] for name in lanes}
    costs: dict[str, list[float]] = {name: [] for name in lanes}
    for _, port, asked in lanes.values():
        load(port, asked, 1.0, 10**6)
    for turn in range(ROUNDS):
        for name, (pid, port, asked) in lanes.items():
            began, used = time.perf_counter(), cpu_seconds(pid)
            found = load(port, asked, seconds, 10_000 * turn)
            speeds[name].append(len(found) / (time.perf_counter() - began))
            costs[name].append(1000 * (cpu_seconds(pid) - used) / len(found))
            taken[name] += found
    print(f"{CONNECTIONS} connections, {ROUNDS} rounds of {seconds:g} s in turns, one worker each, medians")
    for name, found in taken.items():
        middle, late = statistics.median(found), statistics.quantiles(found, n=20)[-1]
        print(f"  {name:<16} {statistics.median(speeds[name]):7.0f} requests/s, {1000 * middle:6.1f} ms, 95 % within "
              f"{1000 * late:6.1f} ms, {statistics.median(costs[name]):6.2f} ms of CPU each")  # fmt: skip


def soak(pid: int, port: int, requests: int) -> None:
    """Print the memory over many requests of all kinds, a tenth of which are faults."""
    kinds = (ours, page, lambda number: f"/v1/estimate?gpu=V{number}&hours=1")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    seen = []
    for number in range(requests):
        kind = kinds[2] if number % 10 == 9 else kinds[1] if number % 10 == 5 else kinds[0]
        connection.request("GET", kind(number))
        connection.getresponse().read()
        if number % (requests // 5) == requests // 5 - 1:
            seen.append(memory_mib(pid))
    print(f"memory over {requests:,} requests  {json.dumps([round(each, 1) for each in seen])} MiB")


if __name__ == "__main__":
    main()
