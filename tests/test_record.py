"""Frozen records, and results whose operators say what to use instead."""

import copy
import operator
import pickle
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy
import pandas  # type: ignore[import-untyped]
import pytest

from greentrain import Estimate, Footprint, Input, Interval, Measurement, Run, estimate
from greentrain.footprint import Grid, Part
from greentrain.history import Totals
from greentrain.inputs import Inputs, given
from greentrain.record import Record, WithoutArithmetic
from greentrain.tracking import FinishedRun


class Point(Record):
    """A place."""

    x: float
    y: float = 2.0
    tags: tuple[str, ...] = ()


class Named(Point, kw_only=True, cached=True):
    """A place with a name, which looks its words up once."""

    name: str
    looks = 0

    @cached_property
    def words(self) -> list[str]:
        """The words of the name."""
        type(self).looks += 1
        return self.name.split()


class Twin(Point):
    """A place of another kind with the same fields."""


class Nothing(Record):
    """A record without fields."""


HERE = Point(1.0, 3.0, ("a",))
NAMED = Named(x=1.0, name="two words")
FOUND = estimate("V100", hours=96, location="FR", year=2024)
INTERVAL = Interval(8.0, 10.0, 13.0)


@pytest.mark.parametrize("item", [HERE, NAMED, FOUND, FOUND.footprint, given("pue", 1.2, "1"), FOUND.breakdown[0]])
def test_a_record_is_frozen(item: Any) -> None:
    """No field is set or deleted, none is added, and the message names it."""
    name = item._fields[0]
    kind = type(item).__name__
    before = repr(item)
    with pytest.raises(AttributeError, match=rf"^{kind} values are frozen: {name} cannot be set$"):
        setattr(item, name, 2)
    with pytest.raises(AttributeError, match=rf"^{kind} values are frozen: another cannot be set$"):
        item.another = 2
    with pytest.raises(AttributeError, match=rf"^{kind} values are frozen: {name} cannot be deleted$"):
        delattr(item, name)
    assert repr(item) == before


@pytest.mark.parametrize("item", [HERE, NAMED, FOUND, FOUND.footprint, FOUND.grid, FOUND.inputs["pue"]])
def test_a_record_is_no_sequence(item: Any) -> None:
    """It has no length, is not taken apart, and has no first element; so that it may gain fields."""
    with pytest.raises(TypeError, match="has no len"):
        len(item)
    with pytest.raises(TypeError, match="cannot unpack non-iterable"):
        _one, _other = item
    with pytest.raises(TypeError, match="not iterable"):
        list(item)
    with pytest.raises(TypeError, match="not subscriptable"):
        item[0]
    with pytest.raises(TypeError, match=r"not iterable|not a container"):
        _ = 1.0 in item


def test_an_estimate_counts_accelerators_and_has_no_length() -> None:
    """Its count is a number, where a tuple's counts elements."""
    assert estimate("8xV100", hours=1).count == 8
    assert FOUND.count == 1


def test_records_are_equal_by_kind_and_fields() -> None:
    """A record of another kind with the same fields is another value, and so is a tuple of them."""
    assert Point(1.0, 3.0, ("a",)) == HERE
    assert Point(1.0) != HERE
    assert Twin(1.0, 3.0, ("a",)) != HERE
    assert HERE != (1.0, 3.0, ("a",))
    assert Nothing() == Nothing()


def test_equal_records_have_one_hash() -> None:
    """They are one key of a dictionary; of another kind they are not."""
    assert len({HERE, Point(1.0, 3.0, ("a",)), Twin(1.0, 3.0, ("a",))}) == 2
    found = [Point(1.0, 2.0, ({"a": [1, {"b": 2.0}]},)) for _ in range(2)]  # type: ignore[arg-type]
    assert (found[0], hash(found[0])) == (found[1], hash(found[1]))


@pytest.mark.parametrize("item", [HERE, NAMED, Nothing(), FOUND.footprint, FOUND.grid, FOUND.inputs, INTERVAL])
@pytest.mark.parametrize(
    "again", [lambda item: pickle.loads(pickle.dumps(item)), copy.copy, copy.deepcopy], ids=["pickle", "copy", "deep"]
)
def test_a_record_is_pickled_and_copied(item: Any, again: Callable[[Any], Any]) -> None:
    """The copy is equal and of the same kind."""
    assert again(item) == item
    assert type(again(item)) is type(item)


def test_an_estimate_is_copied_with_its_numbers() -> None:
    """The catalogue of a copy is another one, the run and its footprint are the same."""
    twin = copy.deepcopy(FOUND)
    assert (twin.run, twin.footprint, twin.wall_clock_hours) == (FOUND.run, FOUND.footprint, FOUND.wall_clock_hours)


def test_what_was_pickled_with_fewer_fields_takes_the_defaults() -> None:
    """A record is pickled by the names of its fields, so that a later version may have more of them."""
    make, (kind, fields) = HERE.__reduce__()
    del fields["tags"]
    assert make(kind, fields) == Point(1.0, 3.0)


def test_a_record_with_other_values() -> None:
    """The original stays; a name that is no field is refused."""
    assert HERE._replace(y=5.0) == Point(1.0, 5.0, ("a",))
    assert NAMED._replace(name="x").name == "x"
    assert (HERE.x, HERE.y) == (1.0, 3.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        HERE._replace(z=1.0)


def test_defaults_and_order_of_fields() -> None:
    """As they are annotated; those of a base come first."""
    assert Point(1.0) == Point(1.0, 2.0, ())
    assert Point._fields == ("x", "y", "tags")
    assert Named._fields == ("x", "y", "tags", "name")
    assert Twin._fields == Point._fields
    assert NAMED._asdict() == {"x": 1.0, "y": 2.0, "tags": (), "name": "two words"}


def test_wrong_arguments() -> None:
    """One that is missing, one too many, one twice, one by position where only names are taken."""
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes from 2 to 4 positional arguments but 5 were given"):
        Point(1.0, 2.0, (), 4)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="multiple values for argument 'x'"):
        Point(1.0, x=1.0)  # type: ignore[misc]
    with pytest.raises(TypeError, match="takes 1 positional argument but 3 were given"):
        Named(1.0, "name")  # type: ignore[call-arg, arg-type]
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        Named(x=1.0)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes no arguments"):
        Nothing(1)  # type: ignore[call-arg]


def test_it_prints_as_it_is_made() -> None:
    """Evaluated, the text gives an equal record."""
    assert repr(HERE) == "Point(x=1.0, y=3.0, tags=('a',))"
    assert repr(Nothing()) == "Nothing()"
    assert eval(repr(NAMED)) == NAMED


def test_a_property_is_worked_out_once() -> None:
    """It is no field: copies do not take it along, and it does not count in equality."""
    item = Named(x=1.0, name="two words")
    before = Named.looks
    assert item.words is item.words
    assert Named.looks == before + 1
    assert item == Named(x=1.0, name="two words")
    assert "words" not in vars(copy.copy(item))


def test_a_record_without_such_properties_has_no_dictionary() -> None:
    """Its fields alone take memory."""
    with pytest.raises(TypeError, match="__dict__"):
        vars(HERE)


def test_fields_are_matched_by_position_unless_they_are_named_only() -> None:
    """As in a data class."""
    match HERE:
        case Point(x, y):
            assert (x, y) == (1.0, 3.0)
        case _:
            pytest.fail("a point is not matched")
    assert not Named.__match_args__


@pytest.mark.parametrize("kind", [Estimate, Footprint, FinishedRun, Grid, Input, Measurement, Part, Run, Totals])
def test_public_results_are_records(kind: type) -> None:
    """And none is a tuple."""
    assert issubclass(kind, Record)
    assert not issubclass(kind, tuple)


RESULTS = [INTERVAL, FOUND, FOUND.footprint, Measurement(1.0, {"gpu": 1.0}, FOUND.footprint)]
BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.lt,
    operator.le, operator.gt, operator.ge,
]  # fmt: skip


@pytest.mark.parametrize("item", RESULTS, ids=lambda item: type(item).__name__)
@pytest.mark.parametrize("apply", BINARY, ids=lambda apply: apply.__name__)
@pytest.mark.parametrize("other", [2, 2.0, numpy.float64(2), numpy.int64(2), numpy.array([1.0, 2.0, 3.0]), INTERVAL])
def test_operators_name_total(item: Any, apply: Callable[[Any, Any], Any], other: Any) -> None:
    """With a number, an array or another result, on either side."""
    for left, right in ((item, other), (other, item)):
        with pytest.raises(TypeError, match=r"greentrain\.total"):
            apply(left, right)


@pytest.mark.parametrize("item", RESULTS, ids=lambda item: type(item).__name__)
@pytest.mark.parametrize(
    "apply",
    [
        operator.neg, operator.pos, abs, lambda item: sorted([item, item]), lambda item: sum([item, item]),
        lambda item: sum([item, item], item), lambda item: max(item, item), lambda item: min([item, item]),
        lambda item: operator.add((1.0,), item), lambda item: operator.mul([1.0], item),
    ],
)  # fmt: skip
def test_built_in_functions_name_total(item: Any, apply: Callable[[Any], Any]) -> None:
    """Signs, sums, orders and extremes."""
    with pytest.raises(TypeError, match=r"greentrain\.total"):
        apply(item)


@pytest.mark.parametrize("apply", BINARY[:6], ids=lambda apply: apply.__name__)
@pytest.mark.parametrize(
    "values", [pandas.Series([1.0, 2.0, 3.0]), pandas.DataFrame({"a": [1.0], "b": [2.0], "c": [3.0]})]
)
def test_series_and_frames_name_total(values: Any, apply: Callable[[Any, Any], Any]) -> None:
    """Three rows or columns are no low, best and high, with which pandas would pair them."""
    for left, right in ((values, INTERVAL), (INTERVAL, values), (values, FOUND)):
        with pytest.raises(TypeError, match=r"greentrain\.total"):
            apply(left, right)


def test_the_message_says_what_to_use_instead() -> None:
    """Of a sum, a multiple and an order, each with the name of what was there."""
    with pytest.raises(
        TypeError, match=r"^Estimate values are not added or subtracted .*greentrain\.total adds result"
    ):
        _ = FOUND + FOUND
    with pytest.raises(TypeError, match=r"^Interval values are not multiplied .*Interval\.scaled .* estimate\(runs="):
        _ = 2 * INTERVAL
    with pytest.raises(TypeError, match=r"^Footprint values have no order, .*max\(results, key=lambda item: "):
        _ = FOUND.footprint < FOUND.footprint


def test_an_interval_is_taken_apart_and_compared_for_equality() -> None:
    """Three numbers, in the order of their names; best values are put in order."""
    low, best, high = INTERVAL
    assert (low, best, high) == (8.0, 10.0, 13.0)
    assert Interval(8.0, 10.0, 13.0) == INTERVAL
    assert Interval(8.0, 10.0, 14.0) != INTERVAL
    assert max([INTERVAL, INTERVAL.scaled(2)], key=lambda item: item.best) == Interval(16.0, 20.0, 26.0)


def test_a_kind_of_its_own_speaks_of_itself() -> None:
    """The words are those of the class that the operator was used on."""

    class Bill(WithoutArithmetic, Record):
        """An amount."""

        amount: float

    with pytest.raises(TypeError, match=r"^Bill values "):
        _ = Bill(1.0) + 1
    assert Bill(1.0) == Bill(1.0)


def test_inputs_are_found_by_name_and_listed_in_order() -> None:
    """Of two with one name the first is found."""
    first, second, other = given("pue", 1.2, "1"), given("pue", 1.3, "1"), given("hours", 2, "h")
    inputs = Inputs([first, second, other])
    assert (inputs["pue"], inputs.get("hours"), inputs.get("grid")) == (first, other, None)
    assert (list(inputs), len(inputs), "pue" in inputs, "grid" in inputs) == ([first, second, other], 3, True, False)
    assert inputs == Inputs((first, second, other))
    assert inputs != Inputs((second, first, other))
    assert hash(inputs) == hash(Inputs((first, second, other)))
    assert not Inputs()
    with pytest.raises(KeyError):
        inputs["grid"]
