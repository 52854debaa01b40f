"""What a report is about: one shape for an estimate, a run, a project of runs and a validation.

Every form and every chart is a pure function of a `Subject`. It reads no clock and no file: the same result gives
the same report, byte for byte.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.estimation.result import Estimate, Input, Part
from greentrain.reporting.subject_parts import (
    NOTHING,
    QUANTITIES,
    STATED,
    UNFINISHED,
    Components,
    Grid,
    PowerSpan,
    RunLine,
    Size,
    Totals,
    Versions,
)

if TYPE_CHECKING:
    from greentrain.estimation.equivalents import Comparison
    from greentrain.validation.report import ValidationReport

__all__ = [
    "KINDS", "NOTHING", "QUANTITIES", "STATED", "UNFINISHED", "Components", "Grid", "PowerSpan", "RunLine", "Size",
    "Subject", "Totals", "Versions",
]  # fmt: skip

KINDS = ("estimate", "run", "project", "validation")


class Subject(NamedTuple):
    """What a report is about.

    Attributes
    ----------
    kind : {'estimate', 'run', 'project', 'validation'}
        What it was made of.
    title : str
        Headline in words. Text of the user: escape it.
    made_at : datetime or None
        When the report was made, in UTC, if the caller said so.
    period_start, period_end : datetime or None
        First start and last end of the runs, in UTC.
    boundary : {'facility', 'node', 'accelerator'}
        What the headline covers.
    basis : {'estimated', 'measured', 'mixed'}
        How the energy is known.
    lines : tuple of RunLine
        One per run; none for a validation.
    totals : Totals
        Sums of the lines; zero for a validation.
    failed_share : float or None
        Facility energy of failed, interrupted and killed runs over that of all; None where nothing was run. [1]
    inputs : tuple of Input
        Every number that the result follows from.
    breakdown : tuple of Part
        Components, whose energies add up to the facility's.
    drivers : tuple of (str, float)
        Uncertain inputs with their share of the variance, largest first. [1]
    equivalents : tuple of Comparison
        Everyday activities to compare the operational figure with.
    defaults : tuple of Input
        The inputs that greentrain chose.
    notes : tuple of str
        What to know about the result. May hold text of the user: escape it.
    sources : dict of str to dict
        Title, URL, year and licence of each source by its id.
    size : Size or None
        The training as computation, where it is known.
    power_series : dict of str to tuple
        For a tracked run, power by component over time: pairs of seconds from its start [s] and power [W].
    spans : tuple of PowerSpan
        Named parts of a tracked run.
    versions : Versions
        What computed the numbers.
    method : tuple of str
        How, sentence by sentence.
    estimate : Estimate or None
        The estimate itself, or the one beside a measured run.
    validation : ValidationReport or None
        The validation itself.
    unreadable : int
        Runs of a project whose records cannot be read, which are in no line. [1]
    """

    kind: str
    title: str
    made_at: datetime | None
    period_start: datetime | None
    period_end: datetime | None
    boundary: str
    basis: str
    lines: tuple[RunLine, ...]
    totals: Totals
    failed_share: float | None
    inputs: tuple[Input, ...]
    breakdown: tuple[Part, ...]
    drivers: tuple[tuple[str, float], ...]
    equivalents: "tuple[Comparison, ...]"
    defaults: tuple[Input, ...]
    notes: tuple[str, ...]
    sources: dict[str, dict[str, Any]]
    size: Size | None
    power_series: dict[str, tuple[tuple[float, float], ...]]
    spans: tuple[PowerSpan, ...]
    versions: Versions
    method: tuple[str, ...]
    estimate: Estimate | None = None
    validation: "ValidationReport | None" = None
    unreadable: int = 0
