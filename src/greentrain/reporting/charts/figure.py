"""The figure that a chart is: plotly's, which a notebook that is stored, printed or shared shows as a picture too."""

from base64 import b64encode
from html import escape, unescape
from typing import Any

from plotly.graph_objects import Figure

from greentrain.html_table import table
from greentrain.reporting.charts.style import with_signs
from greentrain.reporting.charts.svg import WIDTH_PX, svg
from greentrain.reporting.document.blocks import Table

_PLOTLY = "application/vnd.plotly.v1+json"


class ChartFigure(Figure):  # type: ignore[misc]  # plotly has no types
    """A figure of plotly that draws itself without a script where there is none."""

    _numbers: Table | None = None
    """The numbers that it shows."""

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
        """Show it in a notebook: as a picture, and its numbers behind a line to be opened.

        A notebook that nobody trusts keeps pictures, but takes SVG between its words away.
        """
        picture = b64encode(self.to_svg().encode()).decode()
        look = f'width="{WIDTH_PX}" alt="{escape(self._finding())}" style="max-width:100%;height:auto"'
        drawn = f'<img src="data:image/svg+xml;base64,{picture}" {look}>'
        if self._numbers is None:
            return drawn
        rows = ([cell.text for cell in row] for row in self._numbers.rows)
        numbers = table(self._numbers.header, rows, self._numbers.caption)
        return f"{drawn}<details><summary>Numbers of this chart</summary>{numbers}</details>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        """Show it as what a notebook can: as plotly's figure where that is known, else as a picture, else its title."""
        shown = with_signs(self.to_plotly_json())
        return {_PLOTLY: shown, "text/html": self._repr_html_(), "text/plain": self._finding()}

    def _finding(self) -> str:
        """Return the title in plain text."""
        words = self.layout.title.text or ""
        return unescape(words.replace("<br>", " ").replace("<b>", "").replace("</b>", ""))
