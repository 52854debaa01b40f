"""Runs over time: journals read, merged over nodes and restarts, reconciled with estimates, and handed on."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.history.calibrate import next_run
    from greentrain.history.follower import Follower, newest
    from greentrain.history.history import History
    from greentrain.history.hourly import hours_csv, hours_of
    from greentrain.history.listing import groups_csv, runs_csv, runs_dict, runs_json
    from greentrain.history.merge import read_run
    from greentrain.history.reconcile import Reconciliation
    from greentrain.history.recorded_run import NodeMeasurement
    from greentrain.history.rematch import HourlyMatch, match_hours
    from greentrain.history.run import Run
    from greentrain.history.run_summary import RunSummary
    from greentrain.history.run_sums import GROUPINGS
    from greentrain.history.session_slice import slice_session
    from greentrain.history.sql_export import export, rows_of
    from greentrain.history.summary_table import SummaryTable
    from greentrain.history.totals import RunGroup, Totals, checked_by, groups_of, totals_of
    from greentrain.history.upkeep import forget, rename, runs_older_than, save_estimate, tag
    from greentrain.history.wall_meter import calibrate_by_wall, read_wall_meter
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "history.calibrate": "next_run",
            "history.follower": "Follower newest",
            "history.history": "History",
            "history.hourly": "hours_csv hours_of",
            "history.listing": "groups_csv runs_csv runs_dict runs_json",
            "history.merge": "read_run",
            "history.reconcile": "Reconciliation",
            "history.recorded_run": "NodeMeasurement",
            "history.rematch": "HourlyMatch match_hours",
            "history.run": "Run",
            "history.run_sums": "GROUPINGS",
            "history.run_summary": "RunSummary",
            "history.session_slice": "slice_session",
            "history.sql_export": "export rows_of",
            "history.summary_table": "SummaryTable",
            "history.totals": "RunGroup Totals checked_by groups_of totals_of",
            "history.upkeep": "forget rename runs_older_than save_estimate tag",
            "history.wall_meter": "calibrate_by_wall read_wall_meter",
        },
    )

__all__ = [
    "GROUPINGS", "Follower", "History", "HourlyMatch", "NodeMeasurement", "Reconciliation", "Run", "RunGroup",
    "RunSummary", "SummaryTable", "Totals", "calibrate_by_wall", "checked_by", "export", "forget", "groups_csv",
    "groups_of", "hours_csv", "hours_of", "match_hours", "newest", "next_run", "read_run", "read_wall_meter", "rename",
    "rows_of", "runs_csv", "runs_dict", "runs_json", "runs_older_than", "save_estimate", "slice_session", "tag",
    "totals_of",
]  # fmt: skip
