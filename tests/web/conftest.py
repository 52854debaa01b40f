"""One service for all tests that change nothing of it."""

from collections.abc import Iterator

import pytest
from served import Service, service


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve with the usual settings and an empty history."""
    with service(home=tmp_path_factory.mktemp("home")) as found:
        yield found
