"""The history: every run that left a journal, filtered, added up, handed on."""

import os
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from greentrain._version import __version__
from greentrain.catalogue.user_folder import HOME_VARIABLE, home_folder
from greentrain.errors import AmbiguousName, GreentrainError, InputError, UnknownName, install_hint, path_text
from greentrain.history.filters import RunFilter, checked_filter
from greentrain.history.listing import runs_csv, runs_dict, runs_html
from greentrain.history.run_summary import ROW_COLUMNS, RunSummary
from greentrain.history.summaries import FoundSummaries, summaries_of
from greentrain.history.summary_table import SummaryTable
from greentrain.history.totals import RunGroup, Totals, checked_by, groups_of, table_of, totals_of
from greentrain.journal.access_rights import is_anothers
from greentrain.journal.paths import folder_key, shown
from greentrain.journal.spare_home import spare_run_folders
from greentrain.plain_numbers import plain_json
from greentrain.progress import Telling
from greentrain.record import Record

if TYPE_CHECKING:  # a list of runs that were summarised before reads no journal, and loads nothing that does
    from greentrain.history.follower import Follower
    from greentrain.history.run import Run
    from greentrain.progress import Progress

LAST = "last"
"""In place of an id: the run that began last."""

_MOST_SHOWN = 5


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

    runs: "tuple[Run, ...]"
    unreadable: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> "Iterator[Run]":
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def _repr_html_(self) -> str:
        """Return a small table of the newest runs and their sum for notebooks."""
        return runs_html(table_of(self.runs))


class Summaries(Record):
    """Runs that were selected, in brief, and what could not be read.

    Attributes
    ----------
    table : SummaryTable
        Newest first; one `RunSummary` after the other when it is iterated.
    unreadable, left_out : tuple of str
        As of a `Selection`.
    folders : dict of str to list of str
        Where the journals of each run are, by its id; of imported ones there are none.
    importing_homes : tuple of str
        Where imported runs are.
    home : str
        Where this user's files of many runs are.
    states : dict of str to str
        What is known to be unchanged, by the ids of runs, see `FoundSummaries`.
    """

    table: SummaryTable
    unreadable: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    folders: dict[str, list[str]] = {}  # noqa: RUF012 -- a default that nothing changes
    importing_homes: tuple[str, ...] = ()
    home: str = ""
    states: dict[str, str] = {}  # noqa: RUF012 -- as above

    def __iter__(self) -> Iterator[RunSummary]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    def _repr_html_(self) -> str:
        """Return a small table of the newest runs and their sum for notebooks."""
        return runs_html(self.table)


class History:
    """The runs that left a journal, looked for anew at every call.

    Parameters
    ----------
    home : path or sequence of path, optional
        The data folder, or several that are read as one; by default the user's own, see ``GREENTRAIN_HOME``. Runs of it
        that could not be written there are read from the spare folder among the temporary files, if nobody else can
        write that.
    progress : bool or callable, optional
        True shows on stderr how many of the runs that have to be read are; a class like ``tqdm`` is shown instead.

    Examples
    --------
    With one run in the data folder:

    >>> for run in History():
    ...     print(run)
    bert-1 completed after 1 h 00 min: 0.6 kWh, 0.24 kg CO2e (90 % interval 0.219 to 0.267)
    """

    def __init__(
        self,
        home: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
        *,
        progress: "Progress" = None,
    ) -> None:
        self._progress = progress
        several = home if isinstance(home, (list, tuple)) and home else (home,)
        self.homes: tuple[str, ...] = tuple(home_folder() if one is None else path_text("home", one) for one in several)
        self._is_standard = home is None and not os.environ.get(HOME_VARIABLE)

    def runs(
        self,
        *,
        project: str | None = None,
        since: str | date | None = None,
        status: str | None = None,
        until: str | date | None = None,
    ) -> "tuple[Run, ...]":
        """Return the runs, newest first; the parameters are those of `select`.

        Examples
        --------
        >>> [run.name for run in History().runs(status="completed")]
        ['bert']
        """
        return self.select(project=project, since=since, status=status, until=until).runs

    def __iter__(self) -> "Iterator[Run]":
        return iter(self.runs())

    def select(
        self,
        *,
        project: str | None = None,
        since: str | date | None = None,
        status: str | None = None,
        until: str | date | None = None,
    ) -> Selection:
        """Return the runs, newest first, and the folders that cannot be read.

        Parameters
        ----------
        project : str, optional
            Only those of this project.
        since, until : str, date or datetime, optional
            Only those that began at this moment or later, or not after it; in UTC by default. A day, a month
            (``2026-11``) or a year counts from its first moment to its last.
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
        asked = checked_filter({"project": project, "since": since, "status": status, "until": until})
        folders, left_out = self._folders()
        known: dict[tuple[str, ...], Run] = {}

        def read(places: Sequence[str]) -> "Run | None":
            run = _run_in(places)
            if run is not None:
                known[tuple(places)] = run
            return run

        found = self._found(folders, asked, read)
        by_id = {folder_key(key): tuple(places) for key, places in folders.items()}  # a spare home's names hold a mark
        places = [by_id[id] for id in asked.of(found.table).newest_first().columns["id"]]
        runs: list[Run] = []
        with Telling(self._progress, len(places), "reading runs") as tell:
            for place in places:
                runs += filter(None, [known.get(place) or _run_in(place)])
                tell(1)
        imported = [run for run in self._imported(left_out) if asked.wants(run.project, run.status, run.started)]
        if imported:
            runs = sorted([*runs, *imported], key=lambda run: (-run.started, run.id))
        return Selection(tuple(runs), found.unreadable, (*left_out, *_newer(found.unreadable)))

    def summaries(
        self,
        *,
        project: str | None = None,
        since: str | date | None = None,
        status: str | None = None,
        until: str | date | None = None,
    ) -> Summaries:
        """Return the runs in brief, newest first, without reading the journals of those that have ended before.

        What is summarised the first time is kept beside the journals, where that can be written; the parameters are
        those of `select`.

        Examples
        --------
        >>> for run in History().summaries(project="nlp"):
        ...     print(run.name, run.facility_energy_kwh.best)
        bert 0.59976
        """
        asked = checked_filter({"project": project, "since": since, "status": status, "until": until})
        folders, left_out = self._folders()
        found = self._found(folders, asked, _run_in)
        for home in self._importing_homes():
            from greentrain.history.imported_runs import imported_summaries

            found.table.extend(imported_summaries(home, left_out))
        table = asked.of(found.table).newest_first()
        by_id = {folder_key(key): places for key, places in folders.items()}
        all_left_out = (*left_out, *_newer(found.unreadable))
        homes = tuple(self._importing_homes())
        return Summaries(table, found.unreadable, all_left_out, by_id, homes, self.homes[0], found.states)

    def _found(self, folders: dict[str, list[str]], asked: RunFilter, read: Any) -> FoundSummaries:
        is_open_only = asked.status == "running"
        found = summaries_of(folders, self.homes[0], read, is_open_only=is_open_only, progress=self._progress)
        return found._replace(unreadable=tuple(filter(_holds_something, found.unreadable)))

    def get(self, id: str) -> "Run":
        """Return the run with this id, or the only one whose id begins so; ``last`` is the one that began last.

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
        run = self._imported_run(folders) or _run_in(folders)
        if run is None:
            raise InputError("id", id, f"its journals in {' and '.join(folders)} hold nothing that can be read")
        return run

    def follow(self, id: str) -> "Follower":
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
        from greentrain.history.follower import Follower

        return Follower(self._folders_of(id))

    def totals(self, **chosen: Any) -> Totals:
        """Add the runs up; the parameters are those of `select`.

        Examples
        --------
        >>> History().totals(project="nlp").facility_energy_kwh.best
        0.59976
        """
        return totals_of(self.summaries(**chosen).table)

    def groups(self, by: str | Sequence[str], **chosen: Any) -> list[RunGroup]:
        """Add the runs up in groups; the further parameters are those of `select`.

        Parameters
        ----------
        by : str or sequence of str
            By what: project, user, month, place, hardware, status, account, partition, origin, basis or name; several
            as a list or with commas between them.

        Examples
        --------
        >>> [(group.by, group.runs) for group in History().groups("month,status")]
        [({'month': '2025-11', 'status': 'completed'}, 1)]
        """
        return groups_of(self.summaries(**chosen).table, checked_by(by))

    def to_dict(self, **chosen: Any) -> dict[str, Any]:
        """Return runs and totals as plain data; the parameters are those of `select`.

        Examples
        --------
        >>> History().to_dict()["totals"]["by_status"]["completed"]
        1
        """
        found = self.summaries(**chosen)
        return runs_dict(found.table, found.unreadable, found.left_out)

    def to_json(self, indent: int | None = 2, **chosen: Any) -> str:
        """Return runs and totals as JSON text, without NaN or infinity; the parameters are those of `select`.

        Examples
        --------
        >>> import json
        >>> json.loads(History().to_json())["runs"][0]["id"]
        'bert-1'
        """
        return plain_json(self.to_dict(**chosen), indent=indent)

    def to_csv(self, **chosen: Any) -> str:
        """Return the runs as CSV, one row each; the parameters are those of `select`.

        Examples
        --------
        >>> print(History().to_csv()[:30])
        id,name,project,status,error,e
        """
        return runs_csv(self.summaries(**chosen).table)

    def to_frame(self, **chosen: Any) -> Any:
        """Return the runs as a pandas.DataFrame, one row each, moments as UTC; the parameters are those of `select`.

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
            raise GreentrainError(f"A frame needs pandas: {install_hint('frames')}.") from None

        frame = pandas.DataFrame([run.to_row() for run in self.summaries(**chosen)], columns=list(ROW_COLUMNS))
        for name in ("started", "ended"):
            frame[name] = pandas.to_datetime(frame[name], utc=True)
        return frame.set_index("id")

    def _importing_homes(self) -> list[str]:
        """Return the homes that hold runs of other tools; what reads them is loaded for those alone."""
        return [home for home in self.homes if os.path.isdir(os.path.join(home, "imports"))]

    def _imported(self, left_out: list[str]) -> "Iterator[Run]":
        """Yield the runs of other tools, and state what is left out."""
        for home in self._importing_homes():
            from greentrain.history.imported_runs import imported_runs

            yield from imported_runs(home, left_out)

    def _imported_run(self, folders: Sequence[str]) -> "Run | None":
        """Return the imported run that stands in place of folders."""
        is_folder = any(os.sep in folder for folder in folders)
        return None if is_folder else next((run for run in self._imported([]) if run.id in folders), None)

    def _folders_of(self, id: str) -> list[str]:
        """Return the folders of a run; of an imported one, which has none, its id."""
        folders, _ = self._folders()
        for home in self._importing_homes():
            from greentrain.history.imported_runs import imported_summaries

            folders |= {key: [key] for key in imported_summaries(home, []).columns["id"]}
        if id == LAST and id not in folders:
            id = next(iter(self.summaries().table.columns["id"]), id)
        found = [id] if id in folders else [key for key in folders if key.startswith(id)] if id else []
        if len(found) > 1:
            raise AmbiguousName("id", id, f"{len(found)} runs have such an id", sorted(found)[-_MOST_SHOWN:])
        if not found:
            raise _unknown(id, folders)
        return folders[found[0]]

    def _folders(self) -> tuple[dict[str, list[str]], list[str]]:
        """List the folders of runs by key, and state what is left out; a run may also have a folder in a spare home."""
        found: dict[str, list[str]] = {}
        all_left_out: list[str] = []
        for home in self.homes:
            own, left_out = _subfolders(os.path.join(home, "runs"))
            spare, doubts = spare_run_folders(home, self._is_standard)
            for key, folder in [*own, *spare]:
                places = found.setdefault(key, [])
                if folder not in places:  # of a home that is named twice
                    places.append(folder)
            all_left_out += [*left_out, *doubts]
        return found, [*dict.fromkeys(all_left_out)]

    def __repr__(self) -> str:
        count = len(self._folders()[0])
        places = ", ".join(map(shown, self.homes))
        return f"<History of {count} run{'' if count == 1 else 's'} in {places}>"

    def _repr_html_(self) -> str:
        """Return a small table of the newest runs for notebooks."""
        return self.summaries()._repr_html_()


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


def _run_in(folders: Sequence[str]) -> "Run | None":
    """Read a run from its folders."""
    from greentrain.history.merge import read_run

    return read_run(folders)


def _holds_something(folder: str) -> bool:
    """Whether the folder of a run is more than one that was just made."""
    try:
        with os.scandir(folder) as entries:
            return any(not entry.is_file(follow_symlinks=False) or entry.stat().st_size for entry in entries)
    except OSError:
        return True


def _newer(folders: Sequence[str]) -> Iterator[str]:
    """Name the folders that only a newer greentrain can read."""
    for folder in folders:
        from greentrain.history.session_journals import is_of_newer

        if is_of_newer(folder):
            yield f"{shown(folder)} is left out: a newer greentrain wrote it; this one is {__version__}"


def _unknown(id: str, folders: dict[str, list[str]]) -> UnknownName:
    from greentrain.catalogue.names import fold, nearest

    rule = "no run has this id; 'greentrain history' lists them"
    return UnknownName("id", id, rule, nearest(id, {fold(key): key for key in folders}))
