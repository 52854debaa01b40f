"""The mark by which a report is known as one of ours, so that its file may be written again without asking."""

from greentrain.reporting.report_data import ReportData

MARK = "Report made by greentrain"

LOOKED_AT = 2000
"""How many characters of a file are looked at for the mark of a report. [1]"""

_JSON_START = '{\n  "schema_version": 1,\n  "kind": "report",'
_FIRST_COLUMNS = 12
"""A later schema adds columns at the end, and its reports are ours too. [1]"""


def made_by(data: ReportData) -> str:
    """Write the mark with the versions of code and data."""
    return f"{MARK} {data.versions.greentrain}, data {data.versions.data}"


def is_ours(text: str) -> bool:
    """Whether a text begins as a report of ours does.

    Forms of other people's making carry no mark; a file in one of them is never taken for ours.
    """
    from greentrain.reporting.forms import csv, ghg

    headers = (",".join(columns[:_FIRST_COLUMNS]) for columns in (csv.COLUMNS, ghg.COLUMNS))
    return MARK in text[:LOOKED_AT] or text.startswith((_JSON_START, *headers))
