"""The name greentrain is another project's in the public index: where that lies beside ours, it is said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINE = (
    "greentrain: another project's package greentrain 0.3.1 is installed in this environment and may stand in for this "
    "one: pip uninstall greentrain greentrain-footprint, then install this again\n"
)


def run(site: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line with a folder of packages more."""
    environment = {**os.environ, "PYTHONPATH": str(site), "GREENTRAIN_HOME": str(site / "home")}
    command = [sys.executable, "-m", "greentrain", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def package(site: Path, entry_points: str, folder_name: str = "greentrain-0.3.1.dist-info") -> None:
    """Lay a package called greentrain into a folder."""
    folder = site / folder_name
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: greentrain\nVersion: 0.3.1\n")
    (folder / "entry_points.txt").write_text(entry_points)


@pytest.mark.slow
def test_another_projects_package_is_named(tmp_path: Path) -> None:
    """By the version, the page and a tracked command, in one line on stderr; the estimate does not look."""
    package(tmp_path, "[console_scripts]\ngreentrain = trainer.main:run\n")
    for words in (["--version"], ["--version", "estimate"]):
        done = run(tmp_path, *words)
        assert (done.returncode, done.stderr) == (0, LINE)
    done = run(tmp_path, "serve", "--port", "none")
    assert (done.returncode, done.stderr.startswith(LINE)) == (2, True)
    done = run(tmp_path, "track", "--meter", "none", "--quiet", "--", sys.executable, "-c", "")
    assert (done.returncode, done.stderr) == (0, LINE)
    done = run(tmp_path, "estimate", "--gpu", "V100", "--hours", "1")
    assert (done.returncode, done.stderr) == (0, "")


def test_this_projects_older_name_is_none_of_another(tmp_path: Path) -> None:
    """Until 0.1.0 the distribution was called greentrain."""
    package(tmp_path, "[console_scripts]\ngreentrain=greentrain.cli:main\n")
    done = run(tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("folder", ["Greentrain-0.3.1.dist-info", "greentrain-0.3.1-py3.11.egg-info"])
def test_what_older_installers_write_is_seen_too(tmp_path: Path, folder: str) -> None:
    """They keep capital letters, and have a folder of another kind."""
    package(tmp_path, "[console_scripts]\ngreentrain = trainer.main:run\n", folder)
    assert run(tmp_path, "--version").stderr == LINE
