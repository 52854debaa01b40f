"""From a subject to its document."""

from typing import Any

from greentrain.reporting.document.blocks import Chart, Document, Section
from greentrain.reporting.subject import Subject

_SUBTITLES = {
    "estimate": "Energy, emissions and water of a training run, estimated",
    "run": "Energy, emissions and water of a tracked training run",
    "project": "Energy, emissions and water of a project's training runs",
    "validation": "How published figures and our estimates agree",
}


def document_of(subject: Subject) -> Document:
    """Make the document of a report.

    Parameters
    ----------
    subject : Subject
        What it is about.
    """
    if subject.kind == "validation":
        from greentrain.reporting.document.validation import validation_sections

        sections: tuple[Section, ...] = tuple(validation_sections(subject))
    else:
        from greentrain.reporting.document.footprint import footprint_sections

        sections = tuple(footprint_sections(subject))
    filled = tuple(section for section in sections if section.blocks)
    sources = _sources(subject, filled)
    numbers = {ref: number for number, ref in enumerate(sources, 1)}
    return Document(subject.title, _SUBTITLES[subject.kind], filled, sources, numbers)


def _sources(subject: Subject, sections: tuple[Section, ...]) -> dict[str, dict[str, Any]]:
    """Give the sources of the result, and after them those of what the charts show beside it."""
    keys = dict.fromkeys(
        key for section in sections for block in section.blocks if isinstance(block, Chart) for key in block.refs
    )
    missing = [key for key in keys if key not in subject.sources]
    if not missing:
        return subject.sources
    from greentrain.catalogue import load_catalogue

    catalogue = subject.estimate.catalogue if subject.estimate else load_catalogue()
    found = ((key, catalogue.source(key)) for key in missing)
    beside = {
        key: {"title": source.title, "url": source.url, "year": source.year, "licence": source.licence}
        for key, source in found
    }
    return {**subject.sources, **beside}
