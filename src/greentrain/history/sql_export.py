"""The history in a database, for teams: four tables, written as often as wanted with the same outcome."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from greentrain.errors import GreentrainError, InputError
from greentrain.history.run import Run
from greentrain.history.sql_tables import TABLES, describe_tables, rows_of

_ROWS_AT_ONCE = 500
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_EXAMPLES = "must be an address such as sqlite:///runs.db or postgresql://host/name"
_INSTALL = "needs SQLAlchemy and, for PostgreSQL, psycopg: pip install 'greentrain[sql]'"


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
        When SQLAlchemy is missing, or the database refuses.
    """
    engine = _engine(to)
    try:
        with _refusals_named(engine.url), engine.begin() as connection:
            tables = describe_tables()
            tables["runs"].metadata.create_all(connection)
            _add_new_columns(connection, tables.values())
            known = tuple(runs)
            counts = {
                name: _upsert(connection, tables[name], (row for run in known for row in rows_of(name, run)))
                for name in TABLES
            }
    finally:
        engine.dispose()
    return Exported(**counts)


def _engine(to: str) -> Any:
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        raise GreentrainError(f"export {_INSTALL}") from None
    url = _address(to)
    kind = url.get_backend_name()
    try:
        return create_engine(url.set(drivername=_DRIVERS[kind]) if url.drivername == kind else url)
    except ImportError:
        raise GreentrainError(f"export {_INSTALL}") from None
    except ArgumentError:
        raise InputError("to", url.drivername, "names a driver that is not there", (f"{kind}://",)) from None


def _address(to: str) -> Any:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(to)
    except (ArgumentError, ValueError):
        # What looks like an address is not repeated: it may hold a password.
        is_path = to.strip() and not set(to) & set(":@?")
        raise InputError("to", to if is_path else None, _EXAMPLES, (f"sqlite:///{to}",) if is_path else ()) from None
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise InputError("to", kind, "is a database that is not supported; use sqlite or postgresql")
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise InputError("to", to, "names no file, so that nothing would be kept", ("sqlite:///runs.db",))
    return url


@contextmanager
def _refusals_named(url: Any) -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        # Only the database's own first line: the statement would fill the screen.
        words = str(error.orig).strip().splitlines() or [type(error).__name__]
        # A password in the address is shown as three stars.
        raise GreentrainError(f"{url.set(drivername=url.get_backend_name())} refuses: {words[0]}") from None


def _add_new_columns(connection: Any, tables: Iterable[Any]) -> None:
    """Give tables that an earlier version made the columns that came later; what is in them stays as it is."""
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
    """Insert rows; those whose key is there already get the new values. Gives their number."""
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
