"""The schema of the data files, ours and the user's: what a column holds, and the check of a user's folder."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.catalogue.schema.columns import KINDS, OWN_FILES, SCHEMAS
    from greentrain.catalogue.schema.rules import row_faults
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "catalogue.schema.columns": "KINDS OWN_FILES SCHEMAS",
            "catalogue.schema.rules": "row_faults",
        },
    )

__all__ = ["KINDS", "OWN_FILES", "SCHEMAS", "row_faults"]
