"""A run as a value: what remains of it when it has ended, or when it is pickled or copied."""

from typing import TYPE_CHECKING, Any

from greentrain.footprint import UNKNOWN, Footprint, amounts
from greentrain.record import Record, WithoutArithmetic

if TYPE_CHECKING:
    from greentrain.estimation import Estimate
    from greentrain.tracking.measurement import Measurement


class FinishedRun(WithoutArithmetic, Record):
    """What is known of a run; it has the words of a live one, but does nothing any more.

    Attributes
    ----------
    record : dict
        The run as plain data.
    measurement : Measurement or None
        What was measured, completed by the estimate; None when the run went on when this view was made.
    estimated_as : dict or None
        The keywords of ``greentrain.estimate`` for the same run, by the hardware that its meter saw.
    words : str
        What the run took, in the words of the line at its end; none of one that went on.
    """

    record: dict[str, Any]
    measurement: "Measurement | None"
    estimated_as: dict[str, Any] | None = None
    words: str = ""

    def __str__(self) -> str:
        return self.words or repr(self)

    def __repr__(self) -> str:
        name = None if self.name is None else ascii(self.name)
        taken = "" if self.measurement is None else f": {amounts(self.measurement.footprint)}"
        return f"<FinishedRun {name}, {self.record['status']}{taken}>"

    @property
    def footprint(self) -> Footprint:
        """Energy and emissions of the run; unknown where it went on when this view was made."""
        return UNKNOWN if self.measurement is None else self.measurement.footprint

    def to_json(self, indent: int | None = 2) -> str:
        """Give the record as JSON text, without NaN or infinity."""
        import json

        return json.dumps(self.record, indent=indent, allow_nan=False)

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, as far as this view goes."""
        return True

    @property
    def should_stop(self) -> bool:
        """Whether callbacks should end the training: not any more."""
        return False

    @property
    def name(self) -> str | None:
        """What the run is called."""
        found: str | None = self.record["name"]
        return found

    @property
    def key(self) -> str | None:
        """The run's key in the history."""
        found: str | None = self.record["id"]
        return found

    @property
    def role(self) -> str:
        """What it was to its process, as `LiveRun.role` says."""
        found: str = self.record["role"]
        return found

    @property
    def folder(self) -> str | None:
        """The folder of the run's journals."""
        found: str | None = self.record["folder"]
        return found

    @property
    def estimate(self) -> "Estimate | None":
        """What the hardware profiles say of the same run; None for unknown hardware."""
        if self.estimated_as is None:
            return None
        from greentrain.errors import GreentrainError
        from greentrain.estimation import estimate

        try:
            return estimate(**self.estimated_as)
        except GreentrainError:  # the profiles may be others by now
            return None

    def energy_kwh_so_far(self) -> float | None:
        """Energy of the run, before PUE; None where nothing is known. [kWh]"""
        energy = self.footprint.it_energy_kwh
        return energy.best if energy else None

    def kg_so_far(self) -> float | None:
        """Emissions, best value; None where nothing is known. [kg CO2e]"""
        mass = self.footprint.operational_kg
        return mass.best if mass else None

    def span(self, name: str, /, **attributes: Any) -> Any:
        """Do nothing, as a context manager."""
        from greentrain.tracking.spans import Span

        return Span(None, name, attributes, self.check_budget)

    def log(self, **values: Any) -> None:
        """Do nothing."""

    def check_budget(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing: the run has ended."""
