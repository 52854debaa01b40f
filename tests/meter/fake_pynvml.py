"""A driver's library for tests: boards of 100, 200 ... W, which hang or fail where a file next to it asks for that."""

import time
from pathlib import Path
from types import SimpleNamespace

_HERE = Path(__file__).parent
_WATTS = 100.0
_BOARDS = int((_HERE / "boards").read_text())

NVML_TEMPERATURE_GPU = 0


class NVMLError(Exception):
    """The library's error."""


class NVMLError_NotSupported(NVMLError):  # noqa: N801
    """What a board cannot do."""


def _hang_if_told(where: str) -> None:
    while (_HERE / f"hang_{where}").exists():
        time.sleep(0.05)


def _fail_if_told(handle: int) -> None:
    if (_HERE / "broken").exists():
        raise SystemError("the driver is gone")
    if (_HERE / f"lost_{handle}").exists():
        raise NVMLError("GPU is lost")


def nvmlInit() -> None:  # noqa: N802
    """Start the library."""
    _hang_if_told("init")


def nvmlDeviceGetCount() -> int:  # noqa: N802
    """Count the boards."""
    return _BOARDS


def nvmlDeviceGetHandleByIndex(index: int) -> int:  # noqa: N802
    """Return a board's handle."""
    return index


def nvmlDeviceGetTotalEnergyConsumption(handle: int) -> int:  # noqa: N802
    """Count energy since the driver was loaded. [mJ]"""
    _hang_if_told("read")
    if (_HERE / "no_counter").exists():
        raise NVMLError_NotSupported
    _fail_if_told(handle)
    return int(_WATTS * (handle + 1) * time.monotonic() * 1000)


def nvmlDeviceGetPowerUsage(handle: int) -> int:  # noqa: N802
    """Return power. [mW]"""
    _fail_if_told(handle)
    return int(_WATTS * (handle + 1) * 1000)


def nvmlDeviceGetEnforcedPowerLimit(handle: int) -> int:  # noqa: N802
    """Return the power limit. [mW]"""
    return 700_000


def nvmlDeviceGetName(handle: int) -> str:  # noqa: N802
    """Return the name."""
    return "NVIDIA H200"


def nvmlDeviceGetUUID(handle: int) -> str:  # noqa: N802
    """Return the UUID."""
    return f"GPU-{handle}0000000-aaaa" if isinstance(handle, int) else handle.uuid


def nvmlDeviceGetMemoryInfo(handle: int) -> SimpleNamespace:  # noqa: N802
    """Return the memory. [B]"""
    return SimpleNamespace(total=1 << 37, free=1 << 36, used=1 << 36)


def nvmlDeviceGetMigMode(handle: int) -> list[int]:  # noqa: N802
    """Return whether the board is cut: the last one is, where a file asks for that."""
    return [int((_HERE / "cut").exists() and handle == _BOARDS - 1), 0]


def nvmlDeviceGetMaxMigDeviceCount(handle: int) -> int:  # noqa: N802
    """Count the places for slices."""
    return 7


def nvmlDeviceGetMigDeviceHandleByIndex(handle: int, place: int) -> SimpleNamespace:  # noqa: N802
    """Return a slice's handle: one of three sevenths, one of two."""
    if place > 1:
        raise NVMLError_NotSupported
    return SimpleNamespace(uuid=f"MIG-{place}", slices=(3, 2)[place], place=place)


def nvmlDeviceGetAttributes_v2(part: SimpleNamespace) -> SimpleNamespace:  # noqa: N802
    """Return a slice's size."""
    return SimpleNamespace(computeInstanceSliceCount=part.slices, gpuInstanceSliceCount=part.slices)


def nvmlDeviceGetGpuInstanceId(part: SimpleNamespace) -> int:  # noqa: N802
    """Return a slice's place."""
    return int(part.place)


def nvmlDeviceGetComputeInstanceId(part: SimpleNamespace) -> int:  # noqa: N802
    """Return a slice's place in its place."""
    return 0
