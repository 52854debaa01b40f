"""Frozen records: the values that the library returns.

A record has named fields in slots, is compared and pickled by them, and cannot be changed. Unlike a named tuple it has
no length, is not unpacked, and gains fields without breaking anybody who unpacks it. Nothing here loads `typing` or
`dataclasses`: a training process makes records on the way to its first step.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


class WithoutArithmetic:
    """Results that know better ways to be added, scaled and compared than operators.

    The errors of two runs are partly the same, so that neither the sum of their ends nor that of their squares is the
    interval of their sum; and of two intervals that overlap neither is the larger one.
    """

    __slots__ = ()

    __array_ufunc__ = None
    """Lets a NumPy number on the left of an operator leave the answer to the methods here."""

    __pandas_priority__ = 1_000_000
    """Lets a series or frame of pandas on the left do the same, where it would take an interval for a list. [1]"""

    def __add__(self, other: object) -> "NoReturn":
        raise TypeError(_ADDING.format(type(self).__name__))

    def __mul__(self, other: object) -> "NoReturn":
        raise TypeError(_SCALING.format(type(self).__name__))

    def __lt__(self, other: object) -> "NoReturn":
        raise TypeError(_COMPARING.format(type(self).__name__))

    def __neg__(self) -> "NoReturn":
        raise TypeError(_SCALING.format(type(self).__name__))

    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __mul__
    __pow__ = __rpow__ = __divmod__ = __rdivmod__ = __matmul__ = __rmatmul__ = __mul__
    __pos__ = __abs__ = __neg__
    __le__ = __gt__ = __ge__ = __lt__


_ADDING = (
    "{0} values are not added or subtracted with operators, since their errors are partly the same: greentrain.total "
    "adds results; for a difference compare their best values"
)
_SCALING = (
    "{0} values are not multiplied or divided with operators: Interval.scaled multiplies by an exact factor, "
    "estimate(runs=...) repeats a run, and greentrain.total adds several results"
)
_COMPARING = (
    "{0} values have no order, since intervals overlap: compare their best values, as in "
    "max(results, key=lambda item: item.operational_kg.best); greentrain.total adds them"
)


def _hashable(value: "Any") -> "Any":
    """Return a value that is hashed alike whenever the given one is equal: dictionaries and lists as tuples."""
    if isinstance(value, dict):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


def _compiled_methods(fields: "tuple[str, ...]", defaults: "dict[str, Any]", kw_only: bool) -> str:
    """Write the source of an initializer that sets each slot once, past the frozen ``__setattr__``, and of a reader."""
    parameters = "".join(f", {name}=_default_{name}" if name in defaults else f", {name}" for name in fields)
    body = "".join(f"    _set_{name}(self, {name})\n" for name in fields) or "    pass\n"
    init = f"def __init__(self{', *' if kw_only and fields else ''}{parameters}):\n{body}"
    values = ", ".join(f"{name!r}: self.{name}" for name in fields)
    return f"{init}def _asdict(self):\n    return {{{values}}}\n"


if TYPE_CHECKING:

    @dataclass_transform(frozen_default=True)
    class _RecordType(type):
        def __new__(
            cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], kw_only: bool = ..., cached: bool = ...
        ) -> "_RecordType": ...

else:

    class _RecordType(type):
        """Makes a slot of each annotation of a class, and an initializer that fills them."""

        def __new__(cls, name, bases, namespace, kw_only=False, cached=False):
            own = namespace.get("__annotations__", {})
            defaults = {field: namespace.pop(field) for field in own if field in namespace}
            # Where properties are worked out once, they are kept in the instance's own dictionary.
            namespace["__slots__"] = (*own, *(("__dict__",) if cached else ()))
            made = super().__new__(cls, name, bases, namespace)
            made._fields = fields = (*getattr(made, "_fields", ()), *own)
            made._defaults = defaults = {**getattr(made, "_defaults", {}), **defaults}
            made._kw_only = kw_only = kw_only or getattr(made, "_kw_only", False)
            made.__match_args__ = () if kw_only else fields
            if fields:
                known = {f"_set_{field}": getattr(made, field).__set__ for field in fields}
                known |= {f"_default_{field}": value for field, value in defaults.items()}
                exec(_compiled_methods(fields, defaults, kw_only), known)
                made.__init__, made._asdict = known["__init__"], known["_asdict"]
            return made


class Record(metaclass=_RecordType):
    """Base of frozen values: annotate the fields, and give defaults as in a data class."""

    if TYPE_CHECKING:
        _fields: ClassVar[tuple[str, ...]]

    def _asdict(self) -> "dict[str, Any]":
        """Return the fields by name, in order, each value as it is."""
        return {name: getattr(self, name) for name in self._fields}

    def _replace(self, **changes: "Any") -> "Self":
        """Return a record with other values in some fields."""
        values = self._asdict()
        values |= changes
        return type(self)(**values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} values are frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} values are frozen: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        values = self._asdict().values()
        try:
            return hash((type(self), *values))
        except TypeError:
            return hash((type(self), *map(_hashable, values)))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"

    def __reduce__(self) -> "tuple[Any, ...]":
        """Pickle and copy by the fields, by name: a later version may have more of them."""
        return _remade, (type(self), self._asdict())


def _remade(kind: "type[Record]", fields: "dict[str, Any]") -> Record:
    """Make a record of its pickled fields."""
    return kind(**fields)
