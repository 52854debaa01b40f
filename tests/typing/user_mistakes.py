"""Slips that a type checker has to find: ``# error: CODE`` ends each line on which it reports that error, no other."""

from collections.abc import Iterator
from typing import Self

from greentrain import chart, estimate, report, track


@track("bert")
def train(steps: int) -> float:
    """Train."""
    return float(steps)


@track
async def train_later(steps: int) -> float:
    """Train in an event loop."""
    return float(steps)


@track
def batches(steps: int) -> Iterator[float]:
    """Train step by step."""
    yield float(steps)


class Trainer:
    """A user's trainer."""

    @track
    def fit(self, steps: int) -> float:
        """Train."""
        return float(steps)

    @track
    def chained(self, steps: int) -> Self:
        """Return the trainer itself."""
        return self

    @track
    @classmethod
    def tuned(cls, name: str) -> float:
        """Train without an instance."""
        return float(name)


train("three")  # error: arg-type
train()  # error: call-arg
train(3, rate=0.1)  # error: call-arg
steps: int = train(3)  # error: assignment
later: float = train_later(3)  # error: assignment
batches("three")  # error: arg-type
Trainer().fit("three")  # error: arg-type
Trainer().fit(3, 4)  # error: call-arg
Trainer().chained("three")  # error: arg-type
Trainer.tuned(3)  # error: arg-type

track(lokation="FR")  # error: call-overload
track("bert", lokation="FR")  # error: call-overload
track(train, lokation="FR")  # error: call-overload
track(5)  # error: call-overload
track("bert", pue="high")  # error: call-overload

train.run.log(loss=0.3)  # error: union-attr
train.runs()  # error: attr-defined
with track("bert") as run:
    run.log(0.3)  # error: call-arg

estimate("V100", hour=96)  # error: call-arg
estimate("V100", hours=[96])  # error: arg-type

report(42)  # error: arg-type
chart("bert")  # error: arg-type
