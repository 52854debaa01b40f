"""The charts of a document, each with its sentence and its table; the drawing itself is left to the form."""

from collections.abc import Iterator

from greentrain.reporting.charts import charts_of
from greentrain.reporting.document.blocks import Chart, table
from greentrain.reporting.subject import Subject


class Charts:
    """The charts that have something to show for a subject.

    Parameters
    ----------
    subject : Subject
        What is reported.
    """

    def __init__(self, subject: Subject) -> None:
        self._by_kind = {item.kind: item for item in charts_of(subject)}

    def of(self, kind: str) -> Iterator[Chart]:
        """Give a chart as a block, or nothing where it has nothing to show."""
        found = self._by_kind.get(kind)
        if found is not None:
            numeric = tuple(
                column for column in range(1, len(found.header)) if all(_is_number(row[column]) for row in found.rows)
            )
            yield Chart(
                kind, found.summary, table(found.title, found.header, found.rows, numeric), found.draw, found.sources
            )


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-").replace(",", "")[:1].isdigit()
