"""Numbers for programs: the digits that give the same number back, small ones in decimals without an exponent.

Large ones keep it: operations are counted as 1.2e+20, and no reader mistakes them.
"""

from __future__ import annotations

from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from typing import Any

_TOKEN = r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?[eE]-\d+'
"""A string of JSON, to be left alone, or a number with a negative exponent."""


def plain_float(value: float) -> str:
    """Write a number as Python does, but small ones without an exponent: ``1e-05`` as ``0.00001``.

    Examples
    --------
    >>> plain_float(7.854e-07), plain_float(1.2e20), plain_float(96.0)
    ('0.0000007854', '1.2e+20', '96.0')
    """
    text = float.__repr__(value)
    return _without_exponent(text) if "e-" in text else text


def plain_json(value: Any, **how: Any) -> str:
    """Write plain data as JSON text whose small numbers have no exponent; what is no number is an error.

    Parameters
    ----------
    value : object
        Dictionaries, lists, texts, numbers, booleans and None.
    **how
        Options of `json.dumps`.

    Examples
    --------
    >>> plain_json({"1e-05": [1e-05, "2e-05"]})
    '{"1e-05": [0.00001, "2e-05"]}'
    """
    import json
    import re  # which json has loaded

    text = json.dumps(value, allow_nan=False, **how)
    return re.sub(_TOKEN, _rewritten, text) if re.search(r"\d[eE]-\d", text) else text


def _rewritten(found: re.Match[str]) -> str:
    return found[0] if found[0][0] == '"' else _without_exponent(found[0])


def _without_exponent(text: str) -> str:
    from decimal import Decimal

    return f"{Decimal(text):f}"
