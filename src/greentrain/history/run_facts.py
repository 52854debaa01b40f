"""What the journals of a run say, merged over nodes, restarts and ranks; what follows from it is in `run`."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from statistics import fmean
from typing import Any

from greentrain.footprint import SiteFactors
from greentrain.history.run_records import NodeMeasurement
from greentrain.interval import Interval
from greentrain.journal.records import Gap, Log, SpanRecord, expects_accelerators
from greentrain.record import Record

_LEAST_SECONDS = 0.001
_LEAST_OVERLAP_SECONDS = 0.01
"""Journals tell the time in milliseconds: a session right after another one seems to begin a little early."""


class RunFacts(Record, kw_only=True, cached=True):
    """One logical run as it was recorded.

    Attributes
    ----------
    id : str
        The run's key.
    name, project : str or None
        As the user called it.
    status : {'running', 'completed', 'failed', 'interrupted', 'killed'}
        How it stands or ended.
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
        What to know about the journals.
    estimate_inputs : dict
        What was said of the run, as keywords of ``greentrain.estimate``.
    """

    id: str
    name: str | None
    project: str | None
    status: str
    error: str | None
    exit_code: int | None
    started: float
    ended: float
    duration_seconds: float
    location: str | None
    year: int | None
    nodes: tuple[NodeMeasurement, ...]
    unmetered_hosts: tuple[str, ...]
    ranks: int
    energy_kwh: dict[str, float | None]
    is_complete: bool
    site: SiteFactors
    spans: tuple[SpanRecord, ...]
    logs: tuple[Log, ...]
    gaps: tuple[Gap, ...]
    journal_notes: tuple[str, ...]
    estimate_inputs: dict[str, Any]
    budget: dict[str, Any] | None
    total_steps: int | None
    command: tuple[str, ...]
    versions: dict[str, Any]
    folders: tuple[str, ...]

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
            seconds = max(node.duration_seconds - _LEAST_OVERLAP_SECONDS, _LEAST_SECONDS)
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
