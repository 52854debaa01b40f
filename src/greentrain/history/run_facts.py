"""What the journals of a run say, merged over nodes, restarts and ranks; what follows from it is in `run`."""

from functools import cached_property
from typing import Any

from greentrain.footprint import SiteFactors
from greentrain.history.records import NodeMeasurement
from greentrain.interval import Interval
from greentrain.journal.records import Gap, Log, Span
from greentrain.record import Record


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
    spans: tuple[Span, ...]
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
        names: dict[str, int] = {}
        for (_, _, name), number in devices.items():
            names[name] = names.get(name, 0) + number
        return names

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
