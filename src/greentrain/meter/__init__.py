"""The meter: a process of its own that measures a run, writes a journal, and detects the run's end."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.meter.base import Component, Meter, NoMeter, Reading
    from greentrain.meter.native import NativeMeter
    from greentrain.meter.run_end import RunEnd
    from greentrain.meter.settings import MeterSettings
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "meter.base": "Component Meter NoMeter Reading",
            "meter.native": "NativeMeter",
            "meter.run_end": "RunEnd",
            "meter.settings": "MeterSettings",
        },
    )

__all__ = ["Component", "Meter", "MeterSettings", "NativeMeter", "NoMeter", "Reading", "RunEnd"]
