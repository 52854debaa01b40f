"""One result over another where what both share cancels: the same job on other hardware, elsewhere or later.

Each quantity is a product, so the logarithm of a ratio is a difference of terms. A term that both results have is one
unknown, however wrong it is, and only the difference of its weights is left; a term that one of them has stays whole.
"""

from math import exp, log

from greentrain.estimation import Estimate
from greentrain.factors import Decomposition, decomposed
from greentrain.footprint import terms
from greentrain.inputs import Input
from greentrain.interval import Z_90, Interval
from greentrain.numbers import rounded

_Identity = tuple[object, ...]
Terms = dict[_Identity, tuple[float, float]]
"""Standard deviations of the logarithm, downward and upward, under what makes a term one unknown. [1]"""

_TOLERANCE = 5e-4
"""A factor nearer to 1 than that is not worth a word: it reads 1.00. [1]"""


def paired_ratio(result: Estimate, other: Estimate, quantity: str = "operational_kg") -> Interval:
    """Divide a quantity of one estimate by that of another of the same job, with the 90 % interval of the ratio. [1]

    Shared are the terms with one key (a device, a place's grid, a method) and, of those without one, what is the job's
    own: how busy the same device is, the hours that the same grid's year hides. On another device the job's own is
    taken to be independent, which makes the interval rather too wide.

    Parameters
    ----------
    result, other : Estimate
        Of the same job.
    quantity : str
        One of the quantities of a footprint.
    """
    best = getattr(result, quantity).best / getattr(other, quantity).best
    return ratio_of_terms(best, terms_of(result, quantity), terms_of(other, quantity))


def ratio_of_terms(best: float, ours: Terms, theirs: Terms) -> Interval:
    """Return the interval of a ratio from the terms of its numerator and of its denominator. [1]"""
    down = up = 0.0
    for identity in ours.keys() | theirs.keys():
        mine, its = ours.get(identity), theirs.get(identity)
        if mine is None or its is None:
            below, above = mine or (its or (0.0, 0.0))[::-1]
        else:
            # One unknown moves both: upward by the difference of the upper widths, or downward by that of the lower.
            rise, fall = mine[1] - its[1], mine[0] - its[0]
            below, above = max(fall, -rise, 0.0), max(rise, -fall, 0.0)
        down, up = down + below * below, up + above * above
    return Interval(best * exp(-Z_90 * down**0.5), best, best * exp(Z_90 * up**0.5))


def terms_of(result: Estimate, quantity: str) -> Terms:
    """Return the terms of a quantity; what is the job's own begins with ``own``."""
    device = (result.run["gpu"], result.run.get("cpu"))
    variances: Terms = {}
    # Not scaled to the whole, as those of a sum are: what both results share has to be the same number in both.
    for factor in terms(result.inputs, quantity):
        item = result.inputs.get(factor.name)
        identity = (factor.name, factor.key) if factor.key else _own_identity(factor.name, item, device)
        below, above = variances.get(identity, (0.0, 0.0))
        variances[identity] = (below + factor.below, above + factor.above)
    return {identity: (below**0.5, above**0.5) for identity, (below, above) in variances.items()}


def _own_identity(name: str, item: Input | None, device: _Identity) -> _Identity:
    if item is None:
        return ("own", name, *device)
    if item.key:
        return ("own", name, item.key, item.year)
    return ("own", name, item.source, *device)


def factors_of_change(result: Estimate, other: Estimate) -> dict[str, float]:
    """Return by what the best values of two results differ: their product is the ratio of the emissions. [1]

    Keys are ``hours`` (of devices), ``hardware`` (power per device, host included), ``pue`` and ``grid``.
    """
    ratio = _decomposed(result).over(_decomposed(other))
    return {
        "hours": ratio.device_hours,
        "hardware": ratio.device_w * ratio.utilization * ratio.host_factor,
        "pue": ratio.pue,
        "grid": ratio.g_per_kwh,
    }


def _decomposed(result: Estimate) -> Decomposition:
    run = result.run
    hours = run["gpu_hours"] if run["gpu_hours"] is not None else run["hours"]
    return decomposed(result.footprint, result.accelerators_kwh, hours * run["runs"])


def words_of_change(start: str, end: str, ratio: Interval, factors: dict[str, float]) -> str:
    """Write what a change does in one line: ``from A to B: x0.09 (0.05 to 0.15): grid 0.10, hardware 0.9``.

    Parameters
    ----------
    start, end : str
        What is left, and what is taken instead.
    ratio : Interval
        The emissions of the second over those of the first. [1]
    factors : dict of str to float
        By what they differ, see `factors_of_change`; what is 1 is left out.
    """
    named = [f"{'PUE' if name == 'pue' else name} {rounded(value, 2)}" for name, value in _ordered(factors)]
    span = "" if ratio.is_exact else f" ({rounded(ratio.low, 2)} to {rounded(ratio.high, 2)})"
    why = f": {', '.join(named)}" if named else ""
    return f"from {start} to {end}: x{rounded(ratio.best, 2)}{span}{why}"


def _ordered(factors: dict[str, float]) -> list[tuple[str, float]]:
    """List the factors that change anything, the strongest first."""
    changed = [(name, value) for name, value in factors.items() if abs(value - 1) > _TOLERANCE]
    return sorted(changed, key=lambda pair: -abs(log(pair[1])))
