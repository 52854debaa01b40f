"""Names: folding, the index of names, suggestions and refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain import UnknownName
from greentrain.catalogue.names import fold, index, nearest, refuse

CHOICES = {"v100": "V100", "p100": "P100", "a100": "A100", "v100sxm2": "v100-sxm2", "rtx4090": "rtx-4090"}


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Tesla V100-SXM2-32GB", "teslav100sxm232gb"),
        ("NVIDIA  A100 (80 GB)", "nvidiaa10080gb"),
        ("aws:us-east-1", "awsuseast1"),
        ("Stra\u00dfe", "strasse"),
        ("C\u00f4te d'Ivoire", "c\u00f4tedivoire"),
        ("-_!", ""),
    ],
)
def test_fold_keeps_letters_and_digits(name: str, folded: str) -> None:
    """Case and punctuation do not count; letters of other scripts and accents do."""
    assert fold(name) == folded


def test_a_look_alike_of_another_script_stays_different() -> None:
    """Cyrillic A is not Latin A."""
    assert fold("\u0410100") != fold("A100")


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    """A folded name is its own folded form."""
    assert fold(fold(name)) == fold(name)


def test_index_maps_every_spelling_to_its_key() -> None:
    """Names differ from one another after folding."""
    found = index([("v100", ["V100", "Tesla V100"]), ("k80", ["K-80"])])
    assert found == {"v100": "v100", "teslav100": "v100", "k80": "k80"}


def test_index_lets_the_later_key_win() -> None:
    """The user's own rows come after the shipped ones."""
    assert index([("shipped", ["Card"]), ("own", ["CARD"])]) == {"card": "own"}


def test_index_leaves_out_names_without_letters_or_digits() -> None:
    """Blank cells would all be one name, which any punctuation would then find."""
    assert index([("a", ["", "-"]), ("b", [" ", "B"])]) == {"b": "b"}


def test_nearest_puts_the_closest_first() -> None:
    """One letter off beats two."""
    assert nearest("V10", CHOICES)[0] == "V100"


@pytest.mark.parametrize("name", ["V1OO", "VlOO", "v1oo"])
def test_nearest_sees_through_letters_that_look_like_digits(name: str) -> None:
    """The letter O for zero and the letter l for one are slips that the eye does not catch."""
    assert nearest(name, CHOICES)[0] == "V100"


def test_nearest_adds_names_that_begin_alike() -> None:
    """A beginning is a hint even where most of the name is missing."""
    assert nearest("rtx", CHOICES) == ("rtx-4090",)


@pytest.mark.parametrize("name", ["", "-", "qqqqqq"])
def test_nearest_suggests_nothing_rather_than_anything(name: str) -> None:
    """Far from everything means no suggestion."""
    assert nearest(name, CHOICES) == ()


def test_nearest_gives_at_most_five_and_each_once() -> None:
    """Several spellings of one device are one suggestion."""
    choices = {f"card{number}": f"Card {number // 2}" for number in range(20)}
    found = nearest("card", choices)
    assert len(found) == len(set(found)) == 5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("qqqq", "gpu 'qqqq': unknown accelerator; look in the list"),
        ("V1OO", "gpu 'V1OO': unknown accelerator; did you mean V100, v100-sxm2, P100 or A100?"),
        ("V10", "gpu 'V10': unknown accelerator; did you mean V100 or v100-sxm2?"),
        ("\u0412100", r"gpu '\u0412100': unknown accelerator (it has characters outside ASCII); "
         "did you mean V100, P100 or A100?"),
    ],
)  # fmt: skip
def test_refuse_suggests_or_says_where_to_look(name: str, message: str) -> None:
    """With near names these, without the place to look; foreign letters are pointed out."""
    with pytest.raises(UnknownName) as caught:
        refuse("gpu", name, "accelerator", CHOICES, "look in the list")
    assert str(caught.value) == message
