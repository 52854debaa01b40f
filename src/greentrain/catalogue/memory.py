"""Power of main memory per gigabyte, by the size of the machine's memory."""

from __future__ import annotations

from itertools import pairwise
from math import log

from greentrain.catalogue.records import Figure
from greentrain.catalogue.table_files import triple
from greentrain.interval import Interval
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.catalogue.table_files import Row
    from greentrain.catalogue.tables import Tables


class MemoryPower:
    """Power per gigabyte of machines with so much memory, by the sizes of memory.csv.

    Between two sizes it falls as a power of the size, so that more memory never draws less; below the smallest and
    above the largest it is theirs. The user's own sizes replace the shipped ones.

    Parameters
    ----------
    tables : Tables
        Where the rows come from.
    """

    def __init__(self, tables: Tables) -> None:
        rows = [*tables.own_records("memory")] or [*tables.lookup("memory").values()]
        self._points = sorted((float(row["memory_gb"]), _value(row), row) for row in rows)

    def at(self, memory_gb: float) -> Figure:
        """Give the power per gigabyte of a machine with so much memory. [W/GB]

        Parameters
        ----------
        memory_gb : float
            Memory of the machine. [GB]
        """
        points = self._points
        if memory_gb <= points[0][0]:
            return _figure(points[0][1], points[0][2])
        for (size_0, value_0, row), (size_1, value_1, _) in pairwise(points):
            if memory_gb < size_1:
                share = log(memory_gb / size_0) / log(size_1 / size_0)
                between = (low_0 * (low_1 / low_0) ** share for low_0, low_1 in zip(value_0, value_1, strict=True))
                return _figure(Interval(*between), row)
        return _figure(points[-1][1], points[-1][2])


def _value(row: Row) -> Interval:
    value = triple(row, "low_w_per_gb", "w_per_gb", "high_w_per_gb")
    assert value is not None, row
    return value


def _figure(value: Interval, row: Row) -> Figure:
    return Figure(value, "W/GB", "default", row["source"], row.get("notes", ""))
