"""Limits that a result must not pass, for pipelines: exit code 3."""

from __future__ import annotations

from greentrain.cli.options import Option, OptionValues, flag_of
from greentrain.cli.terminal import error_line
from greentrain.errors import Contradiction, InputError, either
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from greentrain.interval import Interval

EXCEEDED = 3
ENDS = ("low", "best", "high")
_LIMITS = "Limit"
_QUANTITIES = (("max_kg", "operational_kg", "kg CO2e"), ("max_kwh", "facility_energy_kwh", "kWh"))
GATE_OPTIONS = (
    Option("max_kg", "KG", "Exit code 3 if the operational emissions are above this.", _LIMITS),
    Option("max_kwh", "KWH", "Exit code 3 if the facility's energy is above this.", _LIMITS),
    Option("at", "END", "Which end of the interval counts: low, best or high. [best]", _LIMITS),
)
GATE_NAMES = tuple(option.name for option in GATE_OPTIONS)


class GivenLimits(NamedTuple):
    """Limits, read before anything is computed.

    Attributes
    ----------
    limits : tuple of (str, str, str, float)
        Of each its quantity, option, unit and value.
    end : {'low', 'best', 'high'}
        Which end of the interval counts.
    """

    limits: tuple[tuple[str, str, str, float], ...]
    end: str

    def code(self, result: object) -> int:
        """Return 0, or 3 where a limit is passed and 1 where that cannot be known, each with a line on stderr.

        Parameters
        ----------
        result : object
            With the quantities as attributes.
        """
        return max(self._code(getattr(result, limit[0]), *limit[1:]) for limit in self.limits)

    def _code(self, value: Interval | None, option: str, unit: str, most: float) -> int:
        from greentrain.numbers import as_given, rounded

        limit = f"{flag_of(option)} {as_given(most)}"
        if value is None:
            return error_line(f"{limit} cannot be judged: nothing is known of it", 1)
        found: float = getattr(value, self.end)
        if found <= most:
            return 0
        end = "" if value.is_exact else f" at the {self.end} value"
        return error_line(f"{rounded(found)} {unit}{end} is more than {limit} allows", EXCEEDED)


def end_of(values: OptionValues) -> str:
    """Read which end of an interval counts.

    Raises
    ------
    InputError
        If it is none.
    """
    end: str = values.get("at", "best")
    if end not in ENDS:
        raise InputError("at", end, f"must be {either(ENDS)}")
    return end


def gate_of(values: OptionValues) -> GivenLimits | None:
    """Read the limits; None where there is none.

    Raises
    ------
    InputError
        If one is no number, or the end is none.
    """
    if values.keys().isdisjoint(GATE_NAMES):
        return None
    from greentrain.estimation.ranges import Limits, checked_in

    end = end_of(values)
    limits = tuple(
        (quantity, option, unit, checked_in(Limits(0, 1e9, unit), option, values[option]))
        for option, quantity, unit in _QUANTITIES
        if option in values
    )
    if not limits:
        raise Contradiction("at", end, "counts only with {max_kg} or {max_kwh}")
    return GivenLimits(limits, end)
