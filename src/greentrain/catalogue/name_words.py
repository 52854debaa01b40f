"""Names of hardware as words: what stands around a name is taken off by one reader each, and the rest must be a name.

Loaded only for what is no name as it stands. A word that no reader knows stays, so that no word is dropped in silence.
"""

from __future__ import annotations

import re

from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Phrase = tuple[str, ...]

_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™©]", re.IGNORECASE)
_TIMES = str.maketrans({"\N{MULTIPLICATION SIGN}": "x", "*": "x", "\N{NO-BREAK SPACE}": " "})
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?!\w)", re.ASCII)
_APART = re.compile(r"[\s(),;\[\]_]+")
_NO_WORD = re.compile(r"[^\w\s(),;\[\]\-+./@:]")
_SIGNED = re.compile(r"(\d+)(x)|(x)(\d+)|(\d+)(x)(\D.*)|(.*\d[a-z]*?)(x)(\d+)", re.IGNORECASE | re.ASCII)
"""A count and its times sign, alone or joined to a name."""
_LONGEST_COUNT_BEHIND = 3
_LONGEST_COUNT = 20
"""Digits: no count needs more, and Python reads no more than 4,300."""

NUMBERS = {
    "single": 1, "one": 1, "dual": 2, "two": 2, "three": 3, "quad": 4, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "ten": 10, "twelve": 12, "sixteen": 16,
}  # fmt: skip
VENDORS: dict[Phrase, str] = {
    ("nvidia",): "NVIDIA",
    ("amd",): "AMD",
    ("advanced", "micro", "devices"): "AMD",
    ("intel",): "Intel",
    ("habana",): "Intel",
    ("habana", "labs"): "Intel",
    ("google",): "Google",
    ("apple",): "Apple",
    ("huawei",): "Huawei",
    ("graphcore",): "Graphcore",
    ("cerebras",): "Cerebras",
    ("groq",): "Groq",
    ("baidu",): "Baidu",
    ("cambricon",): "Cambricon",
    ("biren",): "Biren",
    ("metax",): "MetaX",
    ("microsoft",): "Microsoft",
    ("meta",): "Meta",
    ("arm",): "Arm",
    ("ampere", "computing"): "Ampere",
    ("qualcomm",): "Qualcomm",
}
"""Words for a maker, and the maker as the tables write it."""
_CORPORATION = frozenset(("corporation", "corp", "corp.", "inc", "inc."))
PROVIDERS: dict[Phrase, str] = {
    ("aws",): "aws", ("amazon",): "aws", ("amazon", "web", "services"): "aws", ("ec2",): "aws",
    ("amazon", "ec2"): "aws", ("aws", "ec2"): "aws", ("sagemaker",): "aws", ("amazon", "sagemaker"): "aws",
    ("aws", "sagemaker"): "aws", ("gcp",): "gcp", ("google", "cloud"): "gcp", ("google", "cloud", "platform"): "gcp",
    ("gce",): "gcp", ("google", "compute", "engine"): "gcp", ("azure",): "azure", ("microsoft", "azure"): "azure",
    ("oci",): "oci", ("oracle", "cloud"): "oci", ("oracle",): "oci", ("lambda",): "lambda",
    ("lambda", "labs"): "lambda", ("lambda", "cloud"): "lambda", ("lambdalabs",): "lambda", ("nebius",): "nebius",
    ("scaleway",): "scaleway", ("ovh",): "ovh", ("ovhcloud",): "ovh",
}  # fmt: skip
"""Words for a provider whose machine types the tables have, and its name there."""
PLACES_TO_COMPUTE: frozenset[Phrase] = frozenset(PROVIDERS) | {
    ("colab",), ("google", "colab"), ("google", "colaboratory"), ("colaboratory",), ("colab", "pro"), ("colab", "pro+"),
    ("google", "colab", "pro"), ("google", "colab", "pro+"), ("colab", "notebook"), ("google", "colab", "notebook"),
    ("kaggle",), ("kaggle", "notebook"), ("kaggle", "notebooks"), ("free", "tier"), ("free",), ("cloud",),
    ("runpod",), ("vast.ai",), ("vastai",), ("vast", "ai"), ("paperspace",), ("coreweave",), ("modal",),
    ("hugging", "face"),
    ("huggingface",), ("hugging", "face", "spaces"), ("huggingface", "spaces"), ("spaces",), ("free", "colab"),
}  # fmt: skip
"""Where hardware is rented, which says nothing about the hardware."""
_BEFORE_A_PLACE = frozenset(("on", "via", "from", "in", "at", "@", "the"))


class Taken(NamedTuple):
    """A phrase that was taken out of words, and where it stood."""

    phrase: Phrase
    place: int


class Words:
    """The words of a name that no reader has taken yet, in their order.

    Parameters
    ----------
    left : iterable of str
        The words as written.
    """

    def __init__(self, left: Iterable[str]) -> None:
        self.left = [*left]

    def take(self, phrases: Iterable[Phrase]) -> Taken | None:
        """Take the longest of the phrases that stands among the words; the first place counts."""
        folded = [word.casefold() for word in self.left]
        for phrase in sorted(phrases, key=len, reverse=True):
            for place in range(len(folded) - len(phrase) + 1):
                if tuple(folded[place : place + len(phrase)]) == phrase:
                    del self.left[place : place + len(phrase)]
                    return Taken(phrase, place)
        return None

    def take_all(self, phrases: Iterable[Phrase]) -> list[Taken]:
        """Take each of the phrases as often as it stands among the words."""
        known = [*phrases]
        found: list[Taken] = []
        while (taken := self.take(known)) is not None:
            found.append(taken)
        return found

    def take_before(self, place: int, words: frozenset[str]) -> None:
        """Take such words that stand right before a place, as ``with`` before a size of memory does."""
        while 0 < place <= len(self.left) and self.left[place - 1].casefold() in words:
            place -= 1
            del self.left[place]

    def take_places_to_compute(self) -> None:
        """Take what says where hardware is rented: ``on Kaggle``, ``(Google Colab)``."""
        while (taken := self.take(PLACES_TO_COMPUTE)) is not None:
            self.take_before(taken.place, _BEFORE_A_PLACE)

    def take_vendor(self) -> tuple[str, ...]:
        """Take the makers' names; they have to be those of what is named."""
        found = self.take_all(VENDORS)
        for taken in found:
            while taken.place < len(self.left) and self.left[taken.place].casefold() in _CORPORATION:
                del self.left[taken.place]
        return tuple(dict.fromkeys(VENDORS[taken.phrase] for taken in found))

    def take_times(self) -> list[int]:
        """Take counts before or behind a times sign. [1]"""
        found: list[int] = []
        words, self.left = [*_with_times_signs_apart(self.left)], []
        while words:
            first, second, third = (whole(word) for word in (*words[:3], "", "", "")[:3])
            signs = [word.casefold() == "x" for word in (*words[:3], "", "")[:2]]
            if signs[0] and second is not None:
                found.append(second)
                del words[:2]
            elif first is None or not signs[1] or (third is not None and (self.left or third < first)):
                self.left.append(words.pop(0))  # 3090 x 2 is two of a 3090, 8 x 3090 are eight
            else:
                found.append(first)
                del words[:2]
        return found

    def take_counted(self, nouns: frozenset[str]) -> list[tuple[int, str]]:
        """Take counts of a noun such as ``GPUs``, with the noun in lower case."""
        found: list[tuple[int, str]] = []
        place = 0
        while place < len(self.left) - 1:
            noun, count = self.left[place + 1].casefold(), written_count(self.left[place])
            if noun in nouns and count is not None:
                found.append((count, noun))
                del self.left[place : place + 2]
            else:
                place += 1
        return found

    def take_leading_number(self) -> int | None:
        """Take a bare number before the name, as in ``8 V100``."""
        if len(self.left) > 1 and (number := written_count(self.left[0])) is not None:
            del self.left[0]
            return number
        return None


def _with_times_signs_apart(words: list[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        found = _SIGNED.fullmatch(word)
        # Behind other words 5950X is a name, and no count.
        is_name = found is not None and found[1] and len(found[1]) > _LONGEST_COUNT_BEHIND
        if found is None or (is_name and (place or _has_times_sign(words[1:]))):
            yield word
        else:
            yield from (part for part in found.groups() if part)


def _has_times_sign(words: list[str]) -> bool:
    return any(word.casefold() == "x" or _SIGNED.fullmatch(word) for word in words)


def whole(word: str) -> int | None:
    """Read digits alone."""
    return int(word[:_LONGEST_COUNT]) if word.isascii() and word.isdigit() else None


def written_count(word: str) -> int | None:
    """Read digits or a word for a number."""
    return NUMBERS.get(word.casefold()) or whole(word)


def plain_text(text: str) -> str:
    """Return a text without marks and thousands separators, with the letter x for every times sign."""
    plain = " ".join(_MARKS.sub(" ", text).translate(_TIMES).split())
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), plain)


def split_words(text: str, keep: re.Pattern[str] | None = None) -> list[str] | None:
    """Split a text into words, also at hyphens; None where it holds punctuation that no name has.

    Parameters
    ----------
    text : str
        Plain, see `plain_text`.
    keep : pattern, optional
        Words that a hyphen does not divide.
    """
    if _NO_WORD.search(text):
        return None
    return [*_divided((word for word in _APART.split(text) if word), keep)]


def _divided(words: Iterable[str], keep: re.Pattern[str] | None) -> Iterator[str]:
    for word in words:
        if keep is not None and keep.fullmatch(word):
            yield word
        else:
            yield from (part for part in word.split("-") if part)
