"""A run of the history: what its journals record, and what follows from it."""

import re
from functools import cached_property
from typing import Any

from greentrain._version import __version__
from greentrain.estimation import Estimate
from greentrain.footprint import RUN_QUANTITIES, Footprint, OfFootprint, amounts
from greentrain.history.metered_energy import metered_seconds, sensor_coverage
from greentrain.history.reconcile import EstimateComparison, Reconciliation, comparisons_of, reconcile
from greentrain.history.recorded_run import BOOKED, RecordedRun
from greentrain.history.run_summary import (
    FACTS,
    LISTS,
    LOADS,
    SCHEMA_VERSION,
    RunSummary,
    amounts_text,
    doubt_of,
    to_plain_data,
)
from greentrain.journal.records import (
    COMPONENTS,
    DAMAGED,
    IMPLAUSIBLE_POWER,
    MISSING_TIME,
    NO_TDP,
    is_significant_gap,
)
from greentrain.numbers import best, duration, least, rounded, scaled
from greentrain.plain_numbers import plain_json
from greentrain.record import WithoutArithmetic
from greentrain.units import SECONDS_PER_HOUR

_FAULTS = {DAMAGED: "the record is damaged", IMPLAUSIBLE_POWER: "implausible readings are left out"}
"""What is said of a flag beside the energy."""

_FEW_SECONDS = 10
_ZERO_UNIT = re.compile(r" 0+ (s|min|h)$")


class Run(WithoutArithmetic, OfFootprint, RecordedRun, kw_only=True):
    """One logical run, over all its nodes, restarts and ranks, with its footprint.

    In addition to what was recorded, see `RecordedRun`, it has the attributes below.

    Attributes
    ----------
    footprint : Footprint
        Energy and emissions: what was measured as far as it goes and can be right, completed by the estimate.
    it_energy_kwh, facility_energy_kwh, operational_kg : Interval or None
        Those of the footprint [kWh, kWh, kg CO2e]; None where nothing is known.
    basis : {'measured', 'mixed', 'estimated'}
        How the energy is known.
    estimate : Estimate or None
        The same run by its hardware profile; None where its hardware or duration is not known.
    reconciliation : Reconciliation
        Measurement and estimate compared, and which of them was adopted.
    flags : tuple of str
        Words for what a user of the numbers has to know, such as ``damaged`` and ``missing_time``.

    Examples
    --------
    >>> run = History().get("bert-1")
    >>> run.energy_kwh
    {'gpu': 0.3, 'cpu': 0.1, 'memory': 0.02}
    >>> run.basis, run.facility_energy_kwh.best
    ('measured', 0.59976)
    """

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """Measurement and estimate compared, and which of them was adopted."""
        return reconcile(self)

    @property
    def footprint(self) -> Footprint:
        """Energy, emissions and water of the run, with their inputs."""
        return self.reconciliation.footprint

    @property
    def estimate(self) -> Estimate | None:
        """The same run by its hardware profile; None where its hardware or duration is not known."""
        return self.reconciliation.estimate

    @cached_property
    def comparisons(self) -> tuple[EstimateComparison, ...]:
        """Energies that were both measured and estimated."""
        return comparisons_of(self, self.estimate)

    @property
    def is_counted(self) -> bool:
        """Whether totals hold it."""
        return True

    @property
    def gpu_hours(self) -> float | None:
        """Hours of accelerators' boards that it was given; None where it had none. [h]"""
        return self.accelerators_at_once * self.duration_seconds / SECONDS_PER_HOUR or None

    @property
    def cpu_core_hours(self) -> float | None:
        """Hours of cores that it was given; None where that is not known. [h]"""
        return None

    @property
    def busy_gpu_hours(self) -> float | None:
        """Those of `gpu_hours` in which they were busy; None where nobody measured. [h]"""
        return None

    @property
    def busy_core_hours(self) -> float | None:
        """Those of `cpu_core_hours` in which they were busy; None where nobody measured. [h]"""
        return None

    @property
    def unfilled(self) -> tuple[str, ...]:
        """Parts of the computers that are in no sum: neither metered nor estimated."""
        return self.reconciliation.unfilled

    @property
    def unmetered_seconds(self) -> float:
        """Time of the run that no meter covered; 0 where that is negligible. [s]"""
        missing = self.duration_seconds - metered_seconds(self)
        return missing if is_significant_gap(missing, self.duration_seconds) else 0.0

    @property
    def coverage(self) -> str:
        """How much of the time a meter covered, as "measured 2 of 6 s"; blank where it covered all or none."""
        whole_seconds, missing_seconds = self.duration_seconds, self.unmetered_seconds
        if not self.is_metered or not missing_seconds:
            return ""
        is_modelled = not any(sensor_coverage(self, name) for name in COMPONENTS)
        covered, whole = map(_short_duration, (whole_seconds - missing_seconds, whole_seconds))
        return f"{'modelled' if is_modelled else 'measured'} {_without_unit(covered, whole)} of {whole}"

    @property
    def flags(self) -> tuple[str, ...]:
        """Words for what a user of the numbers has to know, such as ``damaged`` and ``missing_time``."""
        found = {MISSING_TIME: bool(self.coverage), NO_TDP: any(node.assumed for node in self.nodes)}
        return (*self.journal_flags, *(flag for flag, is_set in found.items() if is_set))

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the record, in words, as it is stated wherever the energy is."""
        return tuple(_FAULTS[flag] for flag in self.flags if flag in _FAULTS)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on its journals; those on its energy are in the footprint's notes."""
        return (*self.journal_notes, *self.reconciliation.site_notes)

    @property
    def energy_text(self) -> str:
        """Energy and emissions with their intervals, and what of them was not measured."""
        return "; ".join([self._amounts(), *self._unmeasured()])

    @property
    def summary(self) -> str:
        """The same for the one line at the end of a run, which has to explain itself."""
        without = [f"without {' and '.join(self.unfilled)}"] if self.unfilled else []
        facility, kg = self.facility_energy_kwh, self.operational_kg
        amounts = self._amounts()
        if facility is not None and kg is not None:
            (energy, energy_unit), (mass, mass_unit) = scaled(facility, "kWh"), scaled(kg, "kg CO2e")
            interval = "" if kg.is_exact else f" (90 % interval {rounded(mass.low)} to {rounded(mass.high)})"
            amounts = f"{self._least()}{best(energy)} {energy_unit}, {best(mass)} {mass_unit}{interval}"
        return "; ".join([amounts, *without, *self._unmeasured()])

    def _amounts(self) -> str:
        return amounts_text(self.it_energy_kwh, self.facility_energy_kwh, self.operational_kg, self._least())

    def _least(self) -> str:
        """Mark figures that lack a part of the computers, so that the run took more."""
        return least(bool(self.unfilled))

    def _unmeasured(self) -> list[str]:
        """Return how much of the time a meter covered, or else how the energy is known unless measured, and faults."""
        found = ["estimated"] if self.basis == "estimated" and self.it_energy_kwh is not None else []
        if coverage := self.coverage:
            found.append(coverage)
        elif self.basis == "mixed":
            found.append("measured in part")
        return [*found, *self.faults]

    @cached_property
    def brief(self) -> RunSummary:
        """What lists and totals need of the run."""
        intervals = {name: getattr(self, name) or (None, None, None) for name in RUN_QUANTITIES}
        ends = {name: dict(zip(("low", "best", "high"), ends, strict=True)) for name, ends in intervals.items()}
        shared, terms = doubt_of(self.footprint)
        found = {name: getattr(self, name) for name in (*FACTS, "is_complete", "basis", "is_counted", "energy_text")}
        found |= {name: getattr(self, name) for name in ("origin", *BOOKED, "jobs", *LOADS)}
        found |= {f"{name}_energy_kwh": self.energy_kwh[name] for name in COMPONENTS}
        found |= {f"{name}_{end}": value for name, each in ends.items() for end, value in each.items()}
        found |= {name: " ".join(getattr(self, name)) for name in ("hosts", "flags", "tags")}
        return RunSummary(**found, unfilled=", ".join(self.unfilled), shared=shared, terms=terms)

    def to_row(self) -> dict[str, Any]:
        """Return the run as one flat row, as a table of the history shows it.

        Examples
        --------
        >>> row = History().get("bert-1").to_row()
        >>> row["hardware"], row["duration_seconds"]
        ('1 x v100-sxm2-16gb', 3600.0)
        """
        return self.brief.to_row()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, with the estimate and what follows from both.

        Examples
        --------
        >>> History().get("bert-1").to_dict()["pue"]["best"]
        1.2
        """
        found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "kind": "run", "greentrain_version": __version__}
        row = self.to_row()
        found |= {name: row[name] for name in (*FACTS[:9], "hardware", "location", "year", "ranks")}
        found |= {"hosts": list(self.hosts), "command": list(self.command), "energy_kwh": self.energy_kwh}
        found |= {name: to_plain_data(getattr(self, name)) for name in RUN_QUANTITIES}
        found |= {"is_complete": self.is_complete, "basis": self.basis, "scope": self.footprint.scope}
        found |= {name: getattr(self, name) for name in ("origin", *BOOKED)}
        found |= {name: list(getattr(self, name)) for name in (*LISTS, "unfilled")}
        found |= {name: self._factor(name) for name in ("pue", "grid_intensity")}
        parts = ("nodes", "gaps", "spans", "logs", "budget", "total_steps", "versions", "estimate_inputs")
        found |= {name: to_plain_data(getattr(self, name)) for name in parts}
        for node, written in zip(self.nodes, found["nodes"], strict=True):
            written["unmeasured"] += [name for name in node.assumed if name not in written["unmeasured"]]
        found["estimate"] = None if self.estimate is None else self.estimate.to_dict()
        found["reconciliation"] = self._reconciliation()
        return found | {"folders": list(self.folders), "notes": list(self.notes)}

    def to_json(self, indent: int | None = 2) -> str:
        """Return everything as JSON text, without NaN or infinity.

        Examples
        --------
        >>> import json
        >>> json.loads(History().get("bert-1").to_json())["status"]
        'completed'
        """
        return plain_json(self.to_dict(), indent=indent)

    def _factor(self, name: str) -> dict[str, Any] | None:
        item = self.footprint.inputs.get(name)
        return None if item is None else {**item.value._asdict(), "basis": item.basis, "source": item.source}

    def _reconciliation(self) -> dict[str, Any]:
        both = self.reconciliation
        compared = [
            {
                "what": item.what,
                "measured_kwh": to_plain_data(item.measured_kwh),
                "estimated_kwh": to_plain_data(item.estimated_kwh),
                "ratio": item.ratio,
                "is_inside": item.is_inside,
            }
            for item in self.comparisons
        ]
        return {
            "mean_accelerator_w": both.mean_accelerator_w,
            "implied_utilization": both.implied_utilization,
            "implied_host_factor": both.implied_host_factor,
            "comparisons": compared,
            "believed": both.believed,
            "unmetered_share": to_plain_data(both.unmetered_share),
            "it_energy_kwh": to_plain_data(self.it_energy_kwh),
            "operational_kg": to_plain_data(self.operational_kg),
            "reasons": list(both.reasons),
        }

    def __str__(self) -> str:
        """Return what the run used, as the line at its end does."""
        return f"{self.id} {self.status} after {duration(self.duration_seconds)}: {self.summary}"

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.status}, {_seconds_text(self.duration_seconds)}, {amounts(self.footprint)}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        from greentrain.html_table import footprint_table

        caption = f"{self.name or self.id} {self.status} after {duration(self.duration_seconds)}"
        missing = f"Without {' and '.join(self.unfilled)}, of which nothing is known." if self.unfilled else ""
        below = "; ".join(filter(None, (self.coverage, *self.faults)))
        below = " ".join(filter(None, (missing, below and f"{below[:1].upper()}{below[1:]}.")))
        return footprint_table(self.footprint, caption, RUN_QUANTITIES, is_least=bool(self.unfilled), below=below)


def _seconds_text(seconds: float) -> str:
    """Write seconds for `repr`, without decimals from ten on."""
    return f"{seconds:.0f} s" if seconds >= _FEW_SECONDS else f"{seconds:.2g} s"


def _short_duration(seconds: float) -> str:
    """Format a duration without a decimal or a smaller unit that is zero: 2 s, 51 min, 1 h."""
    return _ZERO_UNIT.sub("", duration(seconds).replace(".0 s", " s"))


def _without_unit(part: str, whole: str) -> str:
    """Leave out a unit that both have: 2 of 6 s."""
    number, _, unit = part.rpartition(" ")
    is_plain = number.count(" ") == 0 and whole.count(" ") == 1 and whole.endswith(f" {unit}")
    return number if is_plain else part
