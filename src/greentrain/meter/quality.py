"""How good a measurement is: which part of it was measured, modelled or not read at all."""

from collections.abc import Iterable

from greentrain.meter.base import Component
from greentrain.meter.energy_account import Account

_FEW_READINGS = 3
_MUCH_OF_THE_RUN = 0.1


def quality_by_kind(components: Iterable[Component]) -> dict[str, str]:
    """Give one quality per kind of component: several GPUs are as good as the worst that is known."""
    found: dict[str, set[str]] = {}
    for component in components:
        found.setdefault(component.component, set()).add(component.quality)
    return {kind: _together(qualities) for kind, qualities in found.items()}


def quality_record(account: Account, components: Iterable[Component], elapsed_seconds: float) -> dict[str, object]:
    """Judge a run's account.

    The unknown share is a share of the components' time, the others are shares of the energy that is known; together
    they are 1.

    Parameters
    ----------
    account : Account
        The run's account, closed.
    components : iterable of Component
        What there is to read.
    elapsed_seconds : float
        Length of the run. [s]
    """
    kinds = quality_by_kind(components)
    total = sum(account.energy_kwh.values())
    measured = sum(kwh for kind, kwh in account.energy_kwh.items() if kinds.get(kind) == "measured")
    covered = account.covered_share(elapsed_seconds, kinds)
    known = covered if total > 0 else 0.0
    measured_share = known * measured / total if total > 0 else 0.0
    missed = account.missed_seconds
    is_poor = account.readings < _FEW_READINGS or missed > _MUCH_OF_THE_RUN * (elapsed_seconds + missed)
    return {
        "samples": account.readings,
        "missing": account.missing,
        "clamped": account.clamped,
        "largest_gap_seconds": round(account.largest_gap_seconds, 3),
        "measured_share": round(measured_share, 4),
        "modelled_share": round(known - measured_share, 4),
        "unknown_share": round(1.0 - known, 4),
        "confidence": "low" if is_poor else "normal",
    }


def _together(qualities: set[str]) -> str:
    if qualities == {"measured"}:
        return "measured"
    return "unknown" if qualities == {"unknown"} else "modelled"
