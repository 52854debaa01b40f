"""Keeping a history in order: names and tags given afterwards, runs forgotten, estimates saved."""

import os
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from greentrain._version import DATA_VERSION, __version__
from greentrain.errors import GreentrainError, InputError, without_passwords
from greentrain.estimation import estimate
from greentrain.estimation.site import site_record
from greentrain.footprint import SiteFactors
from greentrain.history.found_runs import Summaries
from greentrain.history.history import History
from greentrain.history.imported_runs import HistoryImport, history_run
from greentrain.history.merge import read_run
from greentrain.history.run import Run
from greentrain.history.run_summary import RunSummary
from greentrain.history.summaries import SUMMARY_FILE, forget_home_files
from greentrain.importing import ImportedRun, ImportStore
from greentrain.importing.forgotten import Left, left_of
from greentrain.journal import JournalWriter
from greentrain.journal.labels import LABEL_FILE, read_labels, write_label
from greentrain.journal.paths import host_name, journal_name_parts, new_run_key, reason, shown
from greentrain.journal.records import SAVED_ESTIMATE
from greentrain.journal.run_folders import folder_in_home, try_writing
from greentrain.units import SECONDS_PER_HOUR

_OUR_FILES = (SUMMARY_FILE, LABEL_FILE, ".summary-", ".try-")
"""How names of files begin that greentrain leaves in the folder of a run beside its journals."""

IMPORTED = "imported:"
"""How the origin of an imported run begins."""

_SECONDS_PER_DAY = 86_400.0
_DAYS = {"d": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}
"""How many days the letter behind an age stands for."""


def rename(history: History, id: str, name: str) -> Run:
    """Give a run another name; its journals stay as they are.

    Parameters
    ----------
    history : History
        Where it is.
    id : str
        The run's id or its beginning.
    name : str
        The name from now on.
    """
    if not name.strip():
        raise InputError("name", name, "must not be empty")
    return _labelled(history, id, name=without_passwords(name))


def tag(history: History, id: str, tags: Iterable[str], *, remove: bool = False) -> Run:
    """Put words on a run, or take them off it.

    Parameters
    ----------
    history : History
        Where it is.
    id : str
        The run's id or its beginning.
    tags : iterable of str
        The words, without blanks in them.
    remove : bool, optional
        Whether they are taken off.
    """
    words = [word.strip() for word in tags]
    for word in words:
        if not word or word.split() != [word]:
            raise InputError("tags", word, "must be words without blanks, with commas between them")
    known = history.get(id).tags
    kept = [word for word in known if word not in words]
    return _labelled(history, id, tags=kept if remove else [*known, *(word for word in words if word not in known)])


def _labelled(history: History, id: str, *, name: str | None = None, tags: Sequence[str] | None = None) -> Run:
    run = history.get(id)
    if isinstance(run, HistoryImport):
        return _labelled_import(history, run.imported, name=name, tags=tags)
    folder, before = run.folders[0], read_labels(run.folders)
    kept_name = before.get("name") if name is None else name
    kept_tags = before.get("tags", ()) if tags is None else tags
    try:
        write_label(folder, kept_name, kept_tags)
    except OSError as error:
        raise GreentrainError(f"{shown(folder)} cannot be written: {reason(error)}") from None
    return read_run(run.folders) or run


def _labelled_import(history: History, run: ImportedRun, *, name: str | None, tags: Sequence[str] | None) -> Run:
    """Keep an imported run under another name or with other words in the home that holds it."""
    for home in history.homes:
        store = ImportStore(home)
        with store.held():
            found = History(home).imported(run.id)  # anew: another process may have forgotten it
            if found is None:
                continue
            changed = found.labelled(found.given_name if name is None else name, found.tags if tags is None else tags)
            store.put(changed)
        return history_run(changed)
    raise InputError("id", run.id, "was just forgotten")


def runs_older_than(history: History, age: str, **chosen: Any) -> Iterator[RunSummary]:
    """Yield the runs that ended longer ago than an age, the newest first; the further parameters are of `select`.

    Parameters
    ----------
    history : History
        Where they are.
    age : str
        Days, or a number with d, w, m or y behind it: ``365``, ``90d``, ``2y``.

    Raises
    ------
    InputError
        For another age.
    """
    return older_than(history.summaries(**chosen), age)


def older_than(runs: Iterable[RunSummary], age: str) -> Iterator[RunSummary]:
    """Yield those runs that ended longer ago than an age, see `runs_older_than`."""
    latest = time.time() - _age_days(age) * _SECONDS_PER_DAY
    return (run for run in runs if run.status != "running" and run.ended < latest)


def _age_days(age: str) -> float:
    text = str(age).strip().lower()
    unit = _DAYS.get(text[-1:], 1.0)
    try:
        days = float(text.rstrip("".join(_DAYS)) if text[-1:] in _DAYS else text) * unit
    except ValueError:
        days = -1.0
    if not 0 <= days < float("inf"):
        raise InputError("older_than", age, "must be an age in days, or such as 90d, 26w, 18m or 2y")
    return days


def forget(history: History, id: str) -> Run:
    """Delete all that is recorded of a run that has ended, and return it as it was.

    Raises
    ------
    InputError
        If it goes on.
    GreentrainError
        If its files cannot be deleted.
    """
    run = history.get(id)
    if isinstance(run, HistoryImport):
        forget_imports(history, {run.id})
        return run
    if run.status == "running":
        raise InputError("id", id, "is a run that goes on; it can be forgotten once it has ended")
    _forget_folders(history, run.folders)
    return run


def forget_all(history: History, chosen: Summaries, ids: Container[str]) -> Left:
    """Delete runs that were looked up, all at once, and return what is left of their works.

    Parameters
    ----------
    history : History
        Where they are.
    chosen : Summaries
        Where they were found.
    ids : container of str
        Which of them.

    Raises
    ------
    GreentrainError
        If their files cannot be deleted.
    """
    left = forget_imports(history, ids) if chosen.imports else Left()
    _forget_folders(history, [folder for id, folders in chosen.folders.items() if id in ids for folder in folders])
    return left


def _forget_folders(history: History, folders: Sequence[str]) -> None:
    for folder in folders:
        try:
            _delete(folder)
        except OSError as error:
            raise GreentrainError(f"{shown(folder)} cannot be deleted: {reason(error)}") from None
    for home in history.homes if folders else ():
        forget_home_files(home)


def forget_imports(history: History, ids: Container[str]) -> Left:
    """Delete imported runs, all at once; a file that holds them can bring them back.

    Other records of the same work stand for it from then on, and runs lose the energy that they had of what is gone.

    Raises
    ------
    GreentrainError
        If the files of imports cannot be written.
    """
    every = []
    for home in dict.fromkeys(history.homes):
        store = ImportStore(home)
        with store.held():
            left = left_of(store, ids)
            store.put(*left.runs)  # first: where it is interrupted, it can be done again
            store.forget(ids)
        every.append(left)
    return Left(*(tuple(chain.from_iterable(parts)) for parts in zip(*every, strict=True)))


def _delete(folder: str) -> None:
    """Delete the files of greentrain in the folder of a run, and the folder if nothing else is in it."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    others = 0
    for name in names:
        is_ours = journal_name_parts(name) is not None or name.startswith(_OUR_FILES)
        if is_ours:
            os.unlink(os.path.join(folder, name))
        others += not is_ours
    if not others:
        os.rmdir(folder)


def _new_folder(home: str) -> str:
    """Make the folder of a run in a home, and in no other place: nobody waits for what is saved by hand."""
    try:
        folder = folder_in_home(os.path.abspath(home), new_run_key())
        try_writing(folder)
    except OSError as error:
        raise GreentrainError(f"{shown(home)} cannot be written: {reason(error)}") from None
    return folder


def save_estimate(history: History, described: Mapping[str, Any], name: str | None, project: str | None) -> str:
    """Save an estimate in the history as a run that has ended now, and return its id.

    Parameters
    ----------
    history : History
        Into whose home.
    described : mapping
        Keywords of ``greentrain.estimate``.
    name, project : str or None
        As of a tracked run.
    """
    result = estimate(**described)
    seconds = result.run["hours"] * result.run["runs"] * SECONDS_PER_HOUR
    folder = _new_folder(history.homes[0])
    until = time.time()
    inputs = {"year": result.run["year"], **described}
    if "profiles" in inputs:
        inputs["profiles"] = os.path.abspath(inputs["profiles"])
    session = {"session": os.urandom(16).hex(), "host": host_name(), "pid": 0}
    named = {"name": name and without_passwords(name), "project": project and without_passwords(project)}
    facts = {**named, "origin": SAVED_ESTIMATE, "location": described.get("location")}
    versions = {"versions": {"greentrain": __version__, "data": DATA_VERSION}}
    # The time counts, and not when it was: an estimate may be of longer than since 1970.
    journal = JournalWriter(folder, "tracker", pid=0)
    start = {"type": "start", **session, **facts, **versions, "year": result.run["year"], "estimate_inputs": inputs}
    journal.write(start, t=until, mono=0.0)
    site = SiteFactors(result.inputs["pue"], result.inputs["grid_intensity"])  # as shown: a year may not be stated
    journal.write({"type": "inputs", **site_record(site)}, t=until, mono=seconds)
    journal.write({"type": "end", "status": "completed"}, t=until, mono=seconds)
    journal.close()
    if journal.problem:
        raise GreentrainError(f"{shown(folder)} cannot be written: {journal.problem}")
    return os.path.basename(folder)
