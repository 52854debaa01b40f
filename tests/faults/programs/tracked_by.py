"""``track`` as the environment says: greentrain's, codecarbon's decorator, or nothing at all.

The same training can so be run bare and tracked, and what it does be compared.
"""

import os
from collections.abc import Callable
from typing import Any

BY = os.environ.get("TRACKED_BY", "nothing")


def track(name: str, **arguments: Any) -> Callable[[Any], Any]:
    """Return a decorator."""
    if BY == "greentrain":
        from greentrain import track as greentrain_track

        arguments = {"pue": 1.5, "grid_intensity": 500} | arguments
        return greentrain_track(name, meter=meter(), quiet="QUIET" in os.environ, **arguments)
    if BY == "codecarbon":
        from codecarbon import track_emissions

        return track_emissions(offline=True, country_iso_code="FRA", project_name=name)
    return lambda function: function


def meter() -> str | None:
    """Name the meter that the test wants."""
    return os.environ.get("METER")
