"""Names of a package that are loaded on first use."""

import os

# Type checkers take this name as true. Importing typing for it would cost more than all of `import greentrain`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def lazy_names(
    package: "dict[str, Any]", names: "dict[str, str]"
) -> "tuple[Callable[[str], object], Callable[[], list[str]]]":
    """Return ``__getattr__`` and ``__dir__`` of a package whose names are loaded on first use.

    Parameters
    ----------
    package : dict
        Its ``globals()``, with ``__all__``.
    names : dict of str to str
        By module of greentrain, the names in it, separated by spaces.
    """
    modules = {name: f"greentrain.{module}" for module, listed in names.items() for name in listed.split()}

    def load(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        value = package[name] = getattr(_loaded(modules[name], name), name)
        return value

    return load, lambda: sorted(package["__all__"])


def _loaded(module: str, name: str) -> object:
    # The built-in function: importlib is not loaded by then, and brings more with it.
    try:
        return __import__(module, fromlist=(name,))
    except OSError as error:  # a training that holds all files open that it may have starts all the same
        from errno import EMFILE, ENFILE  # built in, and seldom asked for

        if error.errno not in (EMFILE, ENFILE) or not _give_reserve_back():
            raise
    return __import__(module, fromlist=(name,))


def _reserved() -> "tuple[int, os.stat_result] | None":
    """Keep one file open, in whose place modules can be read when no other can be opened any more."""
    if not os.access(__file__, os.R_OK):  # the package lies in an archive
        return None
    descriptor = os.open(__file__, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    return descriptor, os.fstat(descriptor)


def _give_reserve_back() -> bool:
    """Close that file, unless the program has closed it and uses its number; return whether it was there."""
    global _reserve
    held, _reserve = _reserve, None
    try:
        if held is None or not os.path.samestat(os.fstat(held[0]), held[1]):
            return False
    except OSError as error:
        from errno import EBADF

        if error.errno != EBADF:
            raise
        return False
    os.close(held[0])
    return True


_reserve = _reserved()
