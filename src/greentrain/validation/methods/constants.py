"""The constants of the published methods, each with its unit and source, as methods.csv states them."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from greentrain.catalogue.table_files import Row, shipped_table

TABLE = "methods"


class Constant(NamedTuple):
    """One number of a method.

    Attributes
    ----------
    setting : str
        Blank for the method as it comes, else the way of using it in which this value replaces the usual one.
    parameter : str
        Name of the number; ``tdp_w:<accelerator>`` and ``g_per_kwh:<place>`` hold for one device or place.
    value : float
        In ``unit``.
    """

    method: str
    setting: str
    parameter: str
    value: float
    unit: str
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> "Constant":
        """Read a row of methods.csv."""
        texts = {name: row[name] for name in cls._fields if name != "value"}
        return cls(value=float(row["value"]), **texts)


@cache
def all_constants() -> tuple[Constant, ...]:
    """Return every constant of every method, in the order of the file."""
    return tuple(map(Constant.from_row, shipped_table(TABLE).records()))


def constant(method: str, parameter: str) -> float:
    """Return a constant of a method as it comes, in the unit that the table states."""
    return constants_of(method)[parameter].value


@cache
def constants_of(method: str, setting: str = "") -> Mapping[str, Constant]:
    """Return the constants of a method in a setting, by parameter; what the setting leaves open is as usual."""
    rows = [row for row in all_constants() if row.method == method and row.setting in ("", setting)]
    return {row.parameter: row for row in sorted(rows, key=lambda row: row.setting != "")}


def settings_of(method: str) -> tuple[str, ...]:
    """List the settings of a method, the usual one first."""
    return tuple(dict.fromkeys(["", *(row.setting for row in all_constants() if row.method == method)]))


def replaced_parameters(method: str, setting: str) -> Iterator[str]:
    """List the parameters that a setting replaces; the usual one replaces none."""
    return (row.parameter for row in all_constants() if setting and (row.method, row.setting) == (method, setting))
