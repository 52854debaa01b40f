"""Which GPUs a run uses, from its environment: indices, UUIDs, slices (MIG), and what a scheduler allotted.

Pure functions: the environment and the list of devices come in, parts of boards come out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from greentrain.meter.settings import CUDA, CUDA_ORDER, HIP, ROCR, SLURM, SLURM_TASKS

_OLD_MIG = re.compile(r"MIG-(GPU-[0-9a-fA-F-]+)/(\d+)/(\d+)")
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_TWO_DIES = re.compile(r"\bMI25\d", re.IGNORECASE)


class Slice(NamedTuple):
    """A part of a GPU that is a device of its own (MIG).

    Attributes
    ----------
    uuid : str
        Its UUID, ``MIG-...``.
    share : float
        Its part of the board, by compute slices. [1]
    instance : str
        Its GPU instance and compute instance, ``7/0``.
    """

    uuid: str
    share: float
    instance: str = ""


class Gpu(NamedTuple):
    """A GPU as the driver lists it.

    Attributes
    ----------
    number : int
        Its index in the driver's list.
    uuid : str
        Its UUID.
    name : str
        Its name.
    vendor : {"nvidia", "amd"}
        Whose it is.
    limit_w : float or None
        Its power limit. [W]
    slices : tuple of Slice
        Its slices, when it is cut.
    """

    number: int
    uuid: str
    name: str
    vendor: str = "nvidia"
    limit_w: float | None = None
    slices: tuple[Slice, ...] = ()


class GpuSelection(NamedTuple):
    """The boards of a run.

    Attributes
    ----------
    shares : dict of int to float
        Part of each board that counts, by the driver's index. [1]
    basis : str
        The variable that selects them; ``all`` where none does.
    notes : tuple of str
        What to know of it: entries that no device matches, an order that may differ.
    slices : mapping of int to tuple of str
        UUIDs of the slices that count, of boards that are cut.
    """

    shares: dict[int, float]
    basis: str
    notes: tuple[str, ...]
    slices: Mapping[int, tuple[str, ...]] = {}


def select_gpus(environment: Mapping[str, str], gpus: Sequence[Gpu]) -> GpuSelection:
    """Choose the boards that a run uses.

    Where a scheduler runs several tasks on the node and gives each its own GPU, the first task's meter counts those of
    the whole step: there is one meter per node.

    Parameters
    ----------
    environment : mapping of str to str
        Environment of the run; only `GPU_VARIABLES` matter.
    gpus : sequence of Gpu
        Every GPU of the node, in the driver's order.
    """
    if any(gpu.vendor == "amd" for gpu in gpus):
        return _select_amd(environment, gpus)
    scheduler = next((name for name in SLURM if environment.get(name)), None)
    if scheduler and (CUDA not in environment or _tasks_on_node(environment) > 1):
        return _select_allotted(scheduler, environment[scheduler], gpus)
    if CUDA in environment:
        return _select_cuda(environment, gpus)
    return _selection("all", [_whole(gpu) for gpu in gpus], [])


class _Choice(NamedTuple):
    """A board of which a part counts, and the slice that this is."""

    number: int
    share: float
    slice: str = ""


def _selection(basis: str, choices: Iterable[_Choice], notes: list[str]) -> GpuSelection:
    """Add up what counts of each board; a device that is named twice counts once."""
    shares: dict[int, float] = {}
    slices: dict[int, tuple[str, ...]] = {}
    for choice in dict.fromkeys(choices):
        shares[choice.number] = min(1.0, shares.get(choice.number, 0.0) + choice.share)
        if choice.slice:
            slices[choice.number] = (*slices.get(choice.number, ()), choice.slice)
    return GpuSelection(shares, basis, tuple(notes), slices)


def _select_cuda(environment: Mapping[str, str], gpus: Sequence[Gpu]) -> GpuSelection:
    """Read the list as CUDA does: entries count up to the first that no device matches."""
    choices: list[_Choice] = []
    notes: list[str] = []
    for entry in _entries(environment[CUDA]):
        if entry == "-1":
            break
        found = _match(entry, gpus)
        if found is None:
            notes.append(f"{CUDA} names {entry!a}, which no GPU here matches; what follows it does not count")
            break
        choices.append(found)
    if environment.get(CUDA_ORDER) != "PCI_BUS_ID" and len({gpu.name for gpu in gpus}) > 1:
        notes.append(f"the GPUs differ and {CUDA_ORDER} is not PCI_BUS_ID: indices may mean others to CUDA")
    return _selection(CUDA, choices, notes)


def _match(entry: str, gpus: Sequence[Gpu]) -> _Choice | None:
    if entry.isascii() and entry.isdecimal():
        return next((_whole(gpu) for gpu in gpus if gpu.number == int(entry)), None)
    if entry.upper().startswith("MIG-"):
        return _match_slice(entry, gpus)
    near = [gpu for gpu in gpus if gpu.uuid.lower().startswith(entry.lower())]
    return _whole(near[0]) if len(near) == 1 else None


def _match_slice(entry: str, gpus: Sequence[Gpu]) -> _Choice | None:
    old = _OLD_MIG.fullmatch(entry)
    for gpu in gpus:
        for part in gpu.slices:
            by_place = old and gpu.uuid == old[1] and part.instance == f"{old[2]}/{old[3]}"
            if by_place or part.uuid.lower() == entry.lower():
                return _Choice(gpu.number, part.share, part.uuid)
    return None


def _whole(gpu: Gpu) -> _Choice:
    """Choose a board; of one that is cut, a program that names the board gets the first slice."""
    return _Choice(gpu.number, gpu.slices[0].share, gpu.slices[0].uuid) if gpu.slices else _Choice(gpu.number, 1.0)


def _select_allotted(name: str, value: str, gpus: Sequence[Gpu]) -> GpuSelection:
    """Read a scheduler's list: numbers of the node's GPUs, or their UUIDs (Slurm 25.11).

    A job that sees fewer GPUs than it was allotted numbers sees its own only.
    """
    wanted, named = list(_numbers(value)), [entry for entry in _entries(value) if not _RANGE.fullmatch(entry)]
    present = {gpu.number: gpu for gpu in gpus}
    if wanted and not set(wanted) <= present.keys() and len(gpus) <= len(wanted):
        return _selection(name, [_Choice(number, 1.0) for number in sorted(present)], [])
    found = {entry: _match(entry, gpus) for entry in named}
    missing = [*(number for number in wanted if number not in present), *(key for key in named if found[key] is None)]
    choices = [_Choice(number, 1.0) for number in wanted if number in present]
    notes = [f"{name} names GPUs {missing} that are not here"] if missing else []
    return _selection(name, [*choices, *(choice for choice in found.values() if choice)], notes)


def _select_amd(environment: Mapping[str, str], gpus: Sequence[Gpu]) -> GpuSelection:
    """Read both lists: one hides devices, the other counts among those that are left."""
    left = list(gpus)
    basis, notes = "all", []
    hip = HIP if HIP in environment else CUDA
    for name in (ROCR, hip):
        if name not in environment:
            continue
        basis, kept = name, []
        for entry in _entries(environment[name]):
            found = _among(entry, left)
            if found is None:
                notes.append(f"{name} names {entry!a}, which no GPU here matches; what follows it does not count")
                break
            kept.append(found)
        left = kept
    return GpuSelection(_share_dies([gpu.number for gpu in left], gpus), basis, tuple(notes))


def _among(entry: str, gpus: Sequence[Gpu]) -> Gpu | None:
    if entry.isdecimal():
        return gpus[int(entry)] if int(entry) < len(gpus) else None
    wanted = entry.lower().removeprefix("gpu-")
    near = [gpu for gpu in gpus if gpu.uuid.lower().replace("-", "").startswith(wanted.replace("-", ""))]
    return near[0] if wanted and len(near) == 1 else None


def _share_dies(chosen: Iterable[int], gpus: Sequence[Gpu]) -> dict[int, float]:
    """On a board of two dies the first reports the power of both: each die counts as half of that."""
    two_dies = {gpu.number for gpu in gpus if _TWO_DIES.search(gpu.name)}
    shares: dict[int, float] = {}
    for index in dict.fromkeys(chosen):
        if index in two_dies:
            first = index - index % 2
            shares[first] = shares.get(first, 0.0) + 0.5
        else:
            shares[index] = 1.0
    return shares


def _entries(value: str) -> list[str]:
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _numbers(value: str) -> Iterable[int]:
    """Read ``0,2-4``; what is no number is passed over."""
    for entry in _entries(value):
        found = _RANGE.fullmatch(entry)
        if found:
            yield from range(int(found[1]), int(found[2] or found[1]) + 1)


def _tasks_on_node(environment: Mapping[str, str]) -> int:
    found = re.match(r"\d+", environment.get(SLURM_TASKS, ""))
    return int(found[0]) if found else 1
