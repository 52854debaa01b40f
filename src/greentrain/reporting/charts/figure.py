"""The figure that a chart is: plotly's, which a notebook that is stored, printed or shared shows as SVG too."""

from typing import Any
from zlib import crc32

from plotly.graph_objects import Figure

from greentrain.html_table import table
from greentrain.reporting.charts.style import with_signs
from greentrain.reporting.charts.svg import WIDTH_PX, svg
from greentrain.reporting.document.blocks import Table

_PLOTLY = "application/vnd.plotly.v1+json"


class ChartFigure(Figure):  # type: ignore[misc]  # plotly has no types
    """A figure of plotly that draws itself without a script where there is none."""

    _numbers: Table | None = None
    """The numbers that it shows, which a notebook that is not trusted has instead of the picture."""

    _ipython_display_ = None  # plotly's would leave nothing but a script, which a page of a notebook does not run

    def to_svg(self, *, width_px: int = WIDTH_PX, theme: str | None = "light") -> str:
        """Draw it as SVG, without a browser.

        Parameters
        ----------
        width_px : int
            Its width; the height follows. [px]
        theme : {'light', 'dark'}, optional
            With a background of its own. None: none, and ink of the colour of the text around it.
        """
        return svg(self, width_px=width_px, theme=theme)

    def _repr_html_(self) -> str:
        """Show it in a notebook: SVG in the colours of the page, and its numbers behind a line to be opened."""
        drawn = svg(self, name=f"chart-{crc32(self.to_json().encode()):x}")
        if self._numbers is None:
            return drawn
        rows = ([cell.text for cell in row] for row in self._numbers.rows)
        numbers = table(self._numbers.header, rows, self._numbers.caption)
        return f"{drawn}<details><summary>Numbers of this chart</summary>{numbers}</details>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        """Show it as what a notebook can: as plotly's figure where that is known, else as SVG."""
        return {_PLOTLY: with_signs(self.to_plotly_json()), "text/html": self._repr_html_(), "text/plain": repr(self)}
