"""Runs of others' files: each format read into one shape, judged, and given a footprint.

The names are loaded on first use.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.importing.audit import FileAudit, ImportAudit, ImportedRun, import_runs
    from greentrain.importing.foreign_file import ForeignFile
    from greentrain.importing.foreign_run import FLAGS, ForeignFormat, ForeignRun, ReadOptions
    from greentrain.importing.formats import format_of, formats
    from greentrain.importing.gate import DOUBTS, Finding, gate, known_devices
    from greentrain.importing.power_integral import PowerIntegral
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "importing.audit": "FileAudit ImportAudit ImportedRun import_runs",
            "importing.foreign_file": "ForeignFile",
            "importing.foreign_run": "FLAGS ForeignFormat ForeignRun ReadOptions",
            "importing.formats": "format_of formats",
            "importing.gate": "DOUBTS Finding gate known_devices",
            "importing.power_integral": "PowerIntegral",
        },
    )

__all__ = [
    "DOUBTS", "FLAGS", "FileAudit", "Finding", "ForeignFile", "ForeignFormat", "ForeignRun", "ImportAudit",
    "ImportedRun", "PowerIntegral", "ReadOptions", "format_of", "formats", "gate", "import_runs", "known_devices",
]  # fmt: skip
