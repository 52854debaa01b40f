"""Pieces of a drawing as SVG: text, points, lines and bars; what they look like is told by a plotly figure."""

from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import Any

from greentrain.errors import NO_BREAK_SPACES, escaped
from greentrain.html_table import typeset
from greentrain.reporting.charts.style import LINE_PX

_DASHES = {"dot": "2 4", "dash": "7 5", "dashdot": "7 4 2 4"}
_ASCENT = 0.36
"""How far below the middle of a line of text its foot is, in sizes of its letters. [1]"""
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_GAS = "CO\N{SUBSCRIPT TWO}e"
_POLYGONS: dict[str, Sequence[tuple[float, float]]] = {
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle-up": ((0, -1.2), (1.15, 0.8), (-1.15, 0.8)),
}
"""Symbols by the names of plotly, in halves of their size."""


def px(value: float) -> str:
    """Write a length to a tenth."""
    written = f"{value:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """Write an element; attributes that are None are left out, numbers are rounded to a tenth."""
    parts = "".join(
        f' {key.replace("_", "-")}="{px(value) if isinstance(value, float) else escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{parts}>{content}</{name}>" if content else f"<{name}{parts}/>"


def words_of(text: str) -> str:
    """Make the text of a figure, with its entities and marks, text for an element, which no space breaks."""
    plain = unescape(text).translate(dict.fromkeys(map(ord, NO_BREAK_SPACES), " "))
    return escape(escaped(plain, kept="\n"), quote=False)


def label(
    text: str,
    x: float,
    y: float,
    *,
    size: float = 13,
    across: str = "left",
    down: str = "middle",
    **look: object,
) -> str:
    """Write text of one or several lines.

    Parameters
    ----------
    text : str
        As plotly takes it: escaped, with ``<br>`` between lines and ``<b>`` around bold ones.
    x, y : float
        Where it is anchored. [px]
    size : float
        Of its letters. [px]
    across : {'left', 'center', 'right'}
        Which of its sides is at ``x``.
    down : {'top', 'middle', 'bottom'}
        Which of its sides is at ``y``.
    """
    lines = text.split("<br>")
    step = LINE_PX * size / 13
    shift = {"top": 0.5, "middle": 0.5 - len(lines) / 2, "bottom": 0.5 - len(lines)}[down]
    foot = y + step * shift + _ASCENT * size
    shared = {"font_size": None if size == 13 else px(size), "text_anchor": _ANCHORS[across], **look}
    if shared["text_anchor"] == "start":
        del shared["text_anchor"]
    found = []
    for number, line in enumerate(lines):
        plain = line.replace("<b>", "").replace("</b>", "")
        weight = "bold" if plain != line else None
        place = {"x": x, "y": float(foot + step * number)}
        if plain:
            found.append(element("text", typeset(words_of(plain), _GAS), **place, font_weight=weight, **shared))
    return "\n".join(found)


def symbol(marker: Mapping[str, Any], x: float, y: float, size: float, hint: str = "") -> str:
    """Draw a point; a name that ends in ``-open`` is not filled."""
    name, colour = str(marker.get("symbol", "circle")), marker.get("color", "currentColor")
    plain, is_open = name.removesuffix("-open"), name.endswith("-open")
    look: dict[str, Any] = {"fill": "none" if is_open else colour}
    if is_open:
        look |= {"stroke": colour, "stroke_width": 1.5}
    if marker.get("opacity") is not None:
        look["opacity"] = str(marker["opacity"])
    content = title(hint)
    if plain not in _POLYGONS:
        return element("circle", content, cx=x, cy=y, r=size / 2, **look)
    corners = " ".join(f"{px(x + size / 2 * right)},{px(y + size / 2 * down)}" for right, down in _POLYGONS[plain])
    return element("polygon", content, points=corners, **look)


def title(hint: str) -> str:
    """Write what a pointer that rests on an element is told."""
    return element("title", words_of(hint.replace("<br>", "\n"))) if hint else ""


def path(points: Sequence[tuple[float, float] | None], line: Mapping[str, Any]) -> str:
    """Draw a line through points, with gaps at None; ``hv`` goes along before it goes up."""
    steps, before = [], None
    for point in points:
        if point is not None:
            x, y = point
            if before is not None and line.get("shape") == "hv":
                steps.append(f"H{px(x)}")
            steps.append(f"{'M' if before is None else 'L'}{px(x)} {px(y)}")
        before = point
    look = {"stroke": line.get("color", "currentColor"), "stroke_width": line.get("width", 2)}
    dashes = _DASHES.get(str(line.get("dash")))
    return element("path", d="".join(steps), fill="none", **look, stroke_dasharray=dashes) if steps else ""


def rule(x0: float, y0: float, x1: float, y1: float, line: Mapping[str, Any], **look: object) -> str:
    """Draw a straight line."""
    dashes = _DASHES.get(str(line.get("dash")))
    stroke = {"stroke": line.get("color", "currentColor"), "stroke_width": line.get("width", 1)}
    return element("line", x1=x0, y1=y0, x2=x1, y2=y1, **stroke, stroke_dasharray=dashes, **look)


def box(x: float, y: float, width: float, height: float, fill: str, colour: str, hint: str = "") -> str:
    """Draw a bar with its edge."""
    return element("rect", title(hint), x=x, y=y, width=width, height=height, fill=fill, stroke=colour)


def pattern(key: str, shape: str, colour: str) -> str:
    """Define a pattern of bars, stripes or dots."""
    inside = (
        element("path", d="M-1 1L1 -1M0 8L8 0M7 9L9 7", stroke=colour, stroke_width=2.6)
        if shape == "/"
        else element("circle", cx=2.0, cy=2.0, r=1.3, fill=colour)
    )
    size = 8 if shape == "/" else 4
    return element("pattern", inside, id=key, width=size, height=size, patternUnits="userSpaceOnUse")
