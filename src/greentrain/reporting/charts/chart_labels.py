"""Words that several charts share."""

from collections.abc import Iterable

from greentrain.interval import Interval
from greentrain.numbers import rounded
from greentrain.reporting.report_data import ReportData

HeaderAndRows = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
"""The table that shows the same numbers as a chart."""

_SUBJECTS = {"estimate": "The estimated run", "run": "The run", "project": "The project"}
INTERVALS = "Bars are 90 % intervals."


def subject_words(data: ReportData) -> str:
    """Name the data at the start of a sentence."""
    return _SUBJECTS.get(data.kind, "It")


def source_words(data: ReportData, keys: Iterable[str], *sentences: str) -> str:
    """Write the line below a chart: what to know, the sources, the versions.

    Parameters
    ----------
    data : ReportData
        What is shown.
    keys : iterable of str
        Source ids, several joined by ``;`` in one text.
    *sentences : str
        What to know about the chart, each closed by a full stop.
    """
    ids = dict.fromkeys(key.strip() for joined in keys for key in joined.split(";") if key.strip())
    versions = f"greentrain {data.versions.greentrain}, data {data.versions.data}"
    return " ".join([*sentences, f"Source: {'; '.join([versions, *ids])}."])


def input_sources(data: ReportData, *names: str) -> list[str]:
    """Give the main source of each of the named inputs that have one beside the user."""
    found = [item.source_ids[0] for item in data.inputs if item.name in names]
    return [key for key in found if key != "user"]


def cells(value: Interval) -> tuple[str, str, str]:
    """Write best, low and high for a table."""
    return rounded(value.best), rounded(value.low), rounded(value.high)
