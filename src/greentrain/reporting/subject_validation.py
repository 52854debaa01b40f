"""The subject of a report of a validation."""

from typing import Any

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION
from greentrain.reporting.subject import NOTHING, Subject, Versions
from greentrain.validation.report import ValidationReport

_METHOD = (
    "T1: the published figures are recomputed from the inputs that their source states, within 1 % or half a unit of "
    "the last printed digit.",
    "T2: the run is estimated from hardware, hours and place alone; the tier shows where the defaults land.",
    "T3: the estimate meets metered energy; the 90 % interval ought to hold it in 80 to 97 of 100 cases.",
    "T4: records that contradict themselves; the contradiction has to be noticed.",
)


def subject_of_validation(report: ValidationReport) -> Subject:
    """Make the subject of a report of a validation."""
    return Subject(
        kind="validation",
        title="Published training footprints against greentrain",
        made_at=None,
        period_start=None,
        period_end=None,
        boundary="facility",
        basis="estimated",
        lines=(),
        totals=NOTHING,
        failed_share=None,
        inputs=(),
        breakdown=(),
        drivers=(),
        equivalents=(),
        defaults=(),
        notes=(),
        sources=_sources(report),
        size=None,
        power_series={},
        spans=(),
        versions=Versions(__version__, DATA_VERSION),
        method=_METHOD,
        validation=report,
    )


def _sources(report: ValidationReport) -> dict[str, dict[str, Any]]:
    """Give the publications of the records, by their titles."""
    found: dict[str, dict[str, Any]] = {}
    for item in report.references:
        if item.source and not item.excluded:
            cited = {"title": item.source, "url": item.source_url_or_id, "year": item.year, "licence": ""}
            found.setdefault(item.source, cited)
    return found
