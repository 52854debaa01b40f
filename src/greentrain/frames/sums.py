"""Sums over the rows of a table, by group: what runs share is wrong in all of them alike, the rest is each run's own.

The terms are those of `greentrain.summation`, as arrays. Sums of parts of a table merge in any order into those of the
whole, on one computer or on several.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from greentrain.estimation import Estimate
from greentrain.estimation.grid import grid_input
from greentrain.footprint import QUANTITIES, Factor, Footprint, Part
from greentrain.frames.columns import Array, grouped
from greentrain.frames.doubt import SUMMED, DoubtCells, DoubtTerms, cells_of_estimate, cells_of_solved
from greentrain.frames.solution import Solved
from greentrain.inputs import Input, Inputs
from greentrain.interval import Interval, sum_independent
from greentrain.summation import merged_inputs, summed, summed_interval

COMPONENTS = ("accelerators", "host", "facility")
_BEST = tuple(3 * QUANTITIES.index(name) + 1 for name in SUMMED)
_IT, _FACILITY, _KG = 0, 1, 2
_MOST_NOTES = 50


class SummedGroup(NamedTuple):
    """A group of rows.

    Attributes
    ----------
    by : dict
        What its rows have in common, by column; None where a row does not give it.
    runs, failed : int
        Runs in the sums, and rows without a result.
    footprint : Footprint
        Their sum.
    """

    by: dict[str, Any]
    runs: int
    failed: int
    footprint: Footprint

    def to_dict(self) -> dict[str, Any]:
        """Return the group as plain data."""
        found: dict[str, Any] = {"by": self.by, "runs": self.runs, "failed": self.failed}
        for name in QUANTITIES:
            interval = getattr(self.footprint, name)
            found[name] = interval and {end: float(value) for end, value in interval._asdict().items()}
        return found


class FrameSums:
    """Sums over the rows of a table by group, which those of another part of the table can be added to.

    Parameters
    ----------
    by : tuple of str
        The columns that tell groups apart.
    groups : list of tuple
        Their values in each group.
    """

    def __init__(self, by: tuple[str, ...], groups: list[tuple[Any, ...]]) -> None:
        number = len(groups)
        self.by = by
        self.groups = groups
        self.rows = 0
        self.failed = np.zeros(number, dtype=np.int64)
        self.runs = np.zeros(number, dtype=np.int64)
        self.best = np.zeros((number, len(SUMMED)))
        self.parts = np.zeros((number, len(COMPONENTS), 2))
        self.cells = DoubtCells.none()
        self.terms = DoubtTerms()
        self.inputs: tuple[Input, ...] = ()
        self.notes: dict[str, int] = {}
        self.named = np.zeros((3, 0), dtype=np.uint64)
        """Group, hash of the name and number of each run that has a name: its rows count as one run."""

    def merged(self, other: "FrameSums") -> "FrameSums":
        """Return the sums of two parts of a table; the order of merging changes nothing but the order of groups."""
        codes = {group: code for code, group in enumerate(self.groups)}
        ours = np.arange(len(self.groups))
        theirs = np.array([codes.setdefault(group, len(codes)) for group in other.groups], dtype=np.int64)
        found = FrameSums(self.by, [*codes])
        for part, place in ((self, ours), (other, theirs)):
            found.rows += part.rows
            for name in ("failed", "runs", "best", "parts"):
                getattr(found, name)[place] += getattr(part, name)
        found.terms = DoubtTerms(self.terms)
        terms = found.terms.codes_of(other.terms)
        found.cells = DoubtCells.joined([self.cells, other.cells.renamed(theirs, terms)])
        found.inputs = tuple(merged_inputs((*self.inputs, *other.inputs)))
        found.notes = {
            note: self.notes.get(note, 0) + other.notes.get(note, 0) for note in {**self.notes, **other.notes}
        }
        found._merge_names(self, other, theirs)
        return found

    def _merge_names(self, one: "FrameSums", other: "FrameSums", groups: Array) -> None:
        """Count runs once of which both parts hold rows."""
        renamed = other.named.copy()
        renamed[0] = groups[other.named[0].astype(np.int64)]
        both = np.concatenate([one.named, renamed], axis=1)
        repeated = _repeated(both)
        np.subtract.at(self.runs, both[0][repeated].astype(np.int64), both[2][repeated].astype(np.int64))
        self.named = np.delete(both, repeated, axis=1)

    def groups_found(self) -> list[SummedGroup]:
        """Return the groups in the order of their values, those without a value last."""
        order = sorted(range(len(self.groups)), key=lambda code: [_order(value) for value in self.groups[code]])
        footprints = self._footprints(self.cells, self.best, self.parts, self.runs)
        return [
            SummedGroup(
                dict(zip(self.by, self.groups[code], strict=True)),
                int(self.runs[code]),
                int(self.failed[code]),
                footprints[code],
            )
            for code in order
        ]

    def total(self) -> SummedGroup:
        """Return the sum over all groups."""
        cells = self.cells.renamed(np.zeros(len(self.groups), dtype=np.int64), np.arange(len(self.terms)))
        best, parts, runs = (each.sum(axis=0, keepdims=True) for each in (self.best, self.parts, self.runs))
        (whole,) = self._footprints(DoubtCells.joined([cells]), best, parts, runs)
        notes = sorted(self.notes.items(), key=lambda pair: -pair[1])
        shown = tuple(f"{note} (in {number:,} runs)" if number > 1 else note for note, number in notes[:_MOST_NOTES])
        whole = whole._replace(inputs=Inputs(self.inputs), notes=shown)
        of_all = self.named.copy()
        of_all[0] = 0
        counted_twice = int(of_all[2][_repeated(of_all)].sum())  # runs whose rows are in several groups
        return SummedGroup({}, int(runs[0]) - counted_twice, int(self.failed.sum()), whole)

    def _footprints(self, cells: DoubtCells, best: Array, parts: Array, runs: Array) -> list[Footprint]:
        """Return the sum of each of several groups, which has no interval where there are no runs."""
        down, up = cells.squares(self.terms, len(best))
        facts = parts.tolist(), cells.by_group(len(best)), best.tolist(), down.tolist(), up.tolist()
        return [
            _footprint(
                [summed_interval(*ends) for ends in zip(whole, below, above, strict=True)] if number else None,
                sums,
                _GroupFactors(self.terms, own, whole),
            )
            for number, sums, own, whole, below, above in zip(runs.tolist(), *facts, strict=True)
        ]


def _footprint(
    intervals: "list[Interval] | None", parts: list[list[float]], factors: Mapping[str, tuple[Factor, ...]]
) -> Footprint:
    sums: dict[str, Any] = dict(zip(SUMMED, intervals, strict=True)) if intervals else dict.fromkeys(SUMMED)
    operational, embodied = sums["operational_kg"], sums["embodied_kg"]
    return Footprint(
        **sums,
        total_kg=sum_independent(operational, embodied) if operational and embodied else None,
        inputs=Inputs(),
        breakdown=tuple(Part(name, kwh, kg) for name, (kwh, kg) in zip(COMPONENTS, parts, strict=True)),
        basis="estimated",
        scope="facility",
        notes=(),
        summed_factors=factors,
    )


class _GroupFactors(Mapping[str, tuple[Factor, ...]]):
    """The terms of a group's doubt by quantity, worked out where somebody asks: there may be a million groups."""

    def __init__(self, terms: DoubtTerms, cells: DoubtCells, best: list[float]) -> None:
        self._terms, self._cells, self._best = terms, cells, best

    def __getitem__(self, quantity: str) -> tuple[Factor, ...]:
        if quantity not in SUMMED:
            raise KeyError(quantity)
        place = SUMMED.index(quantity)
        sums: tuple[dict[Any, Any], dict[Any, Any]] = {}, {}
        for code, down, up in zip(*(each.tolist() for each in self._cells[1:]), strict=True):
            of, name, key = self._terms.listed[code]
            if of == place:
                sums[0 if key else 1][name, key] = (down, up)
        return summed(self._best[place], *sums)[1]

    def __iter__(self) -> Iterator[str]:
        return iter(SUMMED)

    def __len__(self) -> int:
        return len(SUMMED)


def _order(value: Any) -> tuple[int, Any]:
    if value is None:
        return 2, ""
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))


def merged_sums(parts: Iterable[FrameSums]) -> FrameSums:
    """Merge the sums of several parts of a table, at least one."""
    return reduce(FrameSums.merged, parts)


def sums_of(
    by: tuple[str, ...],
    groups: list[tuple[Any, ...]],
    code: Array,
    numbers: Array,
    solved: Iterable[Solved],
    alone: Mapping[int, Estimate],
    names: Array | None,
) -> FrameSums:
    """Sum the rows of a table.

    Parameters
    ----------
    by, groups
        Of `FrameSums`.
    code : array of int
        The group of each row.
    numbers : array
        Low, best and high of each quantity, a column for each row; NaN where it has no result.
    solved, alone
        Of `greentrain.frames.table.Estimated`.
    names : array or None
        A hash of the name of the run that each row is a part of; 0 where it has none.
    """
    found = FrameSums(by, groups)
    number = len(groups)
    is_good = ~np.isnan(numbers[1])
    found.rows = len(code)
    found.failed = np.bincount(code[~is_good], minlength=number)
    chosen: Any = slice(None) if is_good.all() else is_good
    good = code[chosen]
    for place, row in enumerate(_BEST):
        found.best[:, place] = np.bincount(good, weights=numbers[row][chosen], minlength=number)
    times = np.ones(len(code))
    cells = []
    for part in solved:
        times[part.rows] = part.number
        is_whole = len(part.rows) == len(code)
        of_part = code if is_whole else code[part.rows]
        ends = numbers if is_whole else numbers[:, part.rows]
        cells.append(cells_of_solved(found.terms, part, of_part, number, ends))
        _add_parts(found, part, of_part, ends)
        _add_facts(found, part)
    for row, run in alone.items():
        times[row] = run.run["runs"]
        cells.append(_added_estimate(found, run, int(code[row])))
    found.cells = DoubtCells.joined(cells) if len(cells) != 1 else cells[0]
    found.runs = np.bincount(good, weights=times[chosen], minlength=number).astype(np.int64)
    if names is not None:
        _count_names(found, code, names, times, is_good)
    return found


def _added_estimate(found: FrameSums, run: Estimate, group: int) -> DoubtCells:
    """Add the parts, inputs and notes of a single estimate, and return its cells."""
    found.parts[group] += [(each.energy_kwh, each.operational_kg) for each in run.breakdown]
    found.inputs = tuple(merged_inputs((*found.inputs, *(item for item in run.inputs if item.basis != "given"))))
    for note in run.notes:
        found.notes[note] = found.notes.get(note, 0) + 1
    return cells_of_estimate(found.terms, run, group)


def _count_names(found: FrameSums, code: Array, names: Array, times: Array, is_good: Array) -> None:
    """Count the rows of one name as one run."""
    chosen = is_good & (names != 0)
    named = np.stack([each[chosen].astype(np.uint64) for each in (code, names, times)])
    repeated = _repeated(named)
    np.subtract.at(found.runs, named[0][repeated].astype(np.int64), named[2][repeated].astype(np.int64))
    found.named = np.delete(named, repeated, axis=1)


def _repeated(named: Array) -> Array:
    """Return the places of those whose group and name were there before."""
    group, name = named[:2]
    order = np.lexsort((np.arange(named.shape[1]), name, group))
    is_same = (group[order[1:]] == group[order[:-1]]) & (name[order[1:]] == name[order[:-1]])
    repeated: Array = order[1:][is_same]
    return repeated


def _add_parts(found: FrameSums, part: Solved, code: Array, numbers: Array) -> None:
    """Add what accelerators, their host and the facility took."""
    rows = np.flatnonzero(part.is_written)
    share = np.array([
        each.accelerators_share if each and np.ndim(each.accelerators_share) == 0 else 0.0 for each in part.kinds.found
    ])[part.kinds.codes]  # fmt: skip
    for _, members, hardware in part.kinds.varying:
        share[members] = hardware.accelerators_share
    it_kwh, facility_kwh, kg = (numbers[_BEST[each]][rows] for each in (_IT, _FACILITY, _KG))
    accelerators = it_kwh * share[rows]
    per_kwh = kg / facility_kwh
    for place, kwh in enumerate((accelerators, it_kwh - accelerators, facility_kwh - it_kwh)):
        for each, weights in enumerate((kwh, kwh * per_kwh)):
            found.parts[:, place, each] += np.bincount(code[rows], weights=weights, minlength=len(found.groups))


def _add_facts(found: FrameSums, part: Solved) -> None:
    """Add the inputs that are not the runs' own, and count the notes."""
    rows = np.flatnonzero(part.is_written)
    inputs = list(found.inputs)
    for facts, codes in ((part.kinds.found, part.kinds.codes), (part.sites, part.site)):
        number = np.bincount(codes[rows], minlength=len(facts))
        for place in np.flatnonzero(number).tolist():
            each = facts[place]
            assert each is not None
            inputs += (item for item in each.inputs if item.basis != "given" and np.ndim(item.value.best) == 0)
            for note in each.notes:
                found.notes[note] = found.notes.get(note, 0) + int(number[place])
    inputs += _grid_inputs(part, rows)
    found.inputs = tuple(merged_inputs(inputs))


def _grid_inputs(part: Solved, rows: Array) -> Iterable[Input]:
    """Yield the carbon intensity of each site, with the interval of the shortest run there, the widest."""
    _, first = grouped(len(rows), [(part.site[rows], len(part.sites))])
    shortest = np.full(len(part.sites), np.inf)
    np.minimum.at(shortest, part.site[rows], part.known_hours[rows])
    for place in part.site[rows][first].tolist():
        site = part.sites[place]
        if site is not None and site.choice is not None:
            yield grid_input(site.choice, part.catalogue, float(shortest[place]))
