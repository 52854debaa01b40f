"""The history: every run that left a journal, filtered, added up, handed on."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from greentrain._version import __version__
from greentrain.catalogue.user_folder import HOME_VARIABLE, home_folder
from greentrain.csv_text import rows_csv
from greentrain.errors import (
    AmbiguousName,
    GreentrainError,
    InputError,
    UnknownName,
    either,
    path_text,
    without_passwords,
)
from greentrain.history.merge import NotAskedFor, read_run
from greentrain.history.run import ROW_COLUMNS, SCHEMA_VERSION, Run, to_plain_data
from greentrain.interval import Interval, exact
from greentrain.journal.access_rights import is_anothers
from greentrain.journal.fields import mapping
from greentrain.journal.paths import shown
from greentrain.journal.reader import Journal
from greentrain.journal.readings import is_marked_missing, read_names
from greentrain.journal.records import STATUSES, UNFINISHED
from greentrain.journal.spare_home import spare_run_folders
from greentrain.journal.writer import JournalRecord
from greentrain.plain_numbers import plain_json
from greentrain.record import Record, WithoutArithmetic
from greentrain.summation import total_of

_MOST_SHOWN = 5
_MOST_IN_NOTEBOOK = 20
_IN_NOTEBOOK = (
    "id", "name", "status", "started", "duration_seconds", "location",
    "facility_energy_kwh_best", "operational_kg_best",
)  # fmt: skip
_REPEATED = ("sample", "log", "span_start", "span_end")
_DATE_RULE = "must be a date such as 2026-11-22, or a time such as 2026-11-22T11:00, in UTC by default"


class Totals(WithoutArithmetic, Record):
    """Runs added up; what they share is wrong in all of them alike, see `greentrain.total`.

    Attributes
    ----------
    runs : int
        All of them.
    by_status : dict of str to int
        How many of each status.
    measured : int
        Those of which a meter read or modelled energy.
    known : int
        Those whose energy is known, measured or estimated; only they are in the sums.
    duration_seconds : float
        Time in which they ran. [s]
    facility_energy_kwh, operational_kg : Interval
        Energy [kWh] and emissions [kg CO2e], failed runs included.
    unfinished_energy_kwh : float
        Best value of the energy of failed, interrupted and killed runs. [kWh]
    unfinished_share : float or None
        That over the energy of all; None where there is none. [1]
    """

    runs: int
    by_status: dict[str, int]
    measured: int
    known: int
    duration_seconds: float
    facility_energy_kwh: Interval
    operational_kg: Interval
    unfinished_energy_kwh: float
    unfinished_share: float | None


class Selection(Record):
    """Runs that were selected, iterated one after the other, and what could not be read.

    Attributes
    ----------
    runs : tuple of Run
        Newest first.
    unreadable : tuple of str
        Folders of runs of which no journal can be read, so that it is not known whether they match.
    left_out : tuple of str
        What was not even looked into, and why: links and private runs of other users, spare folders not to be trusted.
    """

    runs: tuple[Run, ...]
    unreadable: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)


class Follower:
    """Reads one run as it grows; its spans, logs and readings before the newest ones are let go.

    Parameters
    ----------
    folders : sequence of str
        The folders of the run's key, one for each home that has it.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = tuple(folders)
        self._journals: dict[str, Journal] = {}

    def look(self, now: float | None = None) -> Run | None:
        """Return the run as recorded so far; the parameter is that of `read_run`."""
        return read_run(self._folders, now, self._read_on)

    def _read_on(self, path: str) -> Journal:
        journal = self._journals.setdefault(path, Journal(path))
        journal.read_on()
        journal.records = newest(journal.records)
        return journal


class History:
    """The runs that left a journal, read anew at every call.

    Parameters
    ----------
    home : path, optional
        The data folder; by default the user's own, see ``GREENTRAIN_HOME``. Runs of it that could not be written there
        are read from the spare folder among the temporary files, if nobody else can write that.

    Examples
    --------
    With one run in the data folder:

    >>> for run in History():
    ...     print(run)
    bert-1 completed after 1 h 00 min: 0.6 kWh, 0.24 kg CO2e (90 % interval 0.219 to 0.267)
    """

    def __init__(self, home: str | os.PathLike[str] | None = None) -> None:
        self.homes: tuple[str, ...] = (home_folder() if home is None else path_text("home", home),)
        self._is_standard = home is None and not os.environ.get(HOME_VARIABLE)

    def runs(
        self, *, project: str | None = None, since: str | date | None = None, status: str | None = None
    ) -> tuple[Run, ...]:
        """Return the runs, newest first; the parameters are those of `select`.

        Examples
        --------
        >>> [run.name for run in History().runs(status="completed")]
        ['bert']
        """
        return self.select(project=project, since=since, status=status).runs

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs())

    def select(
        self, *, project: str | None = None, since: str | date | None = None, status: str | None = None
    ) -> Selection:
        """Return the runs, newest first, and the folders that cannot be read.

        Parameters
        ----------
        project : str, optional
            Only those of this project.
        since : str, date or datetime, optional
            Only those that began at this moment or later; in UTC by default.
        status : {'running', 'completed', 'failed', 'interrupted', 'killed', 'unknown'}, optional
            Only those of this status.

        Raises
        ------
        InputError
            For a status or a moment that is none.

        Examples
        --------
        >>> found = History().select(project="nlp")
        >>> len(found), found.unreadable
        (1, ())
        """
        earliest = None if since is None else _moment(since)
        if status is not None and status not in STATUSES:
            raise InputError("status", status, f"must be {either(STATUSES)}")
        project = project and without_passwords(project)  # as it is recorded

        def is_wanted(its_project: str | None, started: float) -> bool:
            return (project is None or its_project == project) and (earliest is None or started >= earliest)

        chosen: list[Run] = []
        unreadable: list[str] = []
        all_folders, left_out = self._folders()
        for folders in all_folders.values():
            try:
                run = read_run(folders, is_wanted=is_wanted)
            except NotAskedFor:
                continue
            if run is None:
                unreadable += filter(_holds_something, folders)
            elif is_wanted(run.project, run.started) and status in (None, run.status):
                chosen.append(run)
        chosen.sort(key=lambda run: (-run.started, run.id))
        return Selection(tuple(chosen), tuple(unreadable), tuple(left_out))

    def get(self, id: str) -> Run:
        """Return the run with this id, or the only one whose id begins so.

        Raises
        ------
        UnknownName
            When no run has such an id; the nearest ones are suggested.
        AmbiguousName
            When several have.
        InputError
            When its journals are empty, damaged, or of a version that is not known here.

        Examples
        --------
        >>> History().get("bert")
        <Run bert-1 completed, 3600 s, 0.5998 kWh, 0.2399 kg CO2e (90 % interval 0.2191 to 0.2668)>
        """
        if not isinstance(id, str):
            raise InputError("id", id, "must be text")
        folders = self._folders_of(id)
        run = read_run(folders)
        if run is None:
            raise InputError("id", id, f"its journals in {' and '.join(folders)} hold nothing that can be read")
        return run

    def follow(self, id: str) -> Follower:
        """Look at a run again and again while it goes on; each look reads only what was written since the last.

        Raises
        ------
        UnknownName, AmbiguousName
            As `get` does.

        Examples
        --------
        >>> follower = History().follow("bert-1")
        >>> follower.look().status
        'completed'
        """
        return Follower(self._folders_of(id))

    def totals(
        self, *, project: str | None = None, since: str | date | None = None, status: str | None = None
    ) -> Totals:
        """Add the runs up; the parameters are those of `runs`.

        Examples
        --------
        >>> History().totals(project="nlp").facility_energy_kwh.best
        0.59976
        """
        return totals_of(self.runs(project=project, since=since, status=status))

    def to_dict(self, **chosen: Any) -> dict[str, Any]:
        """Return runs and totals as plain data; the parameters are those of `runs`.

        Examples
        --------
        >>> History().to_dict()["totals"]["by_status"]["completed"]
        1
        """
        found = self.select(**chosen)
        return runs_dict(found.runs, found.unreadable, found.left_out)

    def to_json(self, indent: int | None = 2, **chosen: Any) -> str:
        """Return runs and totals as JSON text, without NaN or infinity; the parameters are those of `runs`.

        Examples
        --------
        >>> import json
        >>> json.loads(History().to_json())["runs"][0]["id"]
        'bert-1'
        """
        return plain_json(self.to_dict(**chosen), indent=indent)

    def to_csv(self, **chosen: Any) -> str:
        """Return the runs as CSV, one row each; the parameters are those of `runs`.

        Examples
        --------
        >>> print(History().to_csv()[:30])
        id,name,project,status,error,e
        """
        return runs_csv(self.runs(**chosen))

    def to_frame(self, **chosen: Any) -> Any:
        """Return the runs as a pandas.DataFrame, one row each, moments as UTC; the parameters are those of `runs`.

        Examples
        --------
        >>> print(History().to_frame()[["name", "status", "facility_energy_kwh_best"]])
                name     status  facility_energy_kwh_best
        id
        bert-1  bert  completed                   0.59976
        """
        try:
            import pandas
        except ImportError:
            raise GreentrainError("A frame needs pandas: pip install 'greentrain[frames]'.") from None

        frame = pandas.DataFrame([run.to_row() for run in self.runs(**chosen)], columns=list(ROW_COLUMNS))
        for name in ("started", "ended"):
            frame[name] = pandas.to_datetime(frame[name], utc=True)
        return frame.set_index("id")

    def _folders_of(self, id: str) -> list[str]:
        folders, _ = self._folders()
        found = [id] if id in folders else [key for key in folders if key.startswith(id)] if id else []
        if len(found) > 1:
            raise AmbiguousName("id", id, f"{len(found)} runs have such an id", sorted(found)[-_MOST_SHOWN:])
        if not found:
            raise _unknown(id, folders)
        return folders[found[0]]

    def _folders(self) -> tuple[dict[str, list[str]], list[str]]:
        """List the folders of runs by key, and state what is left out; a run may also have a folder in a spare home."""
        own, left_out = _subfolders(os.path.join(self.homes[0], "runs"))
        spare, doubts = spare_run_folders(self.homes[0], self._is_standard)
        found: dict[str, list[str]] = {}
        for key, folder in [*own, *spare]:
            found.setdefault(key, []).append(folder)
        return found, left_out + doubts

    def __repr__(self) -> str:
        count = len(self._folders()[0])
        return f"<History of {count} run{'' if count == 1 else 's'} in {shown(self.homes[0])}>"

    def _repr_html_(self) -> str:
        """Return a small table of the newest runs for notebooks."""
        from greentrain.html_table import table

        runs = self.runs()
        rows = [run.to_row() for run in runs[:_MOST_IN_NOTEBOOK]]
        caption = f"The newest {len(rows)} of {len(runs)} runs" if len(rows) < len(runs) else f"{len(runs)} runs"
        return table(_IN_NOTEBOOK, ([row[name] for name in _IN_NOTEBOOK] for row in rows), caption)


def totals_of(runs: Sequence[Run]) -> Totals:
    """Add runs up."""
    whole = total_of([run.footprint for run in runs])
    unfinished = total_of([run.footprint for run in runs if run.status in UNFINISHED])
    energy, lost = (each.facility_energy_kwh or exact(0.0) for each in (whole, unfinished))
    return Totals(
        runs=len(runs),
        by_status={status: sum(run.status == status for run in runs) for status in STATUSES},
        measured=sum(run.is_metered for run in runs),
        known=sum(run.facility_energy_kwh is not None for run in runs),
        duration_seconds=sum(run.duration_seconds for run in runs),
        facility_energy_kwh=energy,
        operational_kg=whole.operational_kg or exact(0.0),
        unfinished_energy_kwh=lost.best,
        unfinished_share=lost.best / energy.best if energy.best else None,
    )


def runs_dict(runs: Sequence[Run], unreadable: Sequence[str] = (), left_out: Sequence[str] = ()) -> dict[str, Any]:
    """Return runs and their totals as plain data, with the folders that could not be read."""
    whole = totals_of(runs)
    with_site = ("facility_energy_kwh", "operational_kg")
    sums = whole._asdict() | {name: to_plain_data(getattr(whole, name)) for name in with_site}
    head = {"schema_version": SCHEMA_VERSION, "kind": "history", "greentrain_version": __version__}
    rows = [run.to_row() | {"flags": list(run.flags)} for run in runs]
    left = {"unreadable": list(unreadable), "left_out": list(left_out)}
    return head | {"runs": rows, "totals": sums, **left}


def runs_csv(runs: Sequence[Run]) -> str:
    """Return runs as CSV, one row each."""
    return rows_csv(ROW_COLUMNS, (run.to_row() for run in runs))


def _subfolders(folder: str) -> tuple[list[tuple[str, str]], list[str]]:
    """List the folders in one by name, and state which of them are not looked into."""
    try:
        with os.scandir(folder) as entries:
            # A folder whose name begins with a dot is that of a run that is just beginning.
            folders = (entry for entry in entries if entry.is_dir() and not entry.name.startswith("."))
            found = sorted((entry.name, entry.path, entry.is_symlink()) for entry in folders)
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    except OSError as error:
        raise InputError("home", os.path.dirname(folder), f"cannot be read: {error.strerror}") from None
    links = {path for _, path, is_link in found if is_link and is_anothers(path)}
    private = {path for _, path, _ in found if not os.access(path, os.R_OK | os.X_OK) and is_anothers(path)} - links
    left_out = [f"{shown(path)} is left out: it is another user's link" for path in sorted(links)]
    if private:
        runs = "1 run of another user is" if len(private) == 1 else f"{len(private)} runs of other users are"
        left_out.append(f"{runs} private, and left out")
    return [(name, path) for name, path, _ in found if path not in links | private], left_out


def _holds_something(folder: str) -> bool:
    """Whether the folder of a run is more than one that was just made."""
    try:
        with os.scandir(folder) as entries:
            return any(not entry.is_file(follow_symlinks=False) or entry.stat().st_size for entry in entries)
    except OSError:
        return True


def _moment(since: str | date) -> float:
    try:
        found = datetime.fromisoformat(since) if isinstance(since, str) else since
    except ValueError:
        raise InputError("since", since, _DATE_RULE) from None
    if not isinstance(found, date):
        raise InputError("since", since, _DATE_RULE)
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day, tzinfo=UTC)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _unknown(id: str, folders: dict[str, list[str]]) -> UnknownName:
    from greentrain.catalogue.names import fold, nearest

    rule = "no run has this id; 'greentrain history' lists them"
    return UnknownName("id", id, rule, nearest(id, {fold(key): key for key in folders}))


def newest(records: Sequence[JournalRecord]) -> list[JournalRecord]:
    """Leave out the records that a later one replaces, such as all samples but the last."""
    kept: dict[object, JournalRecord] = {}
    before: dict[str, object] = {}
    read: frozenset[str] = frozenset()
    changes = 0
    for record in records:
        key = _subject(record, before)
        if record["type"] == "sample":
            now = read_names(record)
            changes, read = changes + (now != read), now
            # The last sample before a component fell out, or came back, dates that.
            key = key, changes, is_marked_missing(record)
        kept.pop(key, None)
        kept[key] = record
        if record["type"] == "sample":
            before = mapping(record, "energy_kwh")
    return list(kept.values())


def _subject(record: JournalRecord, before: Mapping[str, object]) -> object:
    """Return what a record is about: a later one about the same replaces it.

    Logs of other names are about something else, and so are samples of other components, and a sample in which the
    energy of a component did not grow: that is how one shows that the meter has lost.
    """
    if record["type"] not in _REPEATED:
        return id(record)
    values = mapping(record, "values") or mapping(record, "energy_kwh")
    known = ((name, value != before.get(name)) for name, value in values.items() if value is not None)
    return record["type"], frozenset(known)
