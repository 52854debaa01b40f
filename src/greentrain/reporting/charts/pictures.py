"""Static pictures of charts for papers and slides, drawn by kaleido in one start of a browser."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from greentrain.errors import GreentrainError, InputError, either, install_hint
from greentrain.reporting.forms import PICTURES

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WIDTH_PX = 720
_PNG_SCALE = 2.0
_ID = re.compile(r'\bid="([^"]+)"')
_ID_USE = re.compile(r"""(\bid="|url\((?:'|&quot;|)\#|href="\#)([^"')&]+)("|'|&quot;|\))""")
_INSTALL = f"Pictures need kaleido: {install_hint('images')}. The HTML report draws its charts without it."
_BROWSER = (
    "Pictures need Chrome, Chromium or Edge, which did not start ({reason}). Install one, or name its program in the "
    "environment variable BROWSER_PATH. The HTML report draws its charts without it."
)


class PicturesUnavailable(GreentrainError):
    """What draws pictures is missing; the message says what to install."""


def pictures(figures: "Mapping[str, Figure]", *, format: str = "svg", width_px: int = WIDTH_PX) -> dict[str, bytes]:
    """Draw figures as pictures, all of them in one start of the browser and without network.

    Parameters
    ----------
    figures : mapping of str to Figure
        Figures by name.
    format : {'svg', 'png'}
        SVG for papers; PNG at twice the size.
    width_px : int
        Width; the height is the figure's own. [px]

    Returns
    -------
    dict of str to bytes
        The pictures under the same names.

    Raises
    ------
    InputError
        If the format is another.
    PicturesUnavailable
        If kaleido or a browser is missing, or the browser does not work.
    """
    if format not in PICTURES:
        raise InputError("chart_format", format, f"must be {either(PICTURES)}")
    if not figures:
        return {}
    drawn = _in_own_thread(list(figures.values()), {"format": format, "width": width_px, "scale": _scale(format)})
    named = dict(zip(figures, drawn, strict=True))
    return named if format == "png" else {name: _with_own_ids(picture, name) for name, picture in named.items()}


def _scale(format: str) -> float:
    return _PNG_SCALE if format == "png" else 1.0


def _with_own_ids(svg: bytes, name: str) -> bytes:
    """Replace the random ids of plotly.js: the same chart is the same file, and two charts on a page do not clash."""
    text = svg.decode()
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name)
    numbers = {key: f"{stem}-{number}" for number, key in enumerate(dict.fromkeys(_ID.findall(text)))}
    return _ID_USE.sub(lambda found: f"{found[1]}{numbers.get(found[2], found[2])}{found[3]}", text).encode()


def _in_own_thread(figures: "Sequence[Figure]", options: dict[str, Any]) -> list[bytes]:
    """Run kaleido where no event loop runs yet; in a notebook one runs in the main thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, _drawn(figures, options)).result()


async def _drawn(figures: "Sequence[Figure]", options: dict[str, Any]) -> list[bytes]:
    try:
        import kaleido
    except ImportError as error:
        raise PicturesUnavailable(_INSTALL) from error
    try:
        # Its page would fetch MathJax from the network.
        async with kaleido.Kaleido(n=1, mathjax=False) as browser:
            return [
                await browser.calc_fig(figure, opts={**options, "height": figure.layout.height}) for figure in figures
            ]
    except Exception as error:  # kaleido and its browser raise errors of many kinds
        reason = " ".join(str(error).split()).partition(". ")[0][:200] or type(error).__name__
        raise PicturesUnavailable(_BROWSER.format(reason=reason)) from error
