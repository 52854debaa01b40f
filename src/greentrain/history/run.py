"""A run of the history: what its journals say, and what follows from it."""

import json
from functools import cached_property
from typing import Any

from greentrain._version import __version__
from greentrain.estimation import Estimate
from greentrain.footprint import Footprint, OfFootprint, amounts
from greentrain.history.hardware import hardware_words
from greentrain.history.metered import metered_seconds, sensor_coverage
from greentrain.history.reconcile import Comparison, Reconciliation, comparisons_of, reconcile
from greentrain.history.run_facts import RunFacts
from greentrain.history.run_words import coverage_words, summary_words
from greentrain.history.serialize import (
    QUANTITIES,
    SCHEMA_VERSION,
    clean,
    ends,
    gap_dict,
    log_dict,
    node_dict,
    span_dict,
    utc,
)
from greentrain.journal.records import COMPONENTS, is_worth_a_word
from greentrain.numbers import duration
from greentrain.record import WithoutArithmetic


class Run(WithoutArithmetic, OfFootprint, RunFacts, kw_only=True):
    """One logical run, over all its nodes, restarts and ranks, with its footprint.

    Beside what was recorded, see `RunFacts`, it has the attributes below.

    Attributes
    ----------
    footprint : Footprint
        Energy and emissions: what was measured as far as it goes and can be right, completed by the estimate.
    it_energy_kwh, facility_energy_kwh, operational_kg : Interval or None
        Those of the footprint [kWh, kWh, kg CO2e]; None where nothing is known.
    basis : {'measured', 'mixed', 'estimated'}
        How the energy is known.
    estimate : Estimate or None
        What the hardware profile says of the same run; None where its hardware or duration is not known.
    reconciliation : Reconciliation
        Measurement and estimate beside each other, and which of them was adopted.
    """

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """Measurement and estimate beside each other, and which of them was adopted."""
        return reconcile(self)

    @property
    def footprint(self) -> Footprint:
        """Energy, emissions and water of the run, with their inputs."""
        return self.reconciliation.footprint

    @property
    def estimate(self) -> Estimate | None:
        """What the hardware profile says of the same run; None where its hardware or duration is not known."""
        return self.reconciliation.estimate

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Energies that were both measured and estimated."""
        return comparisons_of(self, self.estimate)

    @property
    def unfilled(self) -> tuple[str, ...]:
        """Parts of the computers that are in no sum: no meter saw them and no estimate stands in."""
        return self.reconciliation.unfilled

    @property
    def unmetered_seconds(self) -> float:
        """Time of the run that no meter covered; 0 where that is negligible. [s]"""
        missing = self.duration_seconds - metered_seconds(self)
        return missing if is_worth_a_word(missing, self.duration_seconds) else 0.0

    @property
    def coverage(self) -> str:
        """How much of the time a meter covered, as "measured 2 of 6 s"; nothing where it covered all or none."""
        if not self.is_metered:
            return ""
        is_modelled = not any(sensor_coverage(self, name) for name in COMPONENTS)
        return coverage_words(self.duration_seconds, self.unmetered_seconds, is_modelled)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about its journals; what to know about its energy is in the footprint's notes."""
        return (*self.journal_notes, *self.reconciliation.site_notes)

    @property
    def hardware(self) -> str | None:
        """The accelerators, or else the CPU, in a few words."""
        return hardware_words(self)

    def to_row(self) -> dict[str, Any]:
        """Return the run as one flat row, as a table of the history shows it."""
        row: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "project": self.project,
            "status": self.status,
            "error": self.error,
            "exit_code": self.exit_code,
            "started": utc(self.started),
            "ended": None if self.status == "running" else utc(self.ended),
            "duration_seconds": self.duration_seconds,
            "hosts": " ".join(self.hosts),
            "ranks": self.ranks,
            "hardware": self.hardware,
            "location": self.location,
            "year": self.year,
        }
        row |= {f"{name}_energy_kwh": self.energy_kwh[name] for name in COMPONENTS}
        for name in QUANTITIES:
            low, best, high = getattr(self, name) or (None, None, None)
            row |= {f"{name}_low": low, f"{name}_best": best, f"{name}_high": high}
        return row | {"is_complete": self.is_complete, "basis": self.basis}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, with the estimate and what follows from both."""
        found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "kind": "run", "greentrain_version": __version__}
        row = self.to_row()
        names = ("id", "name", "project", "status", "error", "exit_code", "started", "ended", "duration_seconds")
        found |= {name: row[name] for name in (*names, "hardware", "location", "year", "ranks")}
        found |= {"hosts": list(self.hosts), "command": list(self.command), "energy_kwh": self.energy_kwh}
        found |= {name: ends(getattr(self, name)) for name in QUANTITIES}
        found |= {"is_complete": self.is_complete, "basis": self.basis, "scope": self.footprint.scope}
        found |= {name: self._factor(name) for name in ("pue", "grid_intensity")}
        found["nodes"] = [node_dict(node) for node in self.nodes]
        found["gaps"] = [gap_dict(gap) for gap in self.gaps]
        found["spans"] = [span_dict(span) for span in self.spans]
        found["logs"] = [log_dict(log) for log in self.logs]
        found |= {"budget": clean(self.budget), "total_steps": self.total_steps, "versions": clean(self.versions)}
        found["estimate_inputs"] = clean(self.estimate_inputs)
        found["estimate"] = None if self.estimate is None else self.estimate.to_dict()
        found["reconciliation"] = self._reconciliation()
        return found | {"folders": list(self.folders), "notes": list(self.notes)}

    def to_json(self, indent: int | None = 2) -> str:
        """Return everything as JSON text, without NaN or infinity."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def _factor(self, name: str) -> dict[str, Any] | None:
        item = self.footprint.inputs.get(name)
        return None if item is None else {**item.value._asdict(), "basis": item.basis, "source": item.source}

    def _reconciliation(self) -> dict[str, Any]:
        both = self.reconciliation
        compared = [
            {
                "what": item.what,
                "measured_kwh": item.measured_kwh._asdict(),
                "estimated_kwh": item.estimated_kwh._asdict(),
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
            "it_energy_kwh": ends(self.it_energy_kwh),
            "operational_kg": ends(self.operational_kg),
            "reasons": list(both.reasons),
        }

    def __str__(self) -> str:
        """Say what the run took and what of it was measured, in the words of the line at its end."""
        words = summary_words(self.footprint, self.unfilled, self.coverage)
        return f"{self.id} {self.status} after {duration(self.duration_seconds)}: {words}"

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.status}, {self.duration_seconds:.0f} s, {amounts(self.footprint)}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        from greentrain.html_table import interval_table

        name = f"{self.name}, " if self.name else ""
        caption = f"{self.id}: {name}{self.status}, {self.duration_seconds:.0f} s"
        return interval_table({each: getattr(self, each) for each in QUANTITIES}, caption)
