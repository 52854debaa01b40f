"""The tables of the exported history, and what a run puts into them.

Moments are UTC text as in the journal; energies are kWh and emissions kg, as the columns' names say; lists and objects
are JSON text.
"""

import json
from collections.abc import Iterator
from typing import Any

from greentrain.history.run import Run
from greentrain.history.serialize import clean, utc
from greentrain.journal.records import COMPONENTS

TABLES = ("runs", "nodes", "spans", "logs")
_LONGEST_KEY = 200
_LARGEST_WHOLE = 2**63 - 1
_QUANTITIES = tuple(
    f"{name}_{end}"
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg")
    for end in ("low", "best", "high")
)
_ENERGIES = tuple(f"{name}_energy_kwh" for name in COMPONENTS)

Rows = Iterator[dict[str, Any]]


def describe_tables() -> dict[str, Any]:
    """Describe the four tables to SQLAlchemy, by name."""
    from sqlalchemy import MetaData, Table

    metadata = MetaData()
    columns = {"runs": _run_columns(), "nodes": _node_columns(), "spans": _span_columns(), "logs": _log_columns()}
    return {name: Table(name, metadata, *columns[name]) for name in TABLES}


def rows_of(table: str, run: Run) -> Rows:
    """Give the rows of a table that follow from a run, no key twice."""
    keys = {"runs": ("id",), "nodes": ("run_id", "session", "host"), "spans": ("run_id", "session", "span")}
    makers = {"runs": _run_rows, "nodes": _node_rows, "spans": _span_rows, "logs": _log_rows}
    key = keys.get(table, ("run_id", "session", "number", "name"))
    found = {tuple(row[name] for name in key): row for row in makers[table](run)}
    yield from found.values()


def _texts(*names: str) -> list[Any]:
    from sqlalchemy import Column, Text

    return [Column(name, Text) for name in names]


def _numbers(*names: str) -> list[Any]:
    from sqlalchemy import Column, Double

    return [Column(name, Double) for name in names]


def _wholes(*names: str) -> list[Any]:
    from sqlalchemy import BigInteger, Column

    return [Column(name, BigInteger) for name in names]


def _keys(*names: str) -> list[Any]:
    from sqlalchemy import Column, String

    return [Column(name, String(_LONGEST_KEY), primary_key=True) for name in names]


def _place(name: str) -> Any:
    from sqlalchemy import BigInteger, Column

    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _run_columns() -> list[Any]:
    from sqlalchemy import Boolean, Column

    return [
        *_keys("id"),
        *_texts("name", "project", "status", "error"),
        *_wholes("exit_code"),
        *_texts("started", "ended"),
        *_numbers("duration_seconds"),
        *_texts("hosts"),
        *_wholes("ranks"),
        *_texts("hardware", "location"),
        *_wholes("year"),
        *_numbers(*_ENERGIES, *_QUANTITIES),
        Column("is_complete", Boolean),
        *_texts("estimate_inputs", "notes", "basis"),
    ]


def _node_columns() -> list[Any]:
    qualities = (f"{name}_quality" for name in COMPONENTS)
    return [
        *_keys("run_id", "session", "host"),
        *_texts("started"),
        *_numbers("duration_seconds", *_ENERGIES),
        *_texts(*qualities, "components", "gaps", "meter", "notes"),
    ]


def _span_columns() -> list[Any]:
    return [
        *_keys("run_id", "session"),
        _place("span"),
        *_wholes("parent"),
        *_texts("name", "started", "ended"),
        *_numbers("seconds"),
        *_texts("error", "attributes"),
    ]


def _log_columns() -> list[Any]:
    return [*_keys("run_id", "session"), _place("number"), *_keys("name"), *_texts("moment"), *_numbers("value")]


def _run_rows(run: Run) -> Rows:
    row = run.to_row()
    row |= {name: _whole(row[name]) for name in ("exit_code", "ranks", "year")}
    row["id"] = _key(run.id)
    yield row | {"estimate_inputs": _json(run.estimate_inputs), "notes": _json(list(run.notes))}


def _node_rows(run: Run) -> Rows:
    for node in run.nodes:
        row: dict[str, Any] = {name: _key(text) for name, text in (("run_id", run.id), ("session", node.session))}
        row["host"] = _key(node.host)
        row |= {"started": utc(node.started), "duration_seconds": node.duration_seconds}
        row |= {f"{name}_energy_kwh": node.energy_kwh[name] for name in COMPONENTS}
        row |= {f"{name}_quality": node.quality[name] for name in COMPONENTS}
        row["components"] = _json([part._asdict() for part in node.components])
        row["gaps"] = _json([gap._asdict() for gap in node.gaps])
        yield row | {"meter": _json(node.meter), "notes": _json(list(node.notes))}


def _span_rows(run: Run) -> Rows:
    for span in run.spans:
        if _whole(span.span) is None:
            continue
        row = span._asdict() | {"run_id": _key(run.id), "session": _key(span.session), "parent": _whole(span.parent)}
        row |= {"started": utc(span.started), "ended": utc(span.ended)}
        yield row | {"attributes": _json(span.attributes)}


def _log_rows(run: Run) -> Rows:
    for log in run.logs:
        for name, value in log.values.items():
            row = {"run_id": _key(run.id), "session": _key(log.session), "number": log.number, "name": _key(name)}
            yield row | {"moment": utc(log.moment), "value": value}


def _key(text: str) -> str:
    return text[:_LONGEST_KEY]


def _whole(value: int | None) -> int | None:
    return value if value is not None and abs(value) <= _LARGEST_WHOLE else None


def _json(value: Any) -> str:
    return json.dumps(clean(value), allow_nan=False)
