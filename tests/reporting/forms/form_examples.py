"""Subjects whose numbers are round, so that every form's can be worked out by hand."""

from datetime import UTC, datetime
from typing import Any

from greentrain import Estimate, Input, Interval, estimate
from greentrain.footprint import UNKNOWN, Part
from greentrain.inputs import IT_ENERGY, Inputs, given
from greentrain.reporting import ReportData, RunLine, Size, Versions, report_data_of

MADE_AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
GRID = Input(
    "grid_intensity", Interval(320.0, 400.0, 480.0), "g/kWh", "published", "ember_2026_10", key="grid:FR:2025",
    year=2025, accounting="life-cycle",
)  # fmt: skip


def exact_estimate() -> Estimate:
    """24 kWh and 9.6 kg without any interval: 250 W for 96 h at 400 g/kWh."""
    return estimate("V100-SXM2-16GB", hours=96, power=250, host_factor=1, pue=1, grid_intensity=400)


def sized_estimate(runs: int = 2) -> Estimate:
    """Two runs of 100 h on 8 devices at 300 W: 480 kWh of IT, 600 kWh, 240 kg; 1e9 parameters, 2e10 tokens each."""
    inputs = {"power": 300, "host_factor": 1, "pue": 1.25, "grid_intensity": 400, "params": 1e9, "tokens": 2e10}
    return estimate("A100-SXM4-80GB", count=8, hours=100, runs=runs, **inputs)


def exact() -> ReportData:
    """The data of the exact estimate."""
    return report_data_of(exact_estimate())


def sized() -> ReportData:
    """The data of the sized estimate."""
    return report_data_of(sized_estimate())


def _run(name: str, status: str, hours: float, kwh: float | None, spread: float) -> RunLine:
    """Make a run, whose meter is of the same kind and whose grid the same as those of the others."""

    def with_relative_width(value: float | None) -> Interval | None:
        return None if value is None else Interval(value * (1 - spread), value, value * (1 + spread))

    energy = with_relative_width(None if kwh is None else kwh / 1.25)
    measured = () if energy is None else (Input(IT_ENERGY, energy, "kWh", "measured", "measurement", key="meter"),)
    day = {"final": 1, "crash": 2}.get(name, 3)
    return RunLine(
        id=f"2026-{name}",
        name=name,
        status=status,
        hardware="8 x Tesla V100-SXM2-16GB",
        gpu="v100-sxm2-16gb",
        count=8,
        runs=1,
        hours=hours,
        accelerator_hours=8 * hours,
        location="FR",
        year=2026,
        started=datetime(2026, 3, day, 6, tzinfo=UTC),
        ended=datetime(2026, 3, day, 6 + int(hours), tzinfo=UTC),
        footprint=UNKNOWN._replace(
            it_energy_kwh=energy,
            facility_energy_kwh=with_relative_width(kwh),
            operational_kg=with_relative_width(None if kwh is None else kwh * 0.4),
            embodied_kg=None if kwh is None else Interval(0.5, 1.0, 2.0),
            inputs=Inputs((*measured, given("pue", 1.25, "1"), GRID)),
            basis="measured",
        ),
        sensed=("accelerators", "processors"),
        modelled=("memory",),
    )


def project() -> ReportData:
    """A run of 10 h and 25 kWh, one of 5 h and 10 kWh that failed, one of unknown energy that was killed.

    In sum 35 kWh (28 to 42), 14 kg (11.2 to 16.8) and 2 kg of embodied emissions (1 to 4).
    """
    lines = (
        _run("final", "completed", 10, 25.0, 0.2),
        _run("crash", "failed", 5, 10.0, 0.2),
        _run("=lost", "killed", 1, None, 0.2),
    )
    whole = UNKNOWN._replace(
        it_energy_kwh=Interval(22.4, 28.0, 33.6),
        facility_energy_kwh=Interval(28.0, 35.0, 42.0),
        operational_kg=Interval(11.2, 14.0, 16.8),
        embodied_kg=Interval(1.0, 2.0, 4.0),
        basis="measured",
        summed_factors={},
    )
    source = {"title": "Ember, Yearly Electricity Data", "url": "https://ember-energy.org", "year": 2026, "licence": ""}
    return exact()._replace(
        kind="project",
        title="bert & co, 3 runs",
        lines=lines,
        footprint=whole,
        failed_share=10 / 35,
        period_start=lines[0].started,
        period_end=lines[2].ended,
        sources={"ember_2026_10": source},
        size=None,
        versions=Versions("1.2.3", "2026.11", "3.3.2"),
        estimate=None,
    )


def one_run() -> ReportData:
    """The completed run of the project alone, with its parts: 16 kWh of accelerators, 4 of the host, 5 on top."""
    whole = project()
    line = whole.lines[0]
    parts = tuple(
        Part(name, kwh, 0.4 * kwh) for name, kwh in (("accelerators", 16.0), ("host", 4.0), ("facility", 5.0))
    )
    footprint = line.footprint._replace(breakdown=parts)
    line = line._replace(footprint=footprint)
    return whole._replace(kind="run", title="final", lines=(line,), footprint=footprint, failed_share=0.0)


def nothing() -> ReportData:
    """A run that drew nothing."""
    zero = Interval(0.0, 0.0, 0.0)
    changes = {"it_energy_kwh": zero, "facility_energy_kwh": zero, "operational_kg": zero, "embodied_kg": None}
    return with_footprint(one_run(), **changes)


def with_footprint(data: ReportData, **changes: Any) -> ReportData:
    """Return report data with other figures than its lines have."""
    return data._replace(footprint=data.footprint._replace(**changes))


def with_size(data: ReportData, **size: float) -> ReportData:
    """Return report data with a size."""
    return data._replace(size=Size(**size))
