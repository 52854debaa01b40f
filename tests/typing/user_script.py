"""What users write, as a type checker has to understand it: every type below is asserted, and nothing is an error."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar, assert_type

from greentrain import Estimate, Footprint, History, LiveRun, Measurement, Run, Tracker, estimate, report, total, track


@track("bert")
def train(steps: int, *, rate: float = 0.1) -> float:
    """Train under a name."""
    return steps * rate


@track
def train_bare(steps: int) -> float:
    """Train under the function's own name."""
    return float(steps)


def untracked(steps: int) -> float:
    """Do not decorate, and track later."""
    return float(steps)


assert_type(train(3), float)
assert_type(train_bare(steps=3), float)
assert_type(track(untracked)(3), float)
assert_type(track(untracked, location="FR", quiet=True)(3), float)
assert_type(track("bert")(untracked)(3), float)
assert_type(track(partial(untracked, 3))(), float)

assert_type(train.run, LiveRun | None)
assert_type(train.__name__, str)
assert_type(train.__wrapped__(3), float)
if train.run is not None:
    assert_type(train.run.measurement, Measurement | None)
    assert_type(train.run.energy_kwh_so_far(), float | None)
    train.run.log(loss=0.3)

callback: Callable[[int], float] = train_bare


@track
async def train_later(steps: int) -> float:
    """Train in an event loop."""
    return float(steps)


@track("batches")
def batches(steps: int) -> Iterator[float]:
    """Train step by step."""
    yield float(steps)


@track
async def batches_later(steps: int) -> AsyncIterator[float]:
    """Train step by step in an event loop."""
    yield float(steps)


assert_type(asyncio.run(train_later(3)), float)
awaitable: Callable[[int], Coroutine[Any, Any, float]] = train_later
assert_type(batches(3), Iterator[float])
assert_type(batches_later(3), AsyncIterator[float])
assert_type((train_later.run, batches.run, batches_later.run), tuple[LiveRun | None, LiveRun | None, LiveRun | None])


Item = TypeVar("Item")


@track
def chosen(items: Sequence[Item]) -> Item:
    """Keep the type of what comes in."""
    return items[0]


assert_type(chosen([1]), int)


class Framework:
    """A class of somebody else's, which knows nothing of greentrain."""

    def fit(self, steps: int) -> float:
        """Train."""
        return float(steps)


class Trainer(Framework):
    """A user's trainer with tracked methods of every kind."""

    @track
    def fit(self, steps: int) -> float:
        """Override a method that is not tracked."""
        return float(steps)

    @track("chain")
    def chained(self, steps: int) -> Self:
        """Return the trainer itself."""
        return self

    @track
    async def fit_later(self, steps: int) -> float:
        """Train in an event loop."""
        return float(steps)

    @track
    @classmethod
    def pretrained(cls, name: str) -> Self:
        """Make a trainer."""
        return cls()

    @classmethod
    @track("tune")
    def tuned(cls, name: str) -> float:
        """Train without an instance."""
        return float(name)

    @track("static")
    @staticmethod
    def score(steps: int) -> float:
        """Train without class or instance."""
        return float(steps)

    @staticmethod
    @track
    def score_inside(steps: int) -> float:
        """Train without class or instance."""
        return float(steps)

    @track
    @staticmethod
    def same(steps: int) -> int:
        """Take and return the same type."""
        return steps


class Derived(Trainer):
    """A class below, whose methods return itself."""


trainer = Derived()
assert_type(trainer.fit(3), float)
assert_type(trainer.fit.run, LiveRun | None)
assert_type(Trainer.fit(trainer, 3), float)
assert_type(trainer.chained(3).chained(3), Derived)
assert_type(asyncio.run(trainer.fit_later(3)), float)
assert_type(Derived.pretrained("bert"), Derived)
assert_type(trainer.pretrained("bert"), Derived)
assert_type(Trainer.tuned("bert"), float)
assert_type(Trainer.score(3), float)
assert_type(trainer.score(3), float)
assert_type(trainer.score_inside(3), float)
assert_type(trainer.same(3), int)
assert_type((Trainer.score.run, Trainer.tuned.run), tuple[LiveRun | None, LiveRun | None])


class Fits(Protocol):
    """What some framework asks of a trainer."""

    def fit(self, steps: int) -> float:
        """Train."""
        ...


asked: Fits = trainer

tracker = track("bert", project="demo")
assert_type(tracker, Tracker)
assert_type(track(), Tracker)
assert_type(tracker(untracked)(3), float)
assert_type(tracker.start(), LiveRun)
assert_type(tracker.measurement, Measurement | None)

with track("bert") as run:
    assert_type(run, LiveRun)
    with run.span("epoch", epoch=1):
        run.log(loss=0.3, tokens=1000)
assert_type(run.measurement, Measurement | None)
assert_type(run.estimate, Estimate | None)


def track_by(action: str, workload: str | None, settings: dict[str, Any]) -> Tracker:
    """Take what a configuration says."""
    track(**settings)
    track("bert", **settings)
    return track(
        "bert",
        project="demo",
        location="FR",
        year=2024,
        pue=1.1,
        grid_intensity=50,
        gpu="V100",
        count=2,
        instance=None,
        workload=workload,
        site="workstation",
        run_id="one",
        interval=2,
        total_steps=100,
        budget_kwh=1.5,
        budget_kg=0.5,
        on_budget=action,
        home=Path("records"),
        meter="none",
        quiet=True,
        profiles="profiles",
    )


found = estimate("V100", count=8, hours=96, location="FR", year=2023)
assert_type(found, Estimate)
assert_type(found.operational_kg.best, float)


def kg_of(tracked: LiveRun, recorded: Run, history: History) -> float | None:
    """Annotate with the public names."""
    return tracked.kg_so_far()


both = total([found, estimate("V100", hours=48, location="FR")])
assert_type(both, Footprint)
low, best, high = found.operational_kg
assert_type(best, float)
assert_type(found.count, int)
assert_type(found.inputs["pue"].value.best, float)
report(found, "markdown")
report(History().runs(), "json")
