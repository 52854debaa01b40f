"""Numbers such as ``1,300``, which are one and a bit or thirteen hundred: the other numbers of their column decide."""

import re
from collections.abc import Callable, Iterable

from greentrain.errors import DataError
from greentrain.importing.limits import limit

_NUMBER = re.compile(r"\s*([-+]?[\d.,]*\d)")
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,})")
_A_THOUSAND = 1000.0


class CommaSigns:
    """What commas mean in the columns of a file, found out once a number could be two.

    Parameters
    ----------
    path : str
        The file.
    cells_of : callable
        Gives all cells of a column.
    """

    def __init__(self, path: str, cells_of: Callable[[str | int], Iterable[str]]) -> None:
        self._path, self._cells_of = path, cells_of
        self._parts_thousands: dict[str | int, bool] = {}

    def plain(self, cell: str, column: str | int, *, is_power: bool) -> str:
        """Return a cell without the commas that part its thousands.

        Raises
        ------
        DataError
            Of a power that may be either; of a counter a comma is a decimal one then.
        """
        number = _NUMBER.match(cell)
        if number is not None and _THOUSANDS.fullmatch(number[1]):
            return cell.replace(",", "")
        if number is None or not _EITHER.fullmatch(number[1]):
            return cell
        if column not in self._parts_thousands:
            found = parts_thousands(self._cells_of(column))
            if found is None and is_power:
                low = number[1].replace(",", ".")
                rule = f"has powers such as {number[1]}, which may be {low} or {number[1].replace(',', '')}"
                raise DataError(self._path, f"{rule}: write them without commas, or with a decimal point")
            self._parts_thousands[column] = bool(found)
        return cell.replace(",", "") if self._parts_thousands[column] else cell


def parts_thousands(cells: Iterable[str]) -> bool | None:
    """Return whether commas part thousands in a column; None where no number of it tells."""
    most = whole = 0.0
    for cell in cells:
        number = _NUMBER.match(cell)
        if number is None:
            continue
        if _EITHER.fullmatch(number[1]):
            most = max(most, float(number[1].replace(",", "")))
        elif "." in number[1]:
            return True
        elif "," in number[1]:
            return False
        else:
            whole = max(whole, abs(float(number[1])))
    if whole:  # 950 before 1,050; where 1500 stands beside it, the comma is a decimal one
        return whole < _A_THOUSAND
    return False if most > limit("node_w") else None  # no computer draws as much
