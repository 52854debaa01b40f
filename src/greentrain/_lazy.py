"""Names of a package that are loaded on first use."""

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
        # The built-in function: importlib is not loaded by then, and brings more with it.
        value = package[name] = getattr(__import__(modules[name], fromlist=(name,)), name)
        return value

    return load, lambda: sorted(package["__all__"])
