"""What an estimate is: intervals, the inputs that they follow from, and the machine-readable form of it all."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, Catalogue
from greentrain.footprint import QUANTITIES, Footprint, Grid, Part, amounts
from greentrain.inputs import GIVEN_SOURCE, Input, Inputs, source_ids
from greentrain.interval import Interval, with_relative_width
from greentrain.record import Record, WithoutArithmetic

if TYPE_CHECKING:
    from greentrain.estimation.equivalents import EverydayComparison

SCHEMA_VERSION = 1
_ACCELERATOR_FACTORS = ("accelerator_power", "tdp", "utilization", "gpu_hours")


class Estimate(WithoutArithmetic, Record):
    """Energy, emissions and water of a training run, each with its 90 % interval.

    Attributes
    ----------
    run : dict
        The run as understood: ids of hardware and place, counts and hours.
    footprint : Footprint
        The result; its quantities, inputs, breakdown and notes are attributes of the estimate too.
    catalogue : Catalogue
        Where the figures come from.
    wall_clock_hours : float or None
        Wall-clock time of one run; None where only accelerator-hours are known. [h]
    of_accelerators : tuple of Input
        What the accelerators' power follows from, where the power of whole servers leaves it open.

    Examples
    --------
    >>> from greentrain import estimate
    >>> run = estimate("8xV100", hours=10, power=250, host_factor=1, pue=1.5, grid_intensity=400)
    >>> run.count, run.facility_energy_kwh.best, run.operational_kg.best
    (8, 30.0, 12.0)
    """

    run: dict[str, Any]
    footprint: Footprint
    catalogue: Catalogue
    wall_clock_hours: float | None = None
    of_accelerators: tuple[Input, ...] = ()

    @property
    def count(self) -> int:
        """Number of accelerators. [1]"""
        found: int = self.run["count"]
        return found

    @property
    def it_energy_kwh(self) -> Interval:
        """Energy of the computers, before PUE. [kWh]"""
        return self.footprint.it_energy_kwh  # type: ignore[return-value]  # an estimate knows all its quantities

    @property
    def facility_energy_kwh(self) -> Interval:
        """Energy at the facility's meter. [kWh]"""
        return self.footprint.facility_energy_kwh  # type: ignore[return-value]

    @property
    def operational_kg(self) -> Interval:
        """Location-based emissions of that electricity: the headline. [kg CO2e]"""
        return self.footprint.operational_kg  # type: ignore[return-value]

    @property
    def embodied_kg(self) -> Interval:
        """The run's share of making the hardware. [kg CO2e]"""
        return self.footprint.embodied_kg  # type: ignore[return-value]

    @property
    def total_kg(self) -> Interval:
        """Operational and embodied. [kg CO2e]"""
        return self.footprint.total_kg  # type: ignore[return-value]

    @property
    def water_l(self) -> Interval:
        """Water consumed on site and at the power stations. [L]"""
        return self.footprint.water_l  # type: ignore[return-value]

    @property
    def breakdown(self) -> tuple[Part, ...]:
        """Accelerators, host and facility; their energies add up to the facility's."""
        return self.footprint.breakdown

    @property
    def inputs(self) -> Inputs:
        """Every number used, by name or one after the other, with its basis and source."""
        return self.footprint.inputs

    @property
    def notes(self) -> tuple[str, ...]:
        """What was understood, replaced or widened on the way."""
        return self.footprint.notes

    @property
    def grid(self) -> Grid:
        """The carbon intensity with its year and what it counts."""
        return self.footprint.grid  # type: ignore[return-value]

    @property
    def accelerators_kwh(self) -> float:
        """The accelerators' part of the best value of ``it_energy_kwh``. [kWh]"""
        return next(part.energy_kwh for part in self.breakdown if part.component == "accelerators")

    @property
    def equivalents(self) -> "tuple[EverydayComparison, ...]":
        """Three everyday activities to compare the operational figure with, as ranges."""
        from greentrain.estimation.equivalents import equivalents_of

        return equivalents_of(self.operational_kg, self.catalogue)

    @property
    def accelerator_energy_kwh(self) -> Interval:
        """The accelerators' part of ``it_energy_kwh``, with the interval of its own factors alone. [kWh]"""
        named = {item.name: item.value for item in (*self.inputs, *self.of_accelerators)}
        factors = (value for name, value in named.items() if name in _ACCELERATOR_FACTORS)
        return with_relative_width(self.accelerators_kwh, *factors)

    @property
    def defaults(self) -> tuple[Input, ...]:
        """The inputs that greentrain chose by default."""
        return self.footprint.defaults

    @property
    def drivers(self) -> tuple[tuple[str, float], ...]:
        """Each uncertain input with its share of the operational interval's variance, largest first."""
        return self.footprint.drivers

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Title, URL, year and licence of every source that the inputs and equivalents name."""
        return self._sources(self.equivalents)

    def _sources(self, equivalents: "tuple[EverydayComparison, ...]") -> dict[str, dict[str, Any]]:
        keys = [key for item in self.inputs for key in source_ids(item.source)]
        keys += [key for item in equivalents for key in item.source_ids]
        return {key: dict(_source_to_dict(self.catalogue, key)) for key in dict.fromkeys(keys)}

    def to_dict(self) -> dict[str, Any]:
        """Return the whole result as plain data, as ``--json`` prints it.

        Examples
        --------
        >>> run = estimate("8xV100", hours=10, power=250, host_factor=1, pue=1.5, grid_intensity=400)
        >>> run.to_dict()["facility_energy_kwh"]
        {'low': 30.0, 'best': 30.0, 'high': 30.0}
        """
        result: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "kind": "estimate",
            "greentrain_version": __version__,
            "data_version": DATA_VERSION,
            "run": dict(self.run),
        }
        result |= {name: getattr(self, name)._asdict() for name in QUANTITIES}
        result |= {"basis": self.footprint.basis, "scope": self.footprint.scope}
        result["breakdown"] = [part._asdict() for part in self.breakdown]
        result["inputs"] = [item.to_dict() for item in self.inputs]
        result["drivers"] = [{"name": name, "share_of_variance": share} for name, share in self.drivers]
        equivalents = self.equivalents
        result["sources"] = self._sources(equivalents)
        result["equivalents"] = [item.to_dict() for item in equivalents]
        result |= {"notes": list(self.notes), "warnings": list(self.footprint.warnings)}
        return result

    def to_json(self, indent: int | None = 2) -> str:
        """Return the whole result as JSON text, without NaN or infinity.

        Examples
        --------
        >>> import json
        >>> json.loads(estimate("V100", hours=96).to_json())["run"]["gpu"]
        'v100-sxm2-16gb'
        """
        from greentrain.plain_numbers import plain_json

        return plain_json(self.to_dict(), indent=indent)

    def __repr__(self) -> str:
        return f"<Estimate {amounts(self.footprint)}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        from greentrain.estimation.labels import run_label
        from greentrain.html_table import footprint_table

        return footprint_table(self.footprint, run_label(self), below=" ".join(self.footprint.warnings))


@lru_cache(maxsize=4096)
def _source_to_dict(catalogue: Catalogue, key: str) -> dict[str, Any]:
    if key == GIVEN_SOURCE:
        return {"title": "Stated by the user", "url": "", "year": None, "licence": ""}
    return catalogue.source(key).to_dict()
