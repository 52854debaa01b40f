"""The light stand-in for `typing.NamedTuple` makes the same classes."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from greentrain.estimation import Limits
from greentrain.tracking import ExitStatus, Ranks


def test_fields_and_defaults() -> None:
    """Annotations are the fields, in their order; values beside them are defaults."""
    assert ExitStatus._fields == ("status", "error", "exit_code")
    assert ExitStatus._field_defaults == {"error": None, "exit_code": None}
    assert ExitStatus("failed", exit_code=3) == ("failed", None, 3)
    assert repr(ExitStatus("completed")) == "ExitStatus(status='completed', error=None, exit_code=None)"


def test_methods_and_properties_are_kept() -> None:
    """A class's own words work on its fields."""
    assert [Ranks(local_rank=rank).meters for rank in (None, 0, 1)] == [True, True, False]


def test_module_and_name_are_the_class_s_own() -> None:
    """Tracebacks and pickles name where the class stands."""
    assert (Limits.__module__, Limits.__qualname__) == ("greentrain.estimation.ranges", "Limits")
    exit_status = ExitStatus("failed", "ValueError")
    assert pickle.loads(pickle.dumps(exit_status)) == exit_status


@pytest.mark.parametrize("change", [lambda item: setattr(item, "status", "x"), lambda item: setattr(item, "new", 1)])
def test_values_are_frozen(change: Callable[[Any], None]) -> None:
    """No field can be changed and none added."""
    with pytest.raises(AttributeError):
        change(ExitStatus("failed"))
