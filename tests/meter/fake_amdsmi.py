"""AMD's library for tests: boards of 100, 200 ... W, with a counter if no file next to it changes that."""

import time
from pathlib import Path

_HERE = Path(__file__).parent
_WATTS = 100.0
_BOARDS = int((_HERE / "boards").read_text())
_STEP_UJ = 15.3


class AmdSmiLibraryException(Exception):
    """The library's error."""


def amdsmi_init() -> None:
    """Start the library."""


def amdsmi_get_processor_handles() -> list[int]:
    """List the boards' handles."""
    return list(range(_BOARDS))


def amdsmi_get_gpu_device_uuid(handle: int) -> str:
    """Return the UUID."""
    return f"{handle}abc"


def amdsmi_get_gpu_asic_info(handle: int) -> dict[str, str]:
    """Return the name."""
    return {"market_name": "AMD Instinct MI300X"}


def amdsmi_get_energy_count(handle: int) -> dict[str, float]:
    """Count energy since the driver was loaded, in steps of 15.3 uJ."""
    if (_HERE / "no_counter").exists():
        raise AmdSmiLibraryException("AMDSMI_STATUS_NOT_SUPPORTED")
    steps = int(_WATTS * (handle + 1) * time.monotonic() * 1e6 / _STEP_UJ)
    return {"energy_accumulator": steps, "counter_resolution": _STEP_UJ, "timestamp": 0}


def amdsmi_get_power_info(handle: int) -> dict[str, float | str]:
    """Return power; the older boards' field is not available. [W]"""
    return {"current_socket_power": _WATTS * (handle + 1), "average_socket_power": "N/A", "power_limit": 750_000_000}
