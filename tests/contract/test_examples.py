"""The examples in the docstrings of the public names: there, and right."""

import doctest
import inspect
from pathlib import Path

import pytest
from journals_of_reports import write_run

import greentrain

METHODS = {
    "Catalogue": ("source",),
    "Comparison": ("to_dict", "to_json"),
    "Estimate": ("to_dict", "to_json"),
    "Footprint": ("factors", "to_dict"),
    "History": ("follow", "get", "runs", "select", "to_csv", "to_dict", "to_frame", "to_json", "totals"),
    "Input": ("to_dict",),
    "Interval": ("scaled",),
    "ImportAudit": (),
    "LiveRun": ("energy_kwh_so_far", "kg_so_far", "log", "span", "stop"),
    "Measurement": ("to_dict", "to_json"),
    "ReplayMeter": (),
    "Schedule": ("to_dict", "to_json"),
    "Run": ("to_dict", "to_json", "to_row"),
    "Tracker": ("energy_kwh_so_far", "log", "span", "start", "stop"),
    "ValidationReport": ("of_tier", "to_dict", "to_json"),
}
"""The public classes, and those of their methods that users call; the others serve other rooms."""

ERRORS = {name for name in greentrain.__all__ if name.endswith(("Error", "Warning"))} | {
    "AmbiguousName",
    "BudgetExceeded",
    "Contradiction",
    "InvalidNumber",
    "UnknownName",
}
"""They are caught, not called: the base class of those that arguments raise shows how."""

FUNCTIONS = tuple(name for name in greentrain.__all__ if name not in {*METHODS, *ERRORS, "__version__"})
DOCUMENTED = (
    *FUNCTIONS,
    "InputError",
    *METHODS,
    *(f"{owner}.{method}" for owner, methods in METHODS.items() for method in methods),
)


def public(name: str) -> object:
    """Find a public object by its name, that of its class before it where it is a method."""
    first, _, second = name.partition(".")
    found = getattr(greentrain, first)
    return getattr(found, second) if second else found


def test_every_public_class_is_covered() -> None:
    """A new public class has to name the methods that users call."""
    classes = {name for name in greentrain.__all__ if inspect.isclass(getattr(greentrain, name))}
    assert classes == {*METHODS, *ERRORS}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_example_works(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a section of examples that print what it shows; the history holds one run, ``bert-1``."""
    home = tmp_path / "home"
    write_run(home, "bert-1", name="bert", project="nlp")
    monkeypatch.setenv("GREENTRAIN_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    shown = inspect.getdoc(public(name)) or ""
    assert "\nExamples\n--------\n" in shown, f"{name} has no section of examples"
    names = {each: getattr(greentrain, each) for each in greentrain.__all__}
    example = doctest.DocTestParser().get_doctest(shown, names, name, None, None)
    failed, tried = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example)
    assert tried
    assert not failed
