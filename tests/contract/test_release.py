"""What a release is made of: one version, and a recipe and a container file, which are checked as text."""

import re
import tomllib
from pathlib import Path

import yaml

from greentrain._version import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RECIPE = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text())
CONTAINER = (ROOT / "Containerfile").read_text()


def test_the_newest_release_is_this_version() -> None:
    """The changelog's first title below what is not released."""
    titles = re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert titles[:2] == ["Unreleased", __version__]


def test_the_recipe_is_of_this_project() -> None:
    """Name, version, command and licence, and the requirements with their bounds."""
    assert RECIPE["context"]["version"] == __version__
    assert RECIPE["package"]["name"] == PROJECT["name"]
    assert RECIPE["about"]["license"] == PROJECT["license"]
    assert RECIPE["about"]["summary"] == PROJECT["description"]
    (command,) = RECIPE["build"]["python"]["entry_points"]
    assert command.split(" = ") == [*PROJECT["scripts"].popitem()]
    wanted = {f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]}
    assert {line.replace(" ", "") for line in RECIPE["requirements"]["run"]} == wanted


def test_the_container_takes_what_is_there() -> None:
    """Each file that is copied in exists, and all that the build reads is; the Python is one that is tested."""
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.*)$", CONTAINER, re.MULTILINE) for word in line.split()[:-1]
    ]
    assert all((ROOT / name).exists() for name in copied)
    assert {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CITATION.cff", "src", "hardware_profiles"} == {
        *copied
    }
    (python,) = set(re.findall(r"^FROM docker.io/library/python:([\d.]+)-", CONTAINER, re.MULTILINE))
    assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", CONTAINER)
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()


def test_the_container_is_nobodys_root() -> None:
    """The command runs as a user of its own, who owns the folder of the records."""
    after_user = CONTAINER.partition("\nUSER greentrain\n")[2]
    assert 'ENTRYPOINT ["greentrain"]' in after_user
    assert "USER" not in after_user
    assert "GREENTRAIN_HOME=/data" in CONTAINER
    assert "--owner greentrain /data" in CONTAINER
