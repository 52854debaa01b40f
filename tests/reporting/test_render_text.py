"""Blocks as text of 80 columns: paragraphs, and tables that fit."""

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from greentrain.reporting.document.blocks import Prose, bullets, table
from greentrain.reporting.document.render_text import columns_of, cut, field, group, joined, table_lines, wrapped

WORDS = st.lists(st.sampled_from(["a", "of", "non-negative", "(1 to 2)", "x" * 79, "y" * 95]), max_size=25)


@given(words=WORDS, indent=st.integers(0, 8), breaks_words=st.booleans())
def test_a_paragraph_is_filled_as_by_textwrap(words: list[str], indent: int, breaks_words: bool) -> None:
    """The standard library is not loaded for it, and its lines are the same."""
    text, blanks = " ".join(words), " " * indent
    expected = textwrap.wrap(
        text,
        80,
        initial_indent=blanks,
        subsequent_indent=blanks,
        break_on_hyphens=False,
        break_long_words=breaks_words,
    )
    assert wrapped(text, blanks, breaks_words=breaks_words) == [line.rstrip() for line in expected]


def test_letters_of_two_columns_count_twice() -> None:
    """In lines, in what is cut, and in columns of tables."""
    wide = "\u8a13\u7df4"
    assert columns_of(wide) == 4
    assert cut(wide * 3, 8) == wide + "\u8a13.."
    assert max(map(columns_of, wrapped(f"{wide} " * 40))) <= 80
    assert table_lines(table("", ("", "kg"), [(wide, "1"), ("x", "22")], (1,))) == [
        "        kg",
        f"  {wide}   1",
        "  x     22",
    ]


def test_the_caption_is_above_the_first_column_where_that_has_no_heading() -> None:
    """And on a line of its own where it is too long or the column has a heading."""
    rows = [("accelerators", "1.00"), ("host", "0.5")]
    body = ["  accelerators  1.00", "  host           0.5"]
    assert table_lines(table("Parts", ("", "kWh"), rows, (1,))) == ["Parts            kWh", *body]
    long = "Parts of the energy of a run"
    assert table_lines(table(long, ("", "kWh"), rows, (1,))) == [long, "                 kWh", *body]
    assert table_lines(table("Parts", ("part", "kWh"), rows, (1,))) == ["Parts", "  part           kWh", *body]


def test_a_table_that_is_too_wide_is_broken_at_spaces_or_cut() -> None:
    """Numbers stay whole, and so do intervals in brackets."""
    rows = [("one two " * 10, "three (24.7 to 115) " * 5, "1,000,000")]
    folded = table_lines(table("", ("", "", ""), rows, (2,)))
    assert max(map(len, folded)) <= 80
    assert sum(line.count("(24.7 to 115)") for line in folded) == 5
    (line,) = table_lines(table("", ("", "", ""), [("id", "x" * 90, "1")], (2,)), cuts=True)
    assert len(line) == 80
    assert line.startswith("  id  xxx")
    assert line.endswith("xx..  1")


def test_notes_are_below_their_rows() -> None:
    """Indented, and nothing for rows without."""
    shown = table("", ("", "kg"), [("a", "1"), ("b", "2")], (1,), notes=("90 % interval: 1 to 2", ""))
    assert table_lines(shown)[1:] == ["  a   1", "    90 % interval: 1 to 2", "  b   2"]


def test_groups_without_content_are_left_out() -> None:
    """Headings of nothing do not appear."""
    assert group("Notes", bullets(()), Prose("")) == []
    assert joined((group("Notes", bullets(["a"])), [], field("place", "FR", 8))) == "Notes\n  - a\n\n  place   FR\n"


def test_a_table_whose_columns_do_not_fit_has_a_block_for_each_row() -> None:
    """Its name, then ``head: cell``; empty cells are left out, and a note is below its row."""
    header = ("Record", "tier", "published", " ours, 90 % interval", "result")
    rows = [("tucano-160m", "T3", "161 kWh", " 101 (57.6 to 152)", "outside"), ("b", "T2", "", " 2 (1 to 3)", "inside")]
    shown = table("All", header, rows, (2,), notes=("Of another kind.", ""))
    assert table_lines(shown, "", gap=1, columns=40, may_be_wider=False) == [
        "All",
        "tucano-160m",
        "  tier: T3",
        "  published: 161 kWh",
        "  ours, 90 % interval: 101 (57.6 to 152)",
        "  result: outside",
        "  Of another kind.",
        "b",
        "  tier: T2",
        "  ours, 90 % interval: 2 (1 to 3)",
        "  result: inside",
    ]
    assert table_lines(shown, "", gap=1, columns=60)[2] == "tucano-160m T3     161 kWh  101 (57.6 to 152)   outside"


def test_a_block_of_a_numbered_row_is_named_by_what_the_number_counts() -> None:
    """A rank alone tells nobody which alternative it is of; without one the first cell is the name."""
    header, row = ("", "alternative", "kg CO2e"), ("1", "V100, FR", "2.03 (0.739 to 4.93)")
    numbered = table("", header, [row], (0, 2))
    assert table_lines(numbered, columns=20, may_be_wider=False) == [
        "  1 V100, FR",
        "    kg CO2e: 2.03",
        "      (0.739 to 4.93)",
    ]
    named = table("", header[1:], [row[1:]], (1,))
    assert table_lines(named, columns=20, may_be_wider=False)[0] == "  V100, FR"


def test_an_amount_keeps_its_unit() -> None:
    """A column is no narrower than an amount, a time, or an interval with its unit."""
    cells = ["0.547 kWh", "1 h 05 min", "281 (86.9 to 771) g CO2e", "of 90 % now", "1 x NVIDIA A100"]
    shown = table("", ("", ""), [("a", cell) for cell in cells])
    assert [line[5:] for line in table_lines(shown, columns=26)] == [
        "0.547 kWh",
        "1 h 05 min",
        "281",
        "(86.9 to 771) g CO2e",
        "of 90 % now",
        "1 x NVIDIA A100",
    ]
    assert table_lines(shown, columns=14, may_be_wider=False)[:2] == ["  a", "    0.547 kWh"]


def test_a_column_that_can_be_spared_makes_room() -> None:
    """Before rows become blocks, which hold it again."""
    rows = [("llm", "0.547 kWh", "66d5ad978372909d")]
    shown = table("Runs", ("run", "energy", "id"), rows, (1,))._replace(spare=frozenset((2,)))
    assert table_lines(shown, "", columns=32)[2] == "llm  0.547 kWh  66d5ad978372909d"
    assert table_lines(shown, "", columns=31) == ["Runs", "run     energy", "llm  0.547 kWh"]
    assert table_lines(shown, "", columns=13, may_be_wider=False) == [
        "Runs",
        "llm",
        "  energy:",
        "    0.547 kWh",
        "  id:",
        "    66d5ad978372909d",
    ]


def test_a_name_takes_few_lines() -> None:
    """Where it would be broken at each word, rows are blocks."""
    rows = [("1 x NVIDIA A100 SXM4 40GB", "x" * 14)]
    assert table_lines(table("", ("hardware", "id"), rows), "", columns=25)[1:] == [
        "1 x        xxxxxxxxxxxxxx",
        "NVIDIA",
        "A100 SXM4",
        "40GB",
    ]
    assert table_lines(table("", ("hardware", "id"), rows), "", columns=24, may_be_wider=False) == [
        "1 x NVIDIA A100 SXM4",
        "  40GB",
        "  id: xxxxxxxxxxxxxx",
    ]


def test_in_a_file_columns_stay_side_by_side() -> None:
    """Which has no edge; an interval is broken before, and an amount never."""
    shown = table("", ("", ""), [("a", "281 (86.9 to 771) g")])
    assert table_lines(shown, "", columns=16) == ["a  281 (86.9 to", "   771) g"]
    long = table("", ("record", "kWh"), [("x" * 20, "1")])
    assert table_lines(long, "", columns=16) == ["record                kWh", f"{'x' * 20}  1"]
    assert table_lines(long, "", columns=16, may_be_wider=False) == ["x" * 20, "  kWh: 1"]
