"""What errors say, to whom, and that they survive the trip between processes."""

import gc
import importlib.metadata
import pickle
import weakref

import pytest

from greentrain import AmbiguousName, Contradiction, DataError, GreentrainError, InputError, InvalidNumber, UnknownName
from greentrain.errors import either, install_hint, is_from_outside


@pytest.mark.parametrize("kind", [InputError, InvalidNumber, UnknownName, AmbiguousName, Contradiction])
def test_input_errors_are_value_errors_of_ours(kind: type[InputError]) -> None:
    """A caller may catch all of greentrain, or what Python itself raises for bad values."""
    assert issubclass(kind, GreentrainError)
    assert issubclass(kind, ValueError)


def test_a_data_error_is_no_input_error() -> None:
    """A damaged file is not something that the caller said."""
    assert issubclass(DataError, GreentrainError)
    assert not issubclass(DataError, ValueError)


def test_a_message_states_parameter_value_rule_and_nearest_choice() -> None:
    """One line with all four."""
    error = UnknownName("location", "Frence", "unknown place", ["FR (France)"])
    assert str(error) == "location 'Frence': unknown place; did you mean FR (France)?"
    assert (error.parameter, error.value, error.rule) == ("location", "Frence", "unknown place")
    assert error.suggestions == ("FR (France)",)


def test_a_missing_value_is_not_shown() -> None:
    """Nothing was given, so nothing is quoted."""
    assert str(Contradiction("hours", None, "how long did it run?")) == "hours: how long did it run?"


def test_an_ambiguous_name_asks_for_a_choice() -> None:
    """Its suggestions are all right, so none is guessed to be meant."""
    error = AmbiguousName("gpu", "M4", "several accelerators have this name", ["apple-m4", "tesla-m4"])
    assert str(error) == "gpu 'M4': several accelerators have this name; choose apple-m4 or tesla-m4"


def test_the_command_line_spells_parameters_its_own_way() -> None:
    """Braces mark the other parameters of a rule."""
    error = Contradiction("gpu_hours", 8.0, "give either {hours} or {gpu_hours}")
    assert str(error) == "gpu_hours 8.0: give either hours or gpu_hours"
    spelled = error.message(lambda name: f"--{name.replace('_', '-')}")
    assert spelled == "--gpu-hours 8.0: give either --hours or --gpu-hours"


@pytest.mark.parametrize("rule", ["lone { brace", "lone } brace", "empty {} braces", "{0.__class__} trick", "{a!r:>9}"])
def test_braces_that_a_user_typed_are_kept(rule: str) -> None:
    """A rule may quote what the user said; only {name} is a parameter."""
    assert str(InputError("gpu", None, rule)) == f"gpu: {rule}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb\x1b[31m", r"'a\nb\x1b[31m'"),
        ("M\u00fcnster", "'Münster'"),
        ("\u0410100", r"'\u0410100'"),
        ("x" * 201, "'" + "x" * 200 + "...'"),
        ("\u0410" * 5000, "'" + r"\u0410" * 33 + "\\...'"),
        ("/" + "x" * 150, "'/" + "x" * 150 + "'"),
        ([1] * 100, "[" + "1, " * 26 + "1..."),
        (10**5000, "a number of int type too long to show"),
    ],
    ids=["control", "latin", "cyrillic", "long text", "long cyrillic", "path", "long list", "huge integer"],
)
def test_values_are_shown_on_one_short_line(value: object, shown: str) -> None:
    """Whatever was typed, a terminal or log shows one line of plain ASCII."""
    assert str(InputError("gpu", value, "must be text")) == f"gpu {shown}: must be text"


def test_a_data_error_names_file_row_and_column() -> None:
    """Enough to put the cursor on the cell."""
    error = DataError("cpus.csv", "must be a number", 3, "tdp_w")
    assert str(error) == "cpus.csv, row 3, column tdp_w: must be a number"
    assert str(DataError("cpus.csv", "is empty")) == "cpus.csv: is empty"


@pytest.mark.parametrize(
    "error",
    [UnknownName("gpu", "T400", "unknown accelerator", ["RTX 4000"]), DataError("cpus.csv", "is empty", 1, "id")],
    ids=["input", "data"],
)
def test_errors_cross_between_processes(error: GreentrainError) -> None:
    """A worker process hands its exception to the parent pickled."""
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["A"], "A"), (["A", "B"], "A or B"), (["A", "B", "C"], "A, B or C")]
)
def test_either_joins_names_as_a_sentence_does(names: list[str], text: str) -> None:
    """Commas between, "or" before the last."""
    assert either(names) == text


def test_an_error_that_is_asked_for_its_origin_is_kept_by_nothing() -> None:
    """What a failed reading held is free at once, without a collection of circles."""

    class Held:
        pass

    def read() -> "weakref.ref[Held]":
        held = Held()
        origins = []
        try:
            int("text", 10 if held else 2)
        except ValueError as error:
            origins.append(is_from_outside(error))
        assert origins == [False]
        return weakref.ref(held)

    gc.disable()
    try:
        assert read()() is None
    finally:
        gc.enable()


def test_what_an_extra_brings_can_be_installed_without_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of its packages, as they are declared; of an unknown extra only its name is said."""
    declared = [
        "plotly>=6.0",
        "fastapi>=0.115; extra == 'web'",
        "dask[dataframe]>=2024.12; python_version > '3' and extra == \"dask\"",
        "uvicorn>=0.30 ; extra == 'web'",
        "kaleido>=1.5; extra == 'webs'",
    ]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: declared)
    checkout = "in greentrain's checkout, pip install"
    assert install_hint("web") == f"{checkout} '.[web]'; without one, pip install 'fastapi>=0.115' 'uvicorn>=0.30'"
    assert install_hint("dask") == f"{checkout} '.[dask]'; without one, pip install 'dask[dataframe]>=2024.12'"
    assert install_hint("nothing") == f"{checkout} '.[nothing]'"


def test_the_advice_of_an_extra_needs_no_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files on the path alone declare nothing."""

    def missing(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", missing)
    assert install_hint("web") == "in greentrain's checkout, pip install '.[web]'"
