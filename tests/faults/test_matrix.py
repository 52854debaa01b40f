"""Every fault has a test."""

import ast
import re
from pathlib import Path

FAULTS = 66


def test_every_fault_has_a_test() -> None:
    """Each test's docstring begins with the numbers of its faults, and together they are all."""
    numbers: set[int] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        tests = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        for test in tests:
            words = re.match(r"Faults? (\d+)(?: and (\d+))?: ", ast.get_docstring(test) or "")
            numbers |= {int(number) for number in words.groups() if number} if words else set()
    assert numbers == set(range(1, FAULTS + 1))
