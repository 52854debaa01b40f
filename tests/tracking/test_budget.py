"""Budgets: what is warned of, when, and what is done then."""

import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from tracked import of_type, replay, tracker

import greentrain
from greentrain.tracking import Budget, BudgetUse, Logs, checked_settings

DEFAULTS: dict[str, Any] = dict.fromkeys(
    ("name", "project", "run_id", "gpu", "count", "instance", "workload", "location", "year", "grid_intensity", "pue")
)
DEFAULTS |= dict.fromkeys(("site", "profiles", "total_steps", "budget_kwh", "budget_kg", "home", "meter"))
DEFAULTS |= {"interval": 1, "on_budget": "warn", "quiet": False}


def budget(**arguments: Any) -> Budget:
    """Make the budget of a run."""
    return Budget(checked_settings({**DEFAULTS, **arguments}))


def test_use_share_and_forecast() -> None:
    """3 of 5 kWh at a quarter of the steps: 60 %, and 12 kWh in the end."""
    use = BudgetUse(3.0, 5.0, "kWh", 0.25)

    assert (use.share, use.forecast) == (pytest.approx(0.6), pytest.approx(12.0))
    assert use.text() == "60 % of the budget of 5 kWh is used; at this rate the whole run takes 12.0 kWh"
    assert use._replace(done=None).text() == "60 % of the budget of 5 kWh is used"


def test_each_threshold_is_warned_of_once() -> None:
    """At 80 % and at 100 %, whichever of the two budgets is fuller."""
    found = budget(budget_kwh=10, budget_kg=1)
    warned = [found.judge(kwh, kg, None)[0] for kwh, kg in ((7.9, 0), (8, 0.1), (9, 0.9), (9, 1.0), (11, 2))]

    assert warned == [
        None,
        "80 % of the budget of 10 kWh is used",
        None,
        "100 % of the budget of 1 kg CO2e is used",
        None,
    ]
    assert (found.is_exceeded, found.should_stop) == (True, False)


def test_raise_comes_every_time_and_stop_asks() -> None:
    """Who goes on gets the exception again; ``stop`` sets the flag that callbacks read."""
    raising, stopping = budget(budget_kwh=1, on_budget="raise"), budget(budget_kwh=1, on_budget="stop")
    errors = [raising.judge(kwh, 0, None)[1] for kwh in (0.9, 1.1, 1.2)]

    assert [str(error) if error else None for error in errors] == [
        None,
        "the run has used 1.1 kWh of a budget of 1 kWh",
        "the run has used 1.2 kWh of a budget of 1 kWh",
    ]
    assert stopping.judge(2, 0, None) == ("200 % of the budget of 1 kWh is used", None)
    assert stopping.should_stop


def test_steps_give_the_part_that_is_done() -> None:
    """From ``total_steps`` of the settings or of the log; never more than all."""
    logs = Logs(200)
    assert logs.done is None
    logs.add({"step": 50})
    assert logs.done == 0.25
    logs.add({"total_steps": 100})
    assert logs.done == 0.5
    logs.add({"step": 1000})
    assert logs.done == 1.0


def train_until_raised(tmp_path: Path, **arguments: Any) -> Any:
    """Log until an exception comes, ten seconds at most."""
    with greentrain.track(
        home=tmp_path, meter=replay(tmp_path), pue=2, grid_intensity=500, quiet=True, **arguments
    ) as run:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not run.should_stop:
            run.log(step=1)
            time.sleep(0.05)
    return run


@pytest.mark.slow
def test_a_used_up_budget_raises_at_the_next_log(tmp_path: Path) -> None:
    """0.00025 kWh a second with PUE 2: a budget of 0.0001 kWh lasts 0.4 s; the exception ends the run as failed."""
    with (
        pytest.warns(greentrain.GreentrainWarning, match="of the budget of 0.0001 kWh is used"),
        pytest.raises(greentrain.BudgetExceeded, match=r"^the run has used 0\.\d+ kWh of a budget of 0\.0001 kWh$"),
    ):
        train_until_raised(tmp_path, budget_kwh=0.0001, on_budget="raise")

    (end,) = of_type(tracker(tmp_path), "end")
    assert (end["status"], end["error"]) == ("failed", "BudgetExceeded")
    assert tracker(tmp_path)[0]["budget"] == {"kwh": 0.0001, "kg": None, "action": "raise"}


@pytest.mark.slow
def test_a_used_up_budget_may_ask_to_stop(tmp_path: Path) -> None:
    """0.000125 kg a second: callbacks see the flag within a second or so, and nothing is raised."""
    with pytest.warns(greentrain.GreentrainWarning, match="of the budget of 0.0001 kg CO2e is used"):
        run = train_until_raised(tmp_path, budget_kg=0.0001, on_budget="stop")

    assert run.should_stop
    assert run.measurement.duration_seconds < 5
    assert "of the budget" in of_type(tracker(tmp_path), "warning")[0]["message"]


def test_a_budget_that_nobody_asked_after_is_told_of_at_the_end(tmp_path: Path) -> None:
    """Without a log or span the warning comes with the end, and nothing is raised over the result."""
    with (
        pytest.warns(greentrain.GreentrainWarning, match="of the budget of 0.00001 kWh is used"),
        greentrain.track(
            home=tmp_path, meter=replay(tmp_path), pue=2, budget_kwh=0.00001, on_budget="raise", quiet=True
        ),
    ):
        time.sleep(0.3)


def test_a_budget_that_nothing_measures_is_told_of(tmp_path: Path) -> None:
    """Where each reading fails no budget is followed, and the user does not believe otherwise."""
    recording = tmp_path / "lost.jsonl"
    recording.write_text('{"seconds": 0, "error": "lost"}\n')
    with (
        pytest.warns(greentrain.GreentrainWarning, match="the budget was not followed, since nothing was measured"),
        greentrain.track("b", home=tmp_path, meter=f"replay:{recording}", budget_kg=1, quiet=True),
    ):
        pass


def test_a_budget_that_is_kept_says_nothing(tmp_path: Path) -> None:
    """No warning below 80 %."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with greentrain.track(home=tmp_path, meter=replay(tmp_path), pue=2, budget_kwh=1, quiet=True) as run:
            run.log(step=1)
    assert of_type(tracker(tmp_path), "warning") == []


def test_the_exception_crosses_processes() -> None:
    """It is rebuilt from its numbers."""
    import pickle

    error = greentrain.BudgetExceeded(2.0, 1.0, "kWh")
    copied = pickle.loads(pickle.dumps(error))

    assert (copied.used, copied.budget, copied.unit, str(copied)) == (2.0, 1.0, "kWh", str(error))
