"""Energy and CO2e of AI training runs, with an interval and a source for every number.

The public names are loaded on first use, so that ``import greentrain`` costs next to nothing.
"""

from greentrain._version import __version__

# Type checkers take this name as true. Importing typing for it would cost more than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.catalogue import Catalogue, load_catalogue
    from greentrain.errors import (
        AmbiguousName,
        BudgetExceeded,
        Contradiction,
        DataError,
        GreentrainError,
        GreentrainWarning,
        GridServiceError,
        InputError,
        InvalidNumber,
        MeterError,
        UnknownName,
    )
    from greentrain.estimation import Estimate, Input, estimate
    from greentrain.footprint import Footprint
    from greentrain.frames import estimate_frame
    from greentrain.history import History, Run
    from greentrain.importing import ImportAudit, import_runs
    from greentrain.interval import Interval
    from greentrain.meter.replay import ReplayMeter
    from greentrain.planning import Comparison, Schedule, best_start, compare
    from greentrain.reporting.charts import chart
    from greentrain.reporting.model_card.update import update_card
    from greentrain.reporting.report import report
    from greentrain.summation import total
    from greentrain.tracking.finished_run import Measurement
    from greentrain.tracking.live import LiveRun
    from greentrain.tracking.tracker import Tracker, track
    from greentrain.validation import ValidationReport, validate
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "catalogue": "Catalogue load_catalogue",
            "errors": "AmbiguousName BudgetExceeded Contradiction DataError GreentrainError GreentrainWarning "
            "GridServiceError InputError InvalidNumber MeterError UnknownName",
            "estimation": "Estimate Input estimate",
            "footprint": "Footprint",
            "frames": "estimate_frame",
            "history": "History Run",
            "importing": "ImportAudit import_runs",
            "interval": "Interval",
            "meter.replay": "ReplayMeter",
            "planning": "Comparison Schedule best_start compare",
            "reporting.charts": "chart",
            "reporting.model_card.update": "update_card",
            "reporting.report": "report",
            "summation": "total",
            "tracking.finished_run": "Measurement",
            "tracking.live": "LiveRun",
            "tracking.tracker": "Tracker track",
            "validation": "ValidationReport validate",
        },
    )

__all__ = [
    "AmbiguousName",
    "BudgetExceeded",
    "Catalogue",
    "Comparison",
    "Contradiction",
    "DataError",
    "Estimate",
    "Footprint",
    "GreentrainError",
    "GreentrainWarning",
    "GridServiceError",
    "History",
    "ImportAudit",
    "Input",
    "InputError",
    "Interval",
    "InvalidNumber",
    "LiveRun",
    "Measurement",
    "MeterError",
    "ReplayMeter",
    "Run",
    "Schedule",
    "Tracker",
    "UnknownName",
    "ValidationReport",
    "__version__",
    "best_start",
    "chart",
    "compare",
    "estimate",
    "estimate_frame",
    "import_runs",
    "load_catalogue",
    "report",
    "total",
    "track",
    "update_card",
    "validate",
]
