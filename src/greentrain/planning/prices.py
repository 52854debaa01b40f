"""What a run costs by a price per kWh or per accelerator-hour, stated for all alternatives or for one name."""

from typing import NamedTuple

from greentrain.errors import InvalidNumber
from greentrain.estimation import Estimate
from greentrain.estimation.ranges import Limits, checked_in

PER_KWH, PER_GPU_HOUR = "kWh", "gpu-hour"
_UNITS = {
    "kwh": PER_KWH, "gpu-hour": PER_GPU_HOUR, "gpu-h": PER_GPU_HOUR, "gpuh": PER_GPU_HOUR, "h": PER_GPU_HOUR,
    "hour": PER_GPU_HOUR, "accelerator-hour": PER_GPU_HOUR, "device-hour": PER_GPU_HOUR,
}  # fmt: skip
_LIMITS = Limits(0, 1e6, f"money per {PER_KWH} or, with /{PER_GPU_HOUR}, per accelerator-hour")


class Price(NamedTuple):
    """A price of electricity or of time on an accelerator.

    Attributes
    ----------
    amount : float
        In any currency, per `unit`.
    unit : {'kWh', 'gpu-hour'}
        Per kWh at the facility's meter, or per accelerator-hour.
    name : str
        Of the device, instance or place that has it; empty for all.
    """

    amount: float
    unit: str
    name: str = ""

    def cost(self, result: Estimate) -> float:
        """Return what a run costs, by the best values, in the currency of the price."""
        if self.unit == PER_KWH:
            return self.amount * result.facility_energy_kwh.best
        hours: float = result.run["gpu_hours"] or 0.0
        runs: int = result.run["runs"]
        return self.amount * hours * runs


def prices_of(text: str | float) -> list[Price]:
    """Read prices: ``0.25`` (per kWh), ``2.10/gpu-hour``, ``H100=3.2/gpu-hour,A100=1.8/gpu-hour``.

    Raises
    ------
    InvalidNumber
        If one is no price.
    """
    if not isinstance(text, str):
        return [Price(checked_in(_LIMITS, "price", text), PER_KWH)]
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if not parts:
        raise InvalidNumber("price", text, f"must be a number ({_LIMITS.unit})")
    return [_price(part) for part in parts]


def _price(text: str) -> Price:
    name, _, amount = text.rpartition("=")
    number, slash, unit = amount.partition("/")
    if slash and unit.strip().lower() not in _UNITS:
        raise InvalidNumber("price", text, f"must be per {PER_KWH} or per {PER_GPU_HOUR}: 2.10/{PER_GPU_HOUR}")
    per = _UNITS[unit.strip().lower()] if slash else PER_KWH
    return Price(checked_in(_LIMITS, "price", number.strip()), per, name.strip())


def cost_of(prices: list[Price], result: Estimate, said: dict[str, object]) -> float | None:
    """Return what a run costs: the price of what was said, else the one for all; None where none is known.

    Parameters
    ----------
    prices : list of Price
        As they were stated.
    result : Estimate
        The run.
    said : dict of str to object
        The words by which its hardware and place were named.
    """
    names = {str(said[key]).casefold() for key in ("gpu", "instance", "location") if key in said}
    names |= {str(result.run[key]).casefold() for key in ("gpu", "location") if result.run[key]}
    own = [price for price in prices if price.name and price.name.casefold() in names]
    found = own or [price for price in prices if not price.name]
    return sum(price.cost(result) for price in found) if found else None
