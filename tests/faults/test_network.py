"""No network, and networks of which nothing comes back: neither the training nor its meter asks anything of them."""

import json
import subprocess
from collections.abc import Sequence

import pytest
from busy_machine import slowness
from fault_room import Room, records

SILENT = (
    "ip link set lo up && ip tuntap add dev tun0 mode tun && ip address add 192.0.2.1/24 dev tun0 && "
    "ip link set tun0 up && ip route add default dev tun0 && "
    # Names are asked of a server that never answers either.
    'echo nameserver 192.0.2.53 > {file} && mount --bind {file} /etc/resolv.conf && exec "$@"'
)
"""Makes a network in which every packet is dropped: a device with the default route that nothing is behind."""


def silent_network(room: Room) -> tuple[str, ...]:
    """Return the words before a command that put it behind a firewall; skip the test where that is not allowed."""
    script = SILENT.format(file=room.folder / "resolv.conf")
    words = ("unshare", "--net", "--mount", "sh", "-c", script, "sh")
    try:
        done = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        pytest.skip(f"no network of its own can be made here: {missing}")
    if done.returncode:
        pytest.skip(f"no network of its own can be made here: {done.stderr.strip()}")
    return words


def is_silent(words: Sequence[str], command: Sequence[str]) -> bool:
    """Whether a command gets no answer, neither yes nor no, for half a second."""
    done = subprocess.run([*words, "timeout", "0.5", *command], capture_output=True, check=False)
    return done.returncode == 124


@pytest.mark.parametrize("meter", ["codecarbon", None])
def test_no_network(room: Room, meter: str | None) -> None:
    """Fault 20: neither the training nor its meter opens a network socket, so that no firewall can delay it."""
    log = room.folder / "calls"
    environment = {"METER": meter or room.environment["METER"], "QUIET": None, "PYTHONDONTWRITEBYTECODE": "1"}
    strace = ("strace", "-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", str(log))
    try:
        outcome = room.start("training", "returns", 0.5, before=strace, environment=environment).end()
    except FileNotFoundError:
        pytest.skip("strace is not here")
    assert outcome.code == 0
    room.runs()
    calls = [line for line in log.read_text().splitlines() if "AF_INET" in line or "AF_NETLINK" in line]
    assert calls == []
    assert records(room.home, "meter", "end") != []


def test_without_a_network(room: Room) -> None:
    """Fault 20: in a network of its own without any connection the function starts as soon as ever."""
    unshare = ("unshare", "--net")
    environment = {"METER": "codecarbon"}
    outcome = room.start(
        "with_arguments", "dict(name='alone', location='FR')", before=unshare, environment=environment
    ).end()
    if "unshare" in outcome.err[:20]:
        pytest.skip(outcome.err)
    assert outcome.code == 0
    assert json.loads(outcome.err)["started"] < 1.0 * slowness()
    assert room.run_alone().status == "completed"


@pytest.mark.timing
def test_behind_a_firewall(room: Room) -> None:
    """Fault 20: where connections and names get no answer at all, the function starts and ends as soon as ever."""
    words = silent_network(room)
    connect = "import socket; socket.create_connection(('198.51.100.1', 443))"
    assert is_silent(words, ["getent", "hosts", "example.org"])
    assert is_silent(words, ["python3", "-c", connect])

    places = ("location='FR'", "location='aws:us-east-1'", "")
    options = {"before": words, "environment": {"METER": "codecarbon"}}
    trainings = [room.start("with_arguments", f"dict(name='firewalled', {place})", 0.5, **options) for place in places]
    outcomes = [training.end() for training in trainings]
    room.runs()
    assert [outcome.code for outcome in outcomes] == [0] * len(places)
    assert max(json.loads(outcome.err)["started"] for outcome in outcomes) < 1.0 * slowness()
    ends = records(room.home, "meter", "end")
    assert len(ends) == len(places)
    for end in ends:
        assert end["elapsed_seconds"] == pytest.approx(0.5, abs=0.5 * slowness())
        modelled_kwh = end["power_w"]["memory"] * end["elapsed_seconds"] / 3.6e6
        assert end["energy_kwh"]["memory"] == pytest.approx(modelled_kwh, rel=0.2)
