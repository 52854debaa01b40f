"""No circle of imports: a file can be read, tested and moved without those that use it."""

import graphlib

import grimp
import pytest


def test_no_circle_of_imports() -> None:
    """Not even among imports inside functions, or those that only type checkers see."""
    graph = grimp.build_graph("greentrain", exclude_type_checking_imports=False)
    below = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    try:
        graphlib.TopologicalSorter(below).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
