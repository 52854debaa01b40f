"""Sinks: the energy of a run beside its loss, in the tracker that is watched already; one module per tracker."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.tracking.sinks.feed import Feed
    from greentrain.tracking.sinks.values import RunFacts, Sink, SinkReading
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(), {"tracking.sinks.feed": "Feed", "tracking.sinks.values": "SinkReading RunFacts Sink"}
    )

__all__ = ["Feed", "RunFacts", "Sink", "SinkReading"]
