"""Numbers with a decimal comma, as spreadsheet programs of most of Europe write them."""

import re
from typing import Any

import numpy as np
import pandas as pd

from greentrain.errors import InvalidNumber
from greentrain.estimation import LIMITS, checked_number
from greentrain.frames.columns import coded_cells

_NUMBER = re.compile(r"(\d[\d.,' \u00a0\u202f\u2019]*\d|\d)(.*)", re.DOTALL)
_GROUPS = re.compile(r"\d{1,3}(?:([. '\u00a0\u202f\u2019])\d{3})(?:\1\d{3})*")
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.]\d{3}")
_COMMA_DECIMALS = re.compile(r"\d,\d+(?!.*[.,])", re.DOTALL)
_POINT_DECIMALS = re.compile(r"[.]\d(?!.*[.,]\d)", re.DOTALL)


def with_decimal_points(frame: pd.DataFrame, decimal: str) -> tuple[pd.DataFrame, dict[int, str]]:
    """Write numbers that are text with a decimal point and without signs between thousands.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows as they were read; columns that were read as numbers are left.
    decimal : str
        The decimal sign by which they were.

    Returns
    -------
    frame : pandas.DataFrame
        The rows.
    unclear : dict of int to str
        What is wrong, by row, where a number may be a thousand times another.
    """
    unclear: dict[int, str] = {}
    changed: dict[str, Any] = {}
    for name in frame.columns:
        if name in LIMITS and not pd.api.types.is_numeric_dtype(frame[name].dtype):
            codes, values = coded_cells(frame[name])
            texts = [str(value) for value in values]
            has_commas = any(_COMMA_DECIMALS.search(text) for text in texts)
            has_points = any(_POINT_DECIMALS.search(text) and not _ONE_GROUP.match(text) for text in texts)
            plain = [_with_point(text, has_commas=has_commas) for text in texts]
            changed[name] = np.array([*plain, None], dtype=object)[codes]
            if decimal == "," and not has_commas and not has_points:
                doubtful = {
                    code: _doubt(name, text) for code, text in enumerate(texts) if _may_be_thousands(name, text)
                }
                unclear |= {row: doubtful[code] for row, code in enumerate(codes.tolist()) if code in doubtful}
    return (frame.assign(**changed) if changed else frame), unclear


def _doubt(name: str, text: str) -> str:
    whole = text.strip().replace(".", "")
    return f"{name} {text!r}: may be {whole} or a decimal number; write {whole}, or {text.strip().replace('.', ',')}"


def _with_point(text: str, *, has_commas: bool) -> str:
    """Write one number with a point, before whatever follows it; text that begins with none as it is."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return text
    number, rest = found.groups()
    whole, comma, decimals = number.rpartition(",")
    if comma and "," not in whole and decimals.isdigit() and (whole.isdigit() or _GROUPS.fullmatch(whole)):
        return f"{_digits(whole)}.{decimals}{rest}"
    if not comma and (grouped := _GROUPS.fullmatch(number)):
        is_clear = has_commas or grouped[1] != "." or number.count(".") > 1
        return f"{_digits(number)}{rest}" if is_clear else text
    return text


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _may_be_thousands(name: str, text: str) -> bool:
    """Whether a dot may part thousands: the number is of its kind either way."""
    if not _ONE_GROUP.fullmatch(text.strip()):
        return False
    try:
        return bool(checked_number(name, text) and checked_number(name, text.replace(".", "")))
    except InvalidNumber:
        return False
