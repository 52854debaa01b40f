"""Published figures against ours: reference runs, their arithmetic and traps, and published methods.

The names are loaded on first use: comparing methods needs none of the records.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.validation.checks import validate
    from greentrain.validation.reference import Reference
    from greentrain.validation.references import read_references
    from greentrain.validation.report import RecordResult, ValidationReport

_HOME = {
    "RecordResult": "report",
    "Reference": "reference",
    "ValidationReport": "report",
    "read_references": "references",
    "validate": "checks",
}

__all__ = ["RecordResult", "Reference", "ValidationReport", "read_references", "validate"]


def __getattr__(name: str) -> object:
    """Load a name of this room on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'greentrain.validation' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"greentrain.validation.{_HOME[name]}"), name)
    globals()[name] = value
    return value
