"""Decisions before a run: where, when and on what.

The names are loaded on first use.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.planning.axes import axes_of, parted, places_of
    from greentrain.planning.budgets import CONFIG, YearBudget, YearUse, budget_uses, read_budgets
    from greentrain.planning.comparison import Alternative, Comparison, compare
    from greentrain.planning.jobs import JobPlan, plan_jobs
    from greentrain.planning.paired import paired_ratio, words_of_change
    from greentrain.planning.prices import Price, prices_of
    from greentrain.planning.schedule import WITHIN_HOURS, Candidate, Schedule, best_start
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "planning.axes": "axes_of parted places_of",
            "planning.budgets": "CONFIG YearBudget YearUse budget_uses read_budgets",
            "planning.comparison": "Alternative Comparison compare",
            "planning.jobs": "JobPlan plan_jobs",
            "planning.paired": "paired_ratio words_of_change",
            "planning.prices": "Price prices_of",
            "planning.schedule": "WITHIN_HOURS Candidate Schedule best_start",
        },
    )

__all__ = [
    "CONFIG", "WITHIN_HOURS", "Alternative", "Candidate", "Comparison", "JobPlan", "Price", "Schedule", "YearBudget",
    "YearUse", "axes_of", "best_start", "budget_uses", "compare", "paired_ratio", "parted", "places_of", "plan_jobs",
    "prices_of", "read_budgets", "words_of_change",
]  # fmt: skip
