"""A run of the history as a whole, with the estimate beside it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from greentrain.history.records import NodeMeasurement
from greentrain.interval import Interval
from greentrain.journal.records import Gap, Log, Span

if TYPE_CHECKING:
    from greentrain.estimation import Estimate
    from greentrain.history.comparison import Comparison
    from greentrain.history.reconcile import Reconciliation


@dataclass(frozen=True, kw_only=True)
class Run:
    """One logical run, over all its nodes, restarts and ranks.

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
    nodes : tuple of NodeMeasurement
        One per node and session.
    ranks : int
        Processes that took part.
    energy_kwh : dict of str to (float or None)
        Energy by component over all nodes, before PUE. [kWh]
    it_energy_kwh, facility_energy_kwh : Interval or None
        What was measured of the computers, without and with PUE; None where nothing was measured. [kWh]
    operational_kg : Interval or None
        Location-based emissions of that electricity. [kg CO2e]
    is_complete : bool
        Whether every node and component was measured; if not, the energy is what was seen of a larger one.
    pue, g_per_kwh : Interval or None
        PUE [1] and carbon intensity [g CO2e/kWh] of the newest session that states them.
    basis : dict
        How these two are known: ``basis`` and ``source`` under ``pue`` and ``grid_intensity``.
    spans, logs : tuple
        What the training said of itself.
    gaps : tuple of Gap
        Times between restarts and times without measurement.
    notes : tuple of str
        What to know about it.
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
    ranks: int
    energy_kwh: dict[str, float | None]
    it_energy_kwh: Interval | None
    facility_energy_kwh: Interval | None
    operational_kg: Interval | None
    is_complete: bool
    pue: Interval | None
    g_per_kwh: Interval | None
    basis: dict[str, Any]
    spans: tuple[Span, ...]
    logs: tuple[Log, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    estimate_inputs: dict[str, Any]
    budget: dict[str, Any] | None
    total_steps: int | None
    command: tuple[str, ...]
    versions: dict[str, Any]
    folders: tuple[str, ...]

    @cached_property
    def estimate(self) -> "Estimate | None":
        """What the hardware profile says of the same run; None where its hardware or duration is not known."""
        return self.reconciliation.estimate

    @cached_property
    def reconciliation(self) -> "Reconciliation":
        """Measurement and estimate beside each other, and which of them to believe."""
        from greentrain.history.reconcile import reconcile

        return reconcile(self)

    @property
    def comparisons(self) -> "tuple[Comparison, ...]":
        """Energies that were both measured and estimated."""
        from greentrain.history.comparison import comparisons_of

        return comparisons_of(self)

    @cached_property
    def accelerators(self) -> dict[str, int]:
        """The accelerators that the meters found, counted by name; one that several sessions used counts once."""
        from greentrain.history.hardware import found_accelerators

        return found_accelerators(self)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The nodes by name, each once."""
        return tuple(dict.fromkeys(node.host for node in self.nodes))

    @property
    def hardware(self) -> str | None:
        """The accelerators, or else the CPU, in a few words."""
        from greentrain.history.hardware import hardware_words

        return hardware_words(self)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain data, with the estimate and what follows from both."""
        from greentrain.history.plain import run_dict

        return run_dict(self)

    def to_json(self, indent: int | None = 2) -> str:
        """Give everything as JSON text, without NaN or infinity."""
        import json

        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __repr__(self) -> str:
        energy = "not measured" if self.facility_energy_kwh is None else f"{self.facility_energy_kwh.best:.4g} kWh"
        return f"<Run {self.id} {self.status}, {self.duration_seconds:.0f} s, {energy}>"

    def _repr_html_(self) -> str:
        """Give a small table for notebooks."""
        from greentrain.history.plain import QUANTITIES
        from greentrain.notebook import interval_table

        name = f"{self.name}, " if self.name else ""
        caption = f"{self.id}: {name}{self.status}, {self.duration_seconds:.0f} s"
        return interval_table({each: getattr(self, each) for each in QUANTITIES}, caption)
