"""The page on the architecture is about this code: its rooms, their order, the files that it names."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "greentrain"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w.*-]+(?:/[\w.*-]+)+|[\w-]+\.(?:py|md|csv|toml))`")
_WITHOUT_ROOM = {"__init__", "__main__", "__pycache__", "data", "hardware_profiles"}


def layers() -> list[set[str]]:
    """Return the rooms of each layer that import-linter checks, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [{name.strip().removeprefix("greentrain.") for name in layer.split("|")} for layer in found]


def rooms() -> list[set[str]]:
    """Return the rooms of each row of the page's table, from the top."""
    table = PAGE.partition("| room | holds |")[2].partition("\n\n")[0]
    return [{*re.findall(r"`(\w+)`", row.split("|")[1])} for row in table.splitlines()[2:]]


def test_rooms_are_the_layers_in_their_order() -> None:
    """A row of the table is a layer of `pyproject.toml`."""
    assert rooms() == layers()


def test_every_folder_and_module_has_a_room() -> None:
    """What is at the top of the package is in the table, and nothing else."""
    found = {path.stem for path in SOURCE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert found - _WITHOUT_ROOM == set().union(*rooms())


@pytest.mark.parametrize("name", sorted(set(NAMED.findall(FENCED.sub("", PAGE)))))
def test_files_that_it_names_exist(name: str) -> None:
    """As seen from the top of the project, from the package, or from docs."""
    assert any(any(folder.glob(name)) for folder in (ROOT, SOURCE, ROOT / "docs"))


def test_rooms_of_the_diagrams_exist() -> None:
    """A module that a diagram names with its room is there."""
    for name in re.findall(r"\b((?:meter|reporting)/\w+)\b", PAGE):
        assert (SOURCE / name).is_dir() or (SOURCE / f"{name}.py").is_file(), name
