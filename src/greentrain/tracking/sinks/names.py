"""Which sinks there are: found by name, from here or from another package, without loading any."""

from __future__ import annotations

from greentrain.added_packages import added
from greentrain.errors import InputError, UnknownName, either
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint
    from typing import Any

SINKS = {
    "wandb": "WandbSink",
    "mlflow": "MlflowSink",
    "trackio": "TrackioSink",
    "tensorboard": "TensorboardSink",
    "otlp": "OtlpSink",
    "prometheus": "PrometheusSink",
}
"""The sinks by name, each in a module of the same name; what is behind a colon is its target."""

GROUP = "greentrain.sinks"
"""Entry points under which other packages add sinks."""

_NEEDS_TARGET = {"prometheus": "a file or a port of this computer behind it: prometheus:energy.prom, prometheus:9477"}
_METHODS = ("log", "add_scalar")
"""One of them makes an object of the user's a sink."""


def checked_sinks(sinks: Any) -> tuple[Any, ...]:
    """Return the sinks of a run, each a name with its target or an object that takes values.

    Raises
    ------
    InputError
        If one is neither; the message names all sinks and suggests the nearest.
    """
    if sinks is None:
        return ()
    return tuple(_checked(sink) for sink in ((sinks,) if isinstance(sinks, str) else _listed(sinks)))


def _listed(sinks: Any) -> Iterable[Any]:
    if any(callable(getattr(sinks, name, None)) for name in _METHODS):
        return (sinks,)
    try:
        return list(sinks)
    except TypeError:
        raise InputError("sinks", sinks, _rule()) from None


def _checked(sink: Any) -> Any:
    if not isinstance(sink, str):
        if any(callable(getattr(sink, name, None)) for name in _METHODS):
            return sink
        raise InputError("sinks", sink, _rule())
    name, _, target = sink.partition(":")
    if name in SINKS:
        if name in _NEEDS_TARGET and not target:
            raise InputError("sinks", sink, f"needs {_NEEDS_TARGET[name]}")
        return sink
    if added_sink(name) is None:
        from greentrain.catalogue.names import fold, nearest

        raise UnknownName("sinks", sink, _rule(), nearest(name, {fold(one): one for one in _names()}))
    return sink


def _rule() -> str:
    return f"must be {either((*_names(), 'an object with log(values, step)'))}"


def _names() -> tuple[str, ...]:
    return (*SINKS, *sorted({point.name for point in added(GROUP)} - SINKS.keys()))


def added_sink(name: str) -> EntryPoint | None:
    """Return the sink of this name that another package adds."""
    return next((point for point in added(GROUP) if point.name == name), None)
