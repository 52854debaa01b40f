"""Every number that a result follows from, what greentrain chose by itself."""

from collections.abc import Iterator

from greentrain.inputs import Input
from greentrain.numbers import as_given, with_span
from greentrain.reporting.document.blocks import Block, Bullets, Cell, Prose, table
from greentrain.reporting.labels import input_words
from greentrain.reporting.report_data import ReportData

_BASES = {
    "given": "given by the user",
    "measured": "measured",
    "mixed": "measured in part",
    "published": "published",
    "default": "default of greentrain",
    "assumed": "assumed, on weak evidence",
}


def inputs_blocks(data: ReportData) -> Iterator[Block]:
    """Give the table of inputs and the list of defaults and assumptions."""
    if not data.inputs:
        return
    header = ("input", "value", "unit", "how it is known", "sources", "note")
    yield table("Every number used, and where it is from", header, map(_row, data.inputs), (1,))
    if data.defaults:
        number = len(data.defaults)
        words = "One input was" if number == 1 else f"{number} inputs were"
        yield Prose(f"{words} chosen by greentrain, because nobody said otherwise:")
        yield Bullets(tuple(map(_default, data.defaults)))
    else:
        yield Prose("No defaults were used.")


def _row(item: Input) -> tuple[str | Cell, ...]:
    unit = "" if item.unit == "1" else item.unit
    cited = Cell("", tuple(item.source_ids))
    return input_words(item.name), value_words(item), unit, _BASES[item.basis], cited, item.note


def _default(item: Input) -> Cell:
    unit = "" if item.unit == "1" else f" {item.unit}"
    assumed = " (assumed)" if item.basis == "assumed" else ""
    return Cell(f"{input_words(item.name)}: {value_words(item)}{unit}{assumed}", tuple(item.source_ids))


def value_words(item: Input) -> str:
    """Write the value of an input: as it was given, or with its interval."""
    return as_given(item.value.best) if item.value.is_exact else with_span(item.value)
