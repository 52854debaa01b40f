"""Numbers read and checked, and what a checked request says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain import InputError, InvalidNumber
from greentrain.errors import is_latin
from greentrain.estimation import LIMITS, SCALED, SCALES, Request, checked_number


def number_or_refusal(name: str, value: Any) -> float | InvalidNumber:
    """Check a number, and hand back the error if it is refused; any other exception passes."""
    try:
        return checked_number(name, value)
    except InvalidNumber as error:
        return error


def read(name: str, text: str) -> float:
    """Read a number as a person does: 8B parameters are eight billion."""
    scale = SCALES.get(text[-1:].upper(), 1) if name in SCALED else 1
    return float(text if scale == 1 else text[:-1]) * scale


def request_or_refusal(said: dict[str, Any]) -> Request | InputError:
    """Check a description, and hand back the error if it is refused; any other exception passes."""
    try:
        return Request(**said)
    except InputError as error:
        return error


@pytest.mark.parametrize("name", LIMITS)
def test_limits_include_their_ends_as_stated(name: str) -> None:
    """The largest value passes; the smallest passes where the message says "at least"."""
    limits = LIMITS[name]
    assert checked_number(name, limits.most) == limits.most
    if limits.inclusive:
        assert checked_number(name, limits.above) == limits.above
    else:
        with pytest.raises(InvalidNumber):
            checked_number(name, limits.above)


@pytest.mark.parametrize("name", LIMITS)
@given(value=st.floats())
def test_whatever_passes_is_finite_and_in_range(name: str, value: float) -> None:
    """Every float is either refused by name or lies within the limits."""
    limits = LIMITS[name]
    found = number_or_refusal(name, value)
    if isinstance(found, InvalidNumber):
        assert found.parameter == name
    else:
        assert limits.above <= found <= limits.most
        assert found == value


@pytest.mark.parametrize("name", LIMITS)
@given(text=st.text(max_size=12))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    """No text ends in another exception."""
    found = number_or_refusal(name, text)
    if isinstance(found, InvalidNumber):
        shown = repr(text) if is_latin(text) else ascii(text)
        assert str(found).startswith(f"{name} {shown}: must be ")
    else:
        assert found == read(name, text.strip())


@given(st.dictionaries(st.sampled_from([*LIMITS, "gpu", "location", "site"]), st.text(max_size=8)))
def test_any_description_is_read_or_refused(said: dict[str, Any]) -> None:
    """The only exception that a description can end in is ours."""
    fields = dict.fromkeys(("gpu", "instance", "cpu", "location", "site", *LIMITS))
    found = request_or_refusal(fields | said)
    if isinstance(found, InputError):
        assert "\n" not in str(found)
    else:
        assert found.has_accelerators or found.names_host


def test_counts_and_years_become_whole_numbers() -> None:
    """8.0 devices are 8."""
    for name in ("count", "runs", "year"):
        assert isinstance(checked_number(name, "2020.0"), int)
    assert isinstance(checked_number("hours", "2020"), float)


def test_what_is_not_stated_is_none_but_for_the_number_of_runs() -> None:
    """One run by default; where it stands follows from its hardware."""
    request = Request(gpu=" V100 ", hours="96")
    said = {name: value for name, value in vars(request).items() if value is not None}
    assert said == {"gpu": "V100", "hours": 96.0, "settings": 1, "runs": 1}


@pytest.mark.parametrize(
    ("said", "accelerators", "host"),
    [
        ({"gpu": "V100"}, True, False),
        ({"instance": "p4d.24xlarge"}, True, False),
        ({"gpu": "V100", "cpu_cores": 8}, True, True),
        ({"cpu": "AMD EPYC 7763", "cpu_cores": 8}, False, True),
        ({"cpu_cores": 8, "count": 1}, False, True),
    ],
)
def test_what_a_run_consists_of(said: dict[str, Any], accelerators: bool, host: bool) -> None:
    """Accelerators, a host described by its parts, or both."""
    request = Request(hours=1, **said)
    assert (request.has_accelerators, request.names_host) == (accelerators, host)
