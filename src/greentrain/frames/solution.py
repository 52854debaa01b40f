"""The rows of a table that arrays can work out: grouped by hardware and by site, resolved, and combined."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from greentrain.catalogue import Catalogue
from greentrain.elementwise import is_array
from greentrain.errors import InvalidNumber
from greentrain.estimation.grid import HOURS_OF_UNKNOWN_RUN
from greentrain.estimation.request import ROUNDING
from greentrain.frames.columns import (
    TEXTS,
    Array,
    Coded,
    Numbers,
    distinct_whole,
    few_distinct,
    given,
    grouped,
)
from greentrain.frames.quantities import Runs, Sites, of_an_hour, sites_of, write_quantities
from greentrain.frames.resolved import (
    OF_SITE,
    HardwareHour,
    Site,
    refused_together,
    resolve_hardware,
    resolve_site,
    stacked,
)
from greentrain.interval import exact

_TIMES = ("hours", "gpu_hours")
_REPEATED = (("runs", 1.0), ("seeds", 1.0), ("failed_share", 0.0))
"""How often a run was repeated, as `greentrain.estimation.Request` counts, and what stands for blanks."""
_OF_HARDWARE = (
    "power", "utilization", "host_factor", "host_power", "cpu_cores", "memory_gb", "params", "tokens",
    "active_params", "flops", "mfu",
)  # fmt: skip
"""Numbers that the hardware's energy follows from; the count is resolved with the name."""
_MOST_DISTINCT = 256
"""Distinct values up to which a number is resolved value by value, as a name is. [1]"""
_FEW_GROUPS, _ROWS_OF_A_GROUP = 1000, 50
_FEW_ROWS = 32
"""Rows that are not worth parting further: they are estimated one by one. [1]"""

Columns = Mapping[str, Coded | Numbers]


class Kinds(NamedTuple):
    """The hardware of the rows: by number, what is known of each, and the rows of those that vary by numbers."""

    codes: Array
    found: list[HardwareHour | None]
    varying: list[tuple[int, Array, HardwareHour]]


class Solved(NamedTuple):
    """Rows that arrays have worked out, and what their doubt follows from.

    Attributes
    ----------
    rows : array of int
        Their numbers in the table; those that could not be worked out are there too.
    is_written : array of bool
        Which of them could be.
    kinds : Kinds
        Their hardware.
    site : array of int
        Which of the sites each has.
    sites : list of Site or None
        The sites.
    figures : Sites
        Their figures as arrays.
    known_hours : array
        The length that the carbon intensity of each follows. [h]
    number : array
        Number of identical runs. [1]
    catalogue : Catalogue
        Where the figures are from.
    """

    rows: Array
    is_written: Array
    kinds: Kinds
    site: Array
    sites: list[Site | None]
    figures: Sites
    known_hours: Array
    number: Array
    catalogue: Catalogue


def solve(
    catalogue: Catalogue, columns: Columns, same: Mapping[str, Any], rows: Array, out: Array
) -> tuple[Array, Solved | None]:
    """Work out what arrays can, and write it into the rows.

    Parameters
    ----------
    columns : mapping
        The columns of the whole table.
    same : mapping
        Keywords of ``estimate`` that all rows share.
    rows : array of int
        The rows to work out.
    out : array
        A row for low, best and high of each quantity, a column for each row of the table.

    Returns
    -------
    is_written : array of bool
        Which rows of the table are written.
    solved : Solved or None
        How; None where nothing could be worked out.
    """
    number = out.shape[1]
    is_written = np.zeros(number, dtype=bool)
    rows = rows[_usable(columns, number)[rows]]
    if not len(rows):
        return is_written, None
    is_whole = len(rows) == number
    table = _Table(columns if is_whole else {name: _taken(each, rows) for name, each in columns.items()}, same)
    solved = _solved(catalogue, table, rows, out, is_whole=is_whole)
    if solved is not None:
        is_written[rows] = solved.is_written
    return is_written, solved


def _usable(columns: Columns, number: int) -> Array:
    """Tell which rows have numbers inside their limits only."""
    usable = np.ones(number, dtype=bool)
    for column in columns.values():
        if isinstance(column, Numbers):
            usable &= ~column.refused
    return usable


def _taken(column: Coded | Numbers, rows: Array) -> Coded | Numbers:
    if isinstance(column, Coded):
        return Coded(column.codes[rows], column.values)
    written = column.written and Coded(column.written.codes[rows], column.written.values)
    return Numbers(column.floats[rows], column.refused[rows], written)


def _given_or_not(floats: Array) -> Array:
    """Return a code for each row: 0 where a number is given, else -1."""
    return (~np.isnan(floats)).astype(np.int64) - 1


class _Table:
    """Columns of usable rows, and what all rows share.

    Attributes
    ----------
    varying : dict of str to array
        Numbers of so many values that rows aren't grouped by them.
    along : dict of str to array
        Those of few values: rows that have one of the others aren't grouped by these either.
    """

    def __init__(self, columns: Columns, same: Mapping[str, Any]) -> None:
        self.columns = columns
        self.same = same
        self.number = len(next(iter(columns.values()))[0])
        self.varying: dict[str, Array] = {}
        self.along: dict[str, Array] = {}

    def floats(self, name: str, without: float) -> Array:
        """Return a column of numbers; the shared value, or one for none, in its place."""
        column = self.columns.get(name)
        if isinstance(column, Numbers):
            return column.floats
        value = self.same.get(name)
        return np.broadcast_to(np.float64(without if value is None else value), (self.number,))

    def _codes_of_names(self, names: Iterable[str]) -> "list[tuple[Array, int]]":
        columns = [self.columns[name] for name in names if name in self.columns]
        return [
            distinct_whole(column.floats) if isinstance(column, Numbers) else (column.codes, len(column.values))
            for column in columns
        ]

    def key(
        self, names: Iterable[str], numbers: Iterable[str], *, value_by_value: bool, by_few_alone: bool = True
    ) -> "list[tuple[Array, int]]":
        """Return the codes by which rows are grouped; numbers of many values are kept apart in ``varying``.

        Parameters
        ----------
        value_by_value : bool
            Whether rows are grouped by numbers of few values.
        by_few_alone : bool
            Whether rows are that have another number of many values.
        """
        columns = {name: column.floats for name in numbers if isinstance(column := self.columns.get(name), Numbers)}
        few = {
            name: coded
            for name, floats in columns.items()
            if value_by_value and (coded := few_distinct(floats, _MOST_DISTINCT)) is not None
        }
        varying = {name: floats for name, floats in columns.items() if name not in few}
        self.varying |= varying
        found = [*self._codes_of_names(names), *((_given_or_not(floats), 1) for floats in varying.values())]
        if by_few_alone or not varying:
            return [*found, *few.values()]
        self.along = {name: columns[name] for name in few}
        is_varying = np.any([~np.isnan(floats) for floats in varying.values()], axis=0)
        # 0 stands for any number of a row that isn't grouped by it.
        return found + [
            (np.where(is_varying, np.minimum(codes, 0), codes + (codes >= 0)), number + 1)
            for codes, number in few.values()
        ]

    def grouped(self, names: Iterable[str], numbers: Iterable[str]) -> tuple[Array, Array]:
        """Number the distinct rows, and return the first of each."""
        names, numbers = (*names,), (*numbers,)
        present = [
            (_given_or_not(column.floats), 1)
            for name in (_TIMES if "gpu" in names else ())
            if isinstance(column := self.columns.get(name), Numbers)
        ]
        codes, first = grouped(self.number, present + self.key(names, numbers, value_by_value=True, by_few_alone=False))
        if len(first) > max(_FEW_GROUPS, self.number // _ROWS_OF_A_GROUP):
            self.along = {}
            codes, first = grouped(self.number, present + self.key(names, numbers, value_by_value=False))
        return codes, first

    def differing(self, facts: Mapping[str, Any]) -> dict[str, Array]:
        """Return the columns of numbers in which rows of one group differ."""
        found = {name: floats for name, floats in self.varying.items() if name in facts}
        return found and found | {name: floats for name, floats in self.along.items() if name in facts}

    def facts(self, names: Iterable[str], row: int) -> dict[str, Any]:
        """Return the keywords of ``estimate`` that a row has."""
        shared = {name: self.same[name] for name in names if name in self.same}
        return shared | given(self.columns, names, row)


_HARDWARE_NAMES = (*(name for name in TEXTS if name not in OF_SITE), "count")


def _kinds(catalogue: Catalogue, table: _Table) -> tuple[Kinds, Array]:
    """Resolve the hardware of each kind of row; return which rows draw more than it can, too."""
    codes, first = table.grouped(_HARDWARE_NAMES, _OF_HARDWARE)
    names = (*_HARDWARE_NAMES, *_OF_HARDWARE, *_TIMES)
    found: list[HardwareHour | None] = []
    varying: list[tuple[int, Array, HardwareHour]] = []
    is_refused = np.zeros(table.number, dtype=bool)
    members = _members(codes, len(first)) if table.varying else []
    for kind, row in enumerate(first.tolist()):
        facts = table.facts(names, row) | {name: 1.0 for name in _TIMES if name in table.facts((name,), row)}
        differing = table.differing(facts)
        if not differing:
            found.append(resolve_hardware(catalogue, facts, {}))
            continue
        rows = members[kind]
        is_bad = refused_together(catalogue, facts, {name: floats[rows] for name, floats in differing.items()})
        is_refused[rows[is_bad]] = True
        parts = [*_worked_out(catalogue, facts, differing, rows[~is_bad])]
        is_refused[[row for rows, hardware in parts if hardware is None for row in rows]] = True
        varying += ((kind, rows, hardware) for rows, hardware in parts if hardware is not None)
        found.append(next((hardware for _, hardware in parts if hardware is not None), None))
    return Kinds(codes, found, varying), is_refused


def _worked_out(
    catalogue: Catalogue, facts: Mapping[str, Any], differing: Mapping[str, Array], rows: Array
) -> Iterator[tuple[Array, HardwareHour | None]]:
    """Yield rows with what an hour of them takes, None where one of them is refused; others are parted from it."""
    if not len(rows):
        return
    numbers = {name: floats[rows] for name, floats in differing.items()}
    try:
        yield rows, resolve_hardware(catalogue, {**facts, **{name: each[0] for name, each in numbers.items()}}, numbers)
    except InvalidNumber:
        if len(rows) <= _FEW_ROWS:
            yield rows, None
            return
        for half in np.array_split(rows, 2):
            yield from _worked_out(catalogue, facts, differing, half)


def _members(codes: Array, number: int) -> list[Array]:
    """Return the rows of each group."""
    small = codes.astype(np.uint16) if number < 1 << 16 else codes  # sorted in linear time
    return np.split(np.argsort(small, kind="stable"), np.cumsum(np.bincount(codes, minlength=number))[:-1])


def _sites(catalogue: Catalogue, table: _Table, kinds: Kinds) -> tuple[Array, list[Site | None]]:
    """Resolve the site of each row."""
    owners = [(kind.provider, kind.own_device) if kind else None for kind in kinds.found]
    numbers = {owner: number for number, owner in enumerate(dict.fromkeys(owners))}
    owner_of = np.array([numbers[owner] for owner in owners])[kinds.codes]
    key = [(owner_of, len(numbers)), *table.key(OF_SITE, ("pue", "grid_intensity"), value_by_value=True)]
    codes, first = grouped(table.number, key)
    found: list[Site | None] = []
    for row in first.tolist():
        hardware = kinds.found[kinds.codes[row]]
        facts = table.facts((*OF_SITE, "pue", "grid_intensity"), row)
        found.append(None if hardware is None else resolve_site(catalogue, facts, hardware))
    return codes, found


def _solved(catalogue: Catalogue, table: _Table, rows: Array, out: Array, *, is_whole: bool) -> Solved | None:
    """Work out the rows of a table; None where no site is known."""
    kinds, is_refused = _kinds(catalogue, table)
    site, found = _sites(catalogue, table, kinds)
    good = next((each for each in found if each), None)
    if good is None:
        return None
    sites = sites_of([each or good for each in found])
    g_per_kwh = table.varying.get("grid_intensity")
    lengths = _, known_hours, number = _lengths(table, kinds)
    runs = Runs(None if is_whole else rows, _hourly(table, kinds, sites, site), *lengths, site, g_per_kwh)
    write_quantities(catalogue, runs, sites, out)
    is_written = _flags(kinds.found)[kinds.codes] & _flags(found)[site] & ~is_refused
    return Solved(rows, is_written, kinds, site, found, sites, known_hours, number, catalogue)


def _flags(found: Sequence[object]) -> Array:
    return np.array([each is not None for each in found], dtype=bool)


def _lengths(table: _Table, kinds: Kinds) -> tuple[Array, Array, Array]:
    """Return the hours of one run, the length that its carbon intensity follows, and the number of runs."""
    unit = np.array([each.hours if each and not is_array(each.hours) else np.nan for each in kinds.found])
    is_known = np.array([bool(each and each.has_known_hours) for each in kinds.found])
    hours = table.floats("hours", np.nan)
    times = np.where(np.isnan(hours), table.floats("gpu_hours", 1.0), hours)
    times[np.isnan(times)] = 1.0  # hours that follow from the size of a model
    factor = unit[kinds.codes]
    for _, members, hardware in kinds.varying:
        factor[members] = hardware.hours
    times *= factor
    settings, seeds, failed = (_number(table, name, usual) for name, usual in _REPEATED)
    number = np.ceil(settings * seeds / (1 - failed) - ROUNDING)
    return times, np.where(is_known[kinds.codes], times, HOURS_OF_UNKNOWN_RUN), number


def _number(table: _Table, name: str, usual: float) -> Array:
    found = table.floats(name, usual)
    return np.where(np.isnan(found), usual, found) if np.isnan(found).any() else found


Hourly: TypeAlias = Callable[[slice], Array]


def _hourly(table: _Table, kinds: Kinds, sites: Sites, site: Array) -> Hourly:
    """Return a function that tells what an hour of each row of a slice takes."""
    # The table of pairs is to fit into the processor's cache: rows that are worked out alone share one kind.
    kind = np.arange(len(kinds.found))
    kind[[each for each, _, _ in kinds.varying]] = kinds.varying[0][0] if kinds.varying else 0
    pair, first = grouped(table.number, ((kind[kinds.codes], len(kind)), (site, len(sites.g_per_kwh))))
    stack = _stack(kinds)
    of_pairs = of_an_hour(stack[:, kinds.codes[first]], sites, site[first], None)
    alone, of_alone = _alone(table, kinds, sites, site, stack)

    def hourly(rows: slice) -> Array:
        chosen = pair[rows]
        found = np.empty((len(of_pairs), len(chosen)))
        for ends, of_pair in zip(found, of_pairs, strict=True):
            np.take(of_pair, chosen, out=ends, mode="clip")  # unlike "raise", without a buffer
        start, stop = np.searchsorted(alone, (rows.start, rows.stop))
        if start < stop:
            places = alone[start:stop] - rows.start
            for ends, own in zip(found, of_alone(slice(start, stop)), strict=True):
                ends[places] = own
        return found

    return hourly


def _alone(
    table: _Table, kinds: Kinds, sites: Sites, site: Array, stack: Array
) -> tuple[Array, Callable[[slice], list[Array]]]:
    """Return the rows that have numbers of their own, and what an hour of a slice of them takes."""
    pue = table.varying.get("pue")
    is_varying = np.zeros(table.number, dtype=bool)
    for _, members, _ in kinds.varying:
        is_varying[members] = True
    alone = np.flatnonzero(is_varying if pue is None else is_varying | ~np.isnan(pue))
    own = np.empty((len(stack), len(alone)))
    plain = np.flatnonzero(~is_varying[alone])
    own[:, plain] = stack[:, kinds.codes[alone[plain]]]
    places_of = np.empty(table.number, dtype=np.int64)
    places_of[alone] = np.arange(len(alone))
    for _, members, hardware in kinds.varying:
        places = places_of[members]
        for ends, end in zip(own, (*hardware.it_kwh, *hardware.embodied_kg), strict=True):
            ends[places] = end
    own_site, own_pue = site[alone], None if pue is None else pue[alone]
    return alone, lambda rows: of_an_hour(
        own[:, rows], sites, own_site[rows], None if own_pue is None else own_pue[rows]
    )


def _stack(kinds: Kinds) -> Array:
    """Return an hour of each kind of hardware: low, best and high of IT energy and of embodied emissions."""
    unknown = exact(np.nan)
    differ = {kind for kind, _, _ in kinds.varying}
    plain = [None if number in differ else each for number, each in enumerate(kinds.found)]
    return np.concatenate([
        stacked(each.it_kwh if each else unknown for each in plain),
        stacked(each.embodied_kg if each else unknown for each in plain),
    ])  # fmt: skip
