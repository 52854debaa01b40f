"""The shape of the project: files stay small, nothing from a workplace gets in."""

import ast
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "src").rglob("*.py"))
MOST_LINES = 500
MOST_LINES_OF_A_FUNCTION = 40


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_files_and_functions_stay_small(path: Path) -> None:
    """A file fits into 300 lines, a function's body without its docstring into 40."""
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    longest = max((_body_lines(function) for function in functions), default=0)

    assert text.count("\n") <= MOST_LINES
    assert longest <= MOST_LINES_OF_A_FUNCTION


def test_files_of_tests_have_names_of_their_own() -> None:
    """They are no packages: of two with one name, only the first would be read."""
    names = sorted(path.name for path in Path(__file__).parents[1].rglob("*.py") if path.name != "conftest.py")
    assert names == sorted(set(names))


def _body_lines(function: ast.FunctionDef) -> int:
    first, *rest = function.body
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and rest
    start = rest[0].lineno if has_docstring else first.lineno
    assert function.end_lineno is not None
    return function.end_lineno - start + 1
