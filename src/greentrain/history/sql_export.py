"""The history in a database, for teams: four tables, written as often as wanted with the same outcome.

Moments are UTC text as in the journal; energies are kWh and emissions kg, as the columns' names state; lists and
objects are JSON text.
"""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from warnings import catch_warnings, simplefilter

from greentrain.errors import GreentrainError, InputError, install_hint
from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.run import Run
from greentrain.history.run_summary import to_plain_data, utc
from greentrain.journal.records import COMPONENTS

Result = TypeVar("Result")
_LONGEST_KEY = 200
_LARGEST_WHOLE = 2**63 - 1
_ENERGIES = tuple(f"{name}_energy_kwh" for name in COMPONENTS)
_QUALITIES = tuple(f"{name}_quality" for name in COMPONENTS)
_INTERVALS = tuple(f"{name}_{end}" for name in RUN_QUANTITIES for end in ("low", "best", "high"))
_COLUMNS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "runs": (
        ("key", ("id",)),
        ("text", ("name", "project", "status", "error")),
        ("whole", ("exit_code",)),
        ("text", ("started", "ended")),
        ("number", ("duration_seconds",)),
        ("text", ("hosts",)),
        ("whole", ("ranks",)),
        ("text", ("hardware", "location")),
        ("whole", ("year",)),
        ("number", (*_ENERGIES, *_INTERVALS)),
        ("truth", ("is_complete",)),
        ("text", ("estimate_inputs", "notes", "basis", "flags")),
        ("text", ("origin", "user", "account", "partition", "tags", "unfilled")),
        ("truth", ("is_counted",)),
        ("text", ("cluster",)),
    ),
    "nodes": (
        ("key", ("run_id", "session", "host")),
        ("text", ("started",)),
        ("number", ("duration_seconds", *_ENERGIES)),
        ("text", (*_QUALITIES, "components", "gaps", "meter", "notes")),
    ),
    "spans": (
        ("key", ("run_id", "session")),
        ("whole key", ("span",)),
        ("whole", ("parent",)),
        ("text", ("name", "started", "ended")),
        ("number", ("seconds",)),
        ("text", ("error", "attributes")),
    ),
    "logs": (
        ("key", ("run_id", "session")),
        ("whole key", ("number",)),
        ("key", ("name",)),
        ("text", ("moment",)),
        ("number", ("value",)),
    ),
}
"""The columns of each table by kind, in order."""

_TIMES = ("connect_timeout", "timeout")
_PLACES = (*_TIMES, "host", "port", "dbname", "user")
"""Options of an address that are no secrets."""

_ROWS_AT_ONCE = 500
_PLAIN_FILE = re.compile(r"sqlite:///(?!:memory:|file:)([^?]+)", re.DOTALL)
"""An address without options, which Python's own library opens."""
_SQLITE_TYPES = {"key": f"VARCHAR({_LONGEST_KEY})", "text": "TEXT", "number": "DOUBLE", "truth": "BOOLEAN"}
_OTHER_KINDS = {".csv": "--csv", ".tsv": "--csv", ".xlsx": "--csv", ".json": "--json", ".jsonl": "--json"}
"""Endings of files that the list of runs is for, with its option."""
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_EXAMPLES = "must be an address such as sqlite:///runs.db or postgresql://host/name"


class Exported(NamedTuple):
    """How many rows of each table were written, new or again."""

    runs: int
    nodes: int
    spans: int
    logs: int


def export(runs: Iterable[Run], to: str) -> Exported:
    """Write runs into a database; a row that is there already is brought up to date.

    Parameters
    ----------
    runs : iterable of Run
        What to write.
    to : str
        ``sqlite:///runs.db`` or ``postgresql://user:password@host/database``.

    Raises
    ------
    InputError
        For an address that is none of these.
    GreentrainError
        When the database refuses, or SQLAlchemy is missing, which PostgreSQL needs and options of an address.
    """
    known = tuple(runs)
    _refuse_path(to)
    if plain := _PLAIN_FILE.fullmatch(to):
        return _into_file(plain[1], to, known)
    engine = _engine(to)
    try:
        with _attempt(engine.connect, engine.url, Exception) as connection:
            from sqlalchemy.exc import DBAPIError

            return _attempt(lambda: _write(connection, known), engine.url, DBAPIError)
    finally:
        engine.dispose()


def _refuse_path(to: str) -> None:
    """Refuse what is a name of a file and no address, with what was meant."""
    if not to.strip() or set(to) & set(":@?="):
        return
    option = _OTHER_KINDS.get(os.path.splitext(to)[1].lower())  # noqa: PTH122 -- of what may be no path
    if option is not None:
        raise InputError("to", to, f"{_EXAMPLES}; 'greentrain history {option}' prints the runs for such a file")
    raise InputError("to", to, _EXAMPLES, (f"sqlite:///{to}",))


def _into_file(path: str, to: str, runs: tuple[Run, ...]) -> Exported:
    """Write runs into a file of SQLite, all or none of them."""
    try:
        full = os.path.abspath(path)  # noqa: PTH100 -- a path may end in blanks or dots
    except OSError as error:
        raise InputError("to", to, f"cannot be used: {error.strerror}") from None
    try:
        with closing(sqlite3.connect(full, isolation_level=None)) as database:
            database.execute("BEGIN")
            counts = {name: _into_table(database, name, kinds, runs) for name, kinds in _COLUMNS.items()}
            database.execute("COMMIT")
    except (sqlite3.Error, ValueError) as error:
        raise GreentrainError(f"{to} refuses: {error}") from None
    return Exported(**counts)


def _into_table(
    database: sqlite3.Connection, table: str, kinds: tuple[tuple[str, tuple[str, ...]], ...], runs: tuple[Run, ...]
) -> int:
    """Make a table or add the columns that came later, and write its rows; return their number."""
    columns = {name: kind for kind, names in kinds for name in names}
    keys = [name for name, kind in columns.items() if kind.endswith("key")]
    types = {name: _SQLITE_TYPES.get(kind, "BIGINT") for name, kind in columns.items()}
    described = [f'"{name}" {type_}{" NOT NULL" if name in keys else ""}' for name, type_ in types.items()]
    database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(described)}, PRIMARY KEY ({_quoted(keys)}))")
    known = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
    for name in (name for name in columns if name not in known):
        database.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {types[name]}')
    fresh = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in keys)
    into = f"INSERT INTO {table} ({_quoted(columns)}) VALUES ({', '.join('?' * len(columns))})"
    statement = f"{into} ON CONFLICT ({_quoted(keys)}) DO UPDATE SET {fresh}"
    rows = ([row[name] for name in columns] for run in runs for row in rows_of(table, run))
    return database.executemany(statement, rows).rowcount


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _write(connection: Any, runs: tuple[Run, ...]) -> Exported:
    with connection.begin():
        tables = describe_tables()
        tables["runs"].metadata.create_all(connection)
        _add_new_columns(connection, tables.values())
        counts = {
            name: _upsert(connection, tables[name], (row for run in runs for row in rows_of(name, run)))
            for name in tables
        }
    return Exported(**counts)


def _not_installed() -> GreentrainError:
    return GreentrainError(f"export needs SQLAlchemy and, for PostgreSQL, psycopg: {install_hint('sql')}")


def _engine(to: str) -> Any:
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SAWarning
    except ImportError:
        raise _not_installed() from None
    url = _address(to)
    kind = url.get_backend_name()
    full = url.set(drivername=_DRIVERS[kind]) if url.drivername == kind else url
    with catch_warnings():
        simplefilter("error", SAWarning)  # an option that the driver does not know
        try:
            return create_engine(full)
        except ImportError:
            raise _not_installed() from None
        except NoSuchModuleError:
            raise InputError("to", url.drivername, "names a driver that is not there", (f"{kind}://",)) from None
        except (ArgumentError, SAWarning, ValueError, TypeError):
            rule = "has an option that its driver does not take"
        except OSError as error:
            rule = f"cannot be used: {error.strerror}"
    raise InputError("to", _harmless(url), rule)


def _address(to: str) -> Any:
    """Take an address apart; what looks like one is not repeated, in the causes of an error neither."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    url = None
    with suppress(ArgumentError, ValueError):
        url = make_url(to)
    if url is None:
        raise InputError("to", None, _EXAMPLES)
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise InputError("to", kind, "is a database that is not supported; use sqlite or postgresql")
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise InputError(
            "to", to.partition("?")[0], "names no file, so that nothing would be kept", ("sqlite:///runs.db",)
        )
    return url


def _attempt(step: Callable[[], Result], url: Any, kinds: type[Exception]) -> Result:
    """Do a step; where the database refuses raise one line that leads to no other exception: any may hold a password.

    Parameters
    ----------
    step : callable
        What to do.
    url : URL
        The address, taken apart.
    kinds : type
        Exceptions that are the database's.
    """
    try:
        return step()
    except kinds as error:
        # Only the database's own first line: the statement would fill the screen.
        lines = str(getattr(error, "orig", error)).strip().splitlines()
        name = type(error).__name__
    secrets = [str(url.password or ""), *_doubtful(url)]
    are_shown = lines and not any(secret and secret in lines[0] for secret in secrets)
    raise GreentrainError(f"{_harmless(url)} refuses: {lines[0] if are_shown else name}")


def _harmless(url: Any) -> str:
    """Write an address without its secrets: any option but a time may be one."""
    times = {name: value for name, value in url.query.items() if name in _TIMES and str(value).isdecimal()}
    return str(url.set(drivername=url.get_backend_name(), query=times))


def _doubtful(url: Any) -> Iterator[str]:
    for name, value in url.query.items():
        if name not in _PLACES or (name in _TIMES and not str(value).isdecimal()):
            yield from (name, value) if isinstance(value, str) else (name, *value)


def _add_new_columns(connection: Any, tables: Iterable[Any]) -> None:
    """Add to tables of an earlier version the columns that came later; their content stays as it is."""
    from sqlalchemy import inspect, text
    from sqlalchemy.schema import CreateColumn

    inspector = inspect(connection)
    for table in tables:
        known = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                described = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {described}"))


def _upsert(connection: Any, table: Any, rows: Iterator[dict[str, Any]]) -> int:
    """Insert rows; those whose key is there already get the new values. Return their number."""
    keys = [column.name for column in table.primary_key]
    statement = _insert(connection.dialect.name)(table)
    fresh = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=fresh)
    number = 0
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        connection.execute(statement, some)
        number += len(some)
    return number


def _insert(dialect: str) -> Any:
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert


def describe_tables() -> dict[str, Any]:
    """Describe the four tables to SQLAlchemy, by name."""
    from sqlalchemy import BigInteger, Boolean, Double, MetaData, String, Table, Text

    types = {"key": String(_LONGEST_KEY), "text": Text, "number": Double, "truth": Boolean}
    metadata = MetaData()
    tables = {}
    for table, kinds in _COLUMNS.items():
        columns = [_column(name, types.get(kind, BigInteger), kind) for kind, names in kinds for name in names]
        tables[table] = Table(table, metadata, *columns)
    return tables


def _column(name: str, type_: Any, kind: str) -> Any:
    from sqlalchemy import Column

    return Column(name, type_, primary_key=True, autoincrement=False) if kind.endswith("key") else Column(name, type_)


def rows_of(table: str, run: Run) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table that follow from a run, no key twice."""
    makers = {"runs": _run_rows, "nodes": _node_rows, "spans": _span_rows, "logs": _log_rows}
    keys = [name for kind, names in _COLUMNS[table] for name in names if kind.endswith("key")]
    found = {tuple(row[name] for name in keys): row for row in makers[table](run)}
    yield from found.values()


def _run_rows(run: Run) -> Iterator[dict[str, Any]]:
    row = run.to_row()
    row |= {name: _whole(row[name]) for name in ("exit_code", "ranks", "year")}
    row["id"] = _key(run.id)
    yield row | {"estimate_inputs": _json(run.estimate_inputs), "notes": _json(list(run.notes))}


def _node_rows(run: Run) -> Iterator[dict[str, Any]]:
    for node in run.nodes:
        row: dict[str, Any] = {name: _key(text) for name, text in (("run_id", run.id), ("session", node.session))}
        row["host"] = _key(node.host)
        row |= {"started": utc(node.started), "duration_seconds": node.duration_seconds}
        row |= {f"{name}_energy_kwh": node.energy_kwh[name] for name in COMPONENTS}
        row |= {f"{name}_quality": node.quality[name] for name in COMPONENTS}
        row["components"] = _json([part._asdict() for part in node.components])
        row["gaps"] = _json([gap._asdict() for gap in node.gaps])
        yield row | {"meter": _json(node.meter), "notes": _json(list(node.notes))}


def _span_rows(run: Run) -> Iterator[dict[str, Any]]:
    for span in run.spans:
        if _whole(span.span) is None:
            continue
        row = span._asdict() | {"run_id": _key(run.id), "session": _key(span.session), "parent": _whole(span.parent)}
        row |= {"started": utc(span.started), "ended": utc(span.ended)}
        yield row | {"attributes": _json(span.attributes)}


def _log_rows(run: Run) -> Iterator[dict[str, Any]]:
    for log in run.logs:
        for name, value in log.values.items():
            row = {"run_id": _key(run.id), "session": _key(log.session), "number": log.number, "name": _key(name)}
            yield row | {"moment": utc(log.moment), "value": value}


def _key(text: str) -> str:
    return text[:_LONGEST_KEY]


def _whole(value: int | None) -> int | None:
    return value if value is not None and abs(value) <= _LARGEST_WHOLE else None


def _json(value: Any) -> str:
    return json.dumps(to_plain_data(value), allow_nan=False)
