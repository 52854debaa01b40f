"""A report before it takes a form: sections of paragraphs, lists, tables and charts, with references to sources.

Markdown, plain text and HTML are written from one document, so that they say the same. All text in it is plain: the
form escapes it.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.reporting.document.blocks import Block, Bullets, Cell, Chart, Document, Prose, Section, Table
    from greentrain.reporting.document.build import document_of
    from greentrain.reporting.document.footprint import MOST_NAMES, spans_blocks
    from greentrain.reporting.document.validation import validation_sections
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "reporting.document.blocks": "Block Bullets Cell Chart Document Prose Section Table",
            "reporting.document.build": "document_of",
            "reporting.document.footprint": "MOST_NAMES spans_blocks",
            "reporting.document.validation": "validation_sections",
        },
    )

__all__ = [
    "MOST_NAMES", "Block", "Bullets", "Cell", "Chart", "Document", "Prose", "Section", "Table", "document_of",
    "spans_blocks", "validation_sections",
]  # fmt: skip
