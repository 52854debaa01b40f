"""Published figures against ours: reference runs, their arithmetic and traps, and published methods.

The names are loaded on first use: comparing methods needs none of the records.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.validation.checks import validate
    from greentrain.validation.reference import Reference
    from greentrain.validation.references import read_references
    from greentrain.validation.report import RecordResult, ValidationReport
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "validation.checks": "validate",
            "validation.reference": "Reference",
            "validation.references": "read_references",
            "validation.report": "RecordResult ValidationReport",
        },
    )

__all__ = ["RecordResult", "Reference", "ValidationReport", "read_references", "validate"]
