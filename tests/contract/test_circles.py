"""No circle of imports: a file can be read, tested and moved without those that use it."""

import graphlib
from importlib import import_module

import pytest

ROOMS = ("greentrain.tracking", "greentrain.meter", "greentrain.journal")


def test_no_circle_of_imports() -> None:
    """Not even among imports that only type checkers see, in what makes up a live run."""
    grimp = import_module("grimp")
    graph = grimp.build_graph("greentrain", exclude_type_checking_imports=False)
    modules = {name for name in graph.modules if name.startswith(ROOMS)}
    below = {name: graph.find_modules_directly_imported_by(name) & modules for name in modules}
    try:
        graphlib.TopologicalSorter(below).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
