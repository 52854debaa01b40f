"""The result that a command is about: a tracked run, a project of them, or the run that its options describe."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from greentrain.cli.terminal import bar_if_wanted
from greentrain.errors import Contradiction, InputError, UnknownName

_TABLES = (".csv", ".tsv", ".xlsx", ".parquet")


def only_result(
    values: Mapping[str, Any], finders: Mapping[str, Callable[[], Any]], described: Mapping[str, Any]
) -> Any:
    """Find the one result that is meant.

    Parameters
    ----------
    values : mapping
        The options by keyword, as typed.
    finders : mapping of str to callable
        By option that names a result, the function that finds it.
    described : mapping
        The options that describe a run to be estimated.

    Raises
    ------
    Contradiction
        If two options name a result, or one does and the run is described too.
    """
    named = [name for name in finders if name in values]
    spelled = "the id of a run" if named[:1] == ["id"] else f"{{{named[0]}}}" if named else ""
    if len(named) > 1:
        value = values[named[1]]
        raise Contradiction(named[1], None if value is True else value, f"excludes {spelled}")
    if named and described:
        name = next(iter(described))
        raise Contradiction(name, described[name], f"describes a run, and so excludes {spelled}")
    if named:
        return finders[named[0]]()
    from greentrain.estimation import estimate

    return estimate(**described)


def tracked_run(id: str, home: str | list[str] | None) -> Any:
    """Find a tracked run by its id; a file is not one."""
    from greentrain.history import History

    try:
        return History(home).get(id)
    except UnknownName as unknown:
        if Path(id).is_file() or id.lower().endswith(_TABLES):
            rule = "a file is no run's id; {from_} reads a table of runs"
            raise Contradiction("id", id, rule) from unknown
        raise


def tracked_runs(project: str, home: str | list[str] | None) -> Any:
    """Find the tracked runs of a project.

    Raises
    ------
    UnknownName
        If there are none; the nearest project's name is suggested.
    """
    from greentrain.history import History

    history = History(home, progress=bar_if_wanted())
    found = history.summaries(project=project)
    if not len(found):
        raise _unknown(project, {name for (name,) in history.summaries().sums(("project",)) if name})
    return found


def all_runs(home: str | None) -> Any:
    """Find all tracked runs.

    Raises
    ------
    InputError
        If there are none.
    """
    from greentrain.history import History

    found = History(home, progress=bar_if_wanted()).summaries()
    if not len(found):
        raise InputError("result", None, "there is no tracked run to report")
    return found


def _unknown(project: str, known: set[str]) -> UnknownName:
    from greentrain.catalogue.names import fold, nearest

    rule = "no tracked run belongs to it; 'greentrain history' lists them"
    return UnknownName("project", project, rule, nearest(project, {fold(one): one for one in sorted(known)}))
