"""What ships: wheels that are the same bit for bit, and the licences of all that they need."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def built(source: Path, to: Path, **environment: str) -> dict[str, str]:
    """Build wheel and sdist and return the hash of each."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(to)]
    subprocess.run(command, cwd=source, env={**os.environ, **environment}, capture_output=True, check=True, timeout=300)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in to.iterdir()}


@pytest.mark.slow
def test_two_builds_are_the_same_bit_for_bit(tmp_path: Path) -> None:
    """In another folder, time zone, locale and order of hashes; nothing but our files and plotly.js is in the wheel."""
    ignored = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "*.index", ".*_cache", "dist", ".coverage*")
    for name in ("one", "another"):
        shutil.copytree(ROOT, tmp_path / name / "project", ignore=ignored)
    first = built(tmp_path / "one" / "project", tmp_path / "a", TZ="UTC", PYTHONHASHSEED="1", LC_ALL="C")
    second = built(
        tmp_path / "another" / "project", tmp_path / "b", TZ="Asia/Tokyo", PYTHONHASHSEED="2", LC_ALL="C.UTF-8"
    )
    assert len(first) == 2
    assert first == second
    with zipfile.ZipFile(next((tmp_path / "a").glob("*.whl"))) as wheel:
        endings = {Path(name).suffix for name in wheel.namelist()}
    assert endings <= {
        ".py",
        ".csv",
        ".md",
        ".j2",
        ".js",
        ".css",
        ".svg",
        ".txt",
        ".json",
        ".cff",
        ".index",
        ".typed",
        "",
    }


def test_every_dependency_has_a_licence_that_lets_it_ship() -> None:
    """The list that continuous integration prints, of what is installed with greentrain; no network is needed."""
    script = ROOT / ".ci" / "licences.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    names = {line.split()[0].lower() for line in done.stdout.splitlines()}
    assert {
        "greentrain-footprint",
        "jinja2",
        "markupsafe",
        "pyyaml",
        "rapidfuzz",
        "typer",
        "plotly",
        "codecarbon",
    } <= names
