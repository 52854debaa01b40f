"""A run as its journals record it, merged over nodes, restarts and ranks; what follows from it is in `run`."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from statistics import fmean
from typing import Any, NamedTuple

from greentrain.catalogue import Accelerator, Catalogue, load_catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.devices import find_devices, is_unknown_device
from greentrain.estimation.seen_hardware import is_counted, measured_run_inputs
from greentrain.footprint import SiteFactors
from greentrain.interval import Interval
from greentrain.journal import fields
from greentrain.journal.records import ASSUMED_TDP, Component, Gap, Log, SpanRecord, expects_accelerators
from greentrain.record import Record

BOOKED = ("user", "account", "partition", "cluster")
"""Whose run it is, and where it was booked."""

_LEAST_SECONDS = 0.001
LEAST_OVERLAP_SECONDS = 0.01
"""Journals hold times in milliseconds: a session right after another one seems to begin a little early. [s]"""


class NodeMeasurement(NamedTuple):
    """One node in one session, that is between two restarts.

    Attributes
    ----------
    host : str
        The node.
    session : str
        The session's id.
    started : float
        When, in seconds since 1970. [s]
    duration_seconds : float
        From its start to its end, or to the newest record. [s]
    energy_kwh : dict of str to (float or None)
        Energy by component, before PUE; None where it was not measured. [kWh]
    power_w : dict of str to (float or None)
        Newest power by component. [W]
    quality : dict of str to str
        How each component's energy is known: measured, modelled or unknown.
    components : tuple of Component
        What the meter looked at.
    gaps : tuple of Gap
        Times without measurement.
    unmeasured : tuple of str
        Components that were not measured, or not all the time.
    meter : dict
        The meter's record of its own work: samples, largest gap, shares, its own CPU time, power and memory, and the
        version of codecarbon that it hosted.
    is_running : bool
        Whether it goes on.
    pue, g_per_kwh : Interval or None
        PUE [1] and carbon intensity [g CO2e/kWh] that the session stated.
    notes : tuple of str
        Remarks on it.
    unread_seconds : dict of str to float
        How long the meter went on without a component that it had lost. [s]
    computer : dict
        What of the computer the run might use: ``cpu``, ``cpu_cores`` and ``memory_gb``; empty where no meter knew.
    """

    host: str
    session: str
    started: float
    duration_seconds: float
    energy_kwh: dict[str, float | None]
    power_w: dict[str, float | None]
    quality: dict[str, str]
    components: tuple[Component, ...]
    gaps: tuple[Gap, ...]
    unmeasured: tuple[str, ...]
    meter: dict[str, Any]
    is_running: bool
    pue: Interval | None
    g_per_kwh: Interval | None
    notes: tuple[str, ...]
    unread_seconds: dict[str, float] = {}  # noqa: RUF012 -- a default that nothing changes
    computer: dict[str, Any] = {}  # noqa: RUF012

    @property
    def assumed(self) -> tuple[str, ...]:
        """Components of which neither a sensor nor a TDP is known: their energy is assumed from the load."""
        return tuple(dict.fromkeys(part.component for part in self.components if part.method == ASSUMED_TDP))

    @property
    def total_kwh(self) -> float | None:
        """Energy of all components, before PUE; None where nothing was read. [kWh]"""
        known = [value for value in self.energy_kwh.values() if value is not None]
        return sum(known) if known else None


class RecordedRun(Record, kw_only=True, cached=True):
    """One logical run as it was recorded.

    Attributes
    ----------
    id : str
        The run's key.
    name, project : str or None
        As the user called it.
    status : {'running', 'completed', 'failed', 'interrupted', 'killed', 'unknown'}
        Its state or how it ended.
    error : str or None
        Type of the exception that ended it.
    exit_code : int or None
        Exit code of a wrapped command.
    started, ended : float
        First and newest moment, in seconds since 1970. [s]
    duration_seconds : float
        Time in which it ran, on any node; the time between restarts is left out. [s]
    location, year : str or int or None
        Place and year as the user gave them.
    nodes : tuple of NodeMeasurement
        One per node and session.
    unmetered_hosts : tuple of str
        Nodes that took part without a meter.
    ranks : int
        Processes that took part.
    energy_kwh : dict of str to (float or None)
        Energy by component over all nodes as meters read or modelled it, before PUE. [kWh]
    is_complete : bool
        Whether a meter covered every node, component and second, by sensor or model.
    site : SiteFactors
        PUE and carbon intensity of the newest session that states them.
    spans, logs : tuple
        What the training recorded of itself.
    gaps : tuple of Gap
        Times between restarts and times without measurement.
    journal_notes : tuple of str
        Remarks on the journals.
    estimate_inputs : dict
        What the user stated of the run, as keywords of ``greentrain.estimate``.
    journal_flags : tuple of str
        What a user of its numbers has to know of its journals: ``damaged``, ``implausible_power``.
    origin : str
        Where the record comes from: ``tracked``, ``imported:<format>`` or ``estimated``.
    user, account, partition, cluster : str or None
        Whose run it is, and where it was booked, as far as that was stated.
    jobs : str
        In which batch jobs greentrain tracked it, and when, see `greentrain.journal.sessions.jobs_text`.
    tags : tuple of str
        Words that were put on it afterwards.
    is_final : bool
        Whether it has ended for sure, so that only what is written to its journals could change what it is.
    """

    id: str
    status: str
    started: float
    ended: float
    duration_seconds: float
    nodes: tuple[NodeMeasurement, ...]
    energy_kwh: dict[str, float | None]
    is_complete: bool
    site: SiteFactors
    folders: tuple[str, ...]
    gaps: tuple[Gap, ...]
    journal_notes: tuple[str, ...]
    estimate_inputs: dict[str, Any]
    name: str | None = None
    project: str | None = None
    error: str | None = None
    exit_code: int | None = None
    location: str | None = None
    year: int | None = None
    unmetered_hosts: tuple[str, ...] = ()
    ranks: int = 1
    spans: tuple[SpanRecord, ...] = ()
    logs: tuple[Log, ...] = ()
    budget: dict[str, Any] | None = None
    total_steps: int | None = None
    command: tuple[str, ...] = ()
    versions: dict[str, Any] = {}  # noqa: RUF012 -- a default that nothing changes
    journal_flags: tuple[str, ...] = ()
    origin: str = "tracked"
    user: str | None = None
    account: str | None = None
    partition: str | None = None
    cluster: str | None = None
    jobs: str = ""
    tags: tuple[str, ...] = ()
    is_final: bool = False

    @cached_property
    def accelerators(self) -> dict[str, int]:
        """The accelerators that the meters found, counted by name; one that several sessions used counts once."""
        names: Counter[str] = Counter()
        for found in self._seen_by_host.values():
            names.update(found)
        return dict(names)

    @cached_property
    def _seen_by_host(self) -> dict[str, dict[str, int]]:
        devices: dict[tuple[str, str, str], int] = {}
        for node in self.nodes:
            mine: dict[tuple[str, str, str], int] = {}
            for part in node.components:
                if part.component == "gpu":
                    key = (node.host, part.id, part.name)
                    # Devices without an id are told apart by their number alone.
                    mine[key] = 1 if part.id else mine.get(key, 0) + 1
            for key, number in mine.items():
                devices[key] = max(number, devices.get(key, 0))
        found: dict[str, dict[str, int]] = {host: {} for host in self.hosts}
        for (host, _, name), number in devices.items():
            found[host][name] = found[host].get(name, 0) + number
        return found

    @cached_property
    def accelerators_by_host(self) -> dict[str, int]:
        """How many accelerators each node has.

        A node without a meter, or whose meter names none where the user named some, is taken to have as many as one
        on which they were found.
        """
        found = {host: sum(names.values()) for host, names in self._seen_by_host.items()}
        seen = [number for number in found.values() if number]
        usual = round(fmean(seen)) if seen else 0
        return {host: number or (usual if self._may_hide_some(host) else 0) for host, number in found.items()}

    def _may_hide_some(self, host: str) -> bool:
        """Whether a node on which no accelerator was found may have some all the same."""
        parts = [part.component for node in self.nodes if node.host == host for part in node.components]
        return not parts or expects_accelerators(self.estimate_inputs, parts)

    @cached_property
    def accelerators_at_once(self) -> int:
        """The most accelerators in use at one moment; a run that goes on elsewhere after a restart has no more."""
        return self._most_at_once(self.accelerators_by_host)

    @cached_property
    def hosts_at_once(self) -> int:
        """The most nodes in use at one moment."""
        return self._most_at_once(dict.fromkeys(self.hosts, 1))

    def _most_at_once(self, numbers: Mapping[str, int]) -> int:
        """Return the highest sum of the numbers of the nodes that ran at one moment."""
        moments: list[tuple[float, int, str]] = []
        for node in self.nodes:
            seconds = max(node.duration_seconds - LEAST_OVERLAP_SECONDS, _LEAST_SECONDS)
            moments += [(node.started, 1, node.host), (node.started + seconds, -1, node.host)]
        sessions: Counter[str] = Counter()
        most = now = 0
        for _, change, host in sorted(moments):
            before = sessions[host] > 0
            sessions[host] += change
            now += ((sessions[host] > 0) - before) * numbers[host]
            most = max(most, now)
        return most

    @property
    def hosts(self) -> tuple[str, ...]:
        """The nodes by name, each once."""
        return tuple(dict.fromkeys(node.host for node in self.nodes))

    @property
    def is_metered(self) -> bool:
        """Whether a meter read or modelled anything at all."""
        return any(value is not None for value in self.energy_kwh.values())

    @property
    def pue(self) -> Interval | None:
        """PUE of the newest session that states one. [1]"""
        return self.site.pue_value

    @property
    def g_per_kwh(self) -> Interval | None:
        """Carbon intensity of the newest session that states one. [g CO2e/kWh]"""
        return self.site.g_per_kwh

    @property
    def hardware(self) -> str | None:
        """The accelerators, or else the instance type or the CPU, with their number, as the user named them first."""
        stated, found = fields.plain_values(self.estimate_inputs), self.accelerators
        if isinstance(stated.get("gpu"), str):
            # With an instance type the user counts instances.
            count = None if "instance" in stated else stated.get("count")
            return _counted_by_name(stated) or _numbered(count or self.accelerators_at_once, stated["gpu"])
        if isinstance(stated.get("instance"), str):
            number = stated.get("count") or self.hosts_at_once
            return _numbered(number if number != 1 or "count" in stated else None, stated["instance"])
        if len(found) == 1:
            found = dict.fromkeys(found, self.accelerators_at_once)
        if found:
            return " + ".join(f"{number} x {name or 'accelerator'}" for name, number in found.items())
        if isinstance(stated.get("cpu"), str):
            return str(stated["cpu"])
        names = (part.name for node in self.nodes for part in node.components if part.component == "cpu")
        return next((name for name in names if name), None)


def estimate_inputs(run: RecordedRun) -> dict[str, Any]:
    """Return the keywords of an estimate of the run: as stated, completed by hardware that was found and by its time.

    Raises
    ------
    GreentrainError
        If the accelerators are of several kinds, or nothing is known of the hardware.
    """
    # A damaged journal may hold anything here; the estimate itself checks plain values.
    stated = fields.plain_values(run.estimate_inputs)
    computers = () if _has_accelerators(run) else [node.computer for node in run.nodes if node.computer]
    return measured_run_inputs(
        stated, run.accelerators, run.duration_seconds, run.accelerators_at_once, run.hosts_at_once, computers
    )


def _has_accelerators(run: RecordedRun) -> bool:
    kinds = (part.component for node in run.nodes for part in node.components)
    return expects_accelerators(run.estimate_inputs, kinds)


def accelerator_of(run: RecordedRun, catalogue: Catalogue) -> Accelerator | None:
    """Find the run's accelerator in the catalogue; None where it has none, several kinds or an unknown one."""
    name = run.estimate_inputs.get("gpu")
    found = run.accelerators
    if not isinstance(name, str) and len(found) == 1:
        (name,) = found
    if not isinstance(name, str) or is_unknown_device(catalogue, "gpu", name):
        return None
    try:
        return find_devices(catalogue, name, None, None).profile
    except GreentrainError:
        return None


def _numbered(number: object, name: str) -> str:
    return f"{number} x {name}" if number else name


def _counted_by_name(stated: Mapping[str, Any]) -> str:
    """Name accelerators whose number is part of their name, ``8xA100``; blank where it is not."""
    name, profiles = stated["gpu"], stated.get("profiles")
    try:
        catalogue = load_catalogue(profiles if isinstance(profiles, str) else None)
        if not is_counted(catalogue, name):
            return ""
        devices = find_devices(catalogue, name, None, None)
    except GreentrainError:  # a device that the catalogue does not have
        return str(name)
    return f"{devices.count} x {devices.profile.name}"
