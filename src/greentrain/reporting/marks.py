"""The mark by which a report is known as one of ours, so that it may be written again without asking."""

from greentrain.reporting.forms.csv import COLUMNS
from greentrain.reporting.forms.ghg import COLUMNS as GHG_COLUMNS
from greentrain.reporting.subject import Subject

MARK = "Report made by greentrain"

LOOKED_AT = 2000
"""How many characters of a file are looked at. [1]"""

_STARTS = (",".join(COLUMNS), ",".join(GHG_COLUMNS), '{\n  "schema_version": 1,\n  "kind": "report",')


def made_by(subject: Subject) -> str:
    """Write the mark with the versions of code and data."""
    return f"{MARK} {subject.versions.greentrain}, data {subject.versions.data}"


def is_ours(text: str) -> bool:
    """Whether a text begins as a report of ours does.

    Forms of other people's making carry no mark; a file in one of them is never taken for ours.
    """
    return MARK in text[:LOOKED_AT] or text.startswith(_STARTS)
