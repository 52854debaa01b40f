"""What a sink says whose tracker is not installed."""

from greentrain.tracking.sinks.values import no_active_run


def test_a_tracker_that_is_missing_is_named_with_its_extra() -> None:
    """Where its library is there, no run was begun; where it is not, the extra brings it."""
    assert str(no_active_run("json", "call json.init()")) == "no run is active: call json.init()"
    assert str(no_active_run("no_such_tracker", "-")) == (
        "needs no_such_tracker: in greentrain's checkout, pip install '.[no_such_tracker]'"
    )
