"""Runs added up in groups as arrays: with an element for each group."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from greentrain.importing.audit import ImportTotals
from greentrain.importing.import_sums import GroupSums
from greentrain.importing.linear_footprint import SUMMED, FootprintSums, LinearFootprint, LinearScale
from greentrain.importing.text_parts import NumberArray
from greentrain.interval import Interval
from greentrain.summation import RunningSum

_TAKEN = 10
"""How many sums of runs of one kind their footprint follows from. [1]"""

_LARGEST_TABLE = 1 << 18


class LinearFootprints:
    """Footprints from which those of many runs follow, as arrays.

    Parameters
    ----------
    footprints : sequence of LinearFootprint
        By number.
    """

    def __init__(self, footprints: Sequence[LinearFootprint]) -> None:
        self._scales = LinearScale(*np.array([each.scale for each in footprints]).T)
        self.it_kwh = np.array([each.it_energy_kwh(1.0).best for each in footprints])
        grids = [each.choice for each in footprints]
        self._first = [footprints[grids.index(each)] for each in dict.fromkeys(grids)]
        numbers = {each: number for number, each in enumerate(dict.fromkeys(grids))}
        self._grid = np.array([numbers[each] for each in grids], dtype=np.int32)

    def taken(self, numbers: NumberArray, amount: NumberArray, hours: NumberArray) -> Sequence[NumberArray]:
        """Return what runs add to sums, by the numbers of their footprints.

        Parameters
        ----------
        numbers, amount, hours : array
            Of each run: which footprint it has, of how many kWh or hours it is, its length [h].
        """
        if len(self._first) == 1:
            return self._of_grid(self._first[0], numbers, amount, hours)
        found, of_grid = np.empty((_TAKEN, len(numbers))), self._grid[numbers]
        for place in np.unique(of_grid).tolist():
            rows = np.flatnonzero(of_grid == place)
            found[:, rows] = self._of_grid(self._first[place], numbers[rows], amount[rows], hours[rows])
        return [*found]

    def _of_grid(
        self, first: LinearFootprint, numbers: NumberArray, amount: NumberArray, hours: NumberArray
    ) -> Sequence[NumberArray]:
        scale = LinearScale(*(each[numbers] for each in self._scales))
        _, taken = scale.taken(first.grid(hours), amount)
        return taken


class GroupTable:
    """Runs added up in groups.

    Parameters
    ----------
    values : sequence of tuple
        By group: what its runs have in common.
    footprints : sequence of LinearFootprint
        Those of the runs, by number.
    """

    def __init__(self, values: Sequence[tuple[str | None, ...]], footprints: Sequence[LinearFootprint]) -> None:
        self.values, self._footprints = values, footprints
        self._numbers = np.zeros((4, len(values)))
        self._known = np.zeros(len(values))
        self._linear = LinearFootprints(footprints) if footprints else None
        self._keys = list[NumberArray]()
        self._taken = list[Sequence[NumberArray]]()
        self._size = len(values) * len(footprints)
        self._sums = np.zeros((_TAKEN, self._size if self._size <= _LARGEST_TABLE else 0))

    def add(self, groups: NumberArray, *numbers: NumberArray | None) -> None:
        """Add runs but for their footprints: by their groups, as `GroupSums.add` does."""
        for known, each in zip(self._numbers, numbers, strict=True):
            known += np.bincount(groups, each, len(known))

    def add_footprints(
        self, groups: NumberArray, numbers: NumberArray, amount: NumberArray, hours: NumberArray
    ) -> float:
        """Add footprints of runs as `LinearFootprints.taken` takes them, and return their energy. [kWh]"""
        assert self._linear is not None
        keys, taken = numbers * np.int64(len(self.values)) + groups, self._linear.taken(numbers, amount, hours)
        if self._size > _LARGEST_TABLE:
            keys, places = np.unique(keys, return_inverse=True)
            taken = [np.bincount(places, each, len(keys)) for each in taken]
            self._keys.append(keys)
            self._taken.append(taken)
        else:
            for known, each in zip(self._sums, taken, strict=True):
                known += np.bincount(keys, each, self._size)
        self._known += np.bincount(groups, minlength=len(self._known))
        return float((self._linear.it_kwh[numbers] * amount).sum())

    def settle(self) -> None:
        """Work the groups out: no more runs will come."""
        found = [RunningSum(name) for name in SUMMED]
        for number, taken in self._by_footprint():
            self._footprints[number].add_to(found, taken)
        self._of_groups = [_Quantity(name, each, self._known) for name, each in zip(SUMMED, found, strict=True)]

    def _by_footprint(self) -> Iterator[tuple[int, Sequence[NumberArray]]]:
        """Yield what was taken of the runs of each footprint, by groups."""
        width = len(self.values)
        if self._size <= _LARGEST_TABLE:
            whole = self._sums.reshape(_TAKEN, len(self._footprints), width)
            yield from ((number, [*whole[:, number]]) for number in range(len(self._footprints)))
            return
        keys = np.concatenate(self._keys)
        order = np.argsort(keys, kind="stable")
        keys, taken = keys[order], [np.concatenate(each)[order] for each in zip(*self._taken, strict=True)]
        ends = np.searchsorted(keys, np.arange(len(self._footprints) + 1) * width)
        for number, (start, end) in enumerate(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
            groups = keys[start:end] - number * width
            yield number, [np.bincount(groups, each[start:end], width) for each in taken]

    def at(self, place: int) -> GroupSums:
        """Return the sums of one group."""
        return self._group(place, [each.at(place) for each in self._of_groups])

    def whole(self) -> GroupSums:
        """Return the sums of all groups."""
        return self._group(slice(None), [each.whole() for each in self._of_groups])

    def _group(self, which: int | slice, sums: Sequence[RunningSum]) -> GroupSums:
        found = GroupSums(FootprintSums(sums))
        runs, *others = (float(each[which].sum()) for each in self._numbers)
        found.add(int(runs), *others)
        found.without_energy = found.runs - int(self._known[which].sum())
        return found

    def totals(self) -> list[ImportTotals]:
        """Return the sums of each group."""
        intervals = [each.intervals() for each in self._of_groups]
        runs, *others = (each.tolist() for each in self._numbers)
        without = (self._numbers[0] - self._known).astype(int).tolist()
        return [
            ImportTotals(int(number), *each) for number, *each in zip(runs, *others, *intervals, without, strict=True)
        ]


class _Quantity:
    """A quantity added up by groups.

    Parameters
    ----------
    name : str
        The quantity.
    sums : RunningSum
        Of arrays, with an element per group.
    known : array
        How many runs of each group are in it. [1]
    """

    def __init__(self, name: str, sums: RunningSum, known: NumberArray) -> None:
        best, self._terms = sums.sums()
        self._name, self._known = name, known
        self._best = known * 0.0 if best is None else best

    def at(self, place: int) -> RunningSum:
        """Return the sum of one group."""
        return self._sum(self._known[place], self._best[place], lambda each: each[place])

    def whole(self) -> RunningSum:
        """Return the sum of all groups."""
        return self._sum(self._known.sum(), self._best.sum(), lambda each: each.sum())

    def _sum(self, known: float, best: float, of: Any) -> RunningSum:
        found = RunningSum(self._name)
        if known:
            terms = ((factor, key, float(of(down)), float(of(up))) for factor, key, down, up in self._terms)
            found.add_sums(float(best), [each for each in terms if each[2] or each[3]])
        return found

    def intervals(self) -> list[Interval | None]:
        """Return the sum of each group with its interval."""
        below, above = self._known * 0.0, self._known * 0.0
        for _, key, down, up in self._terms:
            below += down * down if key else down
            above += up * up if key else up
        ends = (self._best - below**0.5, self._best, self._best + above**0.5)
        return [
            Interval(*each) if known else None
            for known, *each in zip(self._known.tolist(), *(end.tolist() for end in ends), strict=True)
        ]
