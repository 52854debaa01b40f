"""What type checkers know of ``track``: a tracked function keeps its parameters and its result, and leads to its run.

Only type checkers read this module: it loads `typing`, for which a training's start has no time.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypedDict, TypeVar, overload

if TYPE_CHECKING:
    from greentrain.tracking.live import LiveRun

P = ParamSpec("P")
OtherP = ParamSpec("OtherP")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Owner = TypeVar("Owner")
Owner_contra = TypeVar("Owner_contra", contravariant=True)
Receiver = TypeVar("Receiver")


class IfNever(Protocol[Owner_contra]):
    """Any object if the parameter is `Never`, and none if it is a type that has values.

    Both methods are every object's, and no value is what both of them take: one takes text, the other a whole number.
    """

    def __format__(self, value: Owner_contra, /) -> str: ...  # type: ignore[override]
    def __reduce_ex__(self, value: Owner_contra, /) -> str | tuple[Any, ...]: ...  # type: ignore[override]


class TrackedFunction(Generic[P, R_co]):
    """A function that `track` decorated, as type checkers see it; at run time it is the plain function that it was.

    Attributes
    ----------
    __wrapped__ : callable
        The function that was decorated.
    """

    __name__: str
    __qualname__: str
    __wrapped__: Callable[P, R_co]

    @property
    def run(self) -> LiveRun | None:
        """The run of the call that started last in this process; None before the first call."""
        raise NotImplementedError

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Do what the function does, as a run."""
        raise NotImplementedError

    # How Python binds it, told apart by the first parameter. `self` is matched as a callable, since checkers look at
    # the first parameter of a callable only; mypy objects to it. Where a method returns `Self`, its first parameter has
    # no type yet, and checkers take it for `Never`.
    @overload  # a class method, of the class or of an instance
    def __get__(  # type: ignore[misc]
        self: Callable[Concatenate[type[Owner], OtherP], R], instance: Owner | None, owner: type[Owner], /
    ) -> TrackedFunction[OtherP, R]: ...
    @overload  # a method, of an instance
    def __get__(
        self: Callable[Concatenate[Owner, OtherP], R], instance: Owner, owner: type[Owner] | None = None, /
    ) -> TrackedFunction[OtherP, R]: ...
    @overload  # a class method that returns Self, of the class
    def __get__(  # type: ignore[misc]
        self: Callable[Concatenate[type[Owner], OtherP], Owner], instance: None, owner: type[Receiver], /
    ) -> TrackedFunction[OtherP, Receiver]: ...
    @overload  # a method or a static method, of the class
    def __get__(self, instance: None, owner: type, /) -> Self: ...
    @overload  # a method or a class method that returns Self, of an instance
    def __get__(
        self: Callable[Concatenate[Owner, OtherP], R], instance: IfNever[Owner], owner: type[Receiver], /
    ) -> TrackedFunction[OtherP, Receiver]: ...
    @overload  # a static method, of an instance
    def __get__(self, instance: object, owner: type, /) -> Self: ...
    def __get__(self, instance: Any, owner: Any = None, /) -> Any:
        raise NotImplementedError


class TrackKeywords(TypedDict, total=False):
    """The keywords of ``track`` where a function comes first.

    ``workload``, ``site`` and ``on_budget`` are any text: most come out of a configuration, as `str`, and a wrong one
    is refused before the training starts.
    """

    project: str | None
    location: str | None
    year: int | None
    pue: float | None
    grid_intensity: float | None
    gpu: str | None
    count: int | None
    instance: str | None
    workload: str | None
    site: str | None
    run_id: str | None
    interval: float
    total_steps: int | None
    budget_kwh: float | None
    budget_kg: float | None
    on_budget: str
    home: str | PathLike[str] | None
    meter: Any
    quiet: bool
    profiles: str | PathLike[str] | None
    record_command: bool | None
    user: str | None
    sinks: Any
