"""What reports need of many runs, in one file of a home: each text and each factor stands once."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from greentrain.errors import OwnErrors
from greentrain.history.column_file import read_columns, write_columns
from greentrain.history.summaries import is_own

_FORMAT = 1
_INPUTS, _ENDS, _POOL = "inputs", "ends", "pool"
_ID, _STATE = "id", "state"
"""Columns that this module knows of."""


class ReportTable:
    """Facts of runs, column by column, with the inputs that they share once.

    Parameters
    ----------
    basis : str
        What the facts follow from besides the records.

    Attributes
    ----------
    inputs : list
        The inputs of all runs, each once, as plain fields.
    """

    def __init__(self, basis: str) -> None:
        self._head = {"kind": "greentrain reported runs", "format": _FORMAT, "basis": basis}
        self._columns: dict[str, list[Any]] = {}
        self._codes, self._ends = array("I"), array("Q")
        self._numbers: dict[str, int] = {}
        self.inputs: list[Any] = []

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def ids(self) -> Sequence[str]:
        """The runs."""
        ids: Sequence[str] = self._columns.get(_ID, ())
        return ids

    def append(self, state: str, facts: Mapping[str, Any]) -> None:
        """Add the facts of a run, and what its files are."""
        for name, value in {**facts, _STATE: state}.items():
            if name != _INPUTS:
                self._columns.setdefault(name, []).append(value)
        self._codes.extend(map(self._number, facts[_INPUTS]))
        self._ends.append(len(self._codes))

    def _number(self, item: Any) -> int:
        number = self._numbers.setdefault(repr(item), len(self.inputs))
        if number == len(self.inputs):
            self.inputs.append(item)
        return number

    def read(self, path: str) -> None:
        """Take what a file holds, if it is this user's own and follows from the same."""
        found = read_columns(path, self._head) if is_own(path) else {}
        with OwnErrors(KeyError, TypeError):
            codes, ends, inputs = (found.pop(name) for name in (_INPUTS, _ENDS, _POOL))
            if {len(ends)} == {len(column) for column in (found[_ID], found[_STATE], *found.values())}:
                self._columns, self._codes, self._ends, self.inputs = found, codes, ends, inputs
                self._numbers = {repr(item): number for number, item in enumerate(inputs)}

    def write(self, path: str) -> None:
        """Write it all to a file; where that cannot be, do without."""
        with OwnErrors(OSError):
            shared = {_INPUTS: self._codes, _ENDS: self._ends, _POOL: self.inputs}
            write_columns(path, self._head, {**self._columns, **shared})

    def places(self, states: Mapping[str, str]) -> list[int]:
        """Return the places of the runs whose files are what they were."""
        pairs = zip(self._columns.get(_ID, ()), self._columns.get(_STATE, ()), strict=True)
        return [place for place, (id, state) in enumerate(pairs) if states.get(id) == state]

    def take(self, places: Iterable[int]) -> "ReportTable":
        """Return a table of the runs at some places."""
        found = ReportTable("")
        found._head = self._head
        places = [*places]
        for place, facts in zip(places, self.rows(places, self.inputs), strict=True):
            found.append(self._columns[_STATE][place], facts)
        return found

    def rows(self, places: Iterable[int], inputs: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Yield the facts of the runs at some places, with what stands for those of `inputs`."""
        columns = {name: column for name, column in self._columns.items() if name != _STATE}
        for place in places:
            codes = self._codes[self._ends[place - 1] if place else 0 : self._ends[place]]
            yield {name: column[place] for name, column in columns.items()} | {
                _INPUTS: [inputs[code] for code in codes]
            }
