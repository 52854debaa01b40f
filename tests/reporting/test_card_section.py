"""The section on environmental impact: written in place, every other byte as it was."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain import InputError
from greentrain.reporting.model_card import BEGIN, END, with_section

BLOCK = ["- one", "", "two"]
TEXT = f"{BEGIN}\n- one\n\ntwo\n{END}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", f"## Environmental Impact\n\n{TEXT}"),
        ("# T\n", f"# T\n\n## Environmental Impact\n\n{TEXT}"),
        ("# T\n\n", f"# T\n\n## Environmental Impact\n\n{TEXT}"),
        ("# T", f"# T\n\n## Environmental Impact\n\n{TEXT[:-1]}"),
    ],
)
def test_without_a_section_it_comes_to_the_end(body: str, expected: str) -> None:
    """Under a heading of its own; a missing final line end stays missing."""
    assert with_section(body, BLOCK, "\n") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # below the heading, before the user's own words
        ("## Environmental Impact\n\nMine.\n\n## Next\n", f"## Environmental Impact\n\n{TEXT}\nMine.\n\n## Next\n"),
        ("## Environmental Impact\n## Next\n", f"## Environmental Impact\n\n{TEXT}\n## Next\n"),
        ("### environmental impact [optional] ###\nMine.", f"### environmental impact [optional] ###\n\n{TEXT}\nMine."),
        ("Environmental Impact\n===\n\nMine.\n", f"Environmental Impact\n===\n\n{TEXT}\nMine.\n"),
        # the template's lines are replaced, its comment and the user's words stay
        (
            "## Environmental Impact\n\n<!-- grams -->\n\nCarbon emissions can be estimated using the [Machine "
            "Learning Impact calculator](x).\n\n- **Hardware Type:** ?\n"
            "- **Hours used:** ?\n- **Carbon Emitted:** ?\n\nMine.\n",
            f"## Environmental Impact\n\n<!-- grams -->\n\n{TEXT}\nMine.\n",
        ),
        (
            "## Environmental Impact\n\n- **Hardware Type:** ?\nMine.\n- **Hours used:** ?\n",
            f"## Environmental Impact\n\n{TEXT}\nMine.\n",
        ),
        # a heading in code or in a comment is none
        (
            "```\n## Environmental Impact\n```\n<!--\n## Environmental Impact\n-->\n## Environmental Impact\n",
            "```\n## Environmental Impact\n```\n<!--\n## Environmental Impact\n-->\n## Environmental Impact\n\n" + TEXT,
        ),
    ],
)
def test_the_section_is_written_in_place(body: str, expected: str) -> None:
    """Each kind of section, byte for byte."""
    assert with_section(body, BLOCK, "\n") == expected


def test_an_earlier_block_is_replaced_where_it_stands() -> None:
    """Even outside of the section; what was written by hand between the marks is gone."""
    body = f"A\n{BEGIN}\nold\n{END}\nB\n## Environmental Impact\n"
    assert with_section(body, BLOCK, "\n") == f"A\n{TEXT}B\n## Environmental Impact\n"


def test_line_ends_are_those_asked_for() -> None:
    """Windows."""
    found = with_section("# T\r\n\r\n## Environmental Impact\r\n\r\n## Next\r\n", BLOCK, "\r\n")
    middle = TEXT.replace("\n", "\r\n")
    assert found == f"# T\r\n\r\n## Environmental Impact\r\n\r\n{middle}\r\n## Next\r\n"


@pytest.mark.parametrize("body", [f"{BEGIN}\n", f"{END}\n", f"{END}\n{BEGIN}\n", f"{TEXT}{TEXT}"])
def test_damaged_marks_are_refused(body: str) -> None:
    """What would be replaced is not clear."""
    rule = "card: must hold the two marks of greentrain's block once each, in their order"
    with pytest.raises(InputError, match=f"^{re.escape(rule)}$"):
        with_section(body, BLOCK, "\n")


PIECES = st.sampled_from(
    [
        "# T",
        "## Environmental Impact",
        "## Next",
        "- **Hours used:** ?",
        "```",
        "<!--",
        "-->",
        "word",
        "",
        "---",
        "\u2028x",
    ]
)


@given(st.lists(PIECES, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_writing_twice_changes_nothing_and_the_rest_stays(pieces: list[str], eol: str, ends: bool) -> None:
    """Idempotent; without the block and the template's lines the same lines are left."""
    body = eol.join(pieces) + (eol if ends and pieces else "")
    new = with_section(body, BLOCK, eol)
    assert with_section(new, BLOCK, eol) == new
    kept = [line for line in pieces if line and not line.startswith("- **")]
    text = new.replace(eol.join([BEGIN, *BLOCK, END]), "")
    rest = [line for line in text.split(eol) if line and not line.startswith("- **")]
    assert [line for line in rest if line in kept][: len(kept)] == kept
    assert len(rest) - len(kept) in (0, 1)
