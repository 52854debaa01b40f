"""Subjects whose charts can be worked out by hand."""

from datetime import UTC, datetime
from typing import Any

from greentrain import Input, Interval, ValidationReport
from greentrain.catalogue import Equivalent
from greentrain.estimation import EverydayComparison
from greentrain.footprint import UNKNOWN, Factor, Part
from greentrain.inputs import Inputs, given
from greentrain.interval import exact
from greentrain.reporting import ReportData, RunLine, Versions
from greentrain.validation import RecordResult

GRID = Input(
    "grid_intensity", Interval(200, 400, 800), "g/kWh", "published", "ember_2026_04", year=2024,
    accounting="life-cycle",
)  # fmt: skip
TRAIN = Equivalent(
    "train", "one train ride", "ride", exact(1000.0), 2020, "GB", "", "", "", 1, "green_algorithms_data", "yes", ""
)


def line(status: str = "completed", kg: float = 400.0, started: datetime | None = None, name: str = "one") -> RunLine:
    """Make a run of 2.5 kWh per kg in France, whose interval is half to twice."""
    span = Interval(kg / 2, kg, 2 * kg)
    return RunLine(
        id=name,
        name=name,
        status=status,
        hardware="8 x A100",
        gpu="a100-sxm4-80gb",
        count=8,
        runs=1,
        hours=10.0,
        accelerator_hours=80.0,
        location="FR",
        year=2024,
        started=started,
        ended=None,
        footprint=UNKNOWN._replace(
            it_energy_kwh=span.scaled(2.0),
            facility_energy_kwh=span.scaled(2.5),
            operational_kg=span,
            embodied_kg=exact(100.0),
            inputs=Inputs((given("pue", 1.25, "1"), GRID)),
        ),
    )


def example(*lines: RunLine, kind: str = "estimate", factor: float = 1.0) -> ReportData:
    """Make report data of 1,000 kWh and 400 kg (200 to 800), or a multiple of it.

    Of its variance 60 % are utilization, 30 % MFU and 10 % memory, each alike to both sides.
    """
    energy = Interval(500, 1000, 2000).scaled(factor)
    kg = Interval(200, 400, 800).scaled(factor)
    inputs = (
        Input("utilization", Interval(0.3, 0.6, 0.9), "1", "default", "zeus_nsdi23;dodge_2022"),
        Input("mfu", Interval(0.2, 0.4, 0.5), "1", "default", "greentrain_judgement"),
        Input("memory_gb", Interval(50, 100, 300), "GB", "given", "user", weight=0.1),
    )
    drivers = (("utilization", 0.6), ("mfu", 0.3), ("memory_gb", 0.1))
    return ReportData(
        kind=kind,
        title="a run",
        lines=lines or (line(),),
        footprint=UNKNOWN._replace(
            it_energy_kwh=energy.scaled(0.8),
            facility_energy_kwh=energy,
            operational_kg=kg,
            embodied_kg=Interval(50, 100, 150).scaled(factor),
            inputs=Inputs(inputs),
            breakdown=(
                Part("accelerators", 500.0 * factor, 200.0 * factor),
                Part("host", 300.0 * factor, 120.0 * factor),
                Part("facility", 200.0 * factor, 80.0 * factor),
            ),
            summed_factors={"operational_kg": tuple(Factor(name, "", share, share) for name, share in drivers)},
        ),
        versions=Versions("1.2.3", "2026.11"),
        method=(),
        sources={},
        equivalents=(EverydayComparison(TRAIN, kg.scaled(1 / 1000)),),
    )


def with_footprint(found: ReportData, **changes: Any) -> ReportData:
    """Return report data with other figures than its lines have."""
    return found._replace(footprint=found.footprint._replace(**changes))


def nothing(kind: str = "project") -> ReportData:
    """Make report data of which nothing is known."""
    return example(kind=kind)._replace(lines=(), footprint=UNKNOWN, equivalents=())


def history() -> ReportData:
    """Make a project of five runs in January and March, one of them without a date."""
    january, march = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    lines = (
        line("completed", 1000.0, january),
        line("completed", 2000.0, january),
        line("failed", 500.0, january),
        line("killed", 1500.0, march),
        line("completed", 999.0, None),
    )
    return example(*lines, kind="project")


def validated() -> ReportData:
    """Make a validation of five records: two close, one 1.5 times, one 2 times, one that could not be compared."""
    records = (
        RecordResult("exact", "T1", 10.0, exact(10.0), 4.0, exact(4.4), passed=True),
        RecordResult("edge", "T3", 100.0, Interval(75, 150, 300), passed=True, covered=True),
        RecordResult("twice", "T3", 1000.0, Interval(1500, 2000, 2500), passed=False, covered=False),
        RecordResult("mass", "T2", None, None, 1000.0, Interval(500, 700, 900), covered=False),
        RecordResult("none", "T2", None, None, 1000.0, None, reason="unknown hardware"),
        RecordResult("trap", "T4", 5.0, exact(9.0), passed=True),
    )
    return nothing("validation")._replace(validation=ValidationReport(records, (), {}))
