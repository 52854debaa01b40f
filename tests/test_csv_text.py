"""The one writer of CSV and its guard."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain.csv_text import escaped, rows_csv

SOURCES = Path(__file__).parents[1] / "src" / "greentrain"
SIGNS = ("=", "+", "-", "@", "|", *"\uff1d\uff0b\uff0d\uff20\uff5c\ufe66\ufe62\ufe63\ufe6b\u2212")
TEXTS = st.text() | st.builds("".join, st.lists(st.sampled_from([*SIGNS, " ", "\t", "\r", "\n", "'", '"', ",", "1"])))
NUMBERS = st.integers() | st.floats(allow_nan=False)


def cell(value: object) -> str:
    """Write one value and return the line that it makes."""
    head, line, end = rows_csv(("a",), [{"a": value}]).split("\n")
    assert (head, end) == ("a", "")
    return line


def read_back(text: str) -> list[list[str]]:
    """Read CSV as other programs do."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_header_and_a_line_for_each_row() -> None:
    """What a row lacks is empty, as None is; lines end with a line feed; cells are quoted where they have to be."""
    rows: list[dict[str, Any]] = [{"b": 1, "a": "x, y"}, {"a": None, "b": 'say "z"'}, {"a": True, "b": 2.5e-7}, {}]
    assert rows_csv(("a", "b"), rows) == 'a,b\n"x, y",1\n,"say ""z"""\nTrue,0.00000025\n,\n'
    assert rows_csv(("a", "b"), []) == "a,b\n"


def test_a_cell_without_a_column_is_an_error() -> None:
    """It would be lost without a word."""
    with pytest.raises(ValueError, match="'c'"):
        rows_csv(("a", "b"), [{"a": 1, "c": 2}])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=HYPERLINK(1): the figures", "'=HYPERLINK(1): the figures"),
        ("=cmd|x", "'=cmd|x"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        (" =1+1", "' =1+1"),
        ("   +1", "'   +1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("|cmd", "'|cmd"),
        ("\ufe661+1", "'\ufe661+1"),
        ("\u200b=1+1", "\\u200b=1+1"),
        ("\u3000=1+1", "\\u3000=1+1"),
        ("\t=1+1", "\\t=1+1"),
        ("\r=1+1", "\\r=1+1"),
        ("\n=1+1", "\\n=1+1"),
        (" \t=1+1", " \\t=1+1"),
        ("\ufeff=1+1", "\\ufeff=1+1"),
        ("\u00a0=1+1", "\\xa0=1+1"),
        ("'=1+1", "'=1+1"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m\u202e\ud800", "\\x1b[31m\\u202e\\ud800"),
        ("V100 = 96 h", "V100 = 96 h"),
        ("\u8bad\u7ec3", "\u8bad\u7ec3"),
        ("", ""),
    ],
)
def test_texts_areguarded(text: str, expected: str) -> None:
    """An apostrophe before what would be a formula; what cannot be printed as a visible escape."""
    assert read_back(rows_csv(("a", "b"), [{"a": text}]))[1] == [expected, ""]


@pytest.mark.parametrize(("value", "line"), [(-0.5, "-0.5"), (-3, "-3"), (1e300, "1e+300"), (False, "False")])
def test_numbers_stay_numbers(value: float, line: str) -> None:
    """A sign is part of them."""
    assert cell(value) == line


def test_numbers_of_numpy_stay_numbers() -> None:
    """They are no floats or integers of Python, all of them."""
    numpy = pytest.importorskip("numpy")
    assert [cell(kind(-3)) for kind in (numpy.int64, numpy.float32, numpy.float64)] == ["-3", "-3.0", "-3.0"]


def test_what_is_neither_text_nor_number_isguarded_as_text() -> None:
    """A path has a name that somebody chose."""
    assert cell(Path("=1+1")) == "'=1+1"


def test_the_header_isguarded_too() -> None:
    """A column may have a name that somebody chose."""
    assert rows_csv(("=a",), [{"=a": 1}]) == "'=a\n1\n"


def number_text(number: float | None) -> str:
    """Write a number as Python does, small ones in decimals."""
    if number is None:
        return ""
    return f"{Decimal(str(number)):f}" if "e-" in str(number) else str(number)


@given(st.lists(st.tuples(TEXTS, st.none() | NUMBERS | st.booleans(), TEXTS)))
def test_reading_back_gives_the_cells(rows: list[tuple[Any, ...]]) -> None:
    """As many rows and cells, each printable, no text a formula; without apostrophe and escapes the text as it was."""
    written = rows_csv(("a", "b", "c"), (dict(zip("abc", row, strict=True)) for row in rows))
    head, *found = read_back(written)
    assert head == ["a", "b", "c"]
    assert written.count("\n") == len(rows) + 1
    assert [row[1] for row in found] == [number_text(number) for _, number, _ in rows]
    cells = [shown for row in found for shown in (row[0], row[2])]
    texts = [text for row in rows for text in (row[0], row[2])]
    assert [shown for shown in cells if shown.strip().startswith(SIGNS) or not shown.isprintable()] == []
    for shown, text in zip(cells, texts, strict=True):
        assert shown in (escaped(text), f"'{escaped(text)}")


@given(st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" ")))
def test_plain_text_stays_as_it_is(text: str) -> None:
    """Nothing is done to what can be printed and is no formula."""
    shown = read_back(rows_csv(("a", "b"), [{"a": text}]))[1][0]
    assert shown == (f"'{text}" if text.strip().startswith(SIGNS) else text)


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_without_the_guard_any_text_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    """Formulas, line ends and control characters included."""
    written = rows_csv(("=a", "b"), ({"=a": one, "b": other} for one, other in rows), guard=False)
    assert read_back(written) == [["=a", "b"], *rows]


def test_there_is_no_other_writer() -> None:
    """A second one would have a guard of its own, or none."""
    writers = [path.name for path in SOURCES.rglob("*.py") if re.search(r"csv\.(DictW|w)riter", path.read_text())]
    assert writers == ["csv_text.py"]
