"""A loopback server for each test, and a home and keys of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Loopback, loopback

from greentrain.intensity import KEY_VARIABLES


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Serve; what is kept on disk lies in the test's folder, and every service has a key."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    for variable in KEY_VARIABLES.values():
        monkeypatch.setenv(variable, "secret+user:s3cr/t")
    with loopback() as found:
        yield found
