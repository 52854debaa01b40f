"""How numbers are written."""

import pytest

from greentrain import Interval
from greentrain.interval import exact
from greentrain.numbers import best, plain, rounded, span, with_span


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1506.834, "1,506.8"),
        (652.052, "652.1"),
        (651.96, "652.0"),
        (433196.0, "433,196"),
        (24692.172, "24,692"),
        (21_588_000.0, "21,588,000"),
        (9999.94, "9,999.9"),
        (9.876, "9.88"),
        (0.012345, "0.0123"),
        (0.012, "0.012"),
        (0.3, "0.30"),
        (0.9999, "1.00"),
        (0.355, "0.355"),
        (0.0, "0"),
    ],
)
def test_exact_numbers_keep_their_digits(value: float, text: str) -> None:
    """No decimals from 10,000 on, one from 10, at least two below, where three significant digits are written."""
    assert plain(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (55.81, "55.8"),
        (1.2122, "1.21"),
        (652.05, "652"),
        (1506.8, "1,510"),
        (21_588_000.0, "21,600,000"),
        (0.0451, "0.0451"),
        (9.996, "10.0"),
        (99.96, "100"),
        (999.6, "1,000"),
        (0.0, "0"),
        (0.00001234, "0.0000123"),
        (1.234e-9, "0.00000000123"),
        (1.234e-10, "1.23e-10"),
        (1e-10, "1.00e-10"),
        (0.2, "0.200"),
        (0.74, "0.740"),
        (0.9996, "1.00"),
        (-0.05, "-0.0500"),
    ],
)
def test_uncertain_numbers_have_three_significant_digits(value: float, text: str) -> None:
    """More digits than the interval allows are not shown."""
    assert rounded(value) == text


def test_an_exact_interval_has_no_brackets() -> None:
    """Exact inputs are shown in full and without an interval."""
    assert best(exact(1506.834)) == "1,506.8"
    assert span(exact(1.0)) == "(exact)"
    assert with_span(exact(1.58)) == "1.58"
    assert with_span(Interval(1.0, 1506.8, 2000.0)) == "1,510 (1.00 to 2,000)"
