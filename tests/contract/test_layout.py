"""The shape of the project: files and functions stay small, modules few, and short ones have a reason."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
SOURCES = sorted(SOURCE.rglob("*.py"))
MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 30
LONGER_FUNCTIONS = {
    ("greentrain.history.merge", "_merged"),
    ("greentrain.history.nodes", "_node"),
    ("greentrain.history.session_journals", "_meter"),
    ("greentrain.reporting.forms.json", "schema"),
}
"""Each names every field of one record: in parts, the record would have to be looked for in several places."""
MODULES = range(165, 428)
MOST_LINES = 66_600
SHORT = 80
REASONS = {
    "greentrain.cli": "one module per command",
    "greentrain.estimation.written_numbers": "an estimate of plain numbers does not load its patterns",
    "greentrain.frames.dask": "one module per engine",
    "greentrain.importing": "one module per format",
    "greentrain.intensity.services": "one module per service",
    "greentrain.reporting.charts": "one module per question",
    "greentrain.reporting.forms": "one module per form",
    "greentrain.reporting.terminal": "a command loads its own text alone",
    "greentrain.tracking.callbacks": "one module per framework",
    "greentrain.tracking.sinks": "one module per tracker, loaded where it is asked for",
    "greentrain.validation.methods": "one module per published method",
}
"""Of modules and packages whose short modules stay apart although one other module alone imports them."""


def name_of(path: Path) -> str:
    """Return the dotted name of a module or of a package."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


TREES = {name_of(path): ast.parse(path.read_text()) for path in SOURCES}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_files_and_functions_stay_small(path: Path) -> None:
    """A file has at most 500 lines, a function's body at most 30 without its docstring; four functions have more."""
    functions = [
        node for node in ast.walk(TREES[name_of(path)]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    longer = {(name_of(path), each.name) for each in functions if _body_lines(each) > MOST_LINES_OF_A_FUNCTION}

    assert path.read_text().count("\n") <= MOST_LINES_OF_A_FILE
    assert longer == {each for each in LONGER_FUNCTIONS if each[0] == name_of(path)}


def test_modules_are_few() -> None:
    """Counted without ``__init__.py`` and ``__main__.py``, which only name what is elsewhere."""
    assert len([path for path in SOURCES if not path.stem.startswith("__")]) in MODULES


def test_the_source_is_short() -> None:
    """Lines of all modules that are not blank, those of docstrings and comments among them."""
    assert sum(bool(line.strip()) for path in SOURCES for line in path.read_text().splitlines()) <= MOST_LINES


def test_short_modules_have_several_importers_or_a_reason() -> None:
    """Under 80 lines, a module that one other imports is a part of that other, if nothing speaks against it."""
    importers: dict[str, set[str]] = defaultdict(set)
    for name, tree in TREES.items():
        for imported in _imported(tree):
            importers[imported].add(name)
    alone = [
        name_of(path)
        for path in SOURCES
        if not path.stem.startswith("__") and path.read_text().count("\n") < SHORT and len(importers[name_of(path)]) < 2
    ]
    assert [name for name in alone if not {name, name.rpartition(".")[0]} & REASONS.keys()] == []


def test_files_of_tests_have_names_of_their_own() -> None:
    """They are no packages: of two with one name, only the first would be read."""
    names = sorted(path.name for path in Path(__file__).parents[1].rglob("*.py") if path.name != "conftest.py")
    assert names == sorted(set(names))


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first, *rest = function.body
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and rest
    start = rest[0].lineno if has_docstring else first.lineno
    assert function.end_lineno is not None
    return function.end_lineno - start + 1


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield every name that could be that of a module: what is imported, and from where."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
