"""The public face: exactly these names, and everything after the first argument by keyword."""

import inspect

import pytest

import greentrain

KEYWORDS = (
    "count", "hours", "gpu_hours", "instance", "power", "utilization", "workload", "host_factor", "cpu",
    "cpu_cores", "memory_gb", "location", "year", "grid_intensity", "pue", "site", "runs", "params", "tokens",
    "active_params", "flops", "precision", "mfu", "profiles",
)  # fmt: skip


def test_all_is_sorted_and_lists_each_name_once() -> None:
    """Capitals first, as Python sorts."""
    assert greentrain.__all__ == sorted(set(greentrain.__all__))


def test_every_public_name_can_be_imported() -> None:
    """Each lazy name leads to an object; functions and classes carry that name."""
    for name in greentrain.__all__:
        value = getattr(greentrain, name)
        assert getattr(value, "__name__", name) == name


def test_nothing_else_is_public() -> None:
    """Only the documented names are listed, loaded or not, and no other can be reached by the lazy loader."""
    assert dir(greentrain) == sorted(greentrain.__all__)
    assert set(greentrain._HOME) | {"__version__"} == set(greentrain.__all__)


def test_an_unknown_attribute_is_refused_as_python_does() -> None:
    """The lazy loader does not swallow a typing error."""
    with pytest.raises(AttributeError, match=r"^module 'greentrain' has no attribute 'estimat'$"):
        _ = greentrain.estimat


@pytest.mark.parametrize("name", ["estimate", "load_catalogue"])
def test_only_the_first_argument_is_positional(name: str) -> None:
    """A later release may reorder or insert keywords."""
    first, *others = inspect.signature(getattr(greentrain, name)).parameters.values()
    assert first.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert {parameter.kind for parameter in others} <= {inspect.Parameter.KEYWORD_ONLY}


def test_the_keywords_of_estimate() -> None:
    """The words of the command line's options."""
    assert tuple(inspect.signature(greentrain.estimate).parameters) == ("gpu", *KEYWORDS)


def test_every_keyword_of_estimate_may_be_left_out() -> None:
    """None means not said; what must be said together is checked together."""
    assert {parameter.default for parameter in inspect.signature(greentrain.estimate).parameters.values()} == {None}


def test_the_keywords_of_validate() -> None:
    """The file of records first, all else by keyword."""
    first, *others = inspect.signature(greentrain.validate).parameters.values()
    assert (first.name, first.default) == ("references", None)
    defaults = {parameter.name: parameter.default for parameter in others}
    assert defaults == {"tier": None, "record": None, "claims": False}
    assert {parameter.kind for parameter in others} == {inspect.Parameter.KEYWORD_ONLY}
