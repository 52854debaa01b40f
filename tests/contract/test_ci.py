"""The script of continuous integration: what it tries again, and the oldest dependencies that it installs."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / ".ci" / "run").read_text()
TESTS = """
import pathlib

import pytest


@pytest.mark.timing
def test_late_once():
    seen = pathlib.Path("seen")
    was_seen = seen.exists()
    seen.touch()
    assert was_seen


def test_law():
    assert {law}
"""


@pytest.mark.slow
@pytest.mark.parametrize(("law", "code"), [(True, 0), (False, 1)])
def test_only_timing_tests_are_tried_again(tmp_path: Path, law: bool, code: int) -> None:
    """A test that fails once by its timing is named and passes; with any other failure the run fails at once."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = timing\n")
    (tmp_path / "test_some.py").write_text(TESTS.format(law=law))
    helpers = SCRIPT[SCRIPT.index("step()") : SCRIPT.index("\nchecks()")]
    python = shlex.quote(sys.executable)
    command = f'{helpers}\n{python} -m pytest -q || timing_tried_again {python}; echo "${{tried_again[*]}}"'
    # Options of the run around this one, such as coverage, belong to plugins that are not loaded here.
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        ["bash", "-euc", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == code
    assert ("== tried again, alone: test_some.py::test_late_once" in done.stdout) == law
    assert done.stdout.endswith("test_some.py::test_late_once\n") == law
    assert "test_law" not in done.stdout.partition("tried again")[2]


def test_the_oldest_dependencies_are_the_lower_bounds() -> None:
    """Every declared dependency has a lower bound; those of engines and trackers, tested elsewhere, are not pinned."""
    script = ROOT / ".ci" / "oldest_requirements.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    groups = {"all", "sinks"}
    elsewhere = {"dask", "mlflow", "otlp", "prometheus", "spark", "tensorboard", "trackio", "wandb"} | groups
    tried = (extras[name] for name in extras.keys() - elsewhere)
    declared = {*project["dependencies"], *(requirement for extra in tried for requirement in extra)}

    bounded = [line for name, lines in extras.items() if name not in groups for line in lines]
    assert all(re.search(r">=[\d.]+\d$", line) for line in bounded)
    assert set(done.stdout.splitlines()) == {requirement.replace(">=", "==") for requirement in declared}
    assert all(re.fullmatch(r"[\w-]+(\[[a-z-]+\])?==[\d.]+\d", line) for line in done.stdout.splitlines())
