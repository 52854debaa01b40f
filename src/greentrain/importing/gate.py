"""The plausibility gate: whether what a foreign file states of a run can be.

Empty, zero and sentinel energies mean that there was no meter, and raise no flag. Limits are rows of import_limits.csv;
what devices can draw is the catalogue's.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf
from typing import NamedTuple

from greentrain.catalogue import Accelerator, Catalogue, Cpu
from greentrain.errors import GreentrainError
from greentrain.importing.foreign_run import FLAGS, ForeignRun
from greentrain.importing.limits import limit
from greentrain.importing.values import NEGATIVE, utc_text
from greentrain.numbers import rounded
from greentrain.record import Record
from greentrain.units import G_PER_KG, SECONDS_PER_HOUR, W_PER_KW

SAME_WORK = "same_work"
"""Flag of a record beside the run whose work it holds, which no total counts."""

DOUBTS = frozenset(
    ("implausible_power", "implausible_intensity", "fallback_location", "gpu_unmetered", "damaged", SAME_WORK)
)
"""Flags of runs that totals leave out; the others say how a run was read."""

OK, SUSPECT, IMPLAUSIBLE, NOT_CHECKABLE = "ok", "suspect", "implausible", "not checkable"
"""What is said of the energy of a run: in totals are all but what is implausible."""


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
        One of `FLAGS`, or of what is suspect ``suspect_power``, ``suspect_intensity``, ``suspect_parts``,
        ``suspect_gap`` or ``suspect_unmetered``.
    reason : str
        A sentence with the numbers.
    is_energy_usable : bool
        Whether the file's energy stays the run's, or our estimate takes its place.
    """

    flag: str
    reason: str
    is_energy_usable: bool

    @property
    def verdict(self) -> str:
        """What it says of the energy: nothing where another record holds it."""
        return OK if self.flag == SAME_WORK else IMPLAUSIBLE if self.flag in DOUBTS else SUSPECT


def flags_of(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield what is noticed of a run by these findings; what is suspect is no flag."""
    return (finding.flag for finding in findings if finding.flag in FLAGS)


def verdict_of(run: ForeignRun, findings: Iterable[Finding]) -> str:
    """Return what is said of the energy of a run."""
    found = {finding.verdict for finding in findings}
    if {IMPLAUSIBLE, SUSPECT} & found:
        return IMPLAUSIBLE if IMPLAUSIBLE in found else SUSPECT
    return OK if run.measured_energy_kwh and not _is_short(run) else NOT_CHECKABLE


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

    def most_w(self, *, is_suspect: bool = False) -> float:
        """Mean power that they cannot exceed together, or above which it is suspect. [W]"""
        tdp_w, prefix = self.profile.tdp_w if self.profile else None, "suspect_" if is_suspect else ""
        over, unknown_w = limit(f"{prefix}accelerator_over_tdp"), limit(f"{prefix}unknown_accelerator_w")
        return self.number * (over * tdp_w.high if tdp_w else unknown_w)  # a slice's meter is that of its whole board


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
    grid : callable, optional
        Gives the carbon intensity of the place that their file names, in a run's year [g CO2e/kWh], and the place.
    """

    def __init__(
        self,
        devices: tuple[KnownDevice, ...],
        cpu: Cpu | None,
        catalogue: Catalogue,
        node: MappedNode = MappedNode(),  # noqa: B008 -- a frozen value
        grid: Callable[[ForeignRun], tuple[float, str]] | None = None,
    ) -> None:
        self._devices, self._cpu, self._catalogue, self._node = devices, cpu, catalogue, node
        self._grid, self._nodes_w = grid, dict[int, "_NodeLimits"]()

    def findings(self, run: ForeignRun) -> tuple[Finding, ...]:
        """Judge a run."""
        found = [*self._power(run), *self._intensity(run)] if run.measured_energy_kwh else []
        if run.boundary == "parts":
            found += [*_parts(run), *_unmetered(run, self._devices)]
        found += _still_to_come(run)
        if run.flags and "gap" in run.flags:
            found += _rarely_read(run)
        if "fallback_location" in run.flags:
            found.append(Finding("fallback_location", "The place is codecarbon's fallback, Quebec, and none.", True))
        if found and any(each.verdict == IMPLAUSIBLE for each in found):
            found = [each for each in found if each.flag in FLAGS]  # what else is odd of such numbers tells nothing
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
        found = [*self._parts_power(run, watts)]
        yield from [each for each in found if not each.is_energy_usable][:1] or found[:1]

    def _parts_power(self, run: ForeignRun, watts: float) -> Iterator[Finding]:
        """Compare the mean powers of accelerators, CPUs, memory and the whole computer with what they can be."""
        for what, drawn, sure, most in self._limits(run, watts):
            if drawn > most:
                yield _too_much(what, drawn, most)
            elif drawn > sure:
                yield _suspect(f"{what} {rounded(drawn)} W on average, more than {rounded(sure)} W is rare.")
        accelerators_w = mean_w(run.energy_kwh.get("gpu", 0.0), run.duration_seconds or inf)
        idle = sum(each.boards * _idle_w(each.profile) for each in self._devices if each.profile)
        if 0 < accelerators_w < idle and not _is_short(run):
            reason = f"The accelerators drew {rounded(accelerators_w)} W on average, {rounded(idle)} W is idle."
            yield _suspect(reason)

    def _limits(self, run: ForeignRun, watts: float) -> Iterator[tuple[str, float, float, float]]:
        """Yield what drew a power, the power, and those above which it is suspect, and cannot be. [W]"""
        seconds = run.duration_seconds or inf
        parts = {name: mean_w(kwh, seconds) for name, kwh in run.energy_kwh.items()}
        most = sum(device.most_w() for device in self._devices)
        sure = sum(device.most_w(is_suspect=True) for device in self._devices)
        is_long = seconds > limit("moment_s")
        if self._devices:
            yield "The accelerators drew", parts.get("gpu", 0.0), sure if is_long else inf, most
        for device in (each for each in self._devices if run.board_w.get(each.written) and each.number):
            sure_w = device.most_w(is_suspect=True) / device.number if is_long else inf
            yield "One of the accelerators drew", run.board_w[device.written], sure_w, device.most_w() / device.number
        if run.boundary != "parts":
            return
        sockets, tdp_w = limit("cpu_over_tdp") * max(1, run.nodes), self._cpu.tdp_w if self._cpu else None
        if run.cpu is not None and len(parts) > 1:
            sure_w = limit("suspect_cpu_over_tdp") * sockets * tdp_w.high if tdp_w else inf
            yield "The CPUs drew", parts.get("cpu", 0.0), sure_w, sockets * limit("cpu_socket_w")
        if run.memory_gb:
            yield "The memory drew", parts.get("memory", 0.0), _memory_w(run), inf
        yield "The computer drew", watts, *_machine_w(run, most, self._cpu)

    def believed_w(self, run: ForeignRun) -> tuple[float, float, float, float]:
        """Return mean powers of a node, or of a computer without accelerators: between the outer nothing is in doubt.

        Between the inner ones nothing is suspect either. [W]
        """
        if run.boundary == "parts":
            sure, most = _machine_w(run, 0.0, self._cpu)
            return 0.0, 0.0, sure, most
        found = self._node_limits(max(1, run.nodes))
        return max(limit("least_node_w"), found.idle), found.sure_least, found.sure_most, found.most

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
        idle, sure_least, sure_most, most = self._node_limits(nodes)
        least = limit("least_node_w") if self._devices else max(limit("least_node_w"), idle)
        if watts < least and not _is_short(run):
            reason = f"A node drew {rounded(watts)} W on average, at least {rounded(least)} W is possible."
            yield Finding("implausible_power", reason, False)
        elif watts < idle and not _is_short(run):
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
        elif watts > sure_most:
            yield _suspect(f"A node drew {rounded(watts)} W on average, its parts draw {rounded(sure_most)} W at most.")
        elif watts < sure_least and run.boundary == "node" and not _is_short(run):
            yield Finding("suspect_unmetered", _HARDLY_MORE.format(rounded(watts), rounded(idle)), True)

    def _node_limits(self, nodes: int) -> "_NodeLimits":
        """Return what one of so many nodes can draw."""
        if nodes not in self._nodes_w:
            self._nodes_w[nodes] = self._new_limits(nodes)
        return self._nodes_w[nodes]

    def _new_limits(self, nodes: int) -> "_NodeLimits":
        node, per_node = self._node, [(device, device.boards / nodes) for device in self._devices]
        boards = sum(number * _idle_w(device.profile) for device, number in per_node if device.profile)
        idle, most, over = boards, _most_node_w(per_node, self._catalogue), limit("node_over_nameplate")
        if not self._devices:
            # Nobody knows what an unmapped node holds, nor what the accelerators draw that a job had not asked for.
            is_plain = node.is_mapped and not node.accelerators
            idle, most = (limit("cpu_node_idle_w"), most) if is_plain else (0.0, limit("node_w"))
        most = most if node.most_w is None else over * node.most_w
        hardly = limit("suspect_over_idle") * (boards + limit("cpu_node_idle_w")) if boards else 0.0
        return _NodeLimits(
            idle if node.idle_w is None else node.idle_w,
            hardly if node.idle_w is None else 0.0,
            inf if most == limit("node_w") else most / over,
            most,
        )

    def _intensity(self, run: ForeignRun) -> Iterator[Finding]:
        """Compare the carbon intensity that the file's emissions imply with what a grid, and that of its place, has."""
        kwh, kg, most = run.measured_energy_kwh, run.reported_kg, limit("intensity_g_per_kwh")
        if not kwh or kg is None:
            return
        grams = kg * G_PER_KG / (kwh * (run.pue or 1.0))
        implied = f"Its emissions imply {rounded(grams)} g CO2e/kWh"
        if not 0 <= grams <= most:
            reason = f"{implied}; no grid has more than {rounded(most)} or less than 0."
            yield Finding("implausible_intensity", reason, True)
        elif grams and self._grid is not None:
            usual, place = self._grid(run)
            if not usual / limit("suspect_intensity") <= grams <= usual * limit("suspect_intensity"):
                yield Finding("suspect_intensity", f"{implied}; {place} has {rounded(usual)} in a year.", True)


class _NodeLimits(NamedTuple):
    """Mean powers of a node: without work, below and above which it is suspect, and at most. [W]"""

    idle: float
    sure_least: float
    sure_most: float
    most: float


_HARDLY_MORE = (
    "A node drew {} W on average, hardly more than its accelerators without work, {} W: "
    'where its meter reads CPUs alone, [energy] source = "cpu" in a map says so.'
)


def _suspect(reason: str) -> Finding:
    return Finding("suspect_power", reason, True)


def _is_short(run: ForeignRun) -> bool:
    """Whether a run took too little time for a meter to have read enough."""
    return (run.duration_seconds or 0.0) < limit("least_checked_s")


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


def _memory_w(run: ForeignRun) -> float:
    return max(limit("memory_w"), limit("memory_w_per_gb") * (run.memory_gb or 0.0))


def _machine_w(run: ForeignRun, accelerators_w: float, cpu: Cpu | None) -> tuple[float, float]:
    """Return the mean powers above which a computer of these parts is suspect, and cannot be. [W]"""
    if not run.accelerators and run.cpu is None:
        return inf, limit("node_w")
    tdp_w, nodes = cpu.tdp_w if cpu else None, max(1, run.nodes)
    sockets = nodes * limit("cpu_over_tdp") * (tdp_w.high if tdp_w else limit("cpu_socket_w"))
    named, most = sockets + _memory_w(run), max(nodes * limit("node_w"), accelerators_w)
    sure = limit("suspect_parts_over_named") * (named + accelerators_w / limit("accelerator_over_tdp"))
    return sure, min(limit("parts_over_named") * named + accelerators_w, most)


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
    has_all, apart = {"gpu", "cpu", "memory"} <= parts.keys(), limit("suspect_parts_apart")
    if (has_all and whole < limit("least_parts_over_total") * total) or whole > limit("parts_over_total") * total:
        reason = f"The parts add up to {rounded(whole)} kWh, the total is {rounded(total)} kWh."
        yield Finding("damaged", reason, False)
    elif (has_all and whole < (1 - apart) * total) or whole > (1 + apart) * total:
        reason = f"The parts and the total differ by {rounded(100 * abs(whole - total) / total)} %."
        yield Finding("suspect_parts", reason, True)


def _unmetered(run: ForeignRun, devices: tuple[KnownDevice, ...]) -> Iterator[Finding]:
    """Notice accelerators without energy beside parts that have some."""
    parts: Mapping[str, float] = run.energy_kwh
    others = parts.get("cpu", 0.0) + parts.get("memory", 0.0)
    if devices and others > 0 and not parts.get("gpu"):
        negative = (note for note in run.notes if note.startswith(NEGATIVE.format("gpu_energy")))
        reason = next(negative, "Its accelerators have no energy, other parts have some.")
        yield Finding("gpu_unmetered", reason, False)


def _rarely_read(run: ForeignRun) -> Iterator[Finding]:
    """Notice a log whose readings cover little of its time: what they state is of that part."""
    if run.started is None or run.ended is None or not run.duration_seconds:
        return
    share = run.duration_seconds / max(run.duration_seconds, run.ended - run.started)
    if share < limit("least_covered"):
        reason = f"Its readings cover {rounded(100 * share)} % of the time from the first to the last."
        yield Finding("suspect_gap", reason, True)


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
