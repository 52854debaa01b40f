"""The section on environmental impact in the body of a model card: written in place, all else left byte for byte."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from greentrain.errors import InputError

BEGIN = "<!-- greentrain card: begin; what stands between these two lines is written anew -->"
END = "<!-- greentrain card: end -->"
HEADING = "## Environmental Impact"

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?=[ \t])")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_TEMPLATE = re.compile(
    r"\s*[-*] +\*\*(Hardware Type|Hours used|Cloud Provider|Compute Region|Carbon Emitted):?\*\*"
    r"|Carbon emissions can be estimated using the \[Machine Learning Impact calculator\]"
)


class Heading(NamedTuple):
    """A heading: the lines that it takes, its level and its words."""

    first: int
    last: int
    level: int
    words: str


class SectionParts(NamedTuple):
    """The lines of a section on environmental impact, by what becomes of them.

    Attributes
    ----------
    block : tuple of str
        greentrain's own, of an earlier time, which is replaced.
    template : tuple of str
        Those of the Hub's template, as somebody filled them in, which are replaced where there is no earlier block.
    kept : tuple of str
        The others, blank where they are code or comments.
    """

    block: tuple[str, ...]
    template: tuple[str, ...]
    kept: tuple[str, ...]


def with_section(body: str, block: Sequence[str], eol: str) -> str:
    """Put a block of lines into the section on environmental impact.

    The block goes to where it was before; else to the place of the Hub's template lines in the section, which it
    replaces; else to the head of the section; without a section, to the end of the card under a heading of its own.

    Parameters
    ----------
    body : str
        The card below its front matter.
    block : sequence of str
        The lines, without their ends and without the marks around them.
    eol : str
        Line end to be used.

    Raises
    ------
    InputError
        If only one of the two marks is there, or one of them twice.
    """
    lines: list[str] = _LINES.findall(body)
    marked = [BEGIN, *block, END]
    place = _marks(lines)
    if place is not None:
        first, last = place
        tail = lines[last][len(lines[last].rstrip("\r\n")) :]
        return _joined(lines[:first], eol.join(marked) + tail, lines[last + 1 :])
    section = _section(lines)
    if section is None:
        return _appended(body, marked, eol)
    return _in_section(lines, section, marked, eol)


def section_parts(body: str) -> SectionParts:
    """Part what a card says of its environmental impact into what a new block replaces and what stays."""
    lines: list[str] = _LINES.findall(body)
    shown = dict(_visible(lines))
    section, marks = _section(lines), _marks(lines)
    inside = range(*section) if section else range(0)
    if marks is not None:
        gone = range(marks[0], marks[1] + 1)
        kept = tuple(number for number in inside if number not in gone)
        return SectionParts(tuple(lines[number] for number in gone), (), tuple(shown[number] for number in kept))
    old = _template_lines(lines, section) if section else []
    gone_too = set(old)
    kept = tuple(number for number in inside if number not in gone_too)
    return SectionParts((), tuple(lines[number] for number in old), tuple(shown[number] for number in kept))


def lines_beside(body: str) -> Iterator[tuple[int, str]]:
    """List the visible lines outside of greentrain's block, counted from 1."""
    lines: list[str] = _LINES.findall(body)
    first, last = _marks(lines) or (0, -1)
    yield from ((number + 1, line) for number, line in _visible(lines) if line.strip() and not first <= number <= last)


def _joined(before: Sequence[str], text: str, after: Sequence[str]) -> str:
    return "".join((*before, text, *after))


def _marks(lines: Sequence[str]) -> tuple[int, int] | None:
    """Find the marks of an earlier time."""
    begins = [number for number, line in enumerate(lines) if line.strip() == BEGIN]
    ends = [number for number, line in enumerate(lines) if line.strip() == END]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise InputError("card", None, "must hold the two marks of greentrain's block once each, in their order")
    return begins[0], ends[0]


def _section(lines: Sequence[str]) -> tuple[int, int] | None:
    """Find the first and the last line below the heading on environmental impact."""
    headings = list(_headings(lines))
    for number, heading in enumerate(headings):
        if _is_ours(heading.words):
            later = (item for item in headings[number + 1 :] if item.level <= heading.level)
            following = next(later, None)
            return heading.last + 1, following.first if following else len(lines)
    return None


def _is_ours(words: str) -> bool:
    letters = re.sub(r"[^a-z ]", "", words.casefold())
    return " ".join(letters.split()).startswith("environmental impact")


def _headings(lines: Sequence[str]) -> Iterator[Heading]:
    """List the headings that are none of a code block or comment."""
    before = ""
    for number, line in _visible(lines):
        bare = line.rstrip("\r\n")
        if found := _ATX.match(bare):
            words = bare[found.end() :].rstrip(" \t").rstrip("#").strip(" \t")
            yield Heading(number, number, len(found[1]), words)
            before = ""
        elif before and (found := _UNDERLINE.match(bare)):
            yield Heading(number - 1, number, 1 if found[1][0] == "=" else 2, before)
            before = ""
        else:
            before = bare.strip()


def _visible(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Return the lines outside of code blocks and comments, and an empty one for each inside."""
    fence, in_comment = "", False
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if fence:
            closes = found and found[1].startswith(fence) and not line[found.end() :].strip()
            fence = "" if closes else fence
            yield number, ""
        elif in_comment:
            in_comment = "-->" not in line
            yield number, ""
        elif found:
            fence = found[1]
            yield number, ""
        else:
            in_comment = "-->" not in line[line.rfind("<!--") :] if "<!--" in line else False
            yield number, "" if in_comment else line


def _template_lines(lines: Sequence[str], section: tuple[int, int]) -> list[int]:
    """Find the template's lines in a section, which a block takes the place of."""
    return [number for number in range(*section) if _TEMPLATE.match(lines[number])]


def _in_section(lines: list[str], section: tuple[int, int], marked: Sequence[str], eol: str) -> str:
    first = section[0]
    old = _template_lines(lines, section)
    start = old[0] if old else first
    gone = set(old)
    if old and all(number in gone or not lines[number].strip() for number in range(old[0], old[-1] + 1)):
        gone = set(range(old[0], old[-1] + 1))
    before = lines[:start]
    after = [lines[number] for number in range(start, len(lines)) if number not in gone]
    if not old and after and not after[0].strip():
        before.append(after.pop(0))
    return _spaced(before, marked, after, eol)


def _spaced(before: Sequence[str], marked: Sequence[str], after: Sequence[str], eol: str) -> str:
    """Put a block between empty lines; where the text ends without a line end it still does."""
    head = ""
    if before and not before[-1].endswith(("\r", "\n")):
        head = eol * 2
    elif before and before[-1].strip():
        head = eol
    text = head + eol.join(marked)
    if after:
        text += eol * (2 if after[0].strip() else 1)
    elif not before or before[-1].endswith(("\r", "\n")):
        text += eol
    return _joined(before, text, after)


def _appended(body: str, marked: Sequence[str], eol: str) -> str:
    lines: list[str] = _LINES.findall(body)
    return _spaced(lines, [HEADING, "", *marked], (), eol)
