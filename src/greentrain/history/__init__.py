"""Runs over time: journals read, merged over nodes and restarts, reconciled with estimates, and handed on."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.history.calibrate import next_run
    from greentrain.history.history import Follower, History, Totals, newest, runs_csv, runs_dict, totals_of
    from greentrain.history.merge import NotAskedFor, read_run
    from greentrain.history.reconcile import Reconciliation
    from greentrain.history.recorded_run import NodeMeasurement
    from greentrain.history.run import Run
    from greentrain.history.session_slice import slice_session
    from greentrain.history.sql_export import export, rows_of
    from greentrain.history.wall_meter import calibrate_by_wall, read_wall_meter
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "history.calibrate": "next_run",
            "history.history": "Follower History Totals newest runs_csv runs_dict totals_of",
            "history.merge": "NotAskedFor read_run",
            "history.reconcile": "Reconciliation",
            "history.recorded_run": "NodeMeasurement",
            "history.run": "Run",
            "history.session_slice": "slice_session",
            "history.sql_export": "export rows_of",
            "history.wall_meter": "calibrate_by_wall read_wall_meter",
        },
    )

__all__ = [
    "Follower", "History", "NodeMeasurement", "NotAskedFor", "Reconciliation", "Run", "Totals",
    "calibrate_by_wall", "export", "newest", "next_run", "read_run", "read_wall_meter", "rows_of", "runs_csv",
    "runs_dict", "slice_session", "totals_of",
]  # fmt: skip
