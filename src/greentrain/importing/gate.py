"""The plausibility gate: whether what a foreign file states of a run can be.

Empty, zero and sentinel energies mean that there was no meter, and raise no flag. Limits are rows of import_limits.csv;
what devices can draw is the catalogue's.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from greentrain.catalogue import Accelerator, Catalogue, Cpu
from greentrain.errors import GreentrainError
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.limits import limit
from greentrain.importing.values import utc_text
from greentrain.numbers import rounded
from greentrain.record import Record
from greentrain.units import G_PER_KG, SECONDS_PER_HOUR, W_PER_KW

SAME_WORK = "same_work"
"""Flag of a record beside the run whose work it holds, which no total counts."""

DOUBTS = frozenset(
    ("implausible_power", "implausible_intensity", "fallback_location", "gpu_unmetered", "damaged", SAME_WORK)
)
"""Flags of runs that totals leave out; the others say how a run was read."""


_GENERATIONS = {"pascal": "P100", "volta": "V100", "ampere": "A100", "hopper": "H100", "blackwell": "B200"}
"""What sites with one kind of accelerator call it by, and the usual one of servers."""

_MEMORY = re.compile(r"(.*[A-Za-z]\w*?)[ _-](\d{2,3})")
_SLICE = re.compile(r"(?:^|[._-])(\d)g\.\d+gb$")
_WHOLE_BOARD = 7
"""Slices of compute that a board has. [1]"""

_ANY = "Any accelerator"
"""What one of unknown type is estimated as: all of data centers are in its interval."""

PARTS = ("shard", "mps", "neuroncore")
"""Resources that are parts of accelerators; a site decides how many one has."""

UNCOUNTED = "uncounted"
"""Accelerators of which a file states some, but how many cannot be read."""


class Finding(NamedTuple):
    """What is doubted, and why.

    Attributes
    ----------
    flag : str
        One of `DOUBTS`.
    reason : str
        A sentence with the numbers.
    is_energy_usable : bool
        Whether the file's energy stays the run's, or our estimate takes its place.
    """

    flag: str
    reason: str
    is_energy_usable: bool


class MappedNode(Record):
    """What a site says of one of its nodes: power without work and at most [W], accelerators and cores [1]."""

    idle_w: float | None = None
    most_w: float | None = None
    accelerators: float | None = None
    cores: float | None = None

    @property
    def is_mapped(self) -> bool:
        """Whether the site says anything of it."""
        return any(each is not None for each in (self.idle_w, self.most_w, self.accelerators, self.cores))

    def is_shared(self, run: ForeignRun) -> bool:
        """Whether a run had a part of its nodes, as far as that is known."""
        if self.accelerators is None and self.cores is None:
            return False
        nodes = max(1, run.nodes)
        had = ((sum(run.accelerators.values()), self.accelerators), (run.cpu_cores or 0.0, self.cores))
        known = [number >= whole * nodes for number, whole in had if whole is not None]
        return bool(known) and not any(known)


class KnownDevice(Record):
    """Accelerators of one type as the file writes it.

    Attributes
    ----------
    written : str
        The type; empty where the file states none.
    number : float
        How many, slices as slices. [1]
    profile : Accelerator or None
        What they are; None of a type that the catalogue does not know.
    fraction : float
        Part of a board that each one is; 0 where nobody knows. [1]
    asked : str
        The name by which an estimate finds them, a family's where it is one.
    """

    written: str
    number: float
    profile: Accelerator | None
    fraction: float = 1.0
    asked: str = ""

    @property
    def boards(self) -> float:
        """How many boards they are together. [1]"""
        return self.number * self.fraction

    @property
    def has_estimate(self) -> bool:
        """Whether time tells their energy: not where nobody knows how much of them it was."""
        return self.fraction > 0 and (self.profile is not None or bool(self.asked))

    def most_w(self) -> float:
        """Mean power that they cannot exceed together. [W]"""
        tdp_w = self.profile.tdp_w if self.profile else None
        each = limit("accelerator_over_tdp") * tdp_w.high if tdp_w else limit("unknown_accelerator_w")
        return self.number * each  # a slice's meter is that of its whole board


class PlausibilityGate:
    """Judges runs on the same hardware.

    Parameters
    ----------
    devices : tuple of KnownDevice
        Their accelerators.
    cpu : Cpu or None
        Their CPU; None where that is not known.
    catalogue : Catalogue
        Where the limits of hardware are.
    node : MappedNode, optional
        What a site says of their nodes.
    """

    def __init__(
        self,
        devices: tuple[KnownDevice, ...],
        cpu: Cpu | None,
        catalogue: Catalogue,
        node: MappedNode = MappedNode(),  # noqa: B008 -- a frozen value
    ) -> None:
        self._devices, self._cpu, self._catalogue, self._node = devices, cpu, catalogue, node
        self._nodes_w: dict[int, tuple[float, float]] = {}

    def findings(self, run: ForeignRun) -> tuple[Finding, ...]:
        """Judge a run."""
        found = [*self._power(run), *_intensity(run)] if run.measured_energy_kwh else []
        if run.boundary == "parts":
            found += [*_parts(run), *_unmetered(run, self._devices)]
        found += _still_to_come(run)
        if "fallback_location" in run.flags:
            found.append(Finding("fallback_location", "The place is codecarbon's fallback, Quebec, and none.", True))
        return tuple(found)

    def _power(self, run: ForeignRun) -> Iterator[Finding]:
        """Compare mean powers with what the hardware can draw."""
        kwh, seconds = run.measured_energy_kwh or 0.0, run.duration_seconds
        if not seconds or seconds <= 0:
            yield Finding("implausible_power", f"It states {rounded(kwh)} kWh and no time.", False)
            return
        watts = mean_w(kwh, seconds)
        if run.boundary in ("node", "wall"):
            yield from self._node_power(run, watts / max(1, run.nodes))
            return
        most = sum(device.most_w() for device in self._devices) if self._devices else 0.0
        accelerators_w = mean_w(run.energy_kwh.get("gpu", 0.0), seconds)
        if self._devices and accelerators_w > most:
            yield _too_much("The accelerators drew", accelerators_w, most)
        elif run.boundary == "parts" and watts > (whole := _machine_w(run, most, self._cpu)):
            yield _too_much("The computer drew", watts, whole)

    def believed_w(self, run: ForeignRun) -> tuple[float, float]:
        """Return between which mean powers of a node, or of a computer without accelerators, nothing is in doubt."""
        if run.boundary == "parts":
            return 0.0, _machine_w(run, 0.0, self._cpu)
        idle, most = self._idle_and_most_w(max(1, run.nodes))
        return max(limit("least_node_w"), idle), most

    def is_shared(self, run: ForeignRun) -> bool:
        """Whether the meter of its nodes holds neighbours too."""
        return run.boundary in ("node", "wall") and self._node.is_shared(run)

    def _node_power(self, run: ForeignRun, watts: float) -> Iterator[Finding]:
        """Compare the mean power of one node with its idle power and its nameplate, as far as they are known."""
        nodes = max(1, run.nodes)
        if not (self._devices or run.cpu_cores or run.jobs or self._node.most_w):
            # A meter of whatever is plugged in: a board of 5 W, or several servers.
            if watts > limit("node_w"):
                yield _too_much("What the meter reads drew", watts, limit("node_w"))
            return
        if nodes not in self._nodes_w:
            self._nodes_w[nodes] = self._idle_and_most_w(nodes)
        idle, most = self._nodes_w[nodes]
        least = limit("least_node_w") if self._devices else max(limit("least_node_w"), idle)
        if watts < least:
            reason = f"A node drew {rounded(watts)} W on average, at least {rounded(least)} W is possible."
            yield Finding("implausible_power", reason, False)
        elif watts < idle:
            yield Finding(
                "gpu_unmetered",
                f"A node drew {rounded(watts)} W on average, less than its accelerators without work, "
                f"{rounded(idle)} W: its meter has not read them.",
                False,
            )
        elif watts > most:
            yield _too_much("A node drew", watts, most)
        elif self._node.is_shared(run):
            reason = f"It had a part of its nodes, whose meters hold the neighbours: {rounded(watts)} W a node."
            yield Finding("shared_node", reason, False)

    def _idle_and_most_w(self, nodes: int) -> tuple[float, float]:
        """Return what one of so many nodes draws without work and at most. [W]"""
        node, per_node = self._node, [(device, device.boards / nodes) for device in self._devices]
        idle = sum(number * _idle_w(device.profile) for device, number in per_node if device.profile)
        most = _most_node_w(per_node, self._catalogue)
        if not self._devices:
            # Nobody knows what an unmapped node holds, nor what the accelerators draw that a job had not asked for.
            is_plain = node.is_mapped and not node.accelerators
            idle, most = (limit("cpu_node_idle_w"), most) if is_plain else (0.0, limit("node_w"))
        return (
            idle if node.idle_w is None else node.idle_w,
            most if node.most_w is None else limit("node_over_nameplate") * node.most_w,
        )


def latest_end() -> float:
    """Return when a run can end at the latest, in seconds since 1970: now, by the clock of any zone. [s]"""
    return time.time() + limit("most_ahead_s")


def _still_to_come(run: ForeignRun) -> Iterator[Finding]:
    """Notice a run that would end after now."""
    ended = None if run.started is None else run.started + (run.duration_seconds or 0.0)
    if ended is not None and ended > latest_end():
        yield Finding("implausible_power", f"It ends at {utc_text(ended)}, which is still to come.", True)


def mean_w(kwh: float, seconds: float) -> float:
    """Return the mean power of an energy. [W]"""
    return kwh * W_PER_KW * SECONDS_PER_HOUR / seconds


def _too_much(what: str, watts: float, most: float) -> Finding:
    reason = f"{what} {rounded(watts)} W on average, at most {rounded(most)} W is possible."
    return Finding("implausible_power", reason, False)


def _machine_w(run: ForeignRun, accelerators_w: float, cpu: Cpu | None) -> float:
    """Return the mean power that a computer of these parts cannot exceed. [W]"""
    tdp_w = cpu.tdp_w if cpu else None
    sockets = limit("cpu_over_tdp") * tdp_w.high if tdp_w else limit("cpu_over_tdp") * limit("cpu_socket_w")
    memory = max(limit("memory_w"), limit("memory_w_per_gb") * (run.memory_gb or 0.0))
    if not run.accelerators and run.cpu is None:
        return limit("node_w")
    return min(limit("parts_over_named") * (sockets + memory) + accelerators_w, max(limit("node_w"), accelerators_w))


def _idle_w(device: Accelerator) -> float:
    """Return what a device draws without work. [W]"""
    if device.idle_w is not None:
        return device.idle_w
    return limit("accelerator_idle_over_tdp") * device.tdp_w.best if device.tdp_w else 0.0


def _most_node_w(per_node: list[tuple[KnownDevice, float]], catalogue: Catalogue) -> float:
    """Return the mean power that a node of these accelerators cannot exceed. [W]"""
    whole = 0.0
    for device, number in per_node:
        if device.profile is None:
            return limit("node_w")
        plate = catalogue.hardware.nameplate(device.profile.id)
        tdp_w = device.profile.tdp_w
        each = (
            plate[0] if plate else limit("parts_over_named") * (tdp_w.high if tdp_w else limit("unknown_accelerator_w"))
        )
        whole += number * each
    return limit("node_over_nameplate") * max(whole, limit("cpu_node_w"))


def _parts(run: ForeignRun) -> Iterator[Finding]:
    """Compare the sum of the parts with the total."""
    total, parts = run.measured_energy_kwh, run.energy_kwh
    if not total or not parts:
        return
    whole = sum(parts.values())
    is_less = {"gpu", "cpu", "memory"} <= parts.keys() and whole < limit("least_parts_over_total") * total
    if is_less or whole > limit("parts_over_total") * total:
        reason = f"The parts add up to {rounded(whole)} kWh, the total is {rounded(total)} kWh."
        yield Finding("damaged", reason, False)


def _unmetered(run: ForeignRun, devices: tuple[KnownDevice, ...]) -> Iterator[Finding]:
    """Notice accelerators without energy beside parts that have some."""
    parts: Mapping[str, float] = run.energy_kwh
    others = parts.get("cpu", 0.0) + parts.get("memory", 0.0)
    if devices and others > 0 and not parts.get("gpu"):
        yield Finding("gpu_unmetered", "Its accelerators have no energy, other parts have some.", False)


def _intensity(run: ForeignRun) -> Iterator[Finding]:
    """Compare the carbon intensity that the file's emissions imply with what a grid can have."""
    kwh, kg = run.measured_energy_kwh, run.reported_kg
    if not kwh or kg is None:
        return
    grams = kg * G_PER_KG / (kwh * (run.pue or 1.0))
    if not 0 <= grams <= limit("intensity_g_per_kwh"):
        reason = f"Its emissions imply {rounded(grams)} g CO2e/kWh; no grid has more than "
        yield Finding("implausible_intensity", f"{reason}{rounded(limit('intensity_g_per_kwh'))} or less than 0.", True)


def known_device(written: str, number: float, catalogue: Catalogue, asked: str | None = None) -> KnownDevice:
    """Find accelerators of one type in the catalogue, by the type as it is written or by the name given for it."""
    whole = 0.0 if written.partition(":")[0] in (*PARTS, UNCOUNTED) else 1.0
    for name in dict.fromkeys(_spellings(asked or written)):
        try:
            found = catalogue.hardware.read_accelerator(name)
        except GreentrainError:
            continue
        if found.number is not None:  # of a whole server, or of a count in the type: how many they are stands beside it
            name = found.family.name if found.family else found.profile.id
        fraction = found.fraction if found.fraction != 1 else _slice_of(written, found.profile)
        return KnownDevice(written, number, found.profile, whole * fraction, name)
    return KnownDevice(written, number, None, whole * _slice_of(written, None), _ANY)


def _slice_of(written: str, device: Accelerator | None) -> float:
    """Return the part of a board that a type says it is; 1 where it says nothing. [1]"""
    part = _SLICE.search(written)
    whole = (device.mig_slices if device else None) or _WHOLE_BOARD
    return min(1.0, int(part[1]) / whole) if part else 1.0


def _spellings(name: str) -> Iterator[str]:
    """Yield what a type may be called: as it is written, with its memory's unit, or the usual one of a generation."""
    if name:
        yield name
        if ":" in name:  # of what Slurm names other than gpu
            yield from _spellings(name.partition(":")[2])
        if memory := _MEMORY.fullmatch(name):
            yield f"{memory[1]} {memory[2]}GB"
        if name.casefold() in _GENERATIONS:
            yield _GENERATIONS[name.casefold()]
