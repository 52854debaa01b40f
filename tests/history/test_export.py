"""The history in a database: SQLite and a PostgreSQL server of the test's own."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import NOON, PARTS, SXM, ended, line, meter, one_hour, stopped, tracker

from greentrain import GreentrainError, History, InputError
from greentrain.errors import install_hint
from greentrain.history import export

pytest.importorskip("sqlalchemy", reason="the extra 'sql' is not installed")
AWKWARD = 'a, "b"\n=HYPERLINK(1) \x00 \u8bad\u7ec3 \'; DROP TABLE runs; --' + "x" * 10_000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A run on two nodes with spans and logs, and one with an awkward name that was not measured."""
    runs = tmp_path / "runs"
    stated = [
        line(1, type="span_start", span=1, parent=None, name="epoch", attributes={"epoch": 0}),
        line(2, type="log", values={"loss": 0.5, "step": 1, "x" * 3000: 1.0, AWKWARD: 2.0}),
        line(3, type="span_end", span=1, error=None),
        line(4, type="span_start", span=10**30, parent=None, name="far", attributes={}),
        ended(3600),
    ]
    tracker(runs / "k1", session="a", host="a", lines=stated, ranks={"rank": 0})
    meter(runs / "k1", session="a", host="a", lines=[stopped(3600, 3600, 2.0, 0.5)])
    tracker(runs / "k1", session="b", host="b", lines=[ended(3600)], ranks={"rank": 8})
    meter(runs / "k1", session="b", host="b", lines=[stopped(3600, 3600, 3.0, 0.5)])
    bad = {"exit_code": 10**30}
    tracker(runs / "k2", name=AWKWARD, lines=[line(9, type="end", status="failed", error=AWKWARD, **bad)])
    return tmp_path


def rows(database: Path) -> dict[str, list[Any]]:
    """Read every table."""
    with closing(sqlite3.connect(database)) as connection:
        tables = ("runs", "nodes", "spans", "logs")
        return {name: connection.execute(f"select * from {name} order by 1, 2, 3, 4").fetchall() for name in tables}


def test_four_tables(home: Path, tmp_path: Path) -> None:
    """Runs, nodes, spans and logs, joined by the run's id; a run's energy holds the 0.19 that no sensor reads."""
    counts = export(History(home).runs(), f"sqlite:///{tmp_path / 'x.db'}")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        runs = connection.execute("select id, status, gpu_energy_kwh, facility_energy_kwh_best from runs order by id")
        energy = connection.execute(
            "select host, gpu_energy_kwh, gpu_quality from nodes where run_id = 'k1' order by 1"
        )
        logs = connection.execute(
            "select name, value from logs where run_id = 'k1' and length(name) < 10 order by name"
        )
        spans = connection.execute("select name, seconds, attributes from spans")

        assert counts == (2, 3, 1, 4)
        assert runs.fetchall() == [("k1", "completed", 5.0, pytest.approx(SXM * 7.2)), ("k2", "failed", None, None)]
        assert energy.fetchall() == [("a", 2.0, "measured"), ("b", 3.0, "measured")]
        assert logs.fetchall() == [("loss", 0.5), ("step", 1.0)]
        assert spans.fetchall() == [("epoch", 2.0, '{"epoch": 0}')]


def test_exporting_twice_changes_nothing(home: Path, tmp_path: Path) -> None:
    """The same rows, none twice."""
    to = f"sqlite:///{tmp_path / 'x.db'}"
    export(History(home).runs(), to)
    first = rows(tmp_path / "x.db")
    export(History(home).runs(), to)
    assert rows(tmp_path / "x.db") == first


def test_a_run_that_went_on_is_brought_up_to_date(tmp_path: Path) -> None:
    """The row of its id gets the new values; other rows stay."""
    to = f"sqlite:///{tmp_path / 'x.db'}"
    tracker(tmp_path / "runs" / "k")
    export(History(tmp_path).runs(), to)
    one_hour(tmp_path / "runs" / "k")
    one_hour(tmp_path / "runs" / "other")
    export(History(tmp_path).runs(project="nlp"), to)
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        found = connection.execute("select id, status, cpu_energy_kwh from runs order by id").fetchall()
    assert found == [("k", "completed", 0.5), ("other", "completed", 0.5)]


def test_awkward_text_stays_text(home: Path, tmp_path: Path) -> None:
    """Quotes, line ends and SQL are kept; only NUL, which PostgreSQL refuses, is written out."""
    export(History(home).runs(), f"sqlite:///{tmp_path / 'x.db'}")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        name, error, code = connection.execute("select name, error, exit_code from runs where id = 'k2'").fetchone()
    assert name == error == AWKWARD.replace("\0", "\\x00")
    assert code is None


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("", "to: must be an address such as sqlite:///runs.db or postgresql://host/name"),
        (
            "data/r.db",
            "to 'data/r.db': must be an address such as sqlite:///runs.db or postgresql://host/name; "
            "did you mean sqlite:///data/r.db?",
        ),
        (
            "data/r.CSV",
            "to 'data/r.CSV': must be an address such as sqlite:///runs.db or postgresql://host/name; "
            "'greentrain history --csv' prints the runs for such a file",
        ),
        ("sqlite://", "to 'sqlite://': names no file, so that nothing would be kept; did you mean sqlite:///runs.db?"),
        (
            "sqlite:///:memory:",
            "to 'sqlite:///:memory:': names no file, so that nothing would be kept; did you mean sqlite:///runs.db?",
        ),
        (
            "postgresql+foo://u:secret@h/x",
            "to 'postgresql+foo': names a driver that is not there; did you mean postgresql://?",
        ),
        ("postgresql://u:secret@[::1/x", "to: must be an address such as sqlite:///runs.db or postgresql://host/name"),
        (
            "host=127.0.0.1 user=u password=secret",
            "to: must be an address such as sqlite:///runs.db or postgresql://host/name",
        ),
        ("mysql://u:secret@h/x", "to 'mysql': is a database that is not supported; use sqlite or postgresql"),
    ],
)
def test_a_wrong_address_is_refused(tmp_path: Path, to: str, message: str) -> None:
    """Without repeating a password."""
    with pytest.raises(InputError) as caught:
        export((), to)
    assert str(caught.value) == message


def test_a_database_that_refuses(home: Path, tmp_path: Path) -> None:
    """One line of its own text, no statement, no password; nothing is half written."""
    with pytest.raises(GreentrainError, match=r"^sqlite:///.*/none/x.db refuses: unable to open database file$"):
        export(History(home).runs(), f"sqlite:///{tmp_path}/none/x.db")
    (tmp_path / "text.db").write_text("this is no database, but a text long enough to be recognized as none" * 9)
    with pytest.raises(GreentrainError, match=r"^sqlite:///.*/text.db refuses: file is not a database$"):
        export(History(home).runs(), f"sqlite:///{tmp_path / 'text.db'}")
    with pytest.raises(GreentrainError) as caught:
        export(History(home).runs(), "postgresql://me:secret@127.0.0.1:9/x?connect_timeout=2")
    assert str(caught.value).startswith("postgresql://me:***@127.0.0.1:9/x?connect_timeout=2 refuses: ")
    assert "secret" not in str(caught.value)


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("postgresql://127.0.0.1:9/x?user=u&password=hunter2", "postgresql://127.0.0.1:9/x refuses: "),
        (
            "postgresql://u:hunter2@127.0.0.1:9/x?sslpassword=hunter2&passfile=/hunter2",
            "postgresql://u:***@127.0.0.1:9/x",
        ),
        (
            "postgresql://u:a@127.0.0.1:9/x?sslmode=hunter2",
            "postgresql://u:***@127.0.0.1:9/x refuses: OperationalError",
        ),
        ("postgresql://127.0.0.1:9/x?connect_timeout=hunter2", "postgresql://127.0.0.1:9/x refuses: ProgrammingError"),
        ("postgresql://127.0.0.1:9/x?hunter2=1", "postgresql://127.0.0.1:9/x refuses: "),
        ("postgresql://host:hunter2/x", "to: must be an address such as"),
        ("sqlite:///:memory:?key=hunter2", "to 'sqlite:///:memory:': names no file"),
        (
            "sqlite:////none/x.db?timeout=hunter2",
            "to 'sqlite:////none/x.db': has an option that its driver does not take",
        ),
        # Older SQLAlchemy leaves an option that it does not know out, and opens the file.
        (
            "sqlite:////none/x.db?hunter2=1",
            ("to 'sqlite:////none/x.db': has an option that", "sqlite:////none/x.db refuses"),
        ),
        ("postgresql+none://u:hunter2@h/x", "to 'postgresql+none': names a driver that is not there"),
        ("sqlite:////none/\0", ("sqlite:////none/%00 refuses", "sqlite:////none/\0 refuses")),
    ],
)
def test_no_secret_of_an_address_is_repeated(to: str, message: str | tuple[str, ...]) -> None:
    """Neither in the message nor in any exception that led to it, whichever part of the address holds it."""
    with pytest.raises(GreentrainError) as caught:
        export((), to)
    assert str(caught.value).startswith(message)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error} {error!r} {error.args}"
        error = error.__cause__ or error.__context__


def test_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without a folder cannot be looked for below the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gone").mkdir()
    os.chdir("gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(InputError) as caught:
        export((), "sqlite:///x.db")
    assert str(caught.value) == "to 'sqlite:///x.db': cannot be used: No such file or directory"


MISSING = """
import sys
sys.modules["sqlalchemy"] = None
from greentrain.history.sql_export import export
export((), sys.argv[1])
try:
    export((), "postgresql://h/x")
except Exception as error:
    print(type(error).__name__, error)
"""


def test_without_sqlalchemy_the_extra_is_named(tmp_path: Path) -> None:
    """For PostgreSQL alone: files of SQLite are written without it, with the same columns as before it was so."""
    from sqlalchemy import create_engine

    from greentrain.history.sql_export import describe_tables

    file = tmp_path / "a b.db"
    command = [sys.executable, "-c", MISSING, f"sqlite:///{file}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    engine = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    describe_tables()["runs"].metadata.create_all(engine)
    engine.dispose()
    for table in ("runs", "nodes", "spans", "logs"):
        found = []
        for path in (file, tmp_path / "other.db"):
            with closing(sqlite3.connect(path)) as connection:
                found.append(connection.execute(f"pragma table_info({table})").fetchall())
        assert found[0] == found[1]
    message = f"export needs SQLAlchemy and, for PostgreSQL, psycopg: {install_hint('sql')}"
    assert done.stdout.strip() == f"GreentrainError {message}"


def programs() -> Path | None:
    """Find the folder with PostgreSQL's server programs: on the path, or where Debian keeps them."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def as_server(command: list[str], **more: Any) -> None:
    """Run a program of the server, as another user where this is root, for which it refuses to run."""
    if os.getuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", *command]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=120, **more)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a PostgreSQL server in a folder of its own, reached by a socket there; return its address."""
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL's server is not installed (pg_ctl, initdb)")
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL's server does not run as root, and setpriv is missing")
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
    # The path of a socket is limited to 107 characters, and another user must reach it.
    import tempfile

    with tempfile.TemporaryDirectory(prefix="gt-pg-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o777)
        data = f"{place}/data"
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": place}
        as_server([str(folder / "initdb"), "-D", data, "-U", "me", "-A", "trust", "-N", "-E", "UTF8"], env=environment)
        options = f"-k {place} -c listen_addresses='' -c fsync=off"
        start = [str(folder / "pg_ctl"), "-D", data, "-w", "-l", f"{place}/log", "-o", options, "start"]
        as_server(start, env=environment)
        try:
            yield f"postgresql://me@/postgres?host={place}"
        finally:
            as_server([str(folder / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], env=environment)


@pytest.mark.slow
def test_postgresql_holds_the_same(home: Path, tmp_path: Path, server: str) -> None:
    """Exported twice, row for row what SQLite holds."""
    import psycopg

    for _ in range(2):
        counts = export(History(home).runs(), server)
    export(History(home).runs(), f"sqlite:///{tmp_path / 'x.db'}")
    with psycopg.connect(server) as connection:
        found = {
            name: connection.execute(f"select * from {name}").fetchall()  # type: ignore[call-overload]
            for name in ("runs", "nodes", "spans", "logs")
        }

    assert counts == (2, 3, 1, 4)
    assert {name: sorted(map(repr, table)) for name, table in found.items()} == {
        name: sorted(repr(_as_boolean(name, row)) for row in table) for name, table in rows(tmp_path / "x.db").items()
    }
    assert NOON > 0
    assert len(PARTS) == 10


def _as_boolean(table: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """SQLite keeps truth as 0 and 1; it is the thirteenth column from the right of the runs, and the last but one."""
    return (*row[:-13], bool(row[-13]), *row[-12:-2], bool(row[-2]), row[-1]) if table == "runs" else row


def test_a_database_of_an_earlier_version_gets_the_new_columns(home: Path, tmp_path: Path) -> None:
    """Its rows stay; those that are exported again have the basis of their energy, k1 read by sensors."""
    database = tmp_path / "x.db"
    export(History(home).runs(), f"sqlite:///{database}")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("alter table runs drop column basis")
        connection.execute("insert into runs (id, status) values ('older', 'completed')")
        connection.commit()

    export(History(home).runs(), f"sqlite:///{database}")
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("select id, basis from runs order by id").fetchall()
    assert found == [("k1", "measured"), ("k2", "estimated"), ("older", None)]
