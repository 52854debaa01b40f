"""Faults as the objects of RFC 9457: one shape for all of them."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from greentrain.errors import InputError, escaped

PROBLEM_TYPE = "application/problem+json"
_LONGEST_VALUE = 200
_PLAIN = (type(None), bool, int, float)


def problem(
    status: int, detail: str, errors: Iterable[Mapping[str, Any]] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a fault.

    Parameters
    ----------
    status : int
        Of HTTP.
    detail : str
        What is wrong and what would be right, in a sentence.
    errors : iterable of mapping, optional
        One for each input that cannot be used, as `error_of` makes them.
    headers : mapping, optional
        What is said besides.
    """
    found = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": escaped(detail)}
    body = json.dumps(found | {"errors": list(errors)}, allow_nan=False)
    return Response(body, status, headers=dict(headers or {}), media_type=PROBLEM_TYPE)


def input_problem(error: InputError) -> Response:
    """Answer that an input cannot be used, with what might have been meant."""
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.message(), [error_of(error)])


def error_of(error: InputError) -> dict[str, Any]:
    """Return an input that cannot be used as data: parameter, value, rule and the nearest valid choices."""
    return {
        "parameter": escaped(error.parameter),
        "value": _value(error.value),
        "rule": escaped(error.spelled_rule()),
        "suggestions": [escaped(text) for text in error.suggestions],
    }


def _value(value: object) -> Any:
    """Return a value as it came, as text where it is no plain one, and cut where it is long."""
    if isinstance(value, _PLAIN) and not _is_large(value):
        return value
    text = value if isinstance(value, str) else _shown(value)
    text = escaped(text[: _LONGEST_VALUE + 1])
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _is_large(value: object) -> bool:
    """Whether a number has no place in JSON, or more digits than anybody reads."""
    if isinstance(value, float):
        return value - value != 0
    return isinstance(value, int) and abs(value) >= 2**63


def _shown(value: object) -> str:
    try:
        return ascii(value)
    except (ValueError, RecursionError):  # thousands of digits or of levels
        return f"a value of type {type(value).__name__}"
