"""Charts of results: one module per question, each with the figure, a sentence that says it and a table of its numbers.

The functions of the modules read no file; what they show next to a result is looked up here and handed to them.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from greentrain.errors import InputError, either
from greentrain.reporting.build_data import report_data_of
from greentrain.reporting.described_runs import UNSTATED, grouped_lines
from greentrain.reporting.document.blocks import Chart, table
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from greentrain.planning import Comparison, Schedule
    from greentrain.reporting.build_data import Reportable

_LOOKUPS = {"headline": "published_runs", "elsewhere": "comparison_places", "methods": "comparison_of"}
KINDS = (
    "headline", "waterfall", "tornado", "elsewhere", "power_over_time", "by_month", "validation", "methods", "by_run",
    "by_place", "by_hardware", "by_user",
)  # fmt: skip
"""The questions, in the order in which a report asks them."""

_GROUPS = {"by_run": "run", "by_place": "place", "by_hardware": "hardware", "by_user": "user"}
"""The charts of groups, and what tells the groups apart."""

FEWEST_READINGS = 3
"""Of less than that of each part of a computer power over time is no line. [1]"""
_MODULES = {"elsewhere": "other_regions", **dict.fromkeys(_GROUPS, "by_group")}
"""Modules that are not called as their chart, whose name is public."""

_OF_KIND = {
    "estimate": ("headline", "waterfall", "tornado", "elsewhere", "methods"),
    "run": ("headline", "waterfall", "tornado", "elsewhere", "power_over_time"),
    "project": ("headline", "waterfall", "tornado", "elsewhere", "by_month", *_GROUPS),
    "validation": ("validation",),
}

_SEVERAL = "several runs: a history, a list of runs or a table"
_NEEDS = {
    "headline": "emissions that are known",
    "waterfall": "emissions whose parts are known",
    "tornado": "inputs that are not exact",
    "elsewhere": "a known energy, and places to compare with",
    "power_over_time": "one tracked run whose power was recorded",
    "by_month": "runs with a date: tracked, imported or of a table",
    "validation": "a validation report",
    "methods": "one estimate of a job that published methods apply to",
    **dict.fromkeys(_GROUPS, _SEVERAL),
    "by_user": f"{_SEVERAL}, and that users are stated",
}
_WHOSE = {"estimate": "an estimate", "run": "this run", "project": "these runs", "validation": "a validation report"}


def chart(result: "Reportable | Comparison | Schedule", kind: str | None = None, *, theme: str = "light") -> "Figure":
    """Draw a chart of a result, for a notebook or to be put into a page.

    Parameters
    ----------
    result : Estimate, ValidationReport, Run, History, sequence of Run, a run of `track`, Comparison or Schedule
        What to show. A run of `track` is the ``run`` of ``with track() as run``, or ``train.run``.
    kind : str, optional
        Which question: headline, waterfall, tornado, elsewhere, power_over_time, by_month, validation, methods,
        by_run, by_place, by_hardware or by_user. Default: headline, of a validation report validation; a comparison
        and a schedule have one chart each.
    theme : {'light', 'dark'}
        What the chart lies on.

    Returns
    -------
    plotly.graph_objects.Figure
        Which displays itself.

    Raises
    ------
    InputError
        If there is no such kind or theme, or nothing in the result that answers the question.

    Examples
    --------
    >>> figure = chart(estimate("V100", hours=96, location="FR"), "waterfall")
    >>> figure.layout.title.text
    '<b>49 % of 3.94 kg CO2e is embodied (making the hardware)</b>'
    """
    if kind is not None and kind not in KINDS:
        raise InputError("kind", kind, f"must be {either(KINDS)}")
    from greentrain.planning import Comparison, Schedule

    if isinstance(result, Schedule):
        from greentrain.reporting.charts.hours import hours_figure

        return _alone("a schedule", kind, hours_figure(result, theme=theme))
    if isinstance(result, Comparison):
        from greentrain.reporting.charts.alternatives import alternatives_figure

        return _alone("a comparison", kind, alternatives_figure(result, theme=theme))
    data = report_data_of(result)
    kind = kind or _OF_KIND[data.kind][0]
    made = _made(_grouped(data, kind), kind)
    if not _answers(data, made):
        has = [other for other in KINDS if _answers(data, _made(_grouped(data, other), other))]
        theirs = (
            f"{_WHOSE[data.kind]} {'have' if data.kind == 'project' else 'has'} {either(has) if has else 'no chart'}"
        )
        raise InputError("kind", kind, f"needs {_NEEDS[kind]}; {theirs}")
    figure: Figure = made.draw(theme)
    return figure


def _alone(whose: str, kind: str | None, figure: "Figure") -> "Figure":
    """Return the only chart that something has, under the name of the first of others or none."""
    if kind not in (None, KINDS[0]):
        raise InputError("kind", kind, f"cannot be chosen: {whose} has one chart, which needs no kind")
    return figure


def _answers(data: ReportData, made: Chart) -> bool:
    """Whether there is something to show; groups are of several runs, and known by more than that nothing is stated."""
    if made.name in _GROUPS and data.kind != "project":
        return False
    return any(made.name not in _GROUPS or row[0].text != UNSTATED for row in made.table.rows)


def _grouped(data: ReportData, kind: str) -> ReportData:
    """Add the sums of a chart of groups to several runs that do not have them yet."""
    name = _GROUPS.get(kind)
    if data.kind != "project" or name in (None, "run", *data.groups):
        return data
    assert name is not None
    return data._replace(groups={**data.groups, **grouped_lines(data.lines, (name,))})


def charts_of(result: "Reportable") -> tuple[Chart, ...]:
    """List the charts that have something to show for a result, in the order of a report.

    Parameters
    ----------
    result : Estimate, ValidationReport, Run, History, sequence of Run, or ReportData
        What to show. Nothing is drawn before ``draw`` is called.
    """
    data = report_data_of(result)
    for kind in _OF_KIND[data.kind]:
        data = _grouped(data, kind)
    found = [made for kind in _OF_KIND[data.kind] if (made := _made(data, kind)).table.rows and not _is_alone(made)]
    groups = [_GROUPS[item.name] for item in found if item.name in _GROUPS]
    return tuple(_made(data, item.name, groups) if item.name in _GROUPS else item for item in found)


def _is_alone(found: Chart) -> bool:
    """Whether it would be a single bar or dot, or a line of two, which say nothing that words do not."""
    if found.name == "power_over_time":
        return all(int(row[-1].text.replace(",", "")) < FEWEST_READINGS for row in found.table.rows)
    if found.name == "waterfall":
        return sum(not row[2].text for row in found.table.rows) == 1  # sums have ends
    return found.name in ("headline", "by_month", *_GROUPS) and len({row[0].text for row in found.table.rows}) == 1


def _made(data: ReportData, kind: str, beside: Sequence[str] = ()) -> Chart:
    """Make a chart; those of groups that stand beside each other share their scale."""
    module = import_module(f"{__name__}.{_MODULES.get(kind, kind)}")
    references = _references(data, kind)
    header, rows = module.table(data, *references)
    function = getattr(module, _MODULES.get(kind, kind))

    numeric = tuple(column for column in range(1, len(header)) if all(_is_number(row[column]) for row in rows))
    sources = _sources(data, kind, references) if kind in _LOOKUPS else ()
    shared = {"beside": beside} if beside else {}
    shown = table(module.TITLE, header, rows, numeric)

    def draw(theme: str = "light") -> "Figure":
        figure: Figure = function(data, *references, theme=theme, **shared)
        figure._numbers = shown
        return figure

    return Chart(kind, module.summary(data, *references), shown, draw, sources)


def _sources(data: ReportData, kind: str, references: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the sources of what a chart shows next to the result."""
    source_ids = import_module(f"{__name__}.reference_data").source_ids
    activities = [item.activity for item in data.equivalents] if kind == "headline" else []
    return tuple(dict.fromkeys(key for found in (activities, *references) for key in source_ids(found)))


def _references(data: ReportData, kind: str) -> tuple[Any, ...]:
    """Look up what a chart shows next to the result."""
    if kind in _GROUPS:
        return (_GROUPS[kind],)
    if kind not in _LOOKUPS:
        return ()
    lookups = import_module(f"{__name__}.reference_data")
    return (getattr(lookups, _LOOKUPS[kind])(data),)


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-").replace(",", "")[:1].isdigit()
