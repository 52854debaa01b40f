"""Budgets: how much of one is used, where the run is heading, and what is to happen then."""

from typing import NamedTuple

from greentrain.errors import BudgetExceeded
from greentrain.tracking.settings import Settings

WARN_AT = 0.8
"""Part of a budget at which the user is warned. [1]"""


class Use(NamedTuple):
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

    def words(self) -> str:
        """Say it in one line."""
        text = f"{100 * self.share:.0f} % of the budget of {self.budget:.4g} {self.unit} is used"
        if self.forecast is None or (self.done or 0) >= 1:
            return text
        return f"{text}; at this rate the whole run takes {self.forecast:.4g} {self.unit}"


class Budget:
    """The budgets of one run and what was already said about them.

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

    def uses(self, kwh: float, kg: float, done: float | None) -> list[Use]:
        """List what is used of each budget, the fullest first.

        Parameters
        ----------
        kwh : float
            Energy of the facility so far. [kWh]
        kg : float
            Emissions so far. [kg CO2e]
        done : float or None
            Part of the steps that is done. [1]
        """
        amounts = (kwh, kg)
        found = [
            Use(used, limit, unit, done)
            for (limit, unit), used in zip(self._limits, amounts, strict=True)
            if limit is not None
        ]
        return sorted(found, key=lambda use: -use.share)

    def judge(self, uses: list[Use]) -> tuple[str | None, BudgetExceeded | None]:
        """Say what is to be warned of now, and what is to be raised.

        Each threshold is warned of once; the exception comes again as long as the training goes on.
        """
        fullest = uses[0]
        if fullest.share >= 1:
            self.is_exceeded = True
            self.should_stop = self._action == "stop"
        threshold = 1.0 if fullest.share >= 1 else WARN_AT if fullest.share >= WARN_AT else 0.0
        warning = fullest.words() if threshold > self._warned else None
        self._warned = max(self._warned, threshold)
        if self.is_exceeded and self._action == "raise":
            return warning, BudgetExceeded(fullest.used, fullest.budget, fullest.unit)
        return warning, None
