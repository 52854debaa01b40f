"""Which unit each form wants: the one place where a quantity is converted for a report.

A factor of a thousand is the likeliest serious error here: one form asks for grams, the next for kilograms, a third for
tonnes. The table ``form_units.csv`` has the unit of each, and every form converts through it alone.
"""

from decimal import Decimal
from functools import cache
from typing import NamedTuple

from greentrain.catalogue.table_files import Row, shipped_table
from greentrain.interval import Interval

TABLE = "form_units"


class FormUnit(NamedTuple):
    """How one quantity is written in one form.

    Attributes
    ----------
    form : str
        Name of the form.
    quantity : str
        What it is: energy, emissions, days ...
    base_unit : str
        Unit in which greentrain computes it.
    unit : str
        Unit that the form wants, spelled as there.
    factor : float
        Units of the form per base unit.
    digits : int
        Significant digits of the number in the form.
    """

    form: str
    quantity: str
    base_unit: str
    unit: str
    factor: float
    digits: int
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> "FormUnit":
        """Read a row of form_units.csv."""
        texts = {name: row[name] for name in cls._fields if name not in ("factor", "digits")}
        return cls(factor=float(row["factor"]), digits=int(row["digits"]), **texts)

    def number(self, value: float) -> float:
        """Convert a value and round it to the form's digits.

        Parameters
        ----------
        value : float
            In ``base_unit``.

        Returns
        -------
        float
            In ``unit``.
        """
        return float(f"{value * self.factor:.{self.digits}g}")

    def interval(self, values: Interval) -> Interval:
        """Convert an interval, each end as `number` does."""
        return Interval(*map(self.number, values))

    def decimal(self, value: float) -> str:
        """Write a converted value as a plain decimal number, never with an exponent or thousands separators."""
        return plain_decimal(self.number(value))

    def text(self, value: float) -> str:
        """Write a converted value for people: thousands separators, and all its digits even where they are zeros."""
        return grouped(f"{value * self.factor:#.{self.digits}g}")

    def short_text(self, value: float) -> str:
        """Write a converted value that is known exactly, such as hours: to the unit, without zeros after the point."""
        converted = value * self.factor
        return f"{converted:,.0f}" if abs(converted) >= 10**self.digits else grouped(f"{converted:.{self.digits}g}")

    def with_unit(self, value: float) -> str:
        """Write a converted value for people with its unit."""
        return f"{self.text(value)} {self.unit}"

    def span(self, values: Interval) -> str:
        """Write both ends of an interval for people, with the unit."""
        return f"{self.text(values.low)} to {self.text(values.high)} {self.unit}"


def form_unit(form: str, quantity: str) -> FormUnit:
    """Look up how a form writes a quantity."""
    return form_units()[form, quantity]


@cache
def form_units() -> dict[tuple[str, str], FormUnit]:
    """Return the whole table by form and quantity."""
    cells = map(FormUnit.from_row, shipped_table(TABLE).records())
    return {(item.form, item.quantity): item for item in cells}


def plain_decimal(value: float) -> str:
    """Write a number without exponent: ``2.6e-05`` as ``0.000026``, a whole number without a decimal point."""
    text = f"{Decimal(repr(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(number: str) -> str:
    """Write a rounded number with thousands separators and without exponent: ``1.2e+04`` as ``12,000``."""
    return f"{Decimal(number):,f}"
