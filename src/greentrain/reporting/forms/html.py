"""The form ``html``: one file that opens without network and can be read without JavaScript."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from os import PathLike
from typing import Any

from greentrain.reporting.charts.style import CONFIG, THEMES, template
from greentrain.reporting.document.blocks import Chart, Document
from greentrain.reporting.document.build import document_of
from greentrain.reporting.document.citations import address, source_line
from greentrain.reporting.report_data import ReportData
from greentrain.reporting.templating import FOLDER, context, environment, own_template

_TEMPLATE = "report.html.j2"
_PLOTLY, _PAGE_SCRIPT = "plotly-basic.min.js", "report.js"


def render(data: ReportData, *, template: str | PathLike[str] | None = None) -> str:
    """Write the report as a page.

    Parameters
    ----------
    data : ReportData
        What is reported.
    template : path, optional
        A Jinja2 template of one's own instead, see `greentrain.reporting.templating`.
    """
    document = document_of(data)
    charts = [block for section in document.sections for block in section.blocks if isinstance(block, Chart)]
    page = _page(document, charts)
    if template is not None:
        return own_template(template, data, more=page)
    text: str = environment().get_template(_TEMPLATE).render(context(data, document) | page)
    return text


def _page(document: Document, charts: list[Chart]) -> dict[str, Any]:
    """Return what a page needs in addition to the context of every template."""
    from markupsafe import Markup

    numbers = document.numbers
    return {
        "page": {
            "css": Markup(_file("report.css")),
            "plotly": Markup(_file(_PLOTLY)) if charts else "",
            "script": Markup(_file(_PAGE_SCRIPT)) if charts else "",
            "data": Markup(_chart_data(charts)) if charts else "",
            "hashes": [_hash(name) for name in (_PLOTLY, _PAGE_SCRIPT)] if charts else [],
        },
        "numbers_of": lambda refs: sorted({numbers[ref] for ref in refs if ref in numbers}),
        "source_line": source_line,
        "address": address,
    }


def _chart_data(charts: list[Chart]) -> str:
    """Return the figures as JSON that can be put into a script element; the themes are in it once for all."""
    figures = []
    for chart in charts:
        figure = json.loads(chart.draw(THEMES[0]).to_json())
        figure["layout"].pop("template", None)
        figures.append({"id": f"chart-{chart.name}", "data": figure["data"], "layout": figure["layout"]})
    whole = {"charts": figures, "templates": {theme: template(theme) for theme in THEMES}, "config": CONFIG}
    text = json.dumps(whole, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _hash(name: str) -> str:
    """Return the hash by which the page's policy lets a script run, and no other."""
    return f"'sha256-{b64encode(sha256(_file(name).encode()).digest()).decode()}'"
