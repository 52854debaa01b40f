"""The YAML block of a card: one key set, every other byte as it was."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from greentrain import InputError
from greentrain.reporting.model_card import find_front_matter, with_mapping

KEY = "co2_eq_emissions"
VALUES = {"emissions": "1234.5", "source": '"ours"'}
BODY = "# My model\n\nText --- with dashes.\n"


def set_(front: str, body: str = BODY) -> str:
    """Set the values in a card with this front matter."""
    return with_mapping(f"---\n{front}---\n{body}", KEY, VALUES)


def test_a_card_without_front_matter_gets_one() -> None:
    """The old text follows after an empty line."""
    expected = '---\nco2_eq_emissions:\n  emissions: 1234.5\n  source: "ours"\n---\n\n'
    assert with_mapping(BODY, KEY, VALUES) == expected + BODY


def test_an_empty_card_gets_front_matter_alone() -> None:
    """No empty line at the end."""
    assert with_mapping("", KEY, {"emissions": "1"}) == "---\nco2_eq_emissions:\n  emissions: 1\n---\n"


def test_an_empty_block_is_filled() -> None:
    """Two lines of dashes with nothing between them are front matter."""
    assert with_mapping("---\n---\nx", KEY, {"emissions": "1"}) == "---\nco2_eq_emissions:\n  emissions: 1\n---\nx"


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        # absent: added below, comments and order kept
        (
            "license: mit # keep\n# a comment\ntags:\n- a\n",
            'license: mit # keep\n# a comment\ntags:\n- a\nco2_eq_emissions:\n  emissions: 1234.5\n  source: "ours"\n',
        ),
        # the old scalar, with a comment
        (
            "co2_eq_emissions: 0.5988 # AutoTrain\ntags: [a]\n",
            'co2_eq_emissions: # AutoTrain\n  emissions: 1234.5\n  source: "ours"\ntags: [a]\n',
        ),
        # nothing behind the key
        ("co2_eq_emissions:\nx: 1\n", 'co2_eq_emissions:\n  emissions: 1234.5\n  source: "ours"\nx: 1\n'),
        # a mapping: values in place, the user's own keys and comments kept, a missing key added
        (
            "co2_eq_emissions:\n    emissions: 2.6e-05 # g\n    training_type: fine-tuning\n    # mine\nx: 1\n",
            "co2_eq_emissions:\n    emissions: 1234.5 # g\n    training_type: fine-tuning\n"
            '    source: "ours"\n    # mine\nx: 1\n',
        ),
        # keys in another order, quoted and empty values
        (
            "co2_eq_emissions:\n  source: 'code carbon'\n  emissions:\n",
            'co2_eq_emissions:\n  source: "ours"\n  emissions: 1234.5\n',
        ),
        # a value over several lines
        (
            "co2_eq_emissions:\n  source: |\n    two\n    lines\n\n  emissions: 1\nx: 1\n",
            'co2_eq_emissions:\n  source: "ours"\n\n  emissions: 1234.5\nx: 1\n',
        ),
        # in braces
        (
            "co2_eq_emissions: {emissions: 1, note: 'x'} # c\nx: 1\n",
            "co2_eq_emissions: {emissions: 1234.5, note: 'x', source: \"ours\"} # c\nx: 1\n",
        ),
        ("co2_eq_emissions: {}\n", 'co2_eq_emissions: {emissions: 1234.5, source: "ours"}\n'),
        # a quoted key, and the same words inside of another value
        (
            'text: |\n  co2_eq_emissions: 5\n"co2_eq_emissions": 1\n',
            'text: |\n  co2_eq_emissions: 5\n"co2_eq_emissions":\n  emissions: 1234.5\n  source: "ours"\n',
        ),
    ],
)
def test_the_key_is_set_in_place(front: str, expected: str) -> None:
    """Each way of writing it, byte for byte."""
    assert set_(front) == f"---\n{expected}---\n{BODY}"


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_line_ends_are_those_of_the_card(eol: str) -> None:
    """Windows and old Macintosh."""
    card = eol.join(["---", "license: mit", "---", "# T", "end"])
    expected = eol.join(["---", "license: mit", f"{KEY}:", "  emissions: 1", "---", "# T", "end"])
    assert with_mapping(card, KEY, {"emissions": "1"}) == expected


def test_front_matter_at_the_very_end_needs_no_line_end() -> None:
    """A card that is nothing else."""
    assert (
        with_mapping("---\na: 1\n---", KEY, {"emissions": "1"}) == "---\na: 1\nco2_eq_emissions:\n  emissions: 1\n---"
    )


@pytest.mark.parametrize(
    ("front", "rule"),
    [
        ("a: [1\n", "the front matter is not YAML, line 3"),
        ("just text\n", "the front matter must be a mapping, one key to a line"),
        ("{a: 1}\n", "the front matter must be a mapping, one key to a line"),
        ("co2_eq_emissions: 1\nco2_eq_emissions: 2\n", "the front matter has co2_eq_emissions twice"),
        (
            "co2_eq_emissions: [1, 2]\n",
            "co2_eq_emissions in the front matter is a list; it must be a number or a mapping",
        ),
        (
            "co2_eq_emissions:\n  emissions: &e 1\nx: *e\n",
            "the front matter cannot be edited safely; set co2_eq_emissions by hand",
        ),
        ("a: 1\n...\n", "the front matter cannot be edited safely; set co2_eq_emissions by hand"),
    ],
)
def test_what_cannot_be_edited_safely_is_refused(front: str, rule: str) -> None:
    """Rather no change than a broken card."""
    with pytest.raises(InputError, match=f"^card: {re.escape(rule)}$"):
        set_(front)


def test_the_block_is_found_by_the_rule_of_the_hub() -> None:
    """At the very head, closed by a line of dashes."""
    assert find_front_matter("text\n---\na: 1\n---\n") is None
    assert find_front_matter("---\na: 1\n") is None
    found = find_front_matter("---\na: 1\n---  \nrest")
    assert found is not None
    assert (found.text, found.after) == ("a: 1\n", 15)


PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.characters(codec="latin-1"), max_size=8)
TREES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner)
)
FRONTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), TREES, max_size=5)


@pytest.mark.slow
@given(
    FRONTS,
    st.none() | st.just(0.5) | st.dictionaries(st.sampled_from(["emissions", "note", "source"]), PLAIN),
    st.booleans(),
)
def test_nothing_else_changes(front: dict[str, Any], old: Any, flow: bool) -> None:
    """Whatever the front matter says, it still says it, and setting the same values again changes nothing."""
    tree = {**front, KEY: old, "last": [[1]]}
    card = f"---\n{yaml.safe_dump(tree, sort_keys=False, default_flow_style=flow and None)}---\n{BODY}"
    new = with_mapping(card, KEY, VALUES)
    found = find_front_matter(new)
    assert found is not None
    kept = old if isinstance(old, dict) else {}
    assert yaml.safe_load(found.text) == {**tree, KEY: {**kept, "emissions": 1234.5, "source": "ours"}}
    assert new[found.after :] == BODY
    assert with_mapping(new, KEY, VALUES) == new
