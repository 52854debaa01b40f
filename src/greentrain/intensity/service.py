"""What a service is: how it is asked, what its numbers are, and on what terms they may be kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from greentrain.catalogue import Catalogue
from greentrain.intensity.access import Client
from greentrain.intensity.series import MEASURED

GridPoint = tuple[float, float, str]
"""Start of a slot [s], its value [g/kWh], and its kind."""

_MOST_UNKNOWN = 0.2
"""Share of the generation without a factor from which on a mix says nothing. [1]"""
_FACTOR_SET = "ipcc2014"
_Row = TypeVar("_Row")


class Question(NamedTuple):
    """What a service is asked for.

    Attributes
    ----------
    zone : str
        The grid, as the service names it.
    start, end : float
        Seconds since 1970. [s]
    key : str
        The user's key; empty where none is needed.
    catalogue : Catalogue
        Where factors of fuels are.
    place : str
        The place by our code; empty where the zone was named by the user.
    """

    zone: str
    start: float
    end: float
    key: str
    catalogue: Catalogue
    place: str = ""


class Service(NamedTuple):
    """A service of carbon intensity.

    Attributes
    ----------
    name : str
        As the user names it.
    label : str
        As messages name it.
    base_url : str
        Where it is.
    basis : str
        What its numbers count: direct, life-cycle or marginal.
    accounting : str
        Consumption or production; empty where it is not known.
    licence : str
        On what terms values may be used.
    may_store : bool
        Whether its terms allow values to be kept on disk.
    zone_of : callable
        Finds the zone of one of our places; None where the service has none for it.
    ask : callable
        Asks for points, see `GridPoint`.
    key_variable : str
        Environment variable of the key; empty where none is needed.
    chunk_seconds : float
        The longest time of one question. [s]
    notes : tuple of str
        What to know about its numbers.
    """

    name: str
    label: str
    base_url: str
    basis: str
    accounting: str
    licence: str
    may_store: bool
    zone_of: Callable[[str], str | None]
    ask: Callable[[Client, Question], Iterable[GridPoint]]
    key_variable: str = ""
    chunk_seconds: float = 31 * 86400.0
    notes: tuple[str, ...] = ()


def moment(text: Any) -> float:
    """Read a time of an answer; one without a zone is UTC. [s]

    Raises
    ------
    ValueError, TypeError
        If it is none.
    """
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def written(seconds: float, pattern: str) -> str:
    """Write a moment in UTC for a question."""
    return datetime.fromtimestamp(seconds, UTC).strftime(pattern)


def fuel_factors(catalogue: Catalogue) -> dict[str, float]:
    """Return the life-cycle factors of kinds of generation that fuels are multiplied with. [g/kWh]"""
    return catalogue.places.fuel_factors(_FACTOR_SET)


def mixed(start: float, mwh: Mapping[str, float], factors: Mapping[str, float | None]) -> GridPoint | None:
    """Return the carbon intensity of a mix of fuels; None where too much of it has no factor.

    Parameters
    ----------
    start : float
        Start of the slot. [s]
    mwh : mapping of str to float
        Generation by fuel, any unit; negative ones, which is charging storage, do not count.
    factors : mapping of str to float or None
        Of each fuel [g/kWh]; None for storage, which generates nothing of its own.
    """
    generated = {fuel: value for fuel, value in mwh.items() if value > 0 and factors.get(fuel, 0.0) is not None}
    known = {fuel: value for fuel, value in generated.items() if fuel in factors}
    whole, found = sum(generated.values()), sum(known.values())
    if not found or 1 - found / whole > _MOST_UNKNOWN:
        return None
    grams = sum(value * (factors[fuel] or 0.0) for fuel, value in known.items())
    return start, grams / found, MEASURED


def rows_of_pages(page: Callable[[int], tuple[Sequence[_Row], int]]) -> Iterator[_Row]:
    """Yield the rows of an answer in pages.

    Parameters
    ----------
    page : callable
        Asks for the rows from so many on, and for how many there are in all; an empty page ends it too.
    """
    offset, total = 0, 1
    while offset < total:
        rows, total = page(offset)
        yield from rows
        if not rows:
            break
        offset += len(rows)
