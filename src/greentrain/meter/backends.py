"""The meters by name: one table of our own, and those that other packages add by entry points.

The training process loads this to check a name; only the meter's own process makes a meter.
"""

from __future__ import annotations

from os.path import abspath, isfile

from greentrain.errors import InputError, MeterError, UnknownName, either
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from typing import NoReturn

    from greentrain.meter.base import Meter
    from greentrain.meter.settings import MeterSettings

GROUP = "greentrain.meters"
"""Group of the entry points: a name, and a callable that takes `MeterSettings` and returns a `Meter`."""

DEFAULT, NONE = "codecarbon", "none"


def _codecarbon(settings: MeterSettings) -> Meter:
    from greentrain.meter.codecarbon import CodecarbonMeter

    return CodecarbonMeter(settings.environment, settings.country_iso3)


def _native(settings: MeterSettings) -> Meter:
    from greentrain.meter.native import NativeMeter

    return NativeMeter(settings.environment)


def _none(settings: MeterSettings, reason: str = "metering is switched off") -> Meter:
    from greentrain.meter.base import NoMeter

    return NoMeter(reason)


def _replay(settings: MeterSettings) -> Meter:
    from greentrain.meter.replay import ReplayMeter

    return ReplayMeter(settings.argument)


class Backend(NamedTuple):
    """A meter of our own.

    Attributes
    ----------
    make : callable
        Makes the meter; loads its module only then.
    reads_file : bool
        Whether a colon and a file follow its name.
    """

    make: Callable[[MeterSettings], Meter]
    reads_file: bool = False


BACKENDS = {
    "codecarbon": Backend(_codecarbon),
    "native": Backend(_native),
    "none": Backend(_none),
    "replay": Backend(_replay, reads_file=True),
}
"""Our own meters by name. A new one is a module of its own and a line here."""

BUILT_IN = tuple(f"{name}:FILE" if backend.reads_file else name for name, backend in BACKENDS.items())
"""Our own meters as a user writes them."""


def make_meter(settings: MeterSettings) -> Meter:
    """Make the meter that a run asks for; one that cannot be made gives way to one that states why."""
    name = settings.meter.partition(":")[0]
    try:
        return BACKENDS[name].make(settings) if name in BACKENDS else _added(name, settings)
    except Exception as error:
        return _none(settings, f"{type(error).__name__} {error}")


def checked_meter(meter: object) -> str:
    """Check which meter a user wants, before the training starts.

    Parameters
    ----------
    meter : object
        The name, with a colon and what belongs to it where the meter takes that.

    Returns
    -------
    str
        The same; a file has an absolute path, since the training may change its working folder.

    Raises
    ------
    InputError
        If there is no such meter or file; the message names all meters and suggests the nearest.
    """
    if not isinstance(meter, str):
        raise InputError("meter", meter, _rule())
    name, colon, argument = meter.partition(":")
    backend = BACKENDS.get(name)
    if backend is None:
        return meter if any(point.name == name for point in _entry_points()) else _refuse(meter)
    if bool(colon) != backend.reads_file:
        _refuse(meter)
    if not colon:
        return name
    file = abspath(argument)
    if not isfile(file):
        raise UnknownName("meter", meter, "no such file")
    return f"{name}:{file}"


def _refuse(meter: str) -> NoReturn:
    from greentrain.catalogue.names import fold, nearest

    choices = {fold(choice.partition(":")[0]): choice for choice in _names()}
    raise UnknownName("meter", meter, _rule(), nearest(meter.partition(":")[0], choices))


def _rule() -> str:
    return f"must be {either((*_names(), 'a ReplayMeter'))}"


def _names() -> tuple[str, ...]:
    return (*BUILT_IN, *sorted({point.name for point in _entry_points()} - set(BACKENDS)))


def _added(name: str, settings: MeterSettings) -> Meter:
    """Make a meter of another package, which is not trusted to load, to answer or to keep to the protocol."""
    from greentrain.meter.threaded import GuardedMeter

    point = next((point for point in _entry_points() if point.name == name), None)
    if point is None:
        raise MeterError(f"no meter called {name} is installed")
    return GuardedMeter(name, point.dist.version if point.dist else None, lambda: point.load()(settings))


def _entry_points() -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points

    try:
        return tuple(entry_points(group=GROUP))
    except Exception:  # a damaged package of somebody's keeps nobody from training
        return ()
