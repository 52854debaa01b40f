"""A run as a value: what it took, and what remains of it when it has ended, or when it is pickled or copied."""

from typing import TYPE_CHECKING, Any

from greentrain.footprint import RUN_QUANTITIES, UNKNOWN, Footprint, OfFootprint, amounts
from greentrain.interval import Interval
from greentrain.journal.records import COMPONENTS
from greentrain.numbers import duration
from greentrain.record import Record, WithoutArithmetic
from greentrain.tracking.training_records import Span

if TYPE_CHECKING:
    from greentrain.estimation import Estimate

SCHEMA_VERSION = 1


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
    unfilled : tuple of str
        Parts of the computers of which nothing is known, and which are in no figure: the run took more.

    Examples
    --------
    >>> with track("bert", meter="none", gpu="V100", quiet=True) as run:
    ...     run.log(loss=0.25)
    >>> run.measurement.basis, run.measurement.logs["loss"]["last"]
    ('estimated', 0.25)
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
    unfilled: tuple[str, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether a meter read or modelled anything at all."""
        return any(kwh is not None for kwh in self.energy_kwh.values())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data.

        Examples
        --------
        >>> with track("bert", meter="none", gpu="V100", quiet=True) as run:
        ...     pass
        >>> run.measurement.to_dict()["energy_kwh"]
        {'gpu': None, 'cpu': None, 'memory': None}
        """
        found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "kind": "measurement"}
        found |= {"duration_seconds": self.duration_seconds, "energy_kwh": self.energy_kwh}
        for name in RUN_QUANTITIES:
            interval: Interval | None = getattr(self, name)
            found[name] = None if interval is None else interval._asdict()
        found |= {"basis": self.basis, "scope": self.footprint.scope}
        found |= {name: list(getattr(self, name)) for name in ("components", "gaps", "spans", "notes", "unfilled")}
        return found | {"quality": self.quality, "logs": self.logs}

    def to_json(self, indent: int | None = 2) -> str:
        """Return everything as JSON text, without NaN or infinity.

        Examples
        --------
        >>> import json
        >>> with track("bert", meter="none", gpu="V100", quiet=True) as run:
        ...     pass
        >>> json.loads(run.measurement.to_json())["basis"]
        'estimated'
        """
        from greentrain.plain_numbers import plain_json

        return plain_json(self.to_dict(), indent=indent)

    def __repr__(self) -> str:
        return f"<Measurement of {self.duration_seconds:.1f} s, {amounts(self.footprint)}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        return self.to_html(f"A run of {duration(self.duration_seconds)}")

    def to_html(self, caption: str) -> str:
        """Write what a run took as a small HTML table."""
        from greentrain.html_table import footprint_table

        missing = f"Without {' and '.join(self.unfilled)}, of which nothing is known." if self.unfilled else ""
        return footprint_table(self.footprint, caption, RUN_QUANTITIES, is_least=bool(self.unfilled), below=missing)


def unmeasured_run(seconds: float, notes: tuple[str, ...], logs: dict[str, dict[str, float]]) -> Measurement:
    """Make the measurement of a process that recorded no energy: a joined rank, or one that another process tracks."""
    nothing: dict[str, float | None] = dict.fromkeys(COMPONENTS)
    return Measurement(seconds, nothing, UNKNOWN, notes=notes, logs=logs)


class FinishedRun(WithoutArithmetic, Record):
    """What is known of a run; it has the members of a live one, but does nothing any more.

    Attributes
    ----------
    record : dict
        The run as plain data.
    measurement : Measurement or None
        What was measured, completed by the estimate; None when the run went on when this view was made.
    estimated_as : dict or None
        The keywords of ``greentrain.estimate`` for the same run, by the hardware that its meter saw.
    summary : str
        What the run took, as the line at its end shows it; empty of one that went on.
    """

    record: dict[str, Any]
    measurement: Measurement | None
    estimated_as: dict[str, Any] | None = None
    summary: str = ""

    def __str__(self) -> str:
        return self.summary or repr(self)

    def __repr__(self) -> str:
        name = None if self.name is None else ascii(self.name)
        taken = "" if self.measurement is None else f": {amounts(self.measurement.footprint)}"
        return f"<FinishedRun {name}, {self.record['status']}{taken}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        words = f"{self.name or 'run'} {self.record['status']}"
        if self.measurement is None:
            from greentrain.html_table import footprint_table

            return footprint_table(self.footprint, words, RUN_QUANTITIES)
        return self.measurement.to_html(f"{words} after {duration(self.measurement.duration_seconds)}")

    @property
    def footprint(self) -> Footprint:
        """Energy and emissions of the run; unknown where it went on when this view was made."""
        return UNKNOWN if self.measurement is None else self.measurement.footprint

    def to_json(self, indent: int | None = 2) -> str:
        """Return the record as JSON text, without NaN or infinity."""
        from greentrain.plain_numbers import plain_json

        return plain_json(self.record, indent=indent)

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
        """What it was to its process: see `LiveRun.role`."""
        found: str = self.record["role"]
        return found

    @property
    def folder(self) -> str | None:
        """The folder of the run's journals."""
        found: str | None = self.record["folder"]
        return found

    @property
    def estimate(self) -> "Estimate | None":
        """The estimate of the same run by the hardware profiles; None for unknown hardware."""
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

    def span(self, name: str, /, **attributes: Any) -> Span:
        """Do nothing, as a context manager."""
        return Span(None, name, attributes)

    def log(self, **values: Any) -> None:
        """Do nothing."""

    def check_budget(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing: the run has ended."""
