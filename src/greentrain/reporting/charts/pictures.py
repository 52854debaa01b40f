"""Static pictures of charts for papers and slides: SVG drawn here, PNG by kaleido in one start of a browser."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from greentrain.errors import GreentrainError, InputError, either, install_hint
from greentrain.reporting.charts.style import as_picture
from greentrain.reporting.charts.svg import WIDTH_PX, svg
from greentrain.reporting.forms import PICTURES

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_PNG_SCALE = 2.0
_THEME = "light"
"""Papers are white."""
_WITHOUT = "SVG pictures and the HTML report are drawn without it."
_BROWSER = (
    "PNG pictures need Chrome, Chromium or Edge, which did not start ({reason}). Install one, or name its program in "
    f"the environment variable BROWSER_PATH. {_WITHOUT}"
)


class PicturesUnavailable(GreentrainError):
    """What draws pictures is missing; the message says what to install."""


def pictures(figures: "Mapping[str, Figure]", *, format: str = "svg", width_px: int = WIDTH_PX) -> dict[str, bytes]:
    """Draw figures as pictures without network: SVG here, PNG in one start of a browser for all of them.

    Parameters
    ----------
    figures : mapping of str to Figure
        Figures by name.
    format : {'svg', 'png'}
        SVG for papers, which needs no browser; PNG at twice the size.
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
        If kaleido or a browser, which PNG needs, is missing or does not work.
    """
    if format not in PICTURES:
        raise InputError("chart_format", format, f"must be {either(PICTURES)}")
    if not figures:
        return {}
    if format == "svg":
        return {
            name: svg(each, name=_id(name), width_px=width_px, theme=_THEME).encode() for name, each in figures.items()
        }
    options = {"format": format, "width": width_px, "scale": _PNG_SCALE}
    on_paper = [as_picture(figure, _THEME) for figure in figures.values()]
    return dict(zip(figures, _in_own_thread(on_paper, options), strict=True))


def _id(name: str) -> str:
    """Write a name as the beginning of ids, so that two charts on a page do not clash."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)


def _in_own_thread(figures: "Sequence[Figure]", options: dict[str, Any]) -> list[bytes]:
    """Run kaleido where no event loop runs yet; in a notebook one runs in the main thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, _drawn(figures, options)).result()


async def _drawn(figures: "Sequence[Figure]", options: dict[str, Any]) -> list[bytes]:
    try:
        import kaleido
    except ImportError as error:
        raise PicturesUnavailable(f"PNG pictures need kaleido: {install_hint('images')}. {_WITHOUT}") from error
    try:
        # Its page would fetch MathJax from the network.
        async with kaleido.Kaleido(n=1, mathjax=False) as browser:
            return [
                await browser.calc_fig(figure, opts={**options, "height": figure.layout.height}) for figure in figures
            ]
    except Exception as error:  # kaleido and its browser raise errors of many kinds
        reason = " ".join(str(error).split()).partition(". ")[0][:200] or type(error).__name__
        raise PicturesUnavailable(_BROWSER.format(reason=reason)) from error
