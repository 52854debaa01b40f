"""Comparisons with everyday activities: near in size, fully labelled, as ranges."""

from typing import Any

import pytest

from greentrain import Interval, estimate, load_catalogue, report
from greentrain.catalogue import Equivalent
from greentrain.estimation import compare, is_labelled
from greentrain.interval import exact


def activity(key: str, kg: Interval, **others: Any) -> Equivalent:
    """Make an activity fit for display."""
    plain: dict[str, Any] = dict.fromkeys(("geography", "subject", "trip", "radiative_forcing", "notes"), "")
    columns = plain | {"label": key, "unit": "piece", "year": 2024, "display": 1, "source": "a;b", "verified": "yes"}
    return Equivalent(id=key, kg=kg, **(columns | others))


def test_the_ratio_worked_by_hand() -> None:
    """100 kg (80 to 125) over 10 kg (5 to 20).

    Both sides: sqrt(ln 1.25 ^ 2 + ln 2 ^ 2) = sqrt(0.0497930 + 0.4804530) = 0.7281800, a factor of 2.071308.
    """
    (found,) = compare(Interval(80, 100, 125), (activity("thing", Interval(5, 10, 20)),))
    assert tuple(found.ratio) == pytest.approx((10 / 2.071308, 10, 20.71308), rel=1e-6)


def test_the_three_nearest_in_size_smallest_first() -> None:
    """Nearness is by ratio: 1 kg is as far from 10 as 100 is; a ship, a hundred thousand times 10 kg, is too far."""
    sizes = {"gram": 0.001, "kilo": 1.0, "sack": 40.0, "car": 900.0, "ship": 1e6}
    activities = tuple(activity(key, exact(kg)) for key, kg in sizes.items())
    assert [item.activity.id for item in compare(exact(10.0), activities)] == ["kilo", "sack", "car"]


def test_only_activities_marked_for_display() -> None:
    """The others are there for validation."""
    assert compare(exact(10.0), (activity("hidden", exact(10.0), display=None),)) == ()


@pytest.mark.parametrize("missing", ["trip", "radiative_forcing", "year"])
def test_a_flight_that_lacks_a_label_is_not_shown(missing: str) -> None:
    """One way or return, with or without radiative forcing differ by a factor of two."""
    labels = {"subject": "passenger", "trip": "one-way", "radiative_forcing": "with", "year": 2016}
    whole = activity("flight", exact(500.0), **labels)
    assert is_labelled(whole)
    part = activity("flight", exact(500.0), **(labels | {missing: "" if missing != "year" else 0}))
    assert not is_labelled(part)
    assert compare(exact(500.0), (whole, part)) == compare(exact(500.0), (whole,))


def test_the_machine_readable_form() -> None:
    """A flight carries its labels, anything else has none; the first source is the main one."""
    thing = activity("thing", exact(10.0))
    flight = activity("flight", exact(10.0), subject="passenger", trip="one-way", radiative_forcing="with", year=2016)
    plain, labelled = (item.to_dict() for item in compare(exact(20.0), (thing, flight)))
    assert plain == {
        "id": "thing",
        "label": "thing",
        "ratio": {"low": 2.0, "best": 2.0, "high": 2.0},
        "unit": "piece",
        "kg_per_unit": {"low": 10.0, "best": 10.0, "high": 10.0},
        "source": "a",
    }
    extra = {"subject": "passenger", "trip": "one-way", "radiative_forcing": "with", "year": 2016}
    assert labelled == plain | {"id": "flight", "label": "flight"} | extra


def test_what_is_of_another_size_says_nothing_to_a_reader() -> None:
    """Below a hundredth and above a thousand times an activity: in the data, but in no sentence."""
    thing = (activity("thing", exact(1.0)),)
    found = [compare(exact(kg), thing)[0].is_telling for kg in (0.009, 0.01, 1000.0, 1010.0)]
    assert found == [False, True, True, False]
    assert "The operational emissions are about" not in report(estimate("V100", hours=1e-6), "text")
    assert "The operational emissions are about" in report(estimate("V100", hours=0.1), "text")


def test_every_estimate_has_three_comparisons_with_known_sources() -> None:
    """From the smallest run to the largest: what reads the data finds the same names."""
    known = load_catalogue().sources
    for hours in (1e-6, 1, 1e6):
        found = estimate("V100", hours=hours).equivalents
        assert len(found) == 3
        assert {key for item in found for key in item.source_ids} <= set(known)
