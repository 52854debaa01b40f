"""What the tests of faults share: a room of its own for each, in which nothing of an earlier run may change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_room import Room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A home with an earlier run, which must be there unchanged when the test ends."""
    made = Room(tmp_path)
    yield made
    made.tidy()
