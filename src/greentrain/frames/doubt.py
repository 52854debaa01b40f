"""The terms of the doubt of many rows: half-widths parted among the factors of each, added up by group and factor."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from greentrain.estimation import Estimate
from greentrain.footprint import QUANTITIES, Factor
from greentrain.frames.columns import Array, grouped
from greentrain.frames.quantities import GridTerms, grid_terms
from greentrain.frames.resolved import HardwareHour, Site
from greentrain.frames.solution import Solved
from greentrain.inputs import GRID_INTENSITY
from greentrain.summation import half_widths

SUMMED = tuple(name for name in QUANTITIES if name != "total_kg")
"""The quantities that are summed; the total of emissions follows from two of them."""
_KG = SUMMED.index("operational_kg")
_OTHER = "other"
"""What no factor explains."""


class DoubtTerms:
    """Numbers of terms: of a quantity, the factor's name, and its key, which is empty for a run's own."""

    def __init__(self, terms: "DoubtTerms | None" = None) -> None:
        self.listed: list[tuple[int, str, str]] = [*terms.listed] if terms else []
        self._codes = {term: code for code, term in enumerate(self.listed)}

    def __len__(self) -> int:
        return len(self.listed)

    def code(self, quantity: int, name: str, key: str) -> int:
        """Return the number of a term, a new one where it is new."""
        code = self._codes.setdefault((quantity, name, key), len(self.listed))
        if code == len(self.listed):
            self.listed.append((quantity, name, key))
        return code

    def codes_of(self, others: "DoubtTerms") -> Array:
        """Return the number here of each of others."""
        return np.array([self.code(*term) for term in others.listed], dtype=np.int64)


class DoubtCells(NamedTuple):
    """What adds up downward and upward in a group by a term: half-widths, or their squares for a run's own."""

    group: Array
    term: Array
    down: Array
    up: Array

    @classmethod
    def none(cls) -> "DoubtCells":
        """Return no cells."""
        return cls(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros(0),) * 2)

    @classmethod
    def joined(cls, several: "Sequence[DoubtCells]") -> "DoubtCells":
        """Add up the cells of the same group and term."""
        if not several:
            return cls.none()
        group, term, down, up = (np.concatenate(each) for each in zip(*several, strict=True))
        if not len(group):
            return cls.none()
        number = int(term.max()) + 1
        code, first = grouped(len(group), [(group, int(group.max()) + 1), (term, number)])
        return cls(
            group[first],
            term[first],
            np.bincount(code, weights=down, minlength=len(first)),
            np.bincount(code, weights=up, minlength=len(first)),
        )

    def renamed(self, groups: Array, terms: Array) -> "DoubtCells":
        """Return the cells under other numbers of groups and terms."""
        return DoubtCells(groups[self.group], terms[self.term], self.down, self.up)

    def squares(self, terms: DoubtTerms, groups: int) -> "tuple[Array, Array]":
        """Return the squared half-widths of each group and quantity, downward and upward."""
        listed = [(quantity, not key) for quantity, _, key in terms.listed]
        quantity, is_own = np.array(listed, dtype=np.int64).reshape(-1, 2).T
        place, own = self.group * len(SUMMED) + quantity[self.term], is_own[self.term] > 0
        down, up = (
            np.bincount(place, weights=np.where(own, each, each * each), minlength=groups * len(SUMMED))
            for each in (self.down, self.up)
        )
        return down.reshape(groups, len(SUMMED)), up.reshape(groups, len(SUMMED))

    def by_group(self, number: int) -> "list[DoubtCells]":
        """Part the cells by their groups."""
        if not number:
            return []
        order = np.argsort(self.group, kind="stable")
        ends = np.cumsum(np.bincount(self.group, minlength=number))[:-1]
        return [DoubtCells(*each) for each in zip(*(np.split(column[order], ends) for column in self), strict=True)]


def cells_of_estimate(terms: DoubtTerms, run: Estimate, group: int) -> DoubtCells:
    """Return the cells of a single estimate."""
    found = []
    for place, quantity in enumerate(SUMMED):
        for name, key, down, up in half_widths(run.footprint, quantity):
            ends = (down, up) if key else (down * down, up * up)
            found.append((group, terms.code(place, name, key), *ends))
    return _cells(found)


def _cells(rows: Sequence[tuple[int, int, float, float]]) -> DoubtCells:
    if not rows:
        return DoubtCells.none()
    group, term, down, up = zip(*rows, strict=True)
    return DoubtCells(np.array(group), np.array(term), np.array(down), np.array(up))


class _Slots(NamedTuple):
    """The terms of a quantity by kind of hardware, or by site: in each slot a term's number, -1 for none."""

    term: Array
    below: Array
    above: Array

    @property
    def whole(self) -> tuple[Array, Array]:
        """All variances of each kind together, downward and upward. [1]"""
        return self.below.sum(axis=0), self.above.sum(axis=0)


def _slots(terms: DoubtTerms, quantity: int, factors: Sequence[Sequence[Factor]]) -> _Slots:
    shape = max((len(each) for each in factors), default=0), len(factors)
    found = _Slots(np.full(shape, -1, dtype=np.int64), np.zeros(shape), np.zeros(shape))
    for kind, each in enumerate(factors):
        for slot, factor in enumerate(each):
            found.term[slot, kind] = terms.code(quantity, factor.name, factor.key)
            found.below[slot, kind], found.above[slot, kind] = factor.below, factor.above
    return found


def _factors(facts: Iterable[HardwareHour | Site | None], quantity: int, left_out: set[int]) -> list[list[Factor]]:
    return [each.terms(SUMMED[quantity]) if each and place not in left_out else [] for place, each in enumerate(facts)]


class _Alike(NamedTuple):
    """Rows of a group whose hardware, or whose site, has the same terms: by number, and the first of each."""

    number: Array
    group: Array
    kind: Array


class _Rows(NamedTuple):
    """Rows that were worked out: their groups, kinds, sites and half-widths."""

    part: Solved
    chosen: Array
    group: Array
    groups: int
    kind: Array
    site: Array
    varying: list[tuple[Array, HardwareHour, Array]]
    """Places among the chosen rows, the hardware, and the places among the hardware's own rows."""

    def alike(self, kind: Array, slots: Sequence[_Slots]) -> _Alike:
        """Number the rows of a group that have the same terms in all quantities."""
        terms = np.concatenate([np.concatenate(each) for each in slots])
        classes: dict[bytes, int] = {}
        class_of = np.array([classes.setdefault(each.tobytes(), len(classes)) for each in terms.T], dtype=np.int64)
        number, first = grouped(len(kind), [(self.group, self.groups), (class_of[kind], len(classes))])
        return _Alike(number, self.group[first], kind[first])


def cells_of_solved(terms: DoubtTerms, part: Solved, group: Array, groups: int, numbers: Array) -> DoubtCells:
    """Return the cells of the rows that arrays have worked out.

    Parameters
    ----------
    group : array of int
        The group of each row.
    groups : int
        How many there are.
    numbers : array
        Low, best and high of each quantity of each row.
    """
    chosen = np.flatnonzero(part.is_written)
    if not len(chosen):
        return DoubtCells.none()
    kind, site = part.kinds.codes[chosen], part.site[chosen]
    rows = _Rows(part, chosen, group[chosen], groups, kind, site, _varying(part, chosen))
    alone = {kind for kind, _, _ in part.kinds.varying}
    by_kind, by_site = (
        [_slots(terms, place, _factors(facts, place, left_out)) for place in range(len(SUMMED))]
        for facts, left_out in ((part.kinds.found, alone), (part.sites, set()))
    )
    alike = rows.alike(kind, by_kind), rows.alike(site, by_site)
    found: list[DoubtCells] = []
    for place, quantity in enumerate(SUMMED):
        low, best, high = (end[chosen] for end in numbers[3 * QUANTITIES.index(quantity) :][:3])
        found += _of_quantity(terms, rows, place, (by_kind[place], by_site[place]), alike, (best - low, high - best))
    return DoubtCells.joined(found)


def _varying(part: Solved, chosen: Array) -> list[tuple[Array, HardwareHour, Array]]:
    place = np.full(len(part.is_written), -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    found = []
    for _, members, hardware in part.kinds.varying:
        own = np.flatnonzero(place[members] >= 0)
        found.append((place[members[own]], hardware, own))
    return found


def _of_quantity(
    terms: DoubtTerms,
    rows: _Rows,
    quantity: int,
    slots: tuple[_Slots, _Slots],
    alike: tuple[_Alike, _Alike],
    half_widths: tuple[Array, Array],
) -> Iterator[DoubtCells]:
    """Yield the cells of one quantity, from the terms of the hardware and of the site."""
    (by_kind, by_site), (down, up) = slots, half_widths
    below, above = (
        kinds[rows.kind] + sites[rows.site] for kinds, sites in zip(by_kind.whole, by_site.whole, strict=True)
    )
    own_factors = [(places, own, hardware.terms(SUMMED[quantity])) for places, hardware, own in rows.varying]
    for places, own, factors in own_factors:
        below[places] += sum(_at(factor.below, own) for factor in factors)
        above[places] += sum(_at(factor.above, own) for factor in factors)
    grid = _grid(rows) if quantity == _KG else None
    if grid is not None:
        below, above = below + grid.below, above + grid.above
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = np.where(below > 0, down / np.sqrt(below), 0.0), np.where(above > 0, up / np.sqrt(above), 0.0)
    for each, of in zip(slots, alike, strict=True):
        yield from _by_slots(terms, rows, of, each, unit)
    for places, own, factors in own_factors:
        here = unit[0][places], unit[1][places]
        for factor in factors:
            code = terms.code(quantity, factor.name, factor.key)
            variances = _at(factor.below, own), _at(factor.above, own)
            yield _added(rows, rows.group[places], code, here, variances, is_own=not factor.key)
    if grid is not None:
        yield from _of_grid(terms, rows, quantity, unit, grid)
    unexplained = np.where(below > 0, 0.0, down), np.where(above > 0, 0.0, up)
    if unexplained[0].any() or unexplained[1].any():
        yield _added(rows, rows.group, terms.code(quantity, _OTHER, ""), unexplained, (1.0, 1.0), is_own=True)


def _grid(rows: _Rows) -> GridTerms:
    part = rows.part
    return grid_terms(part.catalogue, part.figures, rows.site, part.known_hours[rows.chosen])


def _at(value: Any, places: Array) -> Any:
    return value[places] if np.ndim(value) else value


def _added(
    rows: _Rows, group: Array, term: int, unit: tuple[Array, Array], variances: tuple[Any, Any], *, is_own: bool
) -> DoubtCells:
    """Add up one term of rows: half-widths per root of a variance, times that root."""
    ends = [
        np.bincount(
            group, weights=each * each * variance if is_own else each * np.sqrt(variance), minlength=rows.groups
        )
        for each, variance in zip(unit, variances, strict=True)
    ]
    there = np.flatnonzero(np.bincount(group, minlength=rows.groups))
    return DoubtCells(there, np.full(len(there), term), ends[0][there], ends[1][there])


def _by_slots(
    terms: DoubtTerms, rows: _Rows, alike: _Alike, slots: _Slots, unit: tuple[Array, Array]
) -> Iterator[DoubtCells]:
    """Yield the cells of terms that rows of one kind, or at one site, have alike."""
    if not len(slots.term):
        return
    is_own = np.array([not key for _, _, key in terms.listed])[slots.term]
    is_there = slots.term >= 0
    number = len(alike.group)
    nothing = [np.zeros(number)] * 2
    sums, squares = (
        [np.bincount(alike.number, weights=each, minlength=number) for each in weights] if is_wanted else nothing
        for weights, is_wanted in (
            (unit, (is_there & ~is_own).any()),
            ((each * each for each in unit), (is_there & is_own).any()),
        )
    )
    for term, own, *variances in zip(slots.term, is_own, slots.below, slots.above, strict=True):
        ends = []
        for variance, whole, square in zip(variances, sums, squares, strict=True):
            here = variance[alike.kind]
            ends.append(np.where(own[alike.kind], here * square, np.sqrt(here) * whole))
        yield _of_slot(term, alike, rows.groups, ends)


def _of_slot(term: Array, alike: _Alike, groups: int, ends: list[Array]) -> DoubtCells:
    """Return the cells of one slot; added up by term where a table of all groups and terms is no longer than them."""
    listed, local = np.unique(term, return_inverse=True)
    group, code = alike.group, term[alike.kind]
    if len(listed) * groups <= len(group):
        place = local[alike.kind] * groups + group
        ends = [np.bincount(place, weights=end, minlength=len(listed) * groups) for end in ends]
        group, code = np.tile(np.arange(groups), len(listed)), np.repeat(listed, groups)
    there = np.flatnonzero((code >= 0) & ((ends[0] != 0) | (ends[1] != 0)))
    return DoubtCells(group[there], code[there], ends[0][there], ends[1][there])


def _of_grid(
    terms: DoubtTerms, rows: _Rows, quantity: int, unit: tuple[Array, Array], grid: GridTerms
) -> Iterator[DoubtCells]:
    """Yield the cells of the carbon intensity, a part of which is each run's own by its length."""
    keys = [site.choice.key if site and site.choice else "" for site in rows.part.sites]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    key_of = np.array([numbers[key] for key in keys])[rows.site]
    pair, first = grouped(len(key_of), [(rows.group, rows.groups), (key_of, len(numbers))])
    shared = [
        np.bincount(pair, weights=each * np.sqrt((1 - grid.own) * variance), minlength=len(first))
        for each, variance in zip(unit, (grid.below, grid.above), strict=True)
    ]
    codes = np.array([terms.code(quantity, GRID_INTENSITY, key) for key in numbers])
    yield DoubtCells(rows.group[first], codes[key_of[first]], *shared)
    own = terms.code(quantity, GRID_INTENSITY, "")
    yield _added(rows, rows.group, own, unit, (grid.own * grid.below, grid.own * grid.above), is_own=True)
