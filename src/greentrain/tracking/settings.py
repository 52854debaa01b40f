"""The arguments of ``track``, checked before the training starts by the rules of ``estimate``."""

from __future__ import annotations

import os
import time
from os.path import abspath, dirname, join

from greentrain.errors import (
    Contradiction,
    DataError,
    InputError,
    InvalidNumber,
    OwnErrors,
    either,
    path_text,
    without_passwords,
)
from greentrain.light_typing import TYPE_CHECKING, NamedTuple
from greentrain.meter.backends import DEFAULT, NONE, checked_meter
from greentrain.tracking.sinks.names import checked_sinks

if TYPE_CHECKING:
    from typing import Any

ACTIONS = ("warn", "raise", "stop")
"""What happens when a budget is used up: a warning, an exception, or a request to the framework to stop."""

INTERVAL_SECONDS = 1.0
"""Time between samples by default. [s]"""

RECORD_COMMAND_VARIABLE = "GREENTRAIN_RECORD_COMMAND"
"""Environment variable: ``0`` leaves command lines out of the records, where the run does not say otherwise."""

USER_VARIABLE = "GREENTRAIN_USER"
"""Environment variable: whose runs these are, where a run does not say otherwise."""

_NO = ("0", "no", "false", "off")
_YES = ("1", "yes", "true", "on")

_NUMBERS = ("interval", "total_steps", "budget_kwh", "budget_kg")
_OF_ESTIMATE = ("gpu", "count", "instance", "workload", "location", "year", "grid_intensity", "pue", "site", "profiles")


class Settings(NamedTuple):
    """A live run as described, every value checked. None means not given.

    Attributes
    ----------
    estimate_inputs : dict
        The given hardware, place and power, as keywords of ``greentrain.estimate``.
    interval_seconds : float
        Time between samples. [s]
    budget_kwh, budget_kg : float or None
        Energy of the facility [kWh] and emissions [kg CO2e] that the run may use.
    meter : str
        Name of the meter, with an absolute path where it replays a file.
    home : str or None
        Folder of the journals, absolute.
    record_command : bool or None
        Whether the command line is recorded; None where the environment decides.
    user : str or None
        Whose run it is; None where the environment decides.
    sinks : tuple
        Where its values go besides the record: names with their targets, and objects that take them.
    """

    name: str | None
    project: str | None
    run_id: str | None
    estimate_inputs: dict[str, Any]
    interval_seconds: float
    total_steps: int | None
    budget_kwh: float | None
    budget_kg: float | None
    on_budget: str
    meter: str
    home: str | None
    quiet: bool
    record_command: bool | None = None
    user: str | None = None
    sinks: tuple[Any, ...] = ()

    @property
    def records_command(self) -> bool:
        """Whether the command line is recorded: as the run says, else as the environment does, else yes."""
        if self.record_command is not None:
            return self.record_command
        return os.environ.get(RECORD_COMMAND_VARIABLE, "").strip().lower() not in _NO

    @property
    def recorded_user(self) -> str | None:
        """Whose run it is: as it says, else as the environment does; nobody is guessed."""
        return self.user or os.environ.get(USER_VARIABLE) or None

    @property
    def budget(self) -> dict[str, Any] | None:
        """The budget as the journal holds it."""
        if self.budget_kwh is None and self.budget_kg is None:
            return None
        return {"kwh": self.budget_kwh, "kg": self.budget_kg, "action": self.on_budget}

    def stated_factors(self) -> dict[str, Any]:
        """Return PUE and carbon intensity as far as the user stated them; None for what follows from place and year.

        A run starts within milliseconds, and the tables take longer to read.
        """
        pue, intensity = self.estimate_inputs.get("pue"), self.estimate_inputs.get("grid_intensity")
        return {"pue": _exactly("pue", pue, "1"), "grid_intensity": _exactly("grid_intensity", intensity, "g/kWh")}

    def dated_inputs(self) -> dict[str, Any]:
        """Return ``estimate_inputs`` with the year, by default the current one."""
        return {"year": time.localtime().tm_year, **self.estimate_inputs}


def checked_settings(arguments: dict[str, Any]) -> Settings:
    """Check the arguments of ``track``; where nothing can be read to check them by, take them as they are.

    A training starts whatever greentrain lacks, such as descriptors.

    Parameters
    ----------
    arguments : dict
        By name; numbers also as text.

    Raises
    ------
    InputError
        Naming the parameter, the value, the rule and the nearest valid choice.
    DataError
        If a file of the user's own profiles breaks a rule.
    """
    with OwnErrors(DataError, OSError) as trouble:
        return _checked(arguments)
    if isinstance(trouble.error, DataError) and arguments["profiles"] is not None:
        raise trouble.error
    return _as_given(arguments)


def _as_given(arguments: dict[str, Any]) -> Settings:
    is_number = {name: isinstance(arguments[name], (int, float)) for name in _NUMBERS}
    numbers = {name: arguments[name] if is_number[name] else None for name in _NUMBERS}
    return Settings(
        name=_text("name", arguments["name"]),
        project=_text("project", arguments["project"]),
        run_id=_text("run_id", arguments["run_id"], may_be_empty=False),
        estimate_inputs={name: arguments[name] for name in _OF_ESTIMATE if arguments[name] is not None},
        interval_seconds=numbers["interval"] or INTERVAL_SECONDS,
        total_steps=numbers["total_steps"],
        budget_kwh=numbers["budget_kwh"],
        budget_kg=numbers["budget_kg"],
        on_budget=_one_of("on_budget", arguments["on_budget"], ACTIONS),
        meter=arguments["meter"] if isinstance(arguments["meter"], str) else DEFAULT,
        home=_path("home", arguments["home"]),
        quiet=bool(arguments["quiet"]),
        record_command=_truth("record_command", arguments.get("record_command")),
        user=_text("user", arguments.get("user")),
        sinks=checked_sinks(arguments.get("sinks")),
    )


def _checked(arguments: dict[str, Any]) -> Settings:
    numbers = {name: _number(name, arguments[name]) for name in _NUMBERS}
    interval = numbers["interval"]
    if interval is None:
        raise InvalidNumber("interval", None, "must be a number (seconds between samples)")
    settings = Settings(
        name=_text("name", arguments["name"]),
        project=_text("project", arguments["project"]),
        run_id=_text("run_id", arguments["run_id"], may_be_empty=False),
        estimate_inputs=_estimate_inputs(arguments),
        interval_seconds=interval,
        total_steps=numbers["total_steps"],  # type: ignore[arg-type]
        budget_kwh=numbers["budget_kwh"],
        budget_kg=numbers["budget_kg"],
        on_budget=_one_of("on_budget", arguments["on_budget"], ACTIONS),
        meter=_meter(arguments["meter"]),
        home=_path("home", arguments["home"]),
        quiet=bool(arguments["quiet"]),
        record_command=_truth("record_command", arguments.get("record_command")),
        user=_text("user", arguments.get("user")),
        sinks=checked_sinks(arguments.get("sinks")),
    )
    _check_budget(settings)
    return settings


def _check_budget(settings: Settings) -> None:
    """Refuse what would leave a budget, or what to do at its end, without effect."""
    if settings.budget is None and settings.on_budget != ACTIONS[0]:
        raise Contradiction("on_budget", settings.on_budget, "needs a budget: give {budget_kwh} or {budget_kg}")
    if settings.budget is not None and settings.meter == NONE:
        name = "budget_kg" if settings.budget_kwh is None else "budget_kwh"
        raise Contradiction("meter", NONE, f"measures nothing, and so excludes {{{name}}}")


def _number(name: str, value: Any) -> float | None:
    if value is None or value is INTERVAL_SECONDS:  # most often; the rules then need not be loaded
        return value
    from greentrain.estimation.ranges import Limits, checked_in

    limits = {
        "interval": Limits(0.1, 3600, "seconds between samples", "more often costs more than it shows", inclusive=True),
        "total_steps": Limits(1, 1e15, "steps of the whole training", whole=True, inclusive=True),
        "budget_kwh": Limits(0, 1e12, "kWh"),
        "budget_kg": Limits(0, 1e12, "kg CO2e"),
    }
    return checked_in(limits[name], name, value)


def _estimate_inputs(arguments: dict[str, Any]) -> dict[str, Any]:
    found = {name: arguments[name] for name in _OF_ESTIMATE if arguments[name] is not None}
    if set(found) <= {"location"} and is_place_code(found.get("location")):
        return found
    from greentrain.estimation.ranges import LIMITS, checked_number, checked_text

    for name, value in found.items():
        if name in LIMITS:
            found[name] = checked_number(name, value)
        elif name != "profiles":
            found[name] = checked_text(name, value)
    if "profiles" in found:
        found["profiles"] = _path("profiles", found["profiles"])
    this_year = time.localtime().tm_year
    if found.get("year", 0) > this_year:
        raise InvalidNumber("year", arguments["year"], f"lies in the future; the last possible year is {this_year}")
    _check_names(found)
    return found


def _check_names(found: dict[str, Any]) -> None:
    """Refuse a device, instance type or place that nothing has."""
    is_plain = not {"profiles", "gpu", "instance"} & set(found)
    if is_plain and is_place_code(found.get("location")):
        return
    from greentrain.catalogue import load_catalogue
    from greentrain.estimation.site import find_location

    catalogue = load_catalogue(found.get("profiles"))
    devices = None
    if "gpu" in found or "instance" in found:
        from greentrain.estimation.devices import find_devices

        devices = find_devices(catalogue, found.get("gpu"), found.get("instance"), found.get("count"))
    provider = devices.instance.provider if devices and devices.instance else ""
    find_location(catalogue, found.get("location"), provider)


def is_place_code(text: object) -> bool:
    """Return whether a text is exactly a code such as ``FR``, ``US-CA`` or ``aws:us-east-1``, or is not given.

    The short way to a place, without loading the tables: a live run is to start within milliseconds. Whatever is not
    found here is left to the catalogue, which knows names and spellings too, and suggests.
    """
    if text is None or not isinstance(text, str):
        return text is None
    provider, colon, region = text.partition(":")
    if not all(part.isascii() and part.replace("-", "").isalnum() for part in (provider, region) if part):
        return False
    table, start = ("cloud_regions", f"{provider},{region},") if colon else ("places", f"{provider},")
    folder = join(dirname(dirname(abspath(__file__))), "data")
    with OwnErrors(OSError), open(join(folder, f"{table}.csv"), "rb") as file:
        return b"\n" + start.encode() in file.read()
    return True  # no file can be opened: that keeps no training from its start


def _exactly(name: str, value: float | None, unit: str) -> dict[str, Any] | None:
    if value is None:
        return None
    ends = {"low": value, "best": value, "high": value}
    return {"name": name, **ends, "unit": unit, "basis": "given", "source": "user"}


def _text(name: str, value: object, may_be_empty: bool = True) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError(name, value, "must be text")
    if not value.strip() and not may_be_empty:
        raise InputError(name, value, "must not be empty")
    return without_passwords(value)


def _truth(name: str, value: object) -> bool | None:
    word = value.strip().lower() if isinstance(value, str) else value
    if word is None or isinstance(word, bool):
        return word
    if word not in _YES + _NO:
        raise InputError(name, value, "must be yes or no")
    return word in _YES


def _one_of(name: str, value: object, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise InputError(name, value, f"must be {either(choices)}")
    return value


def _path(name: str, value: object) -> str | None:
    """Fix a place at once: the training may change its working folder."""
    if value is None:
        return None
    found = path_text(name, value)
    if not found:
        raise InputError(name, value, "must not be empty")
    with OwnErrors(OSError) as trouble:
        return abspath(found)
    assert isinstance(trouble.error, OSError)  # the working folder is gone
    raise InputError(name, value, f"cannot be found: {trouble.error.strerror}")


def _meter(value: object) -> str:
    if value is None:
        return DEFAULT
    path = getattr(value, "path", None)
    return checked_meter(value if path is None else f"replay:{os.fspath(path)}")
