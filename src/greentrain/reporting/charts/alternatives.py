"""Which alternative for a job is the best, and which cannot be told apart from it."""

from typing import TYPE_CHECKING

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION
from greentrain.planning import Comparison
from greentrain.reporting.charts.interval_dots import DotRow, row_chart
from greentrain.reporting.charts.style import ACCENT, GREY, QUIET, Mark

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BEST, UNCLEAR, WORSE = "best", "not told apart from the best", "clearly worse"
_MARKS = {BEST: Mark(ACCENT, "diamond"), UNCLEAR: Mark(GREY, "circle-open"), WORSE: Mark(QUIET, "circle")}
_MOST_ROWS = 40
_NOTE = "Bars are 90 % intervals; colours follow the ratio to the best, in which what both share cancels."


def alternatives_figure(found: Comparison, *, theme: str = "light") -> "Figure":
    """Draw the emissions of the alternatives, the lowest at the top.

    Parameters
    ----------
    found : Comparison
        What to show; at most forty alternatives are.
    theme : {'light', 'dark'}
        What the chart lies on.
    """
    shown = found.rows[:_MOST_ROWS]
    rows = [
        DotRow(
            row.label or "the run",
            row.estimate.operational_kg,
            BEST if row is found.best else WORSE if row.differs_from_best else UNCLEAR,
            row is found.best,
        )
        for row in shown
    ]
    left_out = len(found.rows) - len(shown)
    more = f" {left_out} with higher emissions are left out." if left_out else ""
    source = f"{_NOTE}{more} greentrain {__version__}, data {DATA_VERSION}."
    title = f"{found.best.label or 'The run'} emits least"
    return row_chart(rows, _MARKS, unit="kg", words="CO2e", title=title, source=source, theme=theme)
