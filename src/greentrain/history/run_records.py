"""What a run in the history is made of: frozen values, from journals alone."""

from typing import Any, NamedTuple

from greentrain.interval import Interval
from greentrain.journal.records import Component, Gap


class NodeMeasurement(NamedTuple):
    """What one node did in one session, that is between two restarts.

    Attributes
    ----------
    host : str
        The node.
    session : str
        The session's id.
    started : float
        When, in seconds since 1970. [s]
    duration_seconds : float
        From its start to its end, or to the newest record. [s]
    energy_kwh : dict of str to (float or None)
        Energy by component, before PUE; None where it was not measured. [kWh]
    power_w : dict of str to (float or None)
        Newest power by component. [W]
    quality : dict of str to str
        How each component's energy is known: measured, modelled or unknown.
    components : tuple of Component
        What the meter looked at.
    gaps : tuple of Gap
        Times without measurement.
    unmeasured : tuple of str
        Components that were not measured, or not all the time.
    meter : dict
        What the meter said of its own work: samples, largest gap, shares, its own CPU time, power and memory, and the
        version of codecarbon that it hosted.
    is_running : bool
        Whether it goes on.
    pue, g_per_kwh : Interval or None
        PUE [1] and carbon intensity [g CO2e/kWh] that the session stated.
    notes : tuple of str
        What to know about it.
    unread_seconds : dict of str to float
        How long the meter went on without a component that it had lost. [s]
    """

    host: str
    session: str
    started: float
    duration_seconds: float
    energy_kwh: dict[str, float | None]
    power_w: dict[str, float | None]
    quality: dict[str, str]
    components: tuple[Component, ...]
    gaps: tuple[Gap, ...]
    unmeasured: tuple[str, ...]
    meter: dict[str, Any]
    is_running: bool
    pue: Interval | None
    g_per_kwh: Interval | None
    notes: tuple[str, ...]
    unread_seconds: dict[str, float] = {}  # noqa: RUF012 -- a default that nothing changes

    @property
    def total_kwh(self) -> float | None:
        """Energy of all components, before PUE; None where nothing was read. [kWh]"""
        known = [value for value in self.energy_kwh.values() if value is not None]
        return sum(known) if known else None
