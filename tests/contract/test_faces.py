"""Tests enter a room by its face: the names that its package gives."""

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

TESTS = Path(__file__).parents[1]
MOST_INNER_MODULES = 80
ROOM_OF = {
    "bad_inputs": "catalogue",
    "callbacks": "tracking",
    "data_checks": "catalogue",
    "fuzz": "cli",
    "trackers": "tracking",
}
"""Rooms whose tests have a folder of another name."""
FRAMEWORKS = ("accelerate", "huggingface", "hydra", "keras", "lightning", "skorch")
CALLBACKS = {f"greentrain.tracking.callbacks.{name}" for name in FRAMEWORKS}
"""What users import by their full names, since the package would load a framework."""


def imported(path: Path) -> Iterator[str]:
    """Name the modules that a test imports, or takes names from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if is_module(node.module, alias.name) else node.module


def is_module(package: str, name: str) -> bool:
    """Whether a name of a package of ours is that of a module of it, and not of what the package gives."""
    if package.partition(".")[0] != "greentrain" or not is_package(package):
        return False
    return name not in getattr(import_module(package), "__all__", ()) and find_spec(f"{package}.{name}") is not None


def is_package(name: str) -> bool:
    """Whether there is a package of this name."""
    spec = find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def is_inner(module: str) -> bool:
    """Whether a module is neither a room, nor a package in one, nor outside of the rooms."""
    parts = module.split(".")
    return parts[0] == "greentrain" and len(parts) > 2 and module not in CALLBACKS and not is_package(module)


def inner_modules() -> dict[str, set[str]]:
    """List the modules inside rooms that tests name, each with the rooms that these tests are of."""
    found: dict[str, set[str]] = {}
    for path in TESTS.rglob("*.py"):
        folder = path.relative_to(TESTS).parts[0]
        for module in filter(is_inner, imported(path)):
            found.setdefault(module, set()).add(ROOM_OF.get(folder, folder))
    return found


def test_only_tests_of_a_room_look_inside_it() -> None:
    """Whoever moves a module changes its room's tests and its package's list of names, and no other test."""
    others = {module: rooms - {module.split(".")[1]} for module, rooms in inner_modules().items()}
    assert {module: rooms for module, rooms in others.items() if rooms} == {}


def test_few_modules_are_named() -> None:
    """What a package gives is taken from there."""
    assert len(inner_modules()) <= MOST_INNER_MODULES
