"""From a described run to its energy, emissions and water.

The names are loaded on first use: a live run checks its arguments without loading the whole model.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.estimation.devices import find_devices
    from greentrain.estimation.equivalents import EverydayComparison, compare, is_labelled
    from greentrain.estimation.estimator import estimate
    from greentrain.estimation.grid import choose_grid, grid_input
    from greentrain.estimation.plausibility import plausibility_warnings
    from greentrain.estimation.ranges import LIMITS, SCALED, SCALES, Limits, checked_number, fits
    from greentrain.estimation.request import Request
    from greentrain.estimation.resolved_run import ResolvedRun
    from greentrain.estimation.result import Estimate
    from greentrain.estimation.site import UNKNOWN_SITE, site_factors, site_record
    from greentrain.estimation.training_flops import find_compute
    from greentrain.footprint import Part
    from greentrain.inputs import Input
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "estimation.equivalents": "EverydayComparison compare is_labelled",
            "estimation.estimator": "estimate",
            "estimation.grid": "choose_grid grid_input",
            "estimation.plausibility": "plausibility_warnings",
            "estimation.devices": "find_devices",
            "estimation.ranges": "LIMITS Limits SCALED SCALES checked_number fits",
            "estimation.request": "Request",
            "estimation.resolved_run": "ResolvedRun",
            "estimation.result": "Estimate",
            "estimation.site": "UNKNOWN_SITE site_factors site_record",
            "estimation.training_flops": "find_compute",
            "footprint": "Part",
            "inputs": "Input",
        },
    )

__all__ = [
    "LIMITS", "SCALED", "SCALES", "UNKNOWN_SITE", "Estimate", "EverydayComparison", "Input", "Limits", "Part",
    "Request", "ResolvedRun", "checked_number", "choose_grid", "compare", "estimate", "find_compute",
    "find_devices", "fits", "grid_input", "is_labelled", "plausibility_warnings", "site_factors", "site_record",
]  # fmt: skip
