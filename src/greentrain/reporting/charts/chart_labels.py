"""Words that several charts share."""

from collections.abc import Iterable

from greentrain.interval import Interval
from greentrain.numbers import rounded
from greentrain.reporting.subject import Subject

Table = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
"""Header and rows of the table that says what a chart shows."""

_SUBJECTS = {"estimate": "The estimated run", "run": "The run", "project": "The project"}
INTERVALS = "Bars are 90 % intervals."


def subject_words(subject: Subject) -> str:
    """Name the subject at the start of a sentence."""
    return _SUBJECTS.get(subject.kind, "It")


def source_words(subject: Subject, keys: Iterable[str], *sentences: str) -> str:
    """Write the line below a chart: what to know, the sources, the versions.

    Parameters
    ----------
    subject : Subject
        What is shown.
    keys : iterable of str
        Source ids, several joined by ``;`` in one text.
    *sentences : str
        What to know about the chart, each closed by a full stop.
    """
    ids = dict.fromkeys(key.strip() for joined in keys for key in joined.split(";") if key.strip())
    versions = f"greentrain {subject.versions.greentrain}, data {subject.versions.data}"
    return " ".join([*sentences, f"Source: {'; '.join([versions, *ids])}."])


def input_sources(subject: Subject, *names: str) -> list[str]:
    """Give the main source of each of the named inputs that have one beside the user."""
    found = [item.source_ids[0] for item in subject.inputs if item.name in names]
    return [key for key in found if key != "user"]


def cells(value: Interval) -> tuple[str, str, str]:
    """Write best, low and high for a table."""
    return rounded(value.best), rounded(value.low), rounded(value.high)
