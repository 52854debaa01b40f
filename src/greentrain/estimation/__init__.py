"""From a described run to its energy, emissions and water.

The names are loaded on first use: a live run checks its arguments without loading the whole model.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.estimation.estimator import estimate
    from greentrain.estimation.result import Estimate
    from greentrain.footprint import Part
    from greentrain.inputs import Input
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "estimation.estimator": "estimate",
            "estimation.result": "Estimate",
            "footprint": "Part",
            "inputs": "Input",
        },
    )

__all__ = ["Estimate", "Input", "Part", "estimate"]
