"""A computer under load: many runs at once, and one after another, each with a meter of its own."""

import os

import pytest
from fault_room import Room
from load import at_once, in_a_pool, in_turn

pytestmark = [pytest.mark.heavy, pytest.mark.timing]
AT_ONCE, IN_TURN = (200, 2000) if os.environ.get("GREENTRAIN_FULL_LOAD") else (50, 200)
IN_POOL = 12


@pytest.mark.parametrize("meter", [None, "native"])
def test_runs_at_once(room: Room, meter: str | None) -> None:
    """Fault 66: runs of 20 s at once are all on record, and are given the computer's own energy and hardly more."""
    seen = at_once(room, AT_ONCE, 20.0, meter)
    assert (seen.codes, seen.stderr_lines) == ({0: AT_ONCE}, 0)
    assert (seen.statuses, seen.names) == ({"completed": AT_ONCE}, AT_ONCE)
    assert seen.together_seconds > 0
    assert max(seen.together.values()) <= 1.02
    assert max(seen.whole.values()) <= 1.10


@pytest.mark.parametrize("kind", ["xdist", "joblib", "loky", "dask", "ray"])
def test_runs_in_the_workers_of_a_pool(room: Room, kind: str) -> None:
    """Fault 48: runs of workers that know nothing of each other are given the computer's own energy once."""
    pytest.importorskip({"dask": "distributed"}.get(kind, kind))
    seen = in_a_pool(room, kind, IN_POOL, 20.0, "native")
    assert seen.codes == {0: 1}
    assert (seen.statuses, seen.names) == ({"completed": IN_POOL}, IN_POOL)
    assert seen.together_seconds > 0
    assert max(seen.together.values()) <= 1.02
    assert max(seen.whole.values()) <= 1.10


def test_runs_in_turn(room: Room) -> None:
    """Fault 66: hundreds of runs of one process leave as many records, and a process as large as before."""
    seen = in_turn(room, IN_TURN)
    assert (seen.code, seen.stderr_lines) == (0, 0)
    assert (seen.statuses, seen.names) == ({"completed": IN_TURN}, IN_TURN)
    assert max(seen.whole.values()) <= 1.02
    first_mib, last_mib = seen.memory_mib
    assert last_mib <= first_mib + 8
