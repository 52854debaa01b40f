"""What a run has used up to now, and how its budget stands."""

from __future__ import annotations

import time

from greentrain.errors import BudgetExceeded
from greentrain.light_typing import TYPE_CHECKING
from greentrain.tracking.budget import Budget
from greentrain.tracking.live_energy import Readings
from greentrain.tracking.settings import Settings

if TYPE_CHECKING:
    from greentrain.footprint import SiteFactors

_THROTTLE_SECONDS = 1.0


class Gauge:
    """Energy and emissions of a run so far, from the ends of its meters' journals.

    Parameters
    ----------
    settings : Settings
        The run as described.
    folder, session : str or None
        Where its meters write.
    outer : Gauge, optional
        The gauge of the run that this one is a part of: what that had used before is not this one's.

    Attributes
    ----------
    budget : Budget
        How the budget stands.
    """

    def __init__(self, settings: Settings, folder: str | None, session: str, outer: Gauge | None = None) -> None:
        self.budget = Budget(settings)
        self._said = settings.dated_inputs()
        self._readings: Readings = outer._readings if outer else Readings(folder, session)
        self._own_before = self._readings.own_kwh() or 0.0 if outer else 0.0
        self._whole_before = self._readings.whole_kwh() or 0.0 if outer else 0.0
        self._factors: SiteFactors | None = None
        self._looked = -_THROTTLE_SECONDS
        self._error: BudgetExceeded | None = None

    def own_kwh(self) -> float | None:
        """Energy of this node since the start, before PUE; None before the first sample. [kWh]"""
        found = self._readings.own_kwh()
        return None if found is None else max(0.0, found - self._own_before)

    def own_kg(self) -> float | None:
        """Emissions of this node since the start; None before the first sample. [kg CO2e]"""
        energy = self.own_kwh()
        return None if energy is None else self._footprint(energy)[1]

    def judge(self, done: float | None) -> tuple[str | None, BudgetExceeded | None]:
        """Say what is to be warned of now, and what is to be raised; looks at the meters at most once a second.

        Parameters
        ----------
        done : float or None
            Part of the training's steps that is done. [1]
        """
        now = time.monotonic()
        if not self.budget.is_set or now - self._looked < _THROTTLE_SECONDS:
            return None, self._error
        self._looked = now
        return self.judge_energy(self._readings.whole_kwh(), done)

    def judge_at_end(self, done: float | None) -> str | None:
        """Say what is to be warned of when the run has ended: nobody may have asked for a while, or ever."""
        self._readings.forget()
        whole_kwh = self._readings.whole_kwh()
        if whole_kwh is None and self.budget.is_set:
            return "the budget was not followed, since nothing was measured"
        return self.judge_energy(whole_kwh, done)[0]

    def judge_energy(self, whole_kwh: float | None, done: float | None) -> tuple[str | None, BudgetExceeded | None]:
        """Say what is to be warned of, and what is to be raised, at an energy of all nodes and restarts. [kWh]"""
        if whole_kwh is None or not self.budget.is_set:
            return None, self._error
        kwh, kg = self._footprint(max(0.0, whole_kwh - self._whole_before))
        warning, self._error = self.budget.judge(self.budget.uses(kwh, kg, done))
        return warning, self._error

    def _footprint(self, it_energy_kwh: float) -> tuple[float, float]:
        """Give energy of the facility [kWh] and emissions [kg CO2e], best values."""
        from greentrain.footprint import footprint
        from greentrain.interval import exact

        found = footprint(exact(it_energy_kwh), 0.0, self._site(), embodied_kg=None, inputs=(), basis="measured")
        assert found.facility_energy_kwh is not None
        assert found.operational_kg is not None
        return found.facility_energy_kwh.best, found.operational_kg.best

    def _site(self) -> SiteFactors:
        """Look PUE and carbon intensity up, once."""
        if self._factors is None:
            from greentrain.estimation.site import site_factors

            self._factors = site_factors(self._said, None)
        return self._factors
