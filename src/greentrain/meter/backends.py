"""The meters by name: one table of our own, and those that other packages add by entry points.

The training process loads this to check a name; only the meter's own process makes a meter.
"""

from __future__ import annotations

from os.path import abspath

from greentrain.added_packages import added
from greentrain.errors import InputError, MeterError, UnknownName, either
from greentrain.journal.access_rights import is_file
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn

    from greentrain.meter.base import Meter
    from greentrain.meter.settings import MeterSettings

GROUP = "greentrain.meters"
"""Group of the entry points: a name, and a callable that takes `MeterSettings` and returns a `Meter`."""

DEFAULT, NONE = "codecarbon", "none"


BACKENDS = {
    "codecarbon": "greentrain.meter.codecarbon:CodecarbonMeter",
    "native": "greentrain.meter.native:NativeMeter",
    "none": "greentrain.meter.base:switched_off",
    "replay:FILE": "greentrain.meter.replay:replayed",
}
"""Our own meters as a user writes them, each with a module and the callable in it that takes `MeterSettings`.

A new one is a module of its own and a line here; its module is loaded only where the meter is made.
"""

_BY_NAME = {written.partition(":")[0]: written for written in BACKENDS}


def make_meter(settings: MeterSettings) -> Meter:
    """Make the meter that a run asks for; one that cannot be made gives way to one that states why."""
    from greentrain.meter.base import NoMeter

    name = settings.meter.partition(":")[0]
    try:
        return _ours(BACKENDS[_BY_NAME[name]], settings) if name in _BY_NAME else _added(name, settings)
    except Exception as error:
        return NoMeter(f"{type(error).__name__} {error}")


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
    written = _BY_NAME.get(name)
    if written is None:
        return meter if any(point.name == name for point in added(GROUP)) else _refuse(meter)
    if bool(colon) != (":" in written):
        _refuse(meter)
    if not colon:
        return name
    file = abspath(argument)
    if not is_file(file):
        raise UnknownName("meter", meter, "no such file")
    _check_recording(meter, file)
    return f"{name}:{file}"


def _check_recording(meter: str, file: str) -> None:
    """Refuse a file that cannot be replayed before the training starts, not in the meter's process after it has."""
    from greentrain.errors import DataError
    from greentrain.meter.replay import ReplayMeter

    try:
        ReplayMeter(file)
    except DataError as error:
        row = "" if error.row is None else f" in row {error.row}"
        raise InputError("meter", meter, f"is no recording{row}: {error.rule}") from None


def _refuse(meter: str) -> NoReturn:
    from greentrain.catalogue.names import fold, nearest

    choices = {fold(choice.partition(":")[0]): choice for choice in _names()}
    raise UnknownName("meter", meter, _rule(), nearest(meter.partition(":")[0], choices))


def _rule() -> str:
    return f"must be {either((*_names(), 'a ReplayMeter'))}"


def _names() -> tuple[str, ...]:
    return (*BACKENDS, *sorted({point.name for point in added(GROUP)} - set(_BY_NAME)))


def _ours(place: str, settings: MeterSettings) -> Meter:
    from importlib import import_module

    module, _, name = place.partition(":")
    meter: Meter = getattr(import_module(module), name)(settings)
    return meter


def _added(name: str, settings: MeterSettings) -> Meter:
    """Make a meter of another package, which is not trusted to load, to answer or to keep to the protocol."""
    from greentrain.meter.threaded import GuardedMeter

    point = next((point for point in added(GROUP) if point.name == name), None)
    if point is None:
        raise MeterError(f"no meter called {name} is installed")
    return GuardedMeter(name, point.dist.version if point.dist else None, lambda: point.load()(settings))
