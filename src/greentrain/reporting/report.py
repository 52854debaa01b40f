"""Reports: any result in any form, as text. Nothing is written to disk here."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from greentrain.errors import Contradiction, InputError, UnknownName, either
from greentrain.reporting.build_data import report_data_of, with_stated_size
from greentrain.reporting.forms import FORMS, OTHER_WAYS, Form
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from os import PathLike

    from greentrain.intensity import Series
    from greentrain.reporting.build_data import Reportable


_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
_FRAME = '<iframe sandbox="" title="greentrain report" style="width:100%;height:40rem" srcdoc="{page}"></iframe>'
_SAID = re.compile(r'<h2 id="result">[^<]*</h2>\s*((?:<p>[^\n]*</p>\s*)+)')
"""What a page says first: a notebook that is not trusted shows no frame, and has the amounts below it all the same."""
_KEPT = (
    "<p><small>As a page of its own, with charts that move: "
    "<code>pathlib.Path('report.html').write_text(report(...))</code></small></p>"
)
_FRONT_MATTER = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_MARKDOWN = ("markdown", "model-card")


class ReportText(str):
    """A report: text that a notebook shows as what it is, and a prompt in one line."""

    __slots__ = ("form",)
    form: str

    def __new__(cls, text: str, form: str) -> "ReportText":
        """Make it of a text and the name of its form."""
        made = super().__new__(cls, text)
        made.form = form
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Return what it is made of again when it is copied or unpickled."""
        return str(self), self.form

    def __str__(self) -> str:
        """Return the plain text."""
        return self[:]

    def __repr__(self) -> str:
        """Describe it: a page has a million characters."""
        return f"<report, {self.form}, {len(self):,} characters>"

    def _repr_markdown_(self) -> str | None:
        """Show Markdown as what it means, the head of a card as it is; of other forms nothing."""
        if self.form not in _MARKDOWN:
            return None
        head = _FRONT_MATTER.match(self)
        return f"```yaml\n{head[0]}```\n{self[head.end() :]}" if head else str(self)

    def _repr_html_(self) -> str | None:
        """Show a page without its scripts, which its tables do without, and anything else but Markdown as text."""
        from html import escape  # reports that nobody displays do without

        if self.form in _MARKDOWN:
            return None
        if self.form != "html":
            return f"<pre>{escape(self)}</pre>"
        said = _SAID.search(self)
        return _FRAME.format(page=escape(_SCRIPT.sub("", self))) + (said[1] if said else "") + _KEPT


def report(
    result: "Reportable",
    format: str = "html",  # the word of the command line's option
    *,
    title: str | None = None,
    made_at: datetime | None = None,
    params: float | str | None = None,
    tokens: float | str | None = None,
    active_params: float | str | None = None,
    flops: float | str | None = None,
    by: str | Sequence[str] = (),
    grid_series: "str | PathLike[str] | Series | None" = None,
    **options: Any,
) -> str:
    """Write a report of any result, in any form, and return it as text.

    Parameters
    ----------
    result : Estimate, Run, sequence of them, History, ValidationReport, a run of `track`, frame or path
        What to report; several runs are reported as a project. A frame, or the path of a file that `greentrain batch`
        reads, has a row for each run; rows of one ``name`` are parts of one run. A run of `track` is the ``run`` of
        ``with track() as run``, or ``train.run`` of a tracked function ``train``.
    format : str
        One of `greentrain.reporting.forms.FORMS`: html, markdown, text, json, csv, latex, model-card, gpai, ghg, sci,
        cyclonedx, spdx, boamps or codecarbon.
    title : str, optional
        Headline instead of the result's own.
    made_at : datetime, optional
        When the report is made, an aware datetime. Left out, the report has no date, and the same result gives the
        same report byte for byte; spdx, which must have one, then takes the end of a tracked run, or else the present.
    params, active_params : float or str, optional
        Parameters of the model, and those in use per token, for results that lack them: tracked runs.
    tokens : float or str, optional
        Tokens that all reported runs together were trained on.
    flops : float or str, optional
        Operations of all reported runs together [FLOP]; left out, 6 x (active) parameters x tokens.
    by : str or sequence of str, optional
        Of several runs, also their sums by month, place, hardware or user, of a table by any of its columns.
    grid_series : path or Series, optional
        Carbon intensity by slot at the place of recorded runs, for the hourly rows of ghg.
    **options
        What the form takes, such as ``template`` for html, markdown and text.

    Returns
    -------
    str
        The report. In a notebook it shows itself.

    Raises
    ------
    InputError
        If there is no such form, if it does not take this kind of result, or if an option is not one of its own.

    Examples
    --------
    >>> run = estimate("8xV100", hours=10, power=250, host_factor=1, pue=1.5, grid_intensity=400)
    >>> print(report(run, "text").splitlines()[0])
    8 x NVIDIA Tesla V100 (taken as SXM2 16GB), 10 h, grid as given
    >>> from csv import DictReader
    >>> [row["operational_kg_best"] for row in DictReader(report(run, "csv").splitlines())]
    ['12.0']
    """
    form = form_of(format)
    sizes = {"params": params, "tokens": tokens, "active_params": active_params, "flops": flops}
    data = with_stated_size(
        report_data_of(result, title=title, made_at=made_at, by=(by,) if isinstance(by, str) else by),
        {name: value for name, value in sizes.items() if value is not None},
    )
    if grid_series is not None:
        from greentrain.intensity import Series, read_series

        series = grid_series if isinstance(grid_series, Series) else read_series(grid_series)
        data = _with_hours(data, result, series)
    if form.is_dated and data.made_at is None and data.period_end is None:
        data = data._replace(made_at=datetime.now(UTC))
    return ReportText(rendered(data, format, form, options), format)


def _with_hours(data: ReportData, result: "Reportable", series: "Series") -> ReportData:
    from greentrain.history import Run
    from greentrain.reporting.tracked_runs import with_hours

    runs: Any = [result] if isinstance(result, Run) else result
    return with_hours(data, runs, series)


def form_of(name: str) -> Form:
    """Find a form by its name."""
    if not isinstance(name, str):
        raise UnknownName("format", name, f"must be {either(tuple(FORMS))}")
    if name not in FORMS:
        way = OTHER_WAYS.get(name.casefold(), "")
        rule = f"must be {either(tuple(FORMS))}{'; ' if way else ''}{way}"
        raise UnknownName("format", name, rule, () if way else _near(name))
    return FORMS[name]


def rendered(data: ReportData, name: str, form: Form, options: dict[str, Any]) -> str:
    """Write report data in a form, with only the options that the form has."""
    if data.kind not in form.kinds:
        raise Contradiction("format", name, f"is no form for a {data.kind}; it takes {_article(form.kinds)}")
    render = import_module(f"greentrain.reporting.forms.{form.module}").render
    known = list(render.__kwdefaults__ or ())  # inspect takes as long to load as the report to write
    for option, value in options.items():
        if option not in known:
            its_own = f"it has {either([f'{{{each}}}' for each in known])}" if known else "it has none"
            raise InputError(option, None, f"is no option of the form {name}; {its_own}")
        kind = render.__annotations__[option]
        if kind in (str, str | None) and not isinstance(value, kind):
            raise InputError(option, value, "must be text")
    text: str = render(data, **options)
    return text


def _article(kinds: tuple[str, ...]) -> str:
    return either([f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in kinds])


def _near(name: str) -> tuple[str, ...]:
    from difflib import get_close_matches

    return tuple(get_close_matches(str(name).casefold(), FORMS, n=1))
