"""The numbers that a result follows from, each with its interval, its source and what other runs share of its error."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from greentrain.interval import Interval, exact
from greentrain.record import Record

GIVEN_SOURCE = "user"
"""Source id of what the user stated."""

BASIS_WORDS = {"measured": "measured", "mixed": "measured in part", "estimated": "estimated"}
"""How people read what an energy is known by; forms for machines have the names of the bases."""

PUE, GRID_INTENSITY, IT_ENERGY = "pue", "grid_intensity", "it_energy"
METERED_ENERGY, UNMETERED_SHARE = "metered_energy", "unmetered_share"
"""Energy that sensors read, and what they cannot see as a share of it; together the IT energy."""

UNSEEN = "fans, network cards, switches and losses of power supplies"
"""What they cannot see."""


class Input(Record):
    """One number that a result follows from.

    Attributes
    ----------
    name : str
        What it is, as the README's model calls it.
    value : Interval
        In ``unit``.
    unit : str
        Unit; ``1`` for a plain ratio or count.
    basis : {'given', 'measured', 'mixed', 'published', 'default', 'assumed'}
        How it is known; ``mixed``: measured in part.
    source : str
        Source ids, joined by ``;``, the main one first.
    note : str
        What to know about it.
    weight : float
        How the operational figure follows it: 1 for a factor, its share for a term of a sum, 0 if not at all. [1]
    key : str
        Under which its error is shared with other runs: the same device, place, site or method. Empty: with none.
    own_share : float
        Part of its log-variance that is the run's own although there is a key. [1]
    year : int or None
        Year of the figure, where it has one.
    accounting : {'life-cycle', 'direct', ''}
        Of a carbon intensity: whether building and fuel supply of the power stations are counted; empty where it is
        not known.

    Examples
    --------
    >>> run = estimate("V100", hours=96, power=250)
    >>> run.inputs["hours"].value.best, run.inputs["hours"].unit, run.inputs["hours"].basis
    (96.0, 'h', 'given')
    """

    name: str
    value: Interval
    unit: str
    basis: str
    source: str
    note: str = ""
    weight: float = 1.0
    key: str = ""
    own_share: float = 0.0
    year: int | None = None
    accounting: str = ""

    @property
    def is_default(self) -> bool:
        """Whether greentrain chose it by default."""
        return self.basis in ("default", "assumed")

    @property
    def source_ids(self) -> list[str]:
        """The source ids one by one."""
        return [*source_ids(self.source)]

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form.

        Examples
        --------
        >>> estimate("V100", hours=96).inputs["hours"].to_dict()
        {'name': 'hours', 'low': 96.0, 'best': 96.0, 'high': 96.0, 'unit': 'h', 'basis': 'given', 'source': 'user',
         'other_sources': [], 'note': ''}
        """
        first, *others = source_ids(self.source)
        low, best, high = self.value
        return {
            "name": self.name, "low": low, "best": best, "high": high, "unit": self.unit, "basis": self.basis,
            "source": first, "other_sources": others, "note": self.note,
        }  # fmt: skip


@lru_cache(maxsize=1024)
def source_ids(source: str) -> tuple[str, ...]:
    """Part the source ids of a number, which are joined by ``;``."""
    return tuple(key.strip() for key in source.split(";"))


def given(name: str, value: float, unit: str, weight: float = 1.0) -> Input:
    """Make the input of something that the user stated."""
    return Input(name, exact(value), unit, "given", GIVEN_SOURCE, "", weight)


class Inputs:
    """The inputs of a result: by name, ``inputs["pue"]``, or one after the other.

    Parameters
    ----------
    items : iterable of Input
        In the order in which they are shown. Of several with one name, as in a total, the first is found by it.
    """

    __slots__ = ("_by_name", "_items")

    def __init__(self, items: Iterable[Input] = ()) -> None:
        self._items = tuple(items)
        self._by_name: dict[str, Input] | None = None

    def __iter__(self) -> Iterator[Input]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return name in self._named()

    def __getitem__(self, name: str) -> Input:
        return self._named()[name]

    def get(self, name: str) -> Input | None:
        """Return the input of this name; None where there is none."""
        return self._named().get(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inputs) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"Inputs({list(self._items)!r})"

    def __reduce__(self) -> tuple[type, tuple[tuple[Input, ...]]]:
        return type(self), (self._items,)

    def _named(self) -> dict[str, Input]:
        if self._by_name is None:
            self._by_name = {item.name: item for item in reversed(self._items)}
        return self._by_name
