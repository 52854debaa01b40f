"""What a training process needs of `typing` on the way to its first step, without loading `typing`.

Loading that module takes a sixth of the time in which a tracked function has to start. Modules on the way write
``from greentrain.light_typing import TYPE_CHECKING, NamedTuple``, keep their annotations unevaluated, and take
everything else of `typing` for type checkers only.
"""

from collections import namedtuple

# Type checkers take this name as true.
TYPE_CHECKING = False

__all__ = ["TYPE_CHECKING", "NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Fields(type):
        """Makes a named tuple of a class's annotations, as `typing.NamedTuple` does."""

        def __new__(cls, name, bases, namespace):
            fields = namespace.get("__annotations__", {})
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            plain = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])
            return type(name, (plain,), {"__slots__": (), **namespace})

    NamedTuple = type.__new__(_Fields, "NamedTuple", (), {})
