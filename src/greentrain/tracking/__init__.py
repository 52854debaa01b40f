"""A live run: the tracker in the training process, its meter, and the journal they write."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.tracking.budget import Budget, BudgetUse
    from greentrain.tracking.callbacks.training import Training, TrainingAborted
    from greentrain.tracking.distributed import Ranks
    from greentrain.tracking.exit_status import ExitStatus
    from greentrain.tracking.finished_run import FinishedRun
    from greentrain.tracking.function_types import TrackKeywords
    from greentrain.tracking.live_energy import LiveEnergy
    from greentrain.tracking.result import summary
    from greentrain.tracking.settings import checked_settings, is_place_code
    from greentrain.tracking.training_records import Logs
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "tracking.budget": "Budget BudgetUse",
            "tracking.callbacks.training": "Training TrainingAborted",
            "tracking.distributed": "Ranks",
            "tracking.exit_status": "ExitStatus",
            "tracking.finished_run": "FinishedRun",
            "tracking.function_types": "TrackKeywords",
            "tracking.live_energy": "LiveEnergy",
            "tracking.result": "summary",
            "tracking.settings": "checked_settings is_place_code",
            "tracking.training_records": "Logs",
        },
    )

__all__ = [
    "Budget", "BudgetUse", "ExitStatus", "FinishedRun", "LiveEnergy", "Logs", "Ranks", "TrackKeywords",
    "Training", "TrainingAborted", "checked_settings", "is_place_code", "summary",
]  # fmt: skip
