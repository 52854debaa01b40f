"""Energy and CO2e of AI training runs, with an interval and a source for every number.

The public names are loaded on first use, so that ``import greentrain`` costs next to nothing.
"""

from greentrain._version import __version__

# Type checkers take this name as true. Importing typing for it would cost more than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.catalogue import Catalogue, load_catalogue
    from greentrain.errors import (
        AmbiguousName,
        Contradiction,
        DataError,
        GreentrainError,
        InputError,
        InvalidNumber,
        UnknownName,
    )
    from greentrain.estimation import Estimate, Input, estimate
    from greentrain.interval import Interval
    from greentrain.validation import ValidationReport, validate


_HOME = {
    "AmbiguousName": "greentrain.errors",
    "Catalogue": "greentrain.catalogue",
    "Contradiction": "greentrain.errors",
    "DataError": "greentrain.errors",
    "Estimate": "greentrain.estimation",
    "GreentrainError": "greentrain.errors",
    "Input": "greentrain.estimation",
    "InputError": "greentrain.errors",
    "Interval": "greentrain.interval",
    "InvalidNumber": "greentrain.errors",
    "UnknownName": "greentrain.errors",
    "ValidationReport": "greentrain.validation",
    "estimate": "greentrain.estimation",
    "load_catalogue": "greentrain.catalogue",
    "validate": "greentrain.validation",
}

__all__ = [
    "AmbiguousName",
    "Catalogue",
    "Contradiction",
    "DataError",
    "Estimate",
    "GreentrainError",
    "Input",
    "InputError",
    "Interval",
    "InvalidNumber",
    "UnknownName",
    "ValidationReport",
    "__version__",
    "estimate",
    "load_catalogue",
    "validate",
]


def __getattr__(name: str) -> object:
    """Load a public name from its room on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'greentrain' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
