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
        InputError,
        InvalidNumber,
        MeterError,
        UnknownName,
    )
    from greentrain.estimation import Estimate, Input, estimate
    from greentrain.footprint import Footprint
    from greentrain.history import History, Run
    from greentrain.interval import Interval
    from greentrain.meter.replay import ReplayMeter
    from greentrain.reporting.charts import chart
    from greentrain.reporting.model_card.update import update_card
    from greentrain.reporting.report import report
    from greentrain.summation import total
    from greentrain.tracking.finished_run import Measurement
    from greentrain.tracking.live import LiveRun
    from greentrain.tracking.tracker import Tracker, track
    from greentrain.validation import ValidationReport, validate


_HOME = {
    "AmbiguousName": "greentrain.errors",
    "BudgetExceeded": "greentrain.errors",
    "Catalogue": "greentrain.catalogue",
    "Contradiction": "greentrain.errors",
    "DataError": "greentrain.errors",
    "Estimate": "greentrain.estimation",
    "Footprint": "greentrain.footprint",
    "GreentrainError": "greentrain.errors",
    "GreentrainWarning": "greentrain.errors",
    "History": "greentrain.history",
    "Input": "greentrain.estimation",
    "InputError": "greentrain.errors",
    "Interval": "greentrain.interval",
    "InvalidNumber": "greentrain.errors",
    "LiveRun": "greentrain.tracking.live",
    "Measurement": "greentrain.tracking.finished_run",
    "MeterError": "greentrain.errors",
    "ReplayMeter": "greentrain.meter.replay",
    "Run": "greentrain.history",
    "Tracker": "greentrain.tracking.tracker",
    "UnknownName": "greentrain.errors",
    "ValidationReport": "greentrain.validation",
    "chart": "greentrain.reporting.charts",
    "estimate": "greentrain.estimation",
    "load_catalogue": "greentrain.catalogue",
    "report": "greentrain.reporting.report",
    "total": "greentrain.summation",
    "track": "greentrain.tracking.tracker",
    "update_card": "greentrain.reporting.model_card.update",
    "validate": "greentrain.validation",
}

__all__ = [
    "AmbiguousName",
    "BudgetExceeded",
    "Catalogue",
    "Contradiction",
    "DataError",
    "Estimate",
    "Footprint",
    "GreentrainError",
    "GreentrainWarning",
    "History",
    "Input",
    "InputError",
    "Interval",
    "InvalidNumber",
    "LiveRun",
    "Measurement",
    "MeterError",
    "ReplayMeter",
    "Run",
    "Tracker",
    "UnknownName",
    "ValidationReport",
    "__version__",
    "chart",
    "estimate",
    "load_catalogue",
    "report",
    "total",
    "track",
    "update_card",
    "validate",
]


def __getattr__(name: str) -> object:
    """Load a public name from its room on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'greentrain' has no attribute {name!r}")
    # The built-in word: importlib is not loaded by then, and brings more with it.
    value: object = getattr(__import__(_HOME[name], fromlist=(name,)), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
