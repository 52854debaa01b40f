"""Charts of results: one module per question, each with the figure, a sentence that says it and a table of its numbers.

The functions of the modules read no file; what they show beside a result is looked up here and handed to them.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import InputError, either
from greentrain.reporting.subject import Subject
from greentrain.reporting.subject_of import subject_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from greentrain.reporting.subject_of import Result

Table = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]

_LOOKUPS = {"headline": "published_runs", "elsewhere": "places_beside", "methods": "comparison_of"}
KINDS = ("headline", "waterfall", "tornado", "elsewhere", "power_over_time", "by_month", "validation", "methods")
"""The questions, in the order in which a report asks them."""

_OF_SUBJECT = {
    "estimate": ("headline", "waterfall", "tornado", "elsewhere", "methods"),
    "run": ("headline", "waterfall", "tornado", "elsewhere", "power_over_time"),
    "project": ("headline", "waterfall", "tornado", "elsewhere", "by_month"),
    "validation": ("validation",),
}


class Chart(NamedTuple):
    """A chart with what makes it readable without seeing it.

    Attributes
    ----------
    kind : str
        Which question it answers, one of ``KINDS``.
    title : str
        The question in words.
    summary : str
        The answer in one sentence. Plain text: escape it.
    header, rows : tuple
        The numbers as a table. Plain text: escape it.
    sources : tuple of str
        Ids of the sources of what is shown beside the result.
    draw : callable
        Makes the figure for a theme, ``light`` or ``dark``.
    """

    kind: str
    title: str
    summary: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]
    draw: "Callable[[str], Figure]"


def chart(result: "Result", kind: str = "headline", *, theme: str = "light") -> "Figure":
    """Draw a chart of a result, for a notebook or to be put into a page.

    Parameters
    ----------
    result : Estimate, ValidationReport, Run, History, sequence of Run, or what `track` gave
        What to show.
    kind : str
        Which question: headline, waterfall, tornado, elsewhere, power_over_time, by_month, validation or methods.
    theme : {'light', 'dark'}
        What the chart lies on.

    Returns
    -------
    plotly.graph_objects.Figure
        Which displays itself; where the result has nothing to answer the question with, it says so.

    Raises
    ------
    InputError
        If there is no such kind or theme, or nothing to show in the result.
    """
    if kind not in KINDS:
        raise InputError("kind", kind, f"must be {either(KINDS)}")
    figure: Figure = _made(subject_of(result), kind).draw(theme)
    return figure


def charts_of(result: "Result") -> tuple[Chart, ...]:
    """Give the charts that have something to show for a result, in the order of a report.

    Parameters
    ----------
    result : Estimate, ValidationReport, Run, History, sequence of Run, or Subject
        What to show. Nothing is drawn before ``draw`` is called.
    """
    subject = subject_of(result)
    made = (_made(subject, kind) for kind in _OF_SUBJECT[subject.kind])
    return tuple(item for item in made if item.rows)


def _made(subject: Subject, kind: str) -> Chart:
    module = import_module(f"{__name__}.{kind}")
    beside = _beside(subject, kind)
    header, rows = module.table(subject, *beside)
    function = getattr(module, kind)

    def draw(theme: str = "light") -> "Figure":
        figure: Figure = function(subject, *beside, theme=theme)
        return figure

    sources = tuple(key for found in beside for key in import_module(f"{__name__}.reference_data").source_ids(found))
    return Chart(kind, module.TITLE, module.summary(subject, *beside), header, rows, sources, draw)


def _beside(subject: Subject, kind: str) -> tuple[Any, ...]:
    if kind not in _LOOKUPS:
        return ()
    lookups = import_module(f"{__name__}.reference_data")
    return (getattr(lookups, _LOOKUPS[kind])(subject),)
