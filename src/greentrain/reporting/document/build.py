"""Build the document of a report from its data."""

from typing import Any

from greentrain.reporting.document.blocks import Chart, Document, Section
from greentrain.reporting.report_data import ReportData

_SUBTITLES = {
    "estimate": "Energy, emissions and water of a training run, estimated",
    "run": "Energy, emissions and water of a tracked training run",
    "project": "Energy, emissions and water of a project's training runs",
    "validation": "How published figures and our estimates agree",
}
_IMPORTED = "Energy, emissions and water of a training run, imported from"


def document_of(data: ReportData) -> Document:
    """Make the document of a report.

    Parameters
    ----------
    data : ReportData
        What it is about.
    """
    if data.kind == "validation":
        from greentrain.reporting.document.validation import validation_sections

        sections: tuple[Section, ...] = tuple(validation_sections(data))
    else:
        from greentrain.reporting.document.footprint import footprint_sections

        sections = tuple(footprint_sections(data))
    filled = tuple(section for section in sections if section.blocks)
    sources = _sources(data, filled)
    numbers = {ref: number for number, ref in enumerate(sources, 1)}
    is_estimate = all(line.status == "estimated" for line in data.lines) and data.kind == "run"
    subtitle = _SUBTITLES["estimate" if is_estimate else data.kind]
    if data.kind == "run" and data.lines[0].imported_from:
        subtitle = f"{_IMPORTED} {data.lines[0].imported_from}"
    return Document(data.title, subtitle, filled, sources, numbers)


def _sources(data: ReportData, sections: tuple[Section, ...]) -> dict[str, dict[str, Any]]:
    """Return the sources of the result, and after them those of what the charts show next to it."""
    keys = dict.fromkeys(
        key for section in sections for block in section.blocks if isinstance(block, Chart) for key in block.refs
    )
    missing = [key for key in keys if key not in data.sources]
    if not missing:
        return data.sources
    from greentrain.catalogue import load_catalogue

    catalogue = data.estimate.catalogue if data.estimate else load_catalogue()
    return {**data.sources, **{key: catalogue.source(key).to_dict() for key in missing}}
