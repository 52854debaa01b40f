"""The result that a command is about: a tracked run, a project of them, or the run that its options describe."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from greentrain.errors import Contradiction, UnknownName


class Origin(NamedTuple):
    """Where a result may come from: the option that says so, how that is spelled, and how the result is found."""

    option: str
    words: str
    find: Callable[[], Any]
    is_switch: bool = False


def only_result(said: Mapping[str, Any], origins: Sequence[Origin], described: Mapping[str, Any]) -> Any:
    """Find the one result that is meant.

    Parameters
    ----------
    said : mapping
        The options by keyword, as typed.
    origins : sequence of Origin
        The options that name a result.
    described : mapping
        The options that describe a run to be estimated.

    Raises
    ------
    Contradiction
        If two options name a result, or one does and the run is described too.
    """
    named = [origin for origin in origins if origin.option in said]
    if len(named) > 1:
        value = None if named[1].is_switch else said[named[1].option]
        raise Contradiction(named[1].option, value, f"excludes {named[0].words}")
    if named and described:
        name = next(iter(described))
        raise Contradiction(name, described[name], f"describes a run, and so excludes {named[0].words}")
    if named:
        return named[0].find()
    from greentrain.estimation import estimate

    return estimate(**described)


def tracked_run(id: str, home: str | None) -> Any:
    """Find a tracked run by its id."""
    from greentrain.history import History

    return History(home).get(id)


def tracked_runs(project: str, home: str | None) -> Any:
    """Find the tracked runs of a project.

    Raises
    ------
    UnknownName
        If there are none; the nearest project's name is suggested.
    """
    from greentrain.history import History

    history = History(home)
    found = history.select(project=project)
    if not found.runs:
        raise _unknown(project, {run.project for run in history.runs() if run.project})
    return found


def _unknown(project: str, known: set[str]) -> UnknownName:
    from greentrain.catalogue.names import fold, nearest

    rule = "no tracked run belongs to it; 'greentrain history' lists them"
    return UnknownName("project", project, rule, nearest(project, {fold(one): one for one in sorted(known)}))
