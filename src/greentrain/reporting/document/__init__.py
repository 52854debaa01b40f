"""A report before it takes a form: sections of paragraphs, lists, tables and charts, with references to sources.

Markdown, plain text and HTML are written from one document, so that they say the same. All text in it is plain: the
form escapes it.
"""

from greentrain.reporting.document.blocks import Block, Bullets, Cell, Chart, Document, Prose, Section, Table

__all__ = ["Block", "Bullets", "Cell", "Chart", "Document", "Prose", "Section", "Table"]
