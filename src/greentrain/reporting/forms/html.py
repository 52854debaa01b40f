"""The form ``html``: one file that opens without network and can be read without JavaScript."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greentrain.errors import NO_BREAK_SPACES, escaped
from greentrain.html_table import interval_bar, typeset
from greentrain.numbers import least, written
from greentrain.reporting.charts.style import CONFIG, THEMES, for_page, template
from greentrain.reporting.document.blocks import Chart
from greentrain.reporting.document.build import document_of
from greentrain.reporting.own_template import own_template
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_FOLDER = Path(__file__).parents[1] / "templates"
_TEMPLATE = "report.html.j2"
_STILL_PX = 660
"""Width of charts that stand still: what A4 and Letter have between margins. [px]"""
_PLOTLY, _PAGE_SCRIPT = "plotly-basic.min.js", "report.js"


def render(data: ReportData, *, template: str | PathLike[str] | None = None) -> str:
    """Write the report as a page.

    Parameters
    ----------
    data : ReportData
        What is reported.
    template : path, optional
        A Jinja2 template of one's own instead, see `greentrain.reporting.own_template`.
    """
    document = document_of(data)
    charts = [block for section in document.sections for block in section.blocks if isinstance(block, Chart)]
    page = _page(charts, data)
    if template is not None:
        return own_template(template, data, more=page)
    from greentrain.reporting.templating import context, environment

    return environment().get_template(_TEMPLATE).render(context(data, document, page, is_of_anybody=False))


def _cards(data: ReportData) -> list[dict[str, Any]]:
    """Return the amounts at the head of the page, each with its interval as a bar; none of a validation."""
    from greentrain.reporting.templating import interval_text

    if data.kind == "validation":
        return []
    known = (
        ("Electricity, at the facility's meter", "kWh", "", data.facility_energy_kwh, data.is_least),
        ("Operational emissions, location-based", "kg", "CO2e", data.operational_kg, data.is_least),
        ("Embodied emissions, share of making the hardware", "kg", "CO2e", data.embodied_kg, False),
    )
    return [
        {
            "label": label,
            "amount": f"{least(is_least)}{written(value.best, unit)}",
            "substance": substance,
            "ends": interval_text(value, unit),
            "bar": None if value.is_exact else interval_bar(value, value.high),
        }
        for label, unit, substance, value, is_least in known
        if value is not None
    ]


def _page(charts: list[Chart], data: ReportData) -> dict[str, Any]:
    """Return what a page needs in addition to the context of every template."""
    from markupsafe import Markup

    from greentrain.reporting.charts.svg import svg

    figures = {chart.name: chart.draw(THEMES[0]) for chart in charts}
    return {
        "page": {
            "drawn": {
                name: Markup(svg(figure, name=name, width_px=_STILL_PX, has_title=False))
                for name, figure in figures.items()
            },
            "cards": _cards(data),
            "css": Markup(_file("report.css") + _file("tables.css")),
            "plotly": Markup(_file(_PLOTLY)) if charts else "",
            "script": Markup(_file(_PAGE_SCRIPT)) if charts else "",
            "data": Markup(_chart_data(figures)) if charts else "",
            "hashes": [_hash(name) for name in (_PLOTLY, _PAGE_SCRIPT)] if charts else [],
        },
    }


def _chart_data(figures: "dict[str, Figure]") -> str:
    """Return the figures as JSON that can be put into a script element; the themes are in it once for all."""
    found = []
    for name, drawn in figures.items():
        figure = json.loads(drawn.to_json())
        figure["layout"].pop("template", None)
        layout = for_page(figure["layout"])
        found.append(_visible({"id": f"chart-{name}", "data": figure["data"], "layout": layout}))
    whole = {"charts": found, "templates": {theme: template(theme) for theme in THEMES}, "config": CONFIG}
    text = json.dumps(whole, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _visible(value: Any) -> Any:
    """Escape what a browser would act upon in the texts of a figure, their line ends apart, and set signs in them."""
    if isinstance(value, str):
        return typeset(escaped(value, kept=f"\n{NO_BREAK_SPACES}"))
    if isinstance(value, list):
        return [_visible(item) for item in value]
    return {key: _visible(item) for key, item in value.items()} if isinstance(value, dict) else value


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _hash(name: str) -> str:
    """Return the hash by which the page's policy lets a script run, and no other."""
    return f"'sha256-{b64encode(sha256(_file(name).encode()).digest()).decode()}'"
