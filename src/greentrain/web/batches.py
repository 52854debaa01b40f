"""Many runs in one request: each with its estimate or its fault, groups, and a total with the doubt that they share."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION
from greentrain.errors import InputError
from greentrain.estimation import Estimate, estimate
from greentrain.footprint import QUANTITIES
from greentrain.summation import total
from greentrain.web.parameters import NAMES, check_names
from greentrain.web.problems import error_of
from greentrain.web.settings import MOST_ROWS, MOST_SECONDS

_SUMMED = ("it_energy_kwh", "facility_energy_kwh", "operational_kg")
_RUNS, _BY = "runs", "by"
_MOST_GROUPED = 5


class TookTooLong(Exception):
    """Work that does not end in the time that a request may take."""


def batch_of(body: Any, profiles: str | None) -> dict[str, Any]:
    """Estimate every run of a request.

    Parameters
    ----------
    body : list, or dict
        Objects with the keywords of ``estimate``; or an object with them under ``runs``, the names to group by under
        ``by``, and keywords that all of them share.
    profiles : str or None
        Folder of own profiles.

    Raises
    ------
    InputError
        If it is neither. A run that cannot be estimated is no reason: its fault stands in its row.
    TookTooLong
        If there is more in it than can be done in time.
    """
    runs, by, shared = _parted(body)
    until = time.monotonic() + MOST_SECONDS
    rows: list[tuple[dict[str, Any], Estimate | InputError]] = []
    for run in runs:
        if time.monotonic() > until:
            raise TookTooLong
        rows.append(_estimated({**shared, **run}, profiles))
    good = [(values, found) for values, found in rows if isinstance(found, Estimate)]
    head = {"schema_version": 1, "kind": "batch", "greentrain_version": __version__, "data_version": DATA_VERSION}
    return {
        **head,
        "rows": len(rows),
        "failed": len(rows) - len(good),
        "groups": _groups(good, by) if by else [],
        "totals": _sums([found for _, found in good]),
        "estimates": [_row(found) for _, found in rows],
    }


def _parted(body: Any) -> tuple[list[dict[str, Any]], tuple[str, ...], dict[str, Any]]:
    """Part a request into its runs, what to group them by, and what they share."""
    whole = {_RUNS: body} if isinstance(body, list) else body
    if not isinstance(whole, dict):
        raise InputError("body", None, "must be a list of runs, or an object that has one under runs")
    shared = {name: value for name, value in whole.items() if name not in (_RUNS, _BY)}
    runs, by = whole.get(_RUNS), whole.get(_BY)
    if not isinstance(runs, list) or not all(isinstance(run, dict) for run in runs):
        raise InputError(_RUNS, None, "must be a list of objects, one for each run")
    if not runs or len(runs) > MOST_ROWS:
        raise InputError(_RUNS, len(runs), f"must be 1 to {MOST_ROWS:,} runs")
    by = [] if by is None else [by] if isinstance(by, str) else by
    if not isinstance(by, list) or not all(isinstance(name, str) for name in by) or len(by) > _MOST_GROUPED:
        raise InputError(_BY, None, f"must be a list of at most {_MOST_GROUPED} names")
    check_names(dict.fromkeys(by), NAMES)
    check_names(shared, (*NAMES, _RUNS, _BY))
    return runs, tuple(by), shared


def _estimated(values: Mapping[str, Any], profiles: str | None) -> tuple[dict[str, Any], Estimate | InputError]:
    given = {name: value for name, value in values.items() if value is not None}
    try:
        check_names(given, NAMES)
        return given, estimate(**given, profiles=profiles)
    except InputError as error:
        return given, error


def _row(found: Estimate | InputError) -> dict[str, Any]:
    if isinstance(found, InputError):
        return {**dict.fromkeys((*QUANTITIES, "basis")), "error": error_of(found)}
    amounts = {name: getattr(found, name)._asdict() for name in QUANTITIES}
    return {**amounts, "basis": found.footprint.basis, "error": None}


def _groups(rows: Sequence[tuple[dict[str, Any], Estimate]], by: tuple[str, ...]) -> list[dict[str, Any]]:
    """Add rows up by what was said of them, in the order in which that is first met."""
    groups: dict[tuple[Any, ...], list[Estimate]] = {}
    for values, found in rows:
        groups.setdefault(tuple(values.get(name) for name in by), []).append(found)
    return [{"by": dict(zip(by, key, strict=True)), **_sums(found)} for key, found in groups.items()]


def _sums(found: Sequence[Estimate]) -> dict[str, Any]:
    if not found:
        return {"runs": 0, **dict.fromkeys(_SUMMED)}
    whole = total(found)
    sums = {name: getattr(whole, name) for name in _SUMMED}
    return {"runs": sum(each.run["runs"] for each in found), **{name: sum_._asdict() for name, sum_ in sums.items()}}
