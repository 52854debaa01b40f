"""The section on environmental impact in the body of a model card: written in place, all else left byte for byte.

A body is searched as one text, by expressions none of which looks at a character more than a few times: a card of a
million lines takes no list of them, and no time that grows with a square.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from greentrain.errors import InputError

BEGIN = "<!-- greentrain card: begin; what stands between these two lines is written anew -->"
END = "<!-- greentrain card: end -->"
HEADING = "## Environmental Impact"

_LINES = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
_LINE_START, _BLANKS, _LAST = r"(?<![^\r\n])", r"[^\S\r\n]*+", r"(?![^\r\n])"
_OPENING = re.compile(rf"{_LINE_START} {{0,3}}(`{{3,}}|~{{3,}})|<!--")
_FENCE = re.compile(rf"{_LINE_START} {{0,3}}(`{{3,}}|~{{3,}}){_BLANKS}{_LAST}")
_HEADING = re.compile(
    rf"{_LINE_START} {{0,3}}(#{{1,6}})(?=[ \t])([^\r\n]*+)(?:\r\n|\r|\n|\Z)"
    rf"|{_LINE_START}({_BLANKS}\S[^\r\n]*+)(?:\r\n|\r|\n) {{0,3}}(=+|-+)[ \t]*+(?:\r\n|\r|\n|\Z)"
)
_MARK = re.compile(rf"{_LINE_START}{_BLANKS}({re.escape(BEGIN)}|{re.escape(END)}){_BLANKS}{_LAST}")
_TEMPLATE = re.compile(
    rf"{_LINE_START}(?:{_BLANKS}[-*] +\*\*(?:Hardware Type|Hours used|Cloud Provider|Compute Region|Carbon Emitted)"
    r":?\*\*|Carbon emissions can be estimated using the \[Machine Learning Impact calculator\])"
    r"[^\r\n]*+(?:\r\n|\r|\n|\Z)"
)


class Heading(NamedTuple):
    """A heading: the place that its lines take, its level and its words."""

    start: int
    end: int
    level: int
    words: str


class SectionParts(NamedTuple):
    """The text of a section on environmental impact, by what becomes of it.

    Attributes
    ----------
    block : str
        greentrain's own, of an earlier time, which is replaced.
    template : str
        Lines of the Hub's template, as somebody filled them in, which are replaced where there is no earlier block.
    kept : str
        The rest, blank where it is code or comments.
    """

    block: str
    template: str
    kept: str


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
    marked = eol.join([BEGIN, *block, END])
    place = _marks(body)
    if place is not None:
        return body[: place[0]] + marked + body[place[1] :]
    section = _section(_shown(body))
    if section is None:
        return _spaced(body, f"{HEADING}{eol}{eol}{marked}", "", eol)
    return _in_section(body, section, marked, eol)


def section_parts(body: str) -> SectionParts:
    """Part what a card says of its environmental impact into what a new block replaces and what stays."""
    shown, marks = _shown(body), _marks(body)
    start, end = _section(shown) or (0, 0)
    if marks is not None:
        kept = shown[start : min(marks[0], end)] + shown[max(marks[1], start) : end]
        return SectionParts(body[slice(*marks)], "", kept)
    old = _template_places(body, (start, end))
    return SectionParts("", "".join(body[slice(*place)] for place in old), _without(shown, old, start, end))


def text_beside(body: str) -> str:
    """Return the text outside of greentrain's block, blank where it is code or comments."""
    shown, marks = _shown(body), _marks(body)
    return shown if marks is None else shown[: marks[0]] + shown[marks[1] :]


def lines_of(text: str, start: int = 0) -> Iterator[str]:
    """Yield the lines of a text from a place on, with their ends."""
    return (found[0] for found in _LINES.finditer(text, start))


def _marks(body: str) -> tuple[int, int] | None:
    """Find what the marks of an earlier time enclose, themselves included."""
    if BEGIN not in body and END not in body:
        return None
    found = [*_MARK.finditer(body)]
    if not found:
        return None
    if [mark[1] for mark in found] != [BEGIN, END]:
        raise InputError("card", None, "must hold the two marks of greentrain's block once each, in their order")
    return found[0].start(), found[1].end()


def _section(shown: str) -> tuple[int, int] | None:
    """Find what is below the heading on environmental impact."""
    headings = _headings(shown)
    for heading in headings:
        if _is_ours(heading.words):
            later = (item.start for item in headings if item.level <= heading.level)
            return heading.end, next(later, len(shown))
    return None


def _is_ours(words: str) -> bool:
    letters = re.sub(r"[^a-z ]", "", words.casefold())
    return " ".join(letters.split()).startswith("environmental impact")


def _headings(shown: str) -> Iterator[Heading]:
    """List the headings, in a text whose code blocks and comments are blank."""
    for found in _HEADING.finditer(shown):
        if found[1]:
            yield Heading(*found.span(), len(found[1]), found[2].rstrip(" \t").rstrip("#").strip(" \t"))
        else:
            yield Heading(*found.span(), 1 if found[4][0] == "=" else 2, found[3].strip())


def _shown(body: str) -> str:
    """Return a text of the same length, blank in code blocks and comments."""
    if not any(mark in body for mark in ("```", "~~~", "<!--")):
        return body
    parts, place = [], 0
    for start, end in _hidden(body):
        parts += [body[place:start], re.sub(r"[^\r\n]+", lambda found: " " * len(found[0]), body[start:end])]
        place = end
    return "".join((*parts, body[place:]))


def _hidden(body: str) -> Iterator[tuple[int, int]]:
    """Find the lines of code blocks and comments; place after place, each the start of a line."""
    place = 0
    while found := _OPENING.search(body, place):
        if found[1]:
            fences = _FENCE.finditer(body, _line_after(body, found.end()))
            last = next((fence.end() for fence in fences if fence[1].startswith(found[1])), len(body))
            start, end = found.start(), _line_after(body, last)
        else:
            start = max(place, body.rfind("\n", place, found.start()) + 1, body.rfind("\r", place, found.start()) + 1)
            end = _comment_end(body, found.start())
        if end:
            yield start, end
        place = end or _line_after(body, found.end())


def _comment_end(body: str, start: int) -> int:
    """Return where the last comment of a line ends, at the start of a line; 0 where it ends in the line itself."""
    line_end = _line_after(body, start)
    if body.find("-->", body.rfind("<!--", start, line_end), line_end) >= 0:
        return 0
    last = body.find("-->", line_end)
    return _line_after(body, last) if last >= 0 else len(body)


def _line_after(text: str, place: int) -> int:
    found = _LINE_END.search(text, place)
    return found.end() if found else len(text)


def _template_places(body: str, section: tuple[int, int]) -> list[tuple[int, int]]:
    """Find the template's lines in a section, which a block takes the place of."""
    return [found.span() for found in _TEMPLATE.finditer(body, *section)]


def _without(text: str, places: Sequence[tuple[int, int]], start: int, end: int) -> str:
    """Leave places out of a piece of a text."""
    edges = [start, *(edge for place in places for edge in place), end]
    return "".join(text[first:last] for first, last in zip(edges[::2], edges[1::2], strict=True))


def _in_section(body: str, section: tuple[int, int], marked: str, eol: str) -> str:
    start, end = section
    old = _template_places(body, section)
    if not old:
        first = _line_after(body, start)
        start = start if body[start:first].strip() else first
        return _spaced(body[:start], marked, body[start:], eol)
    first, last = old[0][0], old[-1][1]
    if not _without(body, old, first, last).strip():
        old = [(first, last)]
    return _spaced(body[:first], marked, _without(body, old, first, end) + body[end:], eol)


def _spaced(before: str, marked: str, after: str, eol: str) -> str:
    """Put a block between empty lines; where the text ends without a line end it still does."""
    has_end = before.endswith(("\r", "\n"))
    head = ""
    if before and not has_end:
        head = eol * 2
    elif before and _last_line(before).strip():
        head = eol
    tail = ""
    if after:
        tail = eol * (2 if after[: _line_after(after, 0)].strip() else 1)
    elif not before or has_end:
        tail = eol
    return before + head + marked + tail + after


def _last_line(text: str) -> str:
    """Return the last line of a text that ends in a line end."""
    rest = text[:-2] if text.endswith("\r\n") else text[:-1]
    return rest[max(rest.rfind("\n"), rest.rfind("\r")) + 1 :]
