"""What a run has used up to now, its budgets, and what happens when one is used up."""

from __future__ import annotations

import time

from greentrain.errors import BudgetExceeded
from greentrain.light_typing import TYPE_CHECKING, NamedTuple
from greentrain.numbers import as_given, rounded
from greentrain.tracking.live_energy import LiveEnergy
from greentrain.tracking.settings import Settings

if TYPE_CHECKING:
    from greentrain.footprint import SiteFactors

_THROTTLE_SECONDS = 1.0

WARN_AT = 0.8
"""Part of a budget at which the user is warned. [1]"""


class BudgetUse(NamedTuple):
    """What a run has used of one budget.

    Attributes
    ----------
    used, budget : float
        In `unit`.
    unit : {'kWh', 'kg CO2e'}
        Unit of both.
    done : float or None
        Part of the training's steps that is done; None where steps are not known. [1]
    """

    used: float
    budget: float
    unit: str
    done: float | None

    @property
    def share(self) -> float:
        """Part of the budget that is used. [1]"""
        return self.used / self.budget

    @property
    def forecast(self) -> float | None:
        """What the whole training will use, in `unit`; None where steps are not known."""
        return self.used / self.done if self.done else None

    def text(self) -> str:
        """Format it in one line."""
        text = f"{100 * self.share:.0f} % of the budget of {as_given(self.budget)} {self.unit} is used"
        if self.forecast is None or (self.done or 0) >= 1:
            return text
        return f"{text}; at this rate the whole run takes {rounded(self.forecast)} {self.unit}"


class Budget:
    """The budgets of one run and the warnings given so far.

    Parameters
    ----------
    settings : Settings
        Of the run.

    Attributes
    ----------
    is_exceeded : bool
        Whether one of them is used up.
    should_stop : bool
        Whether the training is asked to end itself.
    """

    def __init__(self, settings: Settings) -> None:
        self._limits = ((settings.budget_kwh, "kWh"), (settings.budget_kg, "kg CO2e"))
        self._action = settings.on_budget
        self._warned = 0.0
        self.is_exceeded = False
        self.should_stop = False

    @property
    def is_set(self) -> bool:
        """Whether there is a budget at all."""
        return any(limit is not None for limit, _ in self._limits)

    def judge(self, kwh: float, kg: float, done: float | None) -> tuple[str | None, BudgetExceeded | None]:
        """Return the warning that is due now, and the exception to raise, by the fuller of the budgets.

        Each threshold is warned of once; the exception is returned again as long as the training goes on.

        Parameters
        ----------
        kwh : float
            Energy of the facility so far. [kWh]
        kg : float
            Emissions so far. [kg CO2e]
        done : float or None
            Part of the steps that is done. [1]
        """
        uses = [
            BudgetUse(used, limit, unit, done)
            for (limit, unit), used in zip(self._limits, (kwh, kg), strict=True)
            if limit is not None
        ]
        fullest = max(uses, key=lambda use: use.share)
        if fullest.share >= 1:
            self.is_exceeded = True
            self.should_stop = self._action == "stop"
        threshold = 1.0 if fullest.share >= 1 else WARN_AT if fullest.share >= WARN_AT else 0.0
        warning = fullest.text() if threshold > self._warned else None
        self._warned = max(self._warned, threshold)
        if self.is_exceeded and self._action == "raise":
            return warning, BudgetExceeded(fullest.used, fullest.budget, fullest.unit)
        return warning, None


class Consumption:
    """Energy and emissions of a run so far, from the ends of its meters' journals.

    Parameters
    ----------
    settings : Settings
        The run as described.
    folder, session : str or None
        Where its meters write.
    outer : Consumption, optional
        The consumption of the run that this one is a part of: what that had used before is not this one's.

    Attributes
    ----------
    budget : Budget
        The budgets, and whether one is used up.
    """

    def __init__(self, settings: Settings, folder: str | None, session: str, outer: Consumption | None = None) -> None:
        self.budget = Budget(settings)
        self._inputs = settings.dated_inputs()
        self._energy: LiveEnergy = outer._energy if outer else LiveEnergy(folder, session)
        self._own_before = self._energy.own_kwh() or 0.0 if outer else 0.0
        self._whole_before = self._energy.whole_kwh() or 0.0 if outer else 0.0
        self._factors: SiteFactors | None = None
        self._looked = -_THROTTLE_SECONDS
        self._error: BudgetExceeded | None = None

    def own_kwh(self) -> float | None:
        """Energy of this node since the start, before PUE; None before the first sample. [kWh]"""
        found = self._energy.own_kwh()
        return None if found is None else max(0.0, found - self._own_before)

    def own_kg(self) -> float | None:
        """Emissions of this node since the start; None before the first sample. [kg CO2e]"""
        energy = self.own_kwh()
        return None if energy is None else self._footprint(energy)[1]

    def newest_sample(self) -> tuple[float, dict[str, float], dict[str, float]]:
        """Return the time [s] of this node's newest sample, and energy [kWh] and power [W] by component."""
        return self._energy.newest_sample()

    def judge(self, done: float | None) -> tuple[str | None, BudgetExceeded | None]:
        """Return the warning that is due now, and the exception to raise; look at the meters at most once a second.

        Parameters
        ----------
        done : float or None
            Part of the training's steps that is done. [1]
        """
        now = time.monotonic()
        if not self.budget.is_set or now - self._looked < _THROTTLE_SECONDS:
            return None, self._error
        self._looked = now
        return self._judge_energy(self._energy.whole_kwh(), done)

    def judge_at_end(self, done: float | None) -> str | None:
        """Return the warning that is due at the end: the last look may be long ago, or there was none."""
        self._energy.forget()
        whole_kwh = self._energy.whole_kwh()
        if whole_kwh is None and self.budget.is_set:
            return "the budget was not followed, since nothing was measured"
        return self._judge_energy(whole_kwh, done)[0]

    def _judge_energy(self, whole_kwh: float | None, done: float | None) -> tuple[str | None, BudgetExceeded | None]:
        """Return the warning and the exception that an energy of all nodes and restarts calls for. [kWh]"""
        if whole_kwh is None or not self.budget.is_set:
            return None, self._error
        kwh, kg = self._footprint(max(0.0, whole_kwh - self._whole_before))
        warning, self._error = self.budget.judge(kwh, kg, done)
        return warning, self._error

    def _footprint(self, it_energy_kwh: float) -> tuple[float, float]:
        """Return energy of the facility [kWh] and emissions [kg CO2e], best values."""
        from greentrain.footprint import footprint
        from greentrain.interval import exact

        found = footprint(exact(it_energy_kwh), 0.0, self.site(), embodied_kg=None, inputs=(), basis="measured")
        assert found.facility_energy_kwh is not None
        assert found.operational_kg is not None
        return found.facility_energy_kwh.best, found.operational_kg.best

    def site(self) -> SiteFactors:
        """Look PUE and carbon intensity up, once."""
        if self._factors is None:
            from greentrain.estimation.site import site_factors

            self._factors = site_factors(self._inputs, None)
        return self._factors
