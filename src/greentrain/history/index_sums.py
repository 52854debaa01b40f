"""Sums of imported runs by month, in an index: by what most groups are asked for."""

import json
import sqlite3
from array import array
from collections.abc import Sequence
from operator import add, itemgetter
from typing import Any

from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.index_rows import LABELS, PACKED
from greentrain.history.run_summary import LOADS
from greentrain.history.run_sums import GROUPINGS, run_counts
from greentrain.history.summary_table import NUMBERS
from greentrain.journal.records import COMPONENTS

OF_ALL = ("project", "place", "status", "origin", "basis")
"""By what all sums are parted, besides the month."""

PARTED = (
    OF_ALL,
    (*OF_ALL, "user"),
    (*OF_ALL, "account", "partition", "cluster", "hardware"),
    (*OF_ALL, "user", "account", "partition", "cluster", "hardware"),
)
"""By what runs are added up; of a month in which nearly each run would be a sum of its own there is none."""

NO_SUMS = -1
"""In place of a number of `PARTED`, for any month with runs."""

_MOST_SUMS, _MOST_PENDING = 4096, 16_384
_FEW, _MOST_SHARE = 64, 0.25
"""So many sums of a month, and such a share of its runs, save time. [1]"""

COUNTS = 16
"""How many numbers `run_counts` returns. [1]"""

_BEST = [NUMBERS.index(f"{name}_best") for name in RUN_QUANTITIES]
_METERED = [NUMBERS.index(f"{name}_energy_kwh") for name in COMPONENTS]
_HOURS = [NUMBERS.index(name) for name in LOADS]
_SECONDS = NUMBERS.index("duration_seconds")
_OF_MONTH = f"SELECT facts, kind, numbers, taken, {', '.join(LABELS)} FROM runs WHERE month IS ?"
_GROUPS = [itemgetter(*names) for names in PARTED]


def counts_of(numbers: Sequence[float], unfilled: str) -> tuple[float, ...]:
    """Return what of a run adds up but for its doubt, of its `NUMBERS` and the parts that are in no sum."""
    best, metered, hours = ([numbers[place] for place in places] for places in (_BEST, _METERED, _HOURS))
    return run_counts(numbers[_SECONDS], best, metered, hours, unfilled)


def doubles(packed: bytes) -> "array[float]":
    """Return numbers that lie packed in a row."""
    found = array("d")
    found.frombytes(packed)
    return found


class IndexFacts:
    """What the rows of an index have in common, read once as long as it is looked at again.

    Parameters
    ----------
    database : sqlite3.Connection
        The index.
    """

    _MOST = 16_384

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._common: dict[int, dict[str, Any]] = {}
        self._groups: dict[int, dict[str, str | None]] = {}
        self._factors: dict[int, tuple[str, int, list[tuple[int, int, float]]]] = {}

    def common(self, number: int) -> dict[str, Any]:
        """Return what the runs of one kind have in common, by the names of `COMMON`."""
        found = self._common.get(number)
        if found is None:
            if len(self._common) >= self._MOST:
                self._common.clear()
            found = self._common[number] = json.loads(*self._row("SELECT facts FROM facts WHERE number = ?", number))
        return found

    def groups(self, number: int) -> dict[str, str | None]:
        """Return to which groups the runs of one kind belong, but for their labels."""
        found = self._groups.get(number)
        if found is None:
            if len(self._groups) >= self._MOST:
                self._groups.clear()
            common = self.common(number)
            known = {name: column for name, (column, _) in GROUPINGS.items() if column in common}
            found = self._groups[number] = {name: GROUPINGS[name][1](common[column]) for name, column in known.items()}
        return found

    def doubt(self, number: int, taken: Sequence[float]) -> tuple[str, Sequence[float]]:
        """Return the shared factors and the terms of a run's doubt, or of a sum of such runs."""
        found = self._factors.get(number)
        if found is None:
            shared, factors = self._row("SELECT shared, factors FROM kinds WHERE number = ?", number)
            length, factors = json.loads(factors or "[0, []]")
            found = self._factors[number] = (shared, length, factors)
        shared, length, factors = found
        if not length:
            return shared, taken
        terms = [0.0] * length
        for term, place, factor in factors:
            terms[term] += factor * taken[place]
        return shared, terms

    def _row(self, query: str, number: int) -> Any:
        found = self._database.execute(query, (number,)).fetchone()
        if found is None:
            raise KeyError(number)
        return found


class IndexSums:
    """Writes the sums of an index.

    Parameters
    ----------
    database : sqlite3.Connection
        The index.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._facts = database, IndexFacts(database)

    def renew(self, month: str | None) -> None:
        """Add the runs of a month up anew."""
        for table in ("months", "sums"):
            self._database.execute(f"DELETE FROM {table} WHERE month IS ?", (month,))
        self._database.execute("INSERT INTO months VALUES (?, ?)", (month, NO_SUMS))
        every = [_Sums(self._facts) for _ in PARTED]
        for facts, kind, numbers, taken, *labels in self._database.execute(_OF_MONTH, (month,)):
            common = self._facts.common(facts)
            if common["is_counted"]:
                vector = (*counts_of(PACKED.unpack(numbers), common["unfilled"]), *doubles(taken))
                values = self._facts.groups(facts) | dict(zip(LABELS, labels, strict=True))
                for sums, group in zip(every, _GROUPS, strict=True):
                    sums.add(group(values), kind, vector)
        for number, sums in enumerate(every):
            rows = sums.rows()
            if rows is not None:
                self._database.execute("INSERT INTO months VALUES (?, ?)", (month, number))
                self._database.executemany(
                    "INSERT INTO sums VALUES (?, ?, ?, ?)", ((month, number, *row) for row in rows)
                )


class _Sums:
    """The runs of a month added up by one selection of what they have in common."""

    def __init__(self, facts: IndexFacts) -> None:
        self._facts = facts
        self._pending: dict[tuple[Any, int], list[float]] = {}
        self._sums: dict[tuple[Any, str], list[float]] = {}
        self._are_too_many, self._runs = False, 0

    def add(self, group: tuple[Any, ...], kind: int, vector: Sequence[float]) -> None:
        """Add a run: its counts, and what was taken of it."""
        if self._are_too_many:
            return
        key = group, kind
        self._runs += 1
        known = self._pending.get(key)
        self._pending[key] = [*vector] if known is None else [*map(add, known, vector)]
        if known is None and len(self._pending) >= _MOST_PENDING:
            self._settle()

    def _settle(self) -> None:
        for (group, kind), vector in self._pending.items():
            shared, terms = self._facts.doubt(kind, vector[COUNTS:])
            known = self._sums.get((group, shared))
            whole = [*vector[:COUNTS], *terms]
            self._sums[group, shared] = whole if known is None else [*map(add, known, whole)]
        self._pending.clear()
        self._are_too_many = len(self._sums) > _MOST_SUMS
        if self._are_too_many:
            self._sums.clear()

    def rows(self) -> list[tuple[str, bytes]] | None:
        """Return the sums as they are written; None where they are too many."""
        if not self._are_too_many:
            self._settle()
        if self._are_too_many or len(self._sums) > max(_FEW, self._runs * _MOST_SHARE):
            return None
        return [
            (json.dumps([*group, shared]), array("d", whole).tobytes()) for (group, shared), whole in self._sums.items()
        ]
