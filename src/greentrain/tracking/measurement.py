"""What a run of this process took: its footprint, what its meter read, and what the training recorded of itself."""

from typing import Any

from greentrain.footprint import UNKNOWN, Footprint, OfFootprint, amounts
from greentrain.interval import Interval
from greentrain.journal.records import COMPONENTS
from greentrain.record import Record, WithoutArithmetic

SCHEMA_VERSION = 1
_INTERVALS = ("it_energy_kwh", "facility_energy_kwh", "operational_kg")


class Measurement(WithoutArithmetic, OfFootprint, Record):
    """What a run drew and emitted.

    Attributes
    ----------
    duration_seconds : float
        Length of the run. [s]
    energy_kwh : dict of str to (float or None)
        Energy of ``gpu``, ``cpu`` and ``memory`` as the meter read or modelled it, before PUE; None where it did
        neither. [kWh]
    footprint : Footprint
        Energy and emissions: what was measured as far as it goes and can be right, completed by the estimate.
    components : tuple of dict
        What the meter looked at, how, and how well it is known.
    quality : dict
        What the meter records of its work: samples, largest gap, shares measured and modelled, its own cost.
    gaps : tuple of dict
        Times without a sample, which are stated.
    spans : tuple of dict
        The named parts of the run with their time and energy.
    logs : dict of str to dict
        Of each name that was logged: the last value, the sum and the count.
    notes : tuple of str
        What to know about it.
    """

    duration_seconds: float
    energy_kwh: dict[str, float | None]
    footprint: Footprint
    components: tuple[dict[str, Any], ...] = ()
    quality: dict[str, Any] = {}  # noqa: RUF012 -- a default that nothing changes
    gaps: tuple[dict[str, Any], ...] = ()
    spans: tuple[dict[str, Any], ...] = ()
    logs: dict[str, dict[str, float]] = {}  # noqa: RUF012
    notes: tuple[str, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether a meter read or modelled anything at all."""
        return any(kwh is not None for kwh in self.energy_kwh.values())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "kind": "measurement"}
        found |= {"duration_seconds": self.duration_seconds, "energy_kwh": self.energy_kwh}
        for name in _INTERVALS:
            interval: Interval | None = getattr(self, name)
            found[name] = None if interval is None else interval._asdict()
        found |= {"basis": self.basis, "scope": self.footprint.scope}
        found |= {name: list(getattr(self, name)) for name in ("components", "gaps", "spans", "notes")}
        return found | {"quality": self.quality, "logs": self.logs}

    def to_json(self, indent: int | None = 2) -> str:
        """Return everything as JSON text, without NaN or infinity."""
        import json

        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __repr__(self) -> str:
        return f"<Measurement of {self.duration_seconds:.1f} s, {amounts(self.footprint)}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        from greentrain.html_table import interval_table

        return interval_table({name: getattr(self, name) for name in _INTERVALS})


def unmeasured_run(seconds: float, notes: tuple[str, ...], logs: dict[str, dict[str, float]]) -> Measurement:
    """Make the measurement of a process that recorded no energy: a joined rank, or one that another process tracks."""
    nothing: dict[str, float | None] = dict.fromkeys(COMPONENTS)
    return Measurement(seconds, nothing, UNKNOWN, notes=notes, logs=logs)
