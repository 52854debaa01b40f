"""Imports of tests are stored in a home of their own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the data folder of this test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("GREENTRAIN_HOME", str(folder))
    return folder
