"""Control groups of the kernel around a training: one with little memory, and one that is killed as a whole."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fault_room import Room, wait_until

_MOUNTS = Path("/proc/mounts")
_SWAP = ("memory.memsw.limit_in_bytes", "memory.swap.max")


class Group:
    """A control group.

    Parameters
    ----------
    folder : Path
        Its folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def before(self) -> tuple[str, ...]:
        """The words before a command that put it into the group, with all that it starts."""
        return ("sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh")

    @property
    def members(self) -> list[int]:
        """The processes in the group."""
        return [int(line) for line in (self.folder / "cgroup.procs").read_text().split()]

    def killed_for_memory(self) -> int:
        """Return how many of its processes the kernel has killed for want of memory."""
        name = "memory.events" if (self.folder / "memory.events").exists() else "memory.oom_control"
        fields = dict(line.split() for line in (self.folder / name).read_text().splitlines())
        return int(fields["oom_kill"])

    def kill(self) -> None:
        """Let the kernel kill every process in the group at once, as it does where ``memory.oom.group`` is set."""
        (self.folder / "cgroup.kill").write_text("1")


@contextmanager
def group_with_memory(room: Room, limit_bytes: int) -> Iterator[Group]:
    """Make a group that may use so much memory and no swap; skip the test where that is not allowed. [B]"""
    older, unified = _mounted("cgroup", "memory"), _mounted("cgroup2")
    if older is not None:
        limits = {"memory.limit_in_bytes": limit_bytes, "memory.memsw.limit_in_bytes": limit_bytes}
    else:
        limits = {"memory.max": limit_bytes, "memory.swap.max": 0}
    with _group(room, older or unified, limits) as group:
        yield group


@contextmanager
def group_killed_at_once(room: Room) -> Iterator[Group]:
    """Make a group that can be killed as a whole; skip the test where that is not allowed."""
    with _group(room, _mounted("cgroup2"), {}) as group:
        if not (group.folder / "cgroup.kill").exists():
            pytest.skip("this kernel cannot kill a control group as a whole")
        yield group


@contextmanager
def _group(room: Room, parent: Path | None, limits: dict[str, int]) -> Iterator[Group]:
    if parent is None:
        pytest.skip("no control groups are mounted here")
    folder = parent / f"greentrain-test-{room.folder.name}-{time.monotonic_ns()}"
    try:
        folder.mkdir()
        _limit(folder, limits)
    except OSError as error:
        if folder.is_dir():
            folder.rmdir()
        pytest.skip(f"no control group can be made here: {error}")
    group = Group(folder)
    try:
        yield group
    finally:
        wait_until(lambda: not group.members)
        folder.rmdir()


def _limit(folder: Path, limits: dict[str, int]) -> None:
    for name, value in limits.items():
        # Where swap is not counted, there is no file by which to forbid it.
        if name not in _SWAP or (folder / name).exists():
            (folder / name).write_text(str(value))


def _mounted(kind: str, option: str = "") -> Path | None:
    for line in _MOUNTS.read_text().splitlines():
        _, place, found, options, *_ = line.split()
        if found == kind and (not option or option in options.split(",")):
            return Path(place)
    return None
