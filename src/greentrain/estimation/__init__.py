"""From a described run to its energy, emissions and water."""

from greentrain.estimation.model import estimate
from greentrain.estimation.result import Estimate, Input, Part

__all__ = ["Estimate", "Input", "Part", "estimate"]
