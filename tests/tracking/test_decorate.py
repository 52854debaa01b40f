"""Decorated functions of every kind stay what they are."""

import asyncio
import copy
import functools
import gc
import inspect
import pickle
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from busy_machine import slowness
from tracked import journals, of_type, replay, run

import greentrain

TrackQuietly = Callable[..., Any]


@pytest.fixture
def track(tmp_path: Path) -> TrackQuietly:
    """``track`` with a recorded meter and a folder of the test's own."""
    defaults = {"home": tmp_path / "home", "meter": replay(tmp_path), "location": "FR", "quiet": True}
    return lambda name=None, **more: greentrain.track(name, **{**defaults, **more})


def statuses(tmp_path: Path) -> list[tuple[str, str | None]]:
    """Return how each recorded run ended."""
    runs = journals(tmp_path / "home", "tracker")
    return [(end["status"], end["error"]) for records in runs for end in of_type(records, "end")]


def plain(one: int, *, two: str = "2") -> str:
    """Say something."""
    return f"{one}{two}"


def test_name_signature_and_docstring_stay(track: TrackQuietly) -> None:
    """The decorated function looks like the function."""
    found = track(plain)

    assert (found.__name__, found.__qualname__, found.__doc__) == ("plain", "plain", "Say something.")
    assert inspect.signature(found) == inspect.signature(plain)
    assert found.__wrapped__ is plain
    assert found.__module__ == __name__


async def coroutine() -> int:
    """Wait for nothing."""
    return 1


def generator() -> Iterator[int]:
    """Yield once."""
    yield 1


async def asynchronous_generator() -> AsyncIterator[int]:
    """Yield once."""
    yield 1


@pytest.mark.parametrize("function", [plain, coroutine, generator, asynchronous_generator])
def test_the_kind_of_a_function_stays(function: Callable[..., Any], track: TrackQuietly) -> None:
    """Frameworks ask for it before they call."""
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    found = track(function)

    assert [kind(found) for kind in kinds] == [kind(function) for kind in kinds]


class Trainer:
    """A class that somebody decorates."""


def test_methods_static_and_class_methods(track: TrackQuietly, tmp_path: Path) -> None:
    """Each is called as it was; the run's name is the method's."""

    class Model:
        @track
        def method(self) -> object:
            return self

        @track
        @classmethod
        def of_class(cls) -> type:
            return cls

        @classmethod
        @track
        def of_class_inside(cls) -> type:
            return cls

        @track
        @staticmethod
        def of_nobody(one: int) -> int:
            return one

    model = Model()

    assert model.method() is model
    assert (Model.of_class(), model.of_class(), Model.of_class_inside()) == (Model, Model, Model)
    assert (Model.of_nobody(3), model.of_nobody(4)) == (3, 4)
    names = [records[0]["name"].rpartition(".")[2] for records in journals(tmp_path / "home", "tracker")]
    assert names == ["method", "of_class", "of_class", "of_class_inside", "of_nobody", "of_nobody"]


def test_partial_functions_and_callable_objects(track: TrackQuietly) -> None:
    """What can be called can be tracked."""

    class Adder:
        def __call__(self, one: int) -> int:
            return one + 1

    assert track(functools.partial(plain, 1))() == "12"
    assert track(Adder())(1) == 2
    assert inspect.iscoroutinefunction(track(functools.partial(coroutine)))


def test_a_class_is_refused(track: TrackQuietly) -> None:
    """It would become a function, and nobody could inherit from it."""
    message = r"^track <class '.*Trainer'>: is a class; functions and methods can be tracked, so decorate the method"
    with pytest.raises(greentrain.InputError, match=message):
        track(Trainer)


def test_what_is_neither_name_nor_function_is_refused(track: TrackQuietly) -> None:
    """A number is a slip."""
    with pytest.raises(greentrain.InputError, match=r"^track 5: is neither a name nor a function$"):
        track(5)


def test_a_generator_is_measured_until_its_end(track: TrackQuietly, tmp_path: Path) -> None:
    """Values go in and out, exceptions too, and the result is the function's."""

    @track
    def train() -> Any:
        received = yield 1
        try:
            yield received
        except KeyError:
            yield "caught"
        return "result"

    run = train()
    assert statuses(tmp_path) == []
    assert (next(run), run.send("sent"), run.throw(KeyError())) == (1, "sent", "caught")
    with pytest.raises(StopIteration) as end:
        next(run)
    assert end.value.value == "result"
    assert statuses(tmp_path) == [("completed", None)]


def test_a_closed_generator_is_completed(track: TrackQuietly, tmp_path: Path) -> None:
    """Who needs no more closes it; the function sees that."""
    seen = []

    @track
    def train() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            seen.append("closed")

    run = train()
    next(run)
    run.close()

    assert seen == ["closed"]
    assert statuses(tmp_path) == [("completed", None)]


def test_an_asynchronous_generator_is_measured_until_its_end(track: TrackQuietly, tmp_path: Path) -> None:
    """Values go in and out, exceptions too, and closing is seen by the function."""
    seen = []

    @track
    async def train() -> AsyncIterator[Any]:
        try:
            received = yield 1
            try:
                yield received
            except KeyError:
                yield "caught"
        finally:
            seen.append("closed")

    async def use() -> list[Any]:
        run = train()
        found = [await run.__anext__(), await run.asend("sent"), await run.athrow(KeyError())]
        await run.aclose()
        return [*found, [value async for value in train()]]

    assert asyncio.run(use()) == [1, "sent", "caught", [1, None]]
    assert seen == ["closed", "closed"]
    assert statuses(tmp_path) == [("completed", None), ("completed", None)]


def test_a_cancelled_coroutine_is_interrupted(track: TrackQuietly, tmp_path: Path) -> None:
    """Cancelling and timing out work as they do without us."""

    @track
    async def train() -> None:
        await asyncio.sleep(30)

    async def use() -> None:
        async with asyncio.timeout(0.1):
            await train()

    with pytest.raises(TimeoutError):
        asyncio.run(use())
    assert statuses(tmp_path) == [("interrupted", "CancelledError")]


def test_a_failing_coroutine_keeps_its_exception(track: TrackQuietly, tmp_path: Path) -> None:
    """The same object comes out of ``await``."""
    mine = OSError("mine")

    @track
    async def train() -> None:
        raise mine

    with pytest.raises(OSError, match="mine") as caught:
        asyncio.run(train())
    assert caught.value is mine
    assert statuses(tmp_path) == [("failed", "OSError")]


@pytest.mark.timing
def test_the_event_loop_is_never_kept_waiting(track: TrackQuietly, capfd: pytest.CaptureFixture[str]) -> None:
    """Start, end and summary of a run delay a heartbeat by less than 50 ms; the summary comes all the same."""

    @track("loop", quiet=False)
    async def train() -> None:
        await asyncio.sleep(0.05)

    async def longest_delay() -> float:
        longest, is_over = 0.0, asyncio.Event()

        async def beat() -> None:
            nonlocal longest
            while not is_over.is_set():
                before = time.perf_counter()
                await asyncio.sleep(0.001)
                longest = max(longest, time.perf_counter() - before - 0.001)

        heart = asyncio.create_task(beat())
        await asyncio.sleep(0.02)
        await train()
        await asyncio.sleep(0.5)
        is_over.set()
        await heart
        return longest

    # The best of a few: the machine's own hiccups are not ours.
    assert min(asyncio.run(longest_delay()) for _ in range(4)) < 0.050 * slowness()
    assert capfd.readouterr().err.count("greentrain: loop completed after ") == 4


def test_concurrent_coroutines_share_one_meter(track: TrackQuietly, tmp_path: Path) -> None:
    """Tasks that overlap are one run, from the first one's start to the last one's end: 0.3 s; the others are spans."""

    @track
    async def train(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    async def use() -> list[float]:
        return await asyncio.gather(train(0.1), train(0.3), train(0.2))

    assert asyncio.run(use()) == [0.1, 0.3, 0.2]
    (records,) = journals(tmp_path / "home", "tracker")
    assert [len(of_type(records, kind)) for kind in ("span_start", "span_end", "end")] == [2, 2, 1]
    assert records[-1]["mono"] - records[0]["mono"] >= 0.3
    assert statuses(tmp_path) == [("completed", None)]


@pytest.fixture
def track_unmeasured(track: TrackQuietly) -> TrackQuietly:
    """``track`` without a meter, where nothing is measured."""
    return functools.partial(track, meter="none")


def called(function: Callable[..., Any]) -> None:
    """Call a function of any kind without arguments, and take all that it yields."""

    async def values() -> list[Any]:
        return [value async for value in function()]

    if inspect.iscoroutinefunction(function):
        asyncio.run(function())
    elif inspect.isasyncgenfunction(function):
        asyncio.run(values())
    elif inspect.isgeneratorfunction(function):
        list(function())
    else:
        function()


@pytest.mark.parametrize("function", [functools.partial(plain, 1), coroutine, generator, asynchronous_generator])
@pytest.mark.parametrize("name", [None, "named"])
def test_a_function_leads_to_its_latest_run(
    function: Callable[..., Any], name: str | None, track_unmeasured: TrackQuietly
) -> None:
    """None before the first call, then the run of the newest."""
    found = track_unmeasured(function) if name is None else track_unmeasured(name)(function)

    assert found.run is None
    called(found)
    first = found.run
    assert isinstance(first, greentrain.LiveRun)
    assert first.record["status"] == "completed"
    called(found)
    assert found.run is not first


def test_a_function_finds_its_own_run_while_it_runs(track_unmeasured: TrackQuietly) -> None:
    """What is logged through it is the run's."""

    @track_unmeasured
    def train() -> None:
        assert not train.run.is_over
        train.run.log(loss=0.5)

    train()

    assert train.run.is_over
    assert train.run.measurement.logs["loss"]["last"] == 0.5


def test_methods_lead_to_their_latest_run(track_unmeasured: TrackQuietly) -> None:
    """Bound or not, of an instance or of the class, each leads to the same."""

    class Model:
        @track_unmeasured
        def method(self) -> None:
            """Do nothing."""

        @track_unmeasured
        @classmethod
        def of_class(cls) -> None:
            """Do nothing."""

        @staticmethod
        @track_unmeasured("static")
        def of_nobody() -> None:
            """Do nothing."""

    model = Model()
    words = ("method", "of_class", "of_nobody")
    assert [getattr(model, word).run for word in words] == [None] * 3

    for word in words:
        getattr(model, word)()

    assert [getattr(model, word).run.name.rpartition(".")[2] for word in words] == ["method", "of_class", "static"]
    assert all(getattr(model, word).run is getattr(Model, word).run for word in words)


def test_of_calls_inside_one_another_the_last_to_start_counts(track_unmeasured: TrackQuietly) -> None:
    """The inner call's run stays when the outer one ends."""
    seen = []

    @track_unmeasured
    def descend(depth: int) -> None:
        seen.append(descend.run)
        if depth:
            descend(depth - 1)

    descend(2)

    assert descend.run is seen[-1]
    assert [run.role for run in seen] == ["main", "span", "span"]


def test_of_concurrent_calls_the_last_to_start_counts(track_unmeasured: TrackQuietly) -> None:
    """The one that ends last does not take its place."""
    seen = []

    @track_unmeasured
    async def train(seconds: float) -> None:
        seen.append(train.run)
        await asyncio.sleep(seconds)

    async def use() -> None:
        await asyncio.gather(train(0.1), train(0.01))

    asyncio.run(use())

    assert len(set(map(id, seen))) == 2
    assert train.run is seen[-1]


@pytest.mark.slow
def test_only_the_latest_run_is_kept(track_unmeasured: TrackQuietly) -> None:
    """Many calls leave one run in memory, and a function that is gone leaves none."""

    def runs_of(calls: int) -> list["weakref.ref[Any]"]:
        train = track_unmeasured(functools.partial(plain, 1))
        runs = []
        for _ in range(calls):
            train()
            runs.append(weakref.ref(train.run))
        gc.collect()
        assert [run() for run in runs] == [None] * (calls - 1) + [train.run]
        return runs

    runs = runs_of(3)
    gc.collect()

    assert [run() for run in runs] == [None] * 3


def test_an_attribute_of_the_users_stays(track_unmeasured: TrackQuietly) -> None:
    """A function that has one of the same name keeps it, whether from before or from after it was tracked."""

    class Job:
        def __init__(self) -> None:
            self.run = "before"

        def __call__(self) -> int:
            return 1

    before = track_unmeasured(Job())
    after = track_unmeasured(functools.partial(plain, 1))
    after.run = "after"

    assert (before(), after()) == (1, "12")
    assert (before.run, after.run) == ("before", "after")


def test_a_function_tracked_twice_leads_to_both_runs(track_unmeasured: TrackQuietly) -> None:
    """The outer one by its own attribute, the inner one by that of what is wrapped."""
    inner = track_unmeasured("inner")(plain)
    inner(1)
    outer = track_unmeasured("outer")(inner)
    assert outer.run is None

    outer(1)

    assert (outer.run.name, outer.__wrapped__.run.name) == ("outer", "inner")


tracked_here = greentrain.track("kept", meter="none", location="FR", quiet=True)(coroutine)


def test_pickles_and_copies_are_the_function_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As of every function; a run that it leads to is not in the way."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path))
    monkeypatch.setattr(__import__(__name__), "coroutine", tracked_here)
    asyncio.run(tracked_here())

    assert pickle.loads(pickle.dumps(tracked_here)) is tracked_here
    assert copy.deepcopy(tracked_here) is tracked_here
    assert tracked_here.run.name == "kept"


def test_a_run_that_was_pickled_with_its_function_gives_way_to_the_next(track_unmeasured: TrackQuietly) -> None:
    """Pickled by value, as cloudpickle does, a function has a finished view of the run."""
    train = track_unmeasured(functools.partial(plain, 1))
    train()
    train.run = copy.copy(train.run)

    train()

    assert isinstance(train.run, greentrain.LiveRun)


def test_a_tracked_call_does_not_load_typing(tmp_path: Path) -> None:
    """The training waits for what its first call loads; only a recorded meter is checked beforehand."""
    body = """
        before = set(sys.modules)

        @track(quiet=True, meter="none")
        def train():
            return {"typing", "inspect", "greentrain.tracking.function_types"} & set(sys.modules) - before

        print(train.run, train(), train.run.name)
    """
    assert run(tmp_path, body).stdout == "None set() train\n"
