"""The kinds of cell that the tables have, each with the rule that a message states.

A blank cell never gets here: it is left out, so that a column with a default takes it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from typing import Annotated, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, PlainValidator

from greentrain.catalogue.names import fold, nearest
from greentrain.errors import either

_PLAIN_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)", re.ASCII)
_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)
_PLAIN = "write digits and at most one decimal point, without unit, thousands separator or exponent"


class Bounds(NamedTuple):
    """The range of a number that makes sense, and its unit; ``1`` is the unit of a plain ratio or count."""

    unit: str = ""
    above: float | None = None
    least: float | None = None
    most: float | None = None
    below: float | None = None

    def fault(self, value: float) -> str | None:
        """Say why a number is out of range, or None when it is not."""
        faults = (
            self.above is not None and value <= self.above,
            self.least is not None and value < self.least,
            self.most is not None and value > self.most,
            self.below is not None and value >= self.below,
        )
        return f"{value:.10g} is out of range: it must be {self.words}" if any(faults) else None

    @property
    def words(self) -> str:
        """The range in words, with its unit."""
        ends = {"greater than": self.above, "at least": self.least, "at most": self.most, "less than": self.below}
        said = " and ".join(f"{word} {end:,.10g}" for word, end in ends.items() if end is not None)
        return said if self.unit in ("", "1") else f"{said} {self.unit}"


def advice(name: str, choices: Iterable[str]) -> str:
    """Say which choices are near a name, as the end of a message; nothing when none is."""
    near = nearest(name, {fold(choice): choice for choice in choices})
    return f"; did you mean {either(near)}?" if near else ""


def _number(bounds: Bounds) -> PlainValidator:
    def read(text: str) -> float:
        if not _PLAIN_NUMBER.fullmatch(text):
            raise ValueError(f"{text!r} is not a plain number; {_PLAIN}")
        value = float(text)
        fault = bounds.fault(value) if isfinite(value) else "the number is not finite"
        if fault:
            raise ValueError(fault)
        return value

    return PlainValidator(read)


def _whole(bounds: Bounds) -> PlainValidator:
    def read(text: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ValueError(f"{text!r} is not a whole number; write digits alone")
        # No whole number here needs more digits, and Python reads no more than 4,300.
        value = int(text[:20])
        fault = bounds.fault(value)
        if fault:
            raise ValueError(fault)
        return value

    return PlainValidator(read)


def one_of(*allowed: str) -> PlainValidator:
    """Make the rule of a column that has one of a few words."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text!r} is not one of {', '.join(allowed)}")
        return text

    return PlainValidator(read)


def _pattern(pattern: str, rule: str, tidied: Callable[[str], str]) -> PlainValidator:
    expression = re.compile(pattern)

    def read(text: str) -> str:
        if not expression.fullmatch(text):
            suggestion = tidied(text)
            near = f"; did you mean {suggestion}?" if expression.fullmatch(suggestion) else ""
            raise ValueError(f"{text!r} is not {rule}{near}")
        return text

    return PlainValidator(read)


def _with_hyphens(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


POSITIVE = Bounds(above=0)
SHARE = Bounds(above=0, most=1)

Positive = Annotated[float, _number(POSITIVE)]
Number = Annotated[float, _number(Bounds())]
NotNegative = Annotated[float, _number(Bounds(least=0))]
Share = Annotated[float, _number(SHARE)]
OneToFive = Annotated[float, _number(Bounds("1", least=1, most=5))]
ZeroToOne = Annotated[float, _number(Bounds(least=0, most=1))]
Watts = Annotated[float, _number(Bounds("W", above=0, most=30_000))]
NameplateWatts = Annotated[float, _number(Bounds("W", above=0, most=1_000_000))]
Kilograms = Annotated[float, _number(Bounds("kg CO2e", above=0))]
Gigabytes = Annotated[float, _number(Bounds("GB", above=0))]
GramsPerKwh = Annotated[float, _number(Bounds("g CO2e/kWh", above=0, below=3000))]
Latitude = Annotated[float, _number(Bounds("degrees", least=-90, most=90))]
Longitude = Annotated[float, _number(Bounds("degrees", least=-180, most=180))]
Year = Annotated[int, _whole(Bounds(least=1950, most=2100))]
Count = Annotated[int, _whole(Bounds(least=1, most=10_000_000))]
CountOrNone = Annotated[int, _whole(Bounds(least=0, most=10_000_000))]

_SLUG_RULE = "lower-case letters and digits joined by hyphens"
Slug = Annotated[str, _pattern(r"[a-z0-9]+(-[a-z0-9]+)*", _SLUG_RULE, _with_hyphens)]
Token = Annotated[
    str,
    _pattern(
        r"[a-z0-9]+([_-][a-z0-9]+)*",
        "lower-case letters and digits joined by hyphens or underscores",
        lambda text: _with_hyphens(text).replace("-", "_"),
    ),
]
_PLACE_RULE = "capital letters and digits joined by hyphens, as in US-CA"
PlaceCode = Annotated[str, _pattern(r"[A-Z0-9]+(-[A-Z0-9]+)*", _PLACE_RULE, str.upper)]
Iso3 = Annotated[str, _pattern(r"[A-Z]{3}", "an ISO 3166 code of three capital letters", str.upper)]
Verified = Annotated[str, one_of("yes", "partial", "assumed")]


class RowSchema(BaseModel):
    """The rules of one table's rows; a column with a default may be absent or blank.

    Attributes
    ----------
    KEY : tuple of str
        The columns whose values together no two rows of a file share.
    COLUMNS : tuple of str
        Columns that a file must have although their cells may be blank.
    TRIPLES : tuple of (str, str, str)
        The columns of low, best and high of one quantity.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    KEY: ClassVar[tuple[str, ...]] = ("id",)
    COLUMNS: ClassVar[tuple[str, ...]] = ()
    TRIPLES: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    @classmethod
    def required_columns(cls) -> tuple[str, ...]:
        """List the columns without which a file cannot be used."""
        return tuple(name for name, field in cls.model_fields.items() if field.is_required() or name in cls.COLUMNS)

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check the cells of a row against each other; give column and rule of each fault."""
        for low, best, high in self.TRIPLES:
            yield from self._ordered(low, best, high)

    def _ordered(self, low: str, best: str, high: str) -> Iterator[tuple[str, str]]:
        below, middle, above = getattr(self, low), getattr(self, best), getattr(self, high)
        if middle is None:
            given = [column for column, value in ((low, below), (high, above)) if value is not None]
            if given:
                yield best, f"must not be blank where {given[0]} is given"
            return
        if below is not None and below > middle:
            yield low, f"{below:.10g} is above {best}, {middle:.10g}"
        if above is not None and above < middle:
            yield high, f"{above:.10g} is below {best}, {middle:.10g}"

    def together(self, first: str, *others: str) -> Iterator[tuple[str, str]]:
        """Demand the other columns where the first one is filled."""
        if getattr(self, first) is not None:
            missing = [other for other in others if getattr(self, other) in (None, "")]
            yield from ((other, f"must not be blank where {first} is given") for other in missing)
