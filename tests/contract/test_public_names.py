"""The public face: exactly these names, and everything after the first argument by keyword."""

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import greentrain
from greentrain import catalogue, estimation, intensity, planning, validation

KEYWORDS = (
    "count", "hours", "gpu_hours", "instance", "power", "utilization", "workload", "host_factor", "host_power", "cpu",
    "cpu_cores", "memory_gb", "location", "year", "grid_intensity", "pue", "site", "runs", "seeds",
    "failed_share", "params", "tokens", "active_params", "flops", "architecture", "precision", "mfu", "profiles",
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
    """Only the documented names are listed, loaded or not."""
    assert dir(greentrain) == sorted(greentrain.__all__)


@pytest.mark.parametrize("package", [greentrain, catalogue, estimation, intensity, planning, validation])
def test_every_lazy_name_is_listed_and_loads(package: ModuleType) -> None:
    """What a package lists, the table of its lazy loader has, and nothing else."""
    lazy: set[str] = set(inspect.getclosurevars(package.__getattr__).nonlocals["modules"])
    assert lazy | {"__version__"} == {*package.__all__, "__version__"}
    assert all(hasattr(package, name) for name in lazy)


def test_estimate_is_the_function_whatever_was_imported_before() -> None:
    """No module of the package has the function's name, and so none can hide it."""
    for module in pkgutil.iter_modules(estimation.__path__, "greentrain.estimation."):
        importlib.import_module(module.name)
    assert estimation.estimate is greentrain.estimate
    assert callable(estimation.estimate)


def test_an_unknown_attribute_is_refused_as_python_does() -> None:
    """The lazy loader does not swallow a typing error."""
    with pytest.raises(AttributeError, match=r"^module 'greentrain' has no attribute 'estimat'$"):
        _ = greentrain.estimat


@pytest.mark.parametrize("name", ["estimate", "best_start", "compare", "load_catalogue", "track"])
def test_only_the_first_argument_is_positional(name: str) -> None:
    """A later release may reorder or insert keywords."""
    first, *others = inspect.signature(getattr(greentrain, name)).parameters.values()
    assert first.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert {parameter.kind for parameter in others} <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}


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
    assert defaults == {"tier": None, "record": None, "claims": False, "progress": None}
    assert {parameter.kind for parameter in others} == {inspect.Parameter.KEYWORD_ONLY}


def test_the_keywords_of_track() -> None:
    """Those of ``estimate`` that describe a live run, and what recording needs."""
    names = tuple(inspect.signature(greentrain.track).parameters)
    shared = ("location", "year", "pue", "grid_intensity", "gpu", "count", "instance", "workload", "site", "profiles")
    own = (
        "name", "project", "run_id", "interval", "total_steps", "budget_kwh", "budget_kg", "on_budget", "home",
        "meter", "quiet", "record_command", "sinks", "user",
    )  # fmt: skip
    assert set(names) == {*shared, *own}
    assert set(shared) <= set(inspect.signature(greentrain.estimate).parameters)


def test_the_words_of_a_live_run() -> None:
    """What a user's training code and the callbacks build on; a finished view has them too."""
    from greentrain import LiveRun
    from greentrain.tracking import FinishedRun

    words = {
        "span",
        "log",
        "stop",
        "measurement",
        "estimate",
        "record",
        "energy_kwh_so_far",
        "kg_so_far",
        "should_stop",
    }
    for kind in (LiveRun, FinishedRun):
        assert words <= set(dir(kind))
    assert words - {"kg_so_far"} <= set(dir(greentrain.Tracker))


def test_the_fields_of_a_measurement() -> None:
    """The record on disk and in JSON is built from them."""
    assert greentrain.Measurement._fields == (
        "duration_seconds", "energy_kwh", "footprint", "components", "quality", "gaps", "spans", "logs", "notes",
        "unfilled",
    )  # fmt: skip


def test_errors_are_of_one_tree_and_the_warning_is_none() -> None:
    """A caller catches GreentrainError; warnings are filtered by a class of their own."""
    assert issubclass(greentrain.BudgetExceeded, greentrain.GreentrainError)
    assert issubclass(greentrain.MeterError, greentrain.GreentrainError)
    assert issubclass(greentrain.GreentrainWarning, UserWarning)
