"""Names of types: each class and each alias of a type has a name of its own."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SOURCES = sorted((Path(__file__).parents[2] / "src").rglob("*.py"))
SEVERAL = {"GreentrainCallback"}
"""One class per framework, which a user imports from the framework's own module."""


def test_no_name_of_a_type_has_two_meanings() -> None:
    """A class or an alias that is met in one room is not taken for another's."""
    counts = Counter(name for path in SOURCES for name in set(_type_names(ast.parse(path.read_text()))))
    assert {name for name, count in counts.items() if count > 1} == SEVERAL


def _type_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names of classes and, of the module, of aliases: names in capitals and small letters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
    for statement in _assignments(tree.body):
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        if isinstance(target, ast.Name) and target.id[0].isupper() and not target.id.isupper():
            yield target.id


def _assignments(body: list[ast.stmt]) -> Iterator[ast.Assign | ast.AnnAssign]:
    """Yield the assignments of a module, also those that only type checkers read."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _assignments(statement.body)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            yield statement
