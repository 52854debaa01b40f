"""Runs of others' files: each format read into one shape, judged, and given a footprint.

The names are loaded on first use.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.importing.audit import FileAudit, ImportAudit, ImportGroup
    from greentrain.importing.doubts import DoubtCounts, ImportDoubt, ImportRemark
    from greentrain.importing.foreign_file import ForeignFile
    from greentrain.importing.foreign_run import FLAGS, ForeignFormat, ForeignRun, ReadOptions
    from greentrain.importing.formats import format_names, format_of, formats
    from greentrain.importing.gate import DOUBTS, Finding, PlausibilityGate
    from greentrain.importing.imported_run import ImportedRun
    from greentrain.importing.importer import import_runs
    from greentrain.importing.power_integral import PowerIntegral
    from greentrain.importing.site_map import suggest_map
    from greentrain.importing.store import ImportStore
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "importing.audit": "FileAudit ImportAudit ImportGroup",
            "importing.doubts": "DoubtCounts ImportDoubt ImportRemark",
            "importing.foreign_file": "ForeignFile",
            "importing.foreign_run": "FLAGS ForeignFormat ForeignRun ReadOptions",
            "importing.formats": "format_names format_of formats",
            "importing.gate": "DOUBTS Finding PlausibilityGate",
            "importing.imported_run": "ImportedRun",
            "importing.importer": "import_runs",
            "importing.power_integral": "PowerIntegral",
            "importing.site_map": "suggest_map",
            "importing.store": "ImportStore",
        },
    )

__all__ = [
    "DOUBTS", "FLAGS", "DoubtCounts", "FileAudit", "Finding", "ForeignFile", "ForeignFormat", "ForeignRun",
    "ImportAudit", "ImportDoubt", "ImportGroup", "ImportRemark", "ImportStore", "ImportedRun", "PlausibilityGate",
    "PowerIntegral", "ReadOptions", "format_names", "format_of", "formats", "import_runs", "suggest_map",
]  # fmt: skip
