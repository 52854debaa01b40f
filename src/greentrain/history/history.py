"""The history: every run that left a journal, filtered, added up, handed on."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from greentrain._version import __version__
from greentrain.catalogue.user_folder import HOME_VARIABLE, home_folder
from greentrain.errors import AmbiguousName, GreentrainError, InputError, UnknownName, install_hint, path_text
from greentrain.history.filters import RunFilter, checked_filter
from greentrain.history.found_runs import Selection, Summaries
from greentrain.history.listing import runs_csv, runs_dict
from greentrain.history.run_summary import ROW_COLUMNS
from greentrain.history.summaries import FoundSummaries, summaries_of
from greentrain.history.totals import RunGroup, Totals, checked_by, groups_of, totals_of
from greentrain.journal.access_rights import is_anothers
from greentrain.journal.paths import folder_key, shown
from greentrain.journal.spare_home import spare_run_folders
from greentrain.numbers import counted
from greentrain.plain_numbers import plain_json
from greentrain.progress import Telling

if TYPE_CHECKING:  # a list of runs that were summarised before reads no journal, and loads nothing that does
    from greentrain.history.apart import RunsApart
    from greentrain.history.follower import Follower
    from greentrain.history.indexed_runs import IndexedRuns
    from greentrain.history.run import Run
    from greentrain.importing import ImportedRun
    from greentrain.progress import Progress

LAST = "last"
"""In place of an id: the run that began last."""

_MOST_SHOWN = 5
_NEAR, _MOST_NEAR = 4, 50
"""Imported runs whose ids begin with so many of the same digits, and how many of them, may be what was meant. [1]"""


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
    bert-1 completed after 1 h 00 min: 0.600 kWh, 0.240 kg CO2e (90 % interval 0.219 to 0.267)
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
        user: str | None = None,
    ) -> "tuple[Run, ...]":
        """Return the runs, newest first; the parameters are those of `select`.

        Examples
        --------
        >>> [run.name for run in History().runs(status="completed")]
        ['bert']
        """
        return self.select(project=project, since=since, status=status, until=until, user=user).runs

    def __iter__(self) -> "Iterator[Run]":
        return iter(self.runs())

    def select(
        self,
        *,
        project: str | None = None,
        since: str | date | None = None,
        status: str | None = None,
        until: str | date | None = None,
        user: str | None = None,
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
        user : str, optional
            Only those of this user.

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
        asked = checked_filter({"project": project, "since": since, "status": status, "until": until, "user": user})
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
        if imports := self._imports(asked, left_out, found.table.columns["jobs"]):
            runs += [run for each in imports for run in each.runs()]
            runs.sort(key=lambda run: (-run.started, run.id))
        return Selection(tuple(runs), found.unreadable, (*left_out, *_newer(found.unreadable)))

    def summaries(
        self,
        *,
        project: str | None = None,
        since: str | date | None = None,
        status: str | None = None,
        until: str | date | None = None,
        user: str | None = None,
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
        asked = checked_filter({"project": project, "since": since, "status": status, "until": until, "user": user})
        folders, left_out = self._folders()
        found = self._found(folders, asked, _run_in)
        imports = tuple(self._imports(asked, left_out, found.table.columns["jobs"]))
        table = asked.of(found.table).newest_first()
        by_id = {folder_key(key): places for key, places in folders.items()}
        all_left_out = (*left_out, *_newer(found.unreadable))
        return Summaries(table, found.unreadable, all_left_out, by_id, self.homes[0], found.states, imports)

    def _found(self, folders: dict[str, list[str]], asked: RunFilter, read: Any) -> FoundSummaries:
        is_open_only = asked.status == "running" and not self._homes_with_imports()
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
        folders, imported = self._place_of(id)
        run = imported or _run_in(folders)
        if run is None:
            newer = [*_newer(folders)]
            rule = f"its journals in {' and '.join(map(shown, folders))} hold nothing that can be read"
            raise InputError("id", id, "; ".join(newer) or rule)
        return run

    def holds(self, id: str) -> bool:
        """Whether there is a run with this id."""
        return id in self._folders()[0] or self.imported(id) is not None

    def imported(self, id: str) -> "ImportedRun | None":
        """Return the imported run with this id; None where there is none."""
        found = next(filter(None, (each.run(id) for each in self._imports(RunFilter(), []))), None)
        return None if found is None else found.imported

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

        folders, imported = self._place_of(id)
        if imported is not None:
            raise InputError("id", id, "is a run of another tool's file, which does not go on")
        return Follower(folders)

    def totals(self, **chosen: Any) -> Totals:
        """Add the runs up; the parameters are those of `select`.

        Examples
        --------
        >>> History().totals(project="nlp").facility_energy_kwh.best
        0.59976
        """
        return totals_of(self.summaries(**chosen))

    def groups(self, by: str | Sequence[str], **chosen: Any) -> list[RunGroup]:
        """Add the runs up in groups; the further parameters are those of `select`.

        Parameters
        ----------
        by : str or sequence of str
            By what: project, user, month, place, hardware, status, account, partition, cluster, origin, basis or name;
            several as a list or with commas between them.

        Examples
        --------
        >>> [(group.by, group.runs) for group in History().groups("month,status")]
        [({'month': '2025-11', 'status': 'completed'}, 1)]
        """
        return groups_of(self.summaries(**chosen), checked_by(by))

    def to_dict(self, **chosen: Any) -> dict[str, Any]:
        """Return runs and totals as plain data; the parameters are those of `select`.

        Examples
        --------
        >>> History().to_dict()["totals"]["by_status"]["completed"]
        1
        """
        found = self.summaries(**chosen)
        return runs_dict(found, found.unreadable, found.left_out)

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
        return "".join(runs_csv(self.summaries(**chosen)))

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

    def _imports(
        self, asked: RunFilter, left_out: list[str], tracked: Sequence[str] = ()
    ) -> "list[IndexedRuns | RunsApart]":
        """Return the runs of other tools but for jobs of tracked runs, and state what is left out.

        What reads them is loaded for those alone.
        """
        homes = self._homes_with_imports()
        if not homes:
            return []
        from greentrain.history.indexed_runs import indexed_runs

        return indexed_runs(homes, asked, left_out, self._progress, tracked)

    def _homes_with_imports(self) -> list[str]:
        return [home for home in dict.fromkeys(self.homes) if os.path.isdir(os.path.join(home, "imports"))]

    def _place_of(self, id: str) -> "tuple[list[str], Run | None]":
        """Return the folders of a run, or else an imported one itself."""
        folders, _ = self._folders()
        imports = self._imports(RunFilter(), [])
        if id == LAST and id not in folders:
            id = self._last() or id
        if id in folders:
            return folders[id], None
        if imported := next(filter(None, (each.run(id) for each in imports)), None):
            return [], imported
        found = [key for key in folders if key.startswith(id)] if id else []
        others = [*dict.fromkeys(key for each in imports for key in each.ids(id))] if id else []
        if len(found) + len(others) > 1:
            every = sorted([*found, *others])
            raise AmbiguousName("id", id, f"{len(every)} runs have such an id", every[-_MOST_SHOWN:])
        if not found and not others:
            raise _unknown(id, [*folders, *(key for each in imports for key in each.ids(id[:_NEAR], _MOST_NEAR))])
        if found:
            return folders[found[0]], None
        return [], next(filter(None, (each.run(others[0]) for each in imports)), None)

    def _last(self) -> str | None:
        """Return the run that began last, of those that totals hold if there are any."""
        found = self.summaries()
        newest = found.newest(1)
        if newest and not newest[0].is_counted:
            newest = [next((run for run in found if run.is_counted), newest[0])]
        return newest[0].id if newest else None

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
        count, imported = len(self._folders()[0]), sum(map(len, self._imports(RunFilter(), [])))
        places = ", ".join(map(shown, self.homes))
        of_them = f" ({imported:,} imported)" if imported else ""
        return f"<History of {counted(count + imported, 'run')}{of_them} in {places}>"

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


def _unknown(id: str, known: Iterable[str]) -> UnknownName:
    from greentrain.catalogue.names import fold, nearest

    known = tuple(known)
    if id == LAST and not known:
        return UnknownName(
            "id", id, "there is no run yet: 'greentrain track' records one, 'greentrain import' reads others"
        )
    rule = "no run has this id; 'greentrain history' lists them"
    return UnknownName("id", id, rule, nearest(id, {fold(key): key for key in known}))
