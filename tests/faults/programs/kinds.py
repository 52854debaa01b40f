"""Functions of every kind, tracked or bare; what can be seen of them is printed as JSON."""

import asyncio
import functools
import inspect
import json
import pickle
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tracked_by import track

SEEN: dict[str, Any] = {}
pause = time.sleep


@track("plain")
def plain(first: int, /, second: str = "b", *rest: float, key: bool = True, **more: object) -> str:
    """Do something plain."""
    return f"{first}{second}{rest}{key}{sorted(more)}"


@track("coroutine")
async def coroutine(number: int) -> int:
    """Wait."""
    await asyncio.sleep(0.3)
    return number + 1


@track("generator")
def generator(number: int) -> Iterator[int]:
    """Yield numbers."""
    got = 0
    for step in range(number):
        pause(0.1)
        got += (yield step) or 0
    return got


@track("asynchronous generator")
async def asynchronous_generator(number: int) -> AsyncIterator[int]:
    """Yield numbers now and then."""
    try:
        for step in range(number):
            await asyncio.sleep(0.1)
            yield step
    finally:
        SEEN["closed"] = True


class Trainer:
    """Something with methods."""

    @track("method")
    def method(self, number: int) -> int:
        """Add one."""
        return number + 1

    @track("static")
    @staticmethod
    def static(number: int) -> int:
        """Add two."""
        return number + 2

    @classmethod
    @track("class")
    def of_class(cls, number: int) -> str:
        """Name it."""
        return f"{cls.__name__}{number}"

    @track("call")
    def __call__(self, number: int) -> int:
        """Add three."""
        return number + 3


partial = track("partial")(functools.partial(plain, 1, key=False))


def kind(function: Any) -> dict[str, Any]:
    """Return what can be seen of a function."""
    names = ("iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "isfunction")
    found = {name: getattr(inspect, name)(function) for name in names}
    words = {name: getattr(function, name, None) for name in ("__name__", "__qualname__", "__doc__", "__module__")}
    return found | words | {"signature": str(inspect.signature(function))}


class Ticker:
    """Measures for how long the event loop could not run."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def tick(self) -> None:
        """Come back every millisecond."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last), now


async def asynchronous() -> None:
    """Use the asynchronous ones."""
    ticker = Ticker()
    ticking = asyncio.create_task(ticker.tick())
    await asyncio.sleep(0.05)
    SEEN["awaited"] = await coroutine(4)
    SEEN["given"] = [number async for number in asynchronous_generator(3)]
    left_early = asynchronous_generator(5)
    SEEN["first"] = await anext(left_early)
    await left_early.aclose()
    cancelled = asyncio.create_task(coroutine(1))
    await asyncio.sleep(0.1)
    cancelled.cancel()
    SEEN["cancelled"] = isinstance((await asyncio.gather(cancelled, return_exceptions=True))[0], asyncio.CancelledError)
    await asyncio.sleep(0.05)
    ticking.cancel()
    sys.stderr.write(f"{ticker.longest}\n")


def send(values: Any) -> Any:
    """Send into a generator to its end."""
    next(values)
    try:
        while True:
            values.send(10)
    except StopIteration as end:
        return end.value


def main() -> None:
    """Use all."""
    kinds = {"plain": plain, "coroutine": coroutine, "generator": generator, "async": asynchronous_generator}
    kinds |= {"method": Trainer.method, "static": Trainer.static, "class": Trainer.of_class, "call": Trainer.__call__}
    SEEN["kinds"] = {name: kind(function) for name, function in kinds.items()}
    SEEN["partial"] = [partial("x"), str(inspect.signature(partial))]
    SEEN["plain"] = plain(1, "c", 2.0, key=False, z=1, a=2)
    SEEN["list"] = list(generator(3))
    SEEN["sent"] = send(generator(3))
    left_early = generator(5)
    SEEN["left"] = next(left_early)
    left_early.close()
    trainer = Trainer()
    SEEN["methods"] = [trainer.method(1), Trainer.static(1), trainer.static(1), Trainer.of_class(1), trainer(1)]
    SEEN["pickled"] = pickle.loads(pickle.dumps(plain)) is plain
    SEEN["pickled method"] = pickle.loads(pickle.dumps(trainer.method))(4)
    asyncio.run(asynchronous())
    print(json.dumps(SEEN))


if __name__ == "__main__":
    main()
