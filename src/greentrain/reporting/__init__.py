"""Results for people and for other programs; each form is a module of its own, loaded when it is wanted."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.reporting.build_data import report_data_of, with_stated_size
    from greentrain.reporting.file_mark import is_ours
    from greentrain.reporting.report_data import QUANTITIES, PowerSpan, ReportData, RunLine, Size, Versions
    from greentrain.reporting.reported_runs import line_of_run
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "reporting.build_data": "report_data_of with_stated_size",
            "reporting.file_mark": "is_ours",
            "reporting.report_data": "PowerSpan QUANTITIES ReportData RunLine Size Versions",
            "reporting.reported_runs": "line_of_run",
        },
    )

__all__ = [
    "QUANTITIES", "PowerSpan", "ReportData", "RunLine", "Size", "Versions", "is_ours", "line_of_run",
    "report_data_of", "with_stated_size",
]  # fmt: skip
