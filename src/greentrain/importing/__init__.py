"""Runs of others' files: each format read into one shape, judged, and given a footprint.

The names are loaded on first use.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.importing.audit import FileAudit, ImportAudit, import_runs, suggest_map
    from greentrain.importing.foreign_file import ForeignFile
    from greentrain.importing.foreign_run import FLAGS, ForeignFormat, ForeignRun, ReadOptions
    from greentrain.importing.formats import format_of, formats
    from greentrain.importing.gate import DOUBTS, Finding, gate
    from greentrain.importing.imported_run import ImportedRun
    from greentrain.importing.power_integral import PowerIntegral
    from greentrain.importing.store import ImportStore
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "importing.audit": "FileAudit ImportAudit import_runs suggest_map",
            "importing.foreign_file": "ForeignFile",
            "importing.foreign_run": "FLAGS ForeignFormat ForeignRun ReadOptions",
            "importing.formats": "format_of formats",
            "importing.gate": "DOUBTS Finding gate",
            "importing.imported_run": "ImportedRun",
            "importing.power_integral": "PowerIntegral",
            "importing.store": "ImportStore",
        },
    )

__all__ = [
    "DOUBTS", "FLAGS", "FileAudit", "Finding", "ForeignFile", "ForeignFormat", "ForeignRun", "ImportAudit",
    "ImportStore", "ImportedRun", "PowerIntegral", "ReadOptions", "format_of", "formats", "gate", "import_runs",
    "suggest_map",
]  # fmt: skip
