"""Tracked generators that raise while they are left, and tracked functions fed by iterators that raise."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tracked_by import track

OWN = ValueError("the training's own")


class Ended(BaseException):
    """What no program catches by ``except Exception``."""


class Batches:
    """An iterator whose end is an exception of any kind."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.left = 3

    def __iter__(self) -> "Batches":
        return self

    def __next__(self) -> int:
        self.left -= 1
        if not self.left:
            raise self.error
        return self.left


@track("consumer")
def consume(batches: Any) -> int:
    """Train on what an iterator gives."""
    return sum(batches)


@track("generator")
def steps(error: BaseException) -> Iterator[int]:
    """Yield steps; raise when nobody wants more."""
    try:
        yield 1
        yield from Batches(error)
    finally:
        raise error


@track("asynchronous")
async def later(error: BaseException) -> AsyncIterator[int]:
    """Yield steps; raise when nobody wants more."""
    try:
        yield 1
        yield 2
    finally:
        raise error


def leave(error: BaseException) -> None:
    """Leave a generator early, with the training's own exception in flight."""
    for _ in steps(error):
        raise OWN


def throw(error: BaseException) -> None:
    """Throw the training's own exception into a generator that answers with another."""
    generator: Any = steps(error)
    next(generator)
    generator.throw(OWN)


def close(error: BaseException) -> None:
    """Close a generator while the training's own exception is in flight."""
    generator: Any = steps(error)
    next(generator)
    try:
        raise OWN
    finally:
        generator.close()


async def leave_later(error: BaseException) -> None:
    """Close an asynchronous generator while the training's own exception is in flight."""
    generator: Any = later(error)
    await anext(generator)
    try:
        raise OWN
    finally:
        await generator.aclose()


def consume_all(error: BaseException) -> None:
    """Take batches until they raise."""
    consume(Batches(error))


sys.unraisablehook = lambda found: print("unraisable", type(found.exc_value).__name__)
for error in (LookupError("of the iterator"), Ended(), SystemExit(3), KeyboardInterrupt(), StopIteration(5)):
    for way in (leave, throw, close, consume_all, lambda failure: asyncio.run(leave_later(failure))):
        try:
            way(error)
        except BaseException as raised:
            context = raised.__context__
            print(way.__name__, type(raised).__name__, raised is error, raised is OWN, type(context).__name__)
        else:
            print(way.__name__, "no exception")
        error.__context__ = OWN.__context__ = None
        gc.collect()
