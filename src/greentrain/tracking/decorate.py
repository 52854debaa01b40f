"""Tracking functions of every kind, each of which stays the kind that it is and leads to its latest run.

The kind is read from the code's own flags: importing ``inspect`` takes longer than starting a run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from functools import partial, wraps

from greentrain.errors import InputError
from greentrain.light_typing import TYPE_CHECKING
from greentrain.tracking.live import LiveRun

if TYPE_CHECKING:
    from typing import Any

Start = Callable[[str], LiveRun]
"""Begins a run that is called like the function, if it has no name of its own."""

RUN = "run"
"""The attribute of a tracked function that holds its latest run."""

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200


def decorated(function: Any, start: Start) -> Any:
    """Return a function that does the same, tracked; its attribute `run` is its latest run, None before the first call.

    An attribute of that name which the function has already stays as it is.

    Parameters
    ----------
    function : callable
        Function, method, coroutine function, generator function, asynchronous generator function, or one of these
        in ``staticmethod`` or ``classmethod``.
    start : callable
        Begins a run.

    Raises
    ------
    InputError
        For a class, and for what cannot be called.
    """
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(decorated(function.__func__, start))
    if isinstance(function, type):
        rule = "is a class; functions and methods can be tracked, so decorate the method that trains"
        raise InputError("track", function, rule)
    if not callable(function):
        raise InputError("track", function, "is neither a name nor a function")
    tracked = _of_its_kind(function, start)
    _lead_to(tracked, None)
    return tracked


def name_of(function: Any) -> str:
    """Return the name under which a function's runs are recorded."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


def _of_its_kind(function: Any, start: Start) -> Callable[..., Any]:
    flags = _flags(function)
    if flags & _COROUTINE:
        return _coroutine(function, start)
    if flags & _ASYNC_GENERATOR:
        return _asynchronous_generator(function, start)
    return _generator(function, start) if flags & _GENERATOR else _plain(function, start)


def _flags(function: Any) -> int:
    while isinstance(function, partial):
        function = function.func
    function = getattr(function, "__func__", function)
    if not hasattr(function, "__code__"):  # an object that is called through its type
        function = type(function).__call__
    code = getattr(function, "__code__", None)
    return int(code.co_flags) if code is not None else 0


def _started(tracked: Callable[..., Any], function: Any, start: Start) -> LiveRun:
    run = start(name_of(function))
    try:
        _lead_to(tracked, run)
    except BaseException as error:  # a signal's handler, before the call that ends the run
        run.end(error)
        raise
    return run


def _lead_to(tracked: Callable[..., Any], run: LiveRun | None) -> None:
    """Set the run of a tracked function, except where its attribute holds something of the user's."""
    held = vars(tracked).get(RUN)
    if held is None or isinstance(held, LiveRun) or _is_finished_run(held):
        setattr(tracked, RUN, run)


def _is_finished_run(held: object) -> bool:
    """Return whether this is what became of a run when the function was pickled by value, as cloudpickle does."""
    from greentrain.tracking.finished_run import FinishedRun  # late: it loads `typing`

    return isinstance(held, FinishedRun)


def _plain(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    @wraps(function)
    def tracked(*args: Any, **kwargs: Any) -> Any:
        run = _started(tracked, function, start)
        try:
            run.enter()
            result = function(*args, **kwargs)
        except BaseException as error:
            run.end(error)
            raise
        run.end(None)
        return result

    return tracked


def _generator(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    @wraps(function)
    def tracked(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        run = _started(tracked, function, start)
        try:
            values = function(*args, **kwargs)
            step = partial(next, values)
            while True:
                run.enter()  # what the caller does between two values is not inside this run
                try:
                    value = step()
                except StopIteration as end:
                    result = end.value
                    break
                finally:
                    run.leave()
                try:
                    sent = yield value
                except GeneratorExit:
                    values.close()
                    raise
                except BaseException as error:
                    step = partial(values.throw, error)
                else:
                    step = partial(values.send, sent)
        except BaseException as error:
            run.end(error)
            raise
        run.end(None)
        return result

    return tracked


def _coroutine(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    @wraps(function)
    async def tracked(*args: Any, **kwargs: Any) -> Any:
        run = _started(tracked, function, start)
        try:
            run.enter()
            result = await function(*args, **kwargs)
        except BaseException as error:
            run.end(error, in_event_loop=True)
            raise
        run.end(None, in_event_loop=True)
        return result

    return tracked


def _asynchronous_generator(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    @wraps(function)
    async def tracked(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        run = _started(tracked, function, start)
        try:
            values = function(*args, **kwargs)
            step = values.__anext__
            while True:
                run.enter()
                try:
                    value = await step()
                except StopAsyncIteration:
                    break
                finally:
                    run.leave()
                try:
                    sent = yield value
                except GeneratorExit:
                    await values.aclose()
                    raise
                except BaseException as error:
                    step = partial(values.athrow, error)
                else:
                    step = partial(values.asend, sent)
        except BaseException as error:
            run.end(error, in_event_loop=True)
            raise
        run.end(None, in_event_loop=True)

    return tracked
