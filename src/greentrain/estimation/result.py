"""What an estimate is: intervals, the inputs that they follow from, and the machine-readable form of it all."""

from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, Catalogue
from greentrain.interval import Interval, exact

if TYPE_CHECKING:
    from greentrain.estimation.equivalents import Comparison

SCHEMA_VERSION = 1
GIVEN_SOURCE = "user"
_ACCELERATOR_FACTORS = ("accelerator_power", "tdp", "utilization", "gpu_hours")
QUANTITIES = ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "embodied_kg", "total_kg", "water_l")


class Input(NamedTuple):
    """One number that the result follows from.

    Attributes
    ----------
    name : str
        What it is, in the words of the model.
    value : Interval
        In ``unit``.
    unit : str
        Unit; ``1`` for a plain ratio or count.
    basis : {'given', 'measured', 'published', 'default', 'assumed'}
        How it is known.
    source : str
        Source ids, joined by ``;``, the main one first.
    note : str
        What to know about it.
    weight : float
        How the operational figure follows it: 1 for a factor, its share for a term of a sum, 0 if not at all.
    """

    name: str
    value: Interval
    unit: str
    basis: str
    source: str
    note: str = ""
    weight: float = 1.0

    @property
    def is_default(self) -> bool:
        """Whether greentrain chose it because nobody said otherwise."""
        return self.basis in ("default", "assumed")

    @property
    def source_ids(self) -> list[str]:
        """The source ids one by one."""
        return [key.strip() for key in self.source.split(";")]

    def to_dict(self) -> dict[str, Any]:
        """Give the machine-readable form."""
        first, *others = self.source_ids
        low, best, high = self.value
        found: dict[str, Any] = {"name": self.name, "low": low, "best": best, "high": high, "unit": self.unit}
        found |= {"basis": self.basis, "source": first, "other_sources": others, "note": self.note}
        return found


def given(name: str, value: float, unit: str, weight: float = 1.0) -> Input:
    """Make the input of something that the user said."""
    return Input(name, exact(value), unit, "given", GIVEN_SOURCE, weight=weight)


class Part(NamedTuple):
    """One component's share of the energy and emissions."""

    component: str
    energy_kwh: float
    operational_kg: float


class Estimate(NamedTuple):
    """Energy, emissions and water of a training run, each with its 90 % interval.

    Attributes
    ----------
    run : dict
        The run as understood: ids of hardware and place, counts and hours.
    it_energy_kwh : Interval
        Energy of the computers, before PUE. [kWh]
    facility_energy_kwh : Interval
        Energy at the facility's meter. [kWh]
    operational_kg : Interval
        Location-based emissions of that electricity: the headline. [kg CO2e]
    embodied_kg : Interval
        The run's share of making the hardware. [kg CO2e]
    total_kg : Interval
        Operational and embodied. [kg CO2e]
    water_l : Interval
        Water consumed on site and at the power stations. [L]
    breakdown : tuple of Part
        Accelerators, host and facility; their energies add up to the facility's.
    inputs : tuple of Input
        Every number used, with its basis and source.
    notes : tuple of str
        What was understood, replaced or widened on the way.
    """

    run: dict[str, Any]
    it_energy_kwh: Interval
    facility_energy_kwh: Interval
    operational_kg: Interval
    embodied_kg: Interval
    total_kg: Interval
    water_l: Interval
    breakdown: tuple[Part, ...]
    inputs: tuple[Input, ...]
    notes: tuple[str, ...]
    catalogue: Catalogue

    @property
    def equivalents(self) -> "tuple[Comparison, ...]":
        """Three everyday activities to compare the operational figure with, as ranges."""
        from greentrain.estimation.equivalents import compare

        return compare(self.operational_kg, self.catalogue.equivalents)

    @property
    def accelerator_energy_kwh(self) -> Interval:
        """The accelerators' part of ``it_energy_kwh``, with the interval of its own factors alone. [kWh]"""
        from greentrain.interval import around

        factors = (item.value for item in self.inputs if item.name in _ACCELERATOR_FACTORS)
        return around(self.breakdown[0].energy_kwh, *factors)

    @property
    def defaults(self) -> tuple[Input, ...]:
        """The inputs that greentrain chose because nobody said otherwise."""
        return tuple(item for item in self.inputs if item.is_default)

    @property
    def drivers(self) -> tuple[tuple[str, float], ...]:
        """Each uncertain input with its share of the operational interval's variance, largest first."""
        from greentrain.interval import log_width

        widths = {item.name: (log_width(item.value) * item.weight) ** 2 for item in self.inputs if item.weight}
        everything = sum(widths.values())
        shares = [(name, width / everything) for name, width in widths.items() if width]
        return tuple(sorted(shares, key=lambda pair: -pair[1]))

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Title, URL, year and licence of every source that the inputs and equivalents name."""
        keys = [key for item in self.inputs for key in item.source_ids]
        keys += [key for item in self.equivalents for key in item.source_ids]
        return {key: _source_to_dict(self.catalogue, key) for key in dict.fromkeys(keys)}

    def to_dict(self) -> dict[str, Any]:
        """Give the whole result as plain data, as ``--json`` prints it."""
        result: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "kind": "estimate",
            "greentrain_version": __version__,
            "data_version": DATA_VERSION,
            "run": dict(self.run),
        }
        result |= {name: getattr(self, name)._asdict() for name in QUANTITIES}
        result["breakdown"] = [part._asdict() for part in self.breakdown]
        result["inputs"] = [item.to_dict() for item in self.inputs]
        result["drivers"] = [{"name": name, "share_of_variance": share} for name, share in self.drivers]
        result["sources"] = self.sources
        result["equivalents"] = [item.to_dict() for item in self.equivalents]
        result["notes"] = list(self.notes)
        return result

    def to_json(self, indent: int | None = 2) -> str:
        """Give the whole result as JSON text, without NaN or infinity."""
        import json

        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __repr__(self) -> str:
        low, best, high = self.operational_kg
        energy = self.facility_energy_kwh.best
        return f"<Estimate {energy:.4g} kWh, {best:.4g} kg CO2e (90 % interval {low:.4g} to {high:.4g})>"

    def _repr_html_(self) -> str:
        """Give a small table for notebooks."""
        from greentrain.notebook import interval_table

        return interval_table({name: getattr(self, name) for name in QUANTITIES})


def _source_to_dict(catalogue: Catalogue, key: str) -> dict[str, Any]:
    if key == GIVEN_SOURCE:
        return {"title": "Stated by the user", "url": "", "year": None, "licence": ""}
    source = catalogue.source(key)
    return {"title": source.title, "url": source.url, "year": source.year, "licence": source.licence}
