"""From a described run to its energy, emissions and water.

The names are loaded on first use: a live run checks what was said of it without loading the whole model.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.estimation.estimator import estimate
    from greentrain.estimation.result import Estimate
    from greentrain.footprint import Part
    from greentrain.inputs import Input

_HOME = {
    "Estimate": "greentrain.estimation.result",
    "Input": "greentrain.footprint",
    "Part": "greentrain.footprint",
    "estimate": "greentrain.estimation.estimator",
}

__all__ = ["Estimate", "Input", "Part", "estimate"]


def __getattr__(name: str) -> object:
    """Load a name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'greentrain.estimation' has no attribute {name!r}")
    # The built-in word: importlib is not loaded by then, and brings more with it.
    value: object = getattr(__import__(_HOME[name], fromlist=(name,)), name)
    globals()[name] = value
    return value
