"""The protocol of meters: sources of cumulative energy by component."""

from __future__ import annotations

import time

from greentrain.journal.records import COMPONENTS, Component
from greentrain.light_typing import TYPE_CHECKING, NamedTuple
from greentrain.units import WATT_SECONDS_PER_KWH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol
else:
    Protocol = object  # a training process that replays a recording does not load typing

__all__ = [
    "WATT_SECONDS_PER_KWH", "Component", "Meter", "NoMeter", "Reading", "SimpleMeter", "switched_off",
    "unknown_components",
]  # fmt: skip


class Reading(NamedTuple):
    """What a meter shows at one moment.

    Attributes
    ----------
    mono : float
        The moment, of the clock ``time.monotonic``. [s]
    energy_kwh : mapping of str to float
        Energy since the run's start by kind of component; a kind that was never read is absent. [kWh]
    power_w : mapping of str to float
        Power by kind of component over the last interval; absent where it was not read. [W]
    gpu_share : float or None
        The run's part of what its GPUs drew since its start, 0 to 1; None where they are not divided.
    gpu_share_method : str or None
        How they are divided: one of `greentrain.meter.attribution.DEVICE_METHODS`.
    """

    mono: float
    energy_kwh: Mapping[str, float]
    power_w: Mapping[str, float]
    gpu_share: float | None = None
    gpu_share_method: str | None = None


class Meter(Protocol):
    """A source of cumulative energy by component.

    The meter lives in a process of its own, which calls it from one thread: `start` once, `read` at every interval and
    every ten seconds at least, `stop` once. What `read` raises counts as a missing reading; energy is cumulative, so
    that the next one makes up for it.

    A back-end of another package is a callable that takes `greentrain.meter.settings.MeterSettings` and returns such
    an object, named by an entry point in the group ``greentrain.meters``; ``track(meter=NAME)`` then uses it.

    A meter of this computer also has ``ceilings_w``: by kind of component, the power [W] beyond which a reading is left
    out. Of others nothing closer is known than what no node's component draws.
    """

    @property
    def name(self) -> str:
        """Name of the back-end, as the user selects it and as the journal records it."""

    @property
    def version(self) -> str | None:
        """Version of the program that reads; None where it has none, as a recorded file."""

    @property
    def is_machine_wide(self) -> bool:
        """Whether CPU and memory are read for the whole computer, so that the run's share of them counts."""

    @property
    def cpu_w_per_thread(self) -> float | None:
        """TDP of one thread of this computer, for the meter's own cost; None where the CPU is not known. [W]"""

    @property
    def components(self) -> tuple[Component, ...]:
        """The components that are read, and how; they may change while the meter runs."""

    @property
    def awaits_component(self) -> bool:
        """Whether a component may be there that nothing has read yet."""

    def start(self, run_started_mono: float) -> None:
        """Begin; readings count from this moment of ``time.monotonic`` on. [s]"""

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Wait until every component that can be read is read, or for so long [s]; return whether it is so."""

    def read(self, timeout_seconds: float) -> Reading:
        """Read now; what takes longer than this is left for the next time. [s]"""

    def stop(self) -> None:
        """Release what was opened; nothing is read any more."""


class SimpleMeter:
    """What meters have in common that need no setting up and know nothing of the CPU."""

    version: str | None = None
    is_machine_wide = False
    cpu_w_per_thread: float | None = None
    awaits_component = False

    def start(self, run_started_mono: float) -> None:
        """Do nothing."""

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Return at once: it is always ready."""
        return True

    def stop(self) -> None:
        """Do nothing."""


class NoMeter(SimpleMeter):
    """A meter that reads nothing, and states why.

    Parameters
    ----------
    reason : str
        Why nothing is read.
    """

    name = "none"

    def __init__(self, reason: str) -> None:
        self.components = unknown_components(reason)

    def read(self, timeout_seconds: float) -> Reading:
        """Show no component."""
        return Reading(time.monotonic(), {}, {})


def unknown_components(reason: str) -> tuple[Component, ...]:
    """Describe a computer of which nothing is read."""
    return tuple(Component(kind, "", "", "none", "unknown", reason) for kind in COMPONENTS)


def switched_off(settings: object) -> NoMeter:
    """Make the meter called ``none``, whatever the settings are."""
    return NoMeter("metering is switched off")
