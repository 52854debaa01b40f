"""Results as plain values: what a template sees has names and items, and no methods but those of text and numbers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from greentrain.inputs import Inputs
from greentrain.record import Record
from greentrain.reporting.document.blocks import Cell

_AS_THEY_ARE = (type(None), bool, int, float, str, Markup, Cell)
_WORKED_OUT = (property, cached_property)


class NamedItems(tuple[Any, ...]):
    """Items in order that have names too: ``value.low`` and ``value[0]``, ``inputs.pue`` and ``"pue" in inputs``."""

    def __new__(cls, items: Iterable[Any], names: Mapping[str, Any]) -> "NamedItems":
        """Make items, and attributes of other values."""
        made = super().__new__(cls, items)
        made.__dict__.update(names)
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Pickle the items before the names."""
        return tuple(self), {}

    def __contains__(self, item: object) -> bool:
        return item in self.__dict__ if isinstance(item, str) else super().__contains__(item)


def plain(value: object) -> Any:
    """Return a result as plain values.

    Records and named tuples become names with values, fields and worked out properties alike; what can say itself
    as data, as `--json` prints it, becomes that; what can be called is left out.

    Parameters
    ----------
    value : object
        A result of greentrain, or what results are made of.

    Raises
    ------
    TypeError
        If it holds anything else.
    """
    return _Plain().of(value)


class _Plain:
    """Turns values into plain ones, each object once."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, Any]] = {}

    def of(self, value: object) -> Any:
        if type(value) in _AS_THEY_ARE:
            return value
        known = self._made.get(id(value))
        if known is None:
            # The value is kept next to what it became: while it lives, no other has its id.
            known = self._made[id(value)] = value, self._new(value)
        return known[1]

    def _new(self, value: Any) -> Any:
        if isinstance(value, (str, datetime)):
            return str(value)
        if hasattr(value, "to_json"):
            return self.of(value.to_dict())
        if isinstance(value, Mapping):
            return {self.of(key): self.of(item) for key, item in value.items() if not callable(item)}
        if isinstance(value, Record):
            return SimpleNamespace(**self._names(value))
        if isinstance(value, Inputs):
            items = self._items(value)
            return NamedItems(items, {item.name: item for item in reversed(items)})
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return NamedItems(self._items(value), self._names(value))
        if isinstance(value, (tuple, list)):
            return self._items(value)
        if isinstance(value, (set, frozenset)):
            return self._items(sorted(value))
        raise TypeError(f"a template cannot see a value of type {type(value).__name__}")

    def _items(self, values: Iterable[Any]) -> tuple[Any, ...]:
        return tuple([self.of(item) for item in values if not callable(item)])

    def _names(self, value: Any) -> dict[str, Any]:
        names = (*value._fields, *_properties(type(value)))
        found = {name: getattr(value, name) for name in names}
        return {name: self.of(item) for name, item in found.items() if not callable(item)}


def _properties(kind: type) -> tuple[str, ...]:
    return tuple(
        name
        for base in kind.__mro__
        for name, item in vars(base).items()
        if isinstance(item, _WORKED_OUT) and not name.startswith("_")
    )
