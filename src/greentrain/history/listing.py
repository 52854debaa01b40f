"""Runs and their totals as JSON, CSV and plain data, also in groups; of many runs piece by piece."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from greentrain._version import __version__
from greentrain.csv_text import csv_lines, rows_csv
from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.run_summary import LISTS, ROW_COLUMNS, SCHEMA_VERSION, RunSummary, to_plain_data, utc
from greentrain.history.run_sums import Loads
from greentrain.history.totals import BriefRuns, RunGroup, brief_runs, groups_of, totals_of
from greentrain.inputs import BASIS_WORDS
from greentrain.numbers import counted, duration, least
from greentrain.plain_numbers import plain_json

if TYPE_CHECKING:
    from greentrain.history.run import Run  # a list does not load what makes runs of journals

_OF_GROUP = ("runs", "duration_seconds", "unfinished_share", "failed_share", "interrupted_share", "is_least")
_GROUP_COLUMNS = (
    "runs",
    "duration_seconds",
    *(f"{name}_{end}" for name in RUN_QUANTITIES for end in ("low", "best", "high")),
    "unfinished_share",
    "failed_share",
    "interrupted_share",
    *Loads._fields,
    "is_least",
)
_LISTED, _NEXT = (*LISTS, "unfilled"), ",\n      "
"""The last columns of a row, which are lists in JSON, and what is between two fields there."""
_MOST_IN_NOTEBOOK = 20
_IN_NOTEBOOK = (
    "run", "began, took, place", "energy at the meter", "operational", "90 % interval", "status; energy is",
)  # fmt: skip


def runs_dict(
    runs: "Iterable[Run] | BriefRuns",
    unreadable: Sequence[str] = (),
    left_out: Sequence[str] = (),
    by: Sequence[str] = (),
) -> dict[str, Any]:
    """Return runs and their totals as plain data, with the folders that could not be read, and groups if wanted."""
    brief = brief_runs(runs)
    rows = [_json_row(run) for run in brief]
    return _head() | {"runs": rows} | _tail(brief, unreadable, left_out, by)


def runs_json(
    runs: BriefRuns, unreadable: Sequence[str] = (), left_out: Sequence[str] = (), by: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the text of `runs_dict` as JSON, indented by 2, run by run."""
    yield plain_json(_head(), indent=2)[:-2] + ',\n  "runs": ['
    comma = "\n    "
    for run in runs:
        yield comma + _row_json(run)
        comma = ",\n    "
    closing = "\n  ]" if len(runs) else "]"
    yield closing + "," + plain_json(_tail(runs, unreadable, left_out, by), indent=2)[1:] + "\n"


def runs_csv(runs: "Iterable[Run | RunSummary]") -> Iterator[str]:
    """Yield runs as CSV line by line, one row each."""
    return csv_lines(ROW_COLUMNS, (run.to_row() for run in runs))


def groups_csv(groups: Sequence[RunGroup], by: Sequence[str]) -> str:
    """Return groups as CSV, one row each."""
    return rows_csv((*by, *_GROUP_COLUMNS), map(_group_row, groups))


def _group_row(group: RunGroup) -> dict[str, Any]:
    row: dict[str, Any] = dict(group.by)
    row |= {name: getattr(group, name) for name in _OF_GROUP} | group.loads._asdict()
    for name in RUN_QUANTITIES:
        low, best, high = getattr(group, name) or (None, None, None)
        row |= {f"{name}_low": low, f"{name}_best": best, f"{name}_high": high}
    return row


def _head() -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "kind": "history", "greentrain_version": __version__}


def _tail(runs: BriefRuns, unreadable: Sequence[str], left_out: Sequence[str], by: Sequence[str]) -> dict[str, Any]:
    whole = totals_of(runs)
    with_site = ("facility_energy_kwh", "operational_kg")
    sums = whole._asdict() | {name: to_plain_data(getattr(whole, name)) for name in with_site}
    groups = {"groups": [_group_dict(group) for group in groups_of(runs, by)]} if by else {}
    return groups | {"totals": sums, "unreadable": list(unreadable), "left_out": list(left_out)}


def _group_dict(group: RunGroup) -> dict[str, Any]:
    found = group._asdict() | {name: to_plain_data(getattr(group, name)) for name in RUN_QUANTITIES}
    del found["loads"]
    return found | group.loads._asdict()


def _json_row(run: RunSummary) -> dict[str, Any]:
    row = run.to_row()
    lists = {name: row[name].split() for name in LISTS}
    return row | lists | {"unfilled": run.unfilled.split(", ") if run.unfilled else []}


def _row_json(run: RunSummary) -> str:
    """Write a row as indented JSON; all but its lists is written in one go."""
    row = _json_row(run)
    lists = [(name, row.pop(name)) for name in _LISTED]
    parts = [
        plain_json(row, separators=(_NEXT, ": "))[1:-1],
        *(f'"{name}": {_list_json(each)}' for name, each in lists),
    ]
    return "{\n      " + _NEXT.join(parts) + "\n    }"


def _list_json(words: Sequence[str]) -> str:
    return "[\n        " + plain_json(words, separators=(",\n        ", ": "))[1:-1] + "\n      ]" if words else "[]"


def runs_html(runs: BriefRuns) -> str:
    """Write the newest runs, a row each, and the sum of all.

    Parameters
    ----------
    runs : BriefRuns
        The newest first.
    """
    from greentrain.html_table import paragraph, table

    rows = [_row(run) for run in runs.newest(_MOST_IN_NOTEBOOK)]
    caption = f"The newest {len(rows)} of {len(runs):,} runs" if len(rows) < len(runs) else counted(len(runs), "run")
    if not rows:
        return paragraph("No runs yet: greentrain.track(...) records one, greentrain.import_runs(...) reads others.")
    return table(_IN_NOTEBOOK, rows, caption) + totals_of(runs)._repr_html_()


def _row(run: RunSummary) -> tuple[object, ...]:
    from greentrain.html_table import amount_and_ends

    before = least(bool(run.unfilled))
    began = (utc(run.started or None) or "")[:10]
    when = (began, ", ".join(filter(None, (duration(run.duration_seconds), run.location))))
    kwh, kg = run.facility_energy_kwh, run.operational_kg
    energy = None if kwh is None else amount_and_ends(kwh, "kWh", before)[0]
    mass = (None, None) if kg is None else amount_and_ends(kg, "kg CO2e", before)
    return (
        run.name or run.id,
        when,
        energy,
        *mass,
        run.status if kwh is None else f"{run.status}; {BASIS_WORDS[run.basis]}",
    )
