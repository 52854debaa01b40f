"""The GPUs of this computer, asked for in a process of its own: a driver that hangs hangs that one only.

``python -m greentrain.meter.gpu_probe`` prints the list as JSON.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from typing import Any, NamedTuple

from greentrain.meter.gpu_selection import Gpu, Slice

PROBE_SECONDS = 3.0
"""How long the drivers have to answer before their GPUs are unknown until they do. [s]"""

_ASKED_ANEW_SECONDS = 60.0
"""Time after which a process that has not answered is ended, and another asks. [s]"""

_DRIVER_FILES = ("/dev/nvidiactl", "/dev/nvidia0", "/proc/driver/nvidia/version", "/dev/dxg", "/dev/kfd")
_PROGRAMS = ("nvidia-smi", "rocm-smi", "amd-smi")


class Probe(NamedTuple):
    """What the drivers answered.

    Attributes
    ----------
    gpus : tuple of Gpu
        The GPUs, of one vendor.
    problem : str or None
        Why there may be GPUs that were not seen, such as one that has fallen off the bus.
    """

    gpus: tuple[Gpu, ...]
    problem: str | None


def signs_of_gpus() -> str | None:
    """Name what suggests that this computer has GPUs; None when nothing does."""
    for file in _DRIVER_FILES:
        if os.path.exists(file):
            return file
    for program in _PROGRAMS:
        if shutil.which(program):
            return program
    return "this system" if sys.platform == "win32" else None


class GpuProbe:
    """Asks the drivers until they answer: where many processes start at once, that may take longer than one waits.

    One process asks at a time, so that a driver that hangs holds one and no more.

    Attributes
    ----------
    silence : str or None
        Why the GPUs are unknown so far; None as long as the answer is not late.
    """

    def __init__(self) -> None:
        self.silence: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def ask(self) -> Probe:
        """List the GPUs, however long it takes."""
        sign = signs_of_gpus()
        while sign is not None and not self._is_closed:
            output = self._output()
            if output is not None:
                return _parsed(output, sign)
        return Probe((), self.silence)

    def close(self) -> None:
        """Ask no more."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()  # and no waiting: inside a driver that hangs a process cannot be ended

    def _output(self) -> bytes | None:
        """Return what one process says; None where it has to be asked anew."""
        command = [sys.executable, "-P", "-W", "ignore", "-m", "greentrain.meter.gpu_probe"]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as self._process:
            for seconds in (PROBE_SECONDS, _ASKED_ANEW_SECONDS):
                try:
                    return self._process.communicate(timeout=seconds)[0]
                except subprocess.TimeoutExpired:
                    self.silence = f"the GPU driver did not answer within {PROBE_SECONDS:g} s"
            self._process.kill()
        return None


def _parsed(output: bytes, sign: str) -> Probe:
    try:
        answer = json.loads(output)
        gpus = tuple(
            Gpu(**{**values, "slices": tuple(Slice(*part) for part in values["slices"])}) for values in answer["gpus"]
        )
    except (ValueError, TypeError, KeyError):
        return Probe((), f"{sign} is there, but asking the GPU driver failed")
    if not gpus:
        return Probe(gpus, f"{sign} is there, but the driver shows no GPU: {answer['problem']}")
    return Probe(gpus, answer["problem"] or None)


def main() -> None:
    """Print the GPUs of the first vendor that has any."""
    if hasattr(signal, "alarm"):
        signal.alarm(2 * int(_ASKED_ANEW_SECONDS))  # the meter may be killed while a driver hangs
    problems = []
    for vendor in (_nvidia, _amd):
        try:
            gpus, problem = vendor()
        except Exception as error:  # drivers raise whatever they like
            problems.append(f"{type(error).__name__} {error}".strip())
            continue
        if gpus:
            _answer(gpus, problem)
            return
        if problem:
            problems.append(problem)
    _answer([], "; ".join(problems) or "none")


def _answer(gpus: list[Gpu], problem: str) -> None:
    json.dump({"gpus": [gpu._asdict() for gpu in gpus], "problem": problem}, sys.stdout)


def _nvidia() -> tuple[list[Gpu], str]:
    """List the boards, and why some of those that the driver counts do not answer."""
    import pynvml as nvml  # type: ignore[import-untyped]

    nvml.nvmlInit()
    gpus, problems = [], []
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            gpus.append(_nvidia_gpu(nvml, index))
        except nvml.NVMLError as error:
            problems.append(f"GPU {index}: {error}")
    return gpus, "; ".join(problems)


def _nvidia_gpu(nvml: Any, index: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    try:
        limit_w = nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000
    except nvml.NVMLError:
        limit_w = None
    uuid, name = _text(nvml.nvmlDeviceGetUUID(handle)), _text(nvml.nvmlDeviceGetName(handle))
    return Gpu(index, uuid, name, "nvidia", limit_w, _slices(nvml, handle))


def _slices(nvml: Any, handle: Any) -> tuple[Slice, ...]:
    try:
        if nvml.nvmlDeviceGetMigMode(handle)[0] != 1:
            return ()
        places = nvml.nvmlDeviceGetMaxMigDeviceCount(handle)
    except (nvml.NVMLError, AttributeError):
        return ()
    return tuple(part for place in range(places) if (part := _slice(nvml, handle, place, places)))


def _slice(nvml: Any, handle: Any, place: int, places: int) -> Slice | None:
    """Read one slice: of the board's compute slices, which are as many as its places, it has so many."""
    try:
        part = nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, place)
        attributes = nvml.nvmlDeviceGetAttributes_v2(part)
        instance = f"{nvml.nvmlDeviceGetGpuInstanceId(part)}/{nvml.nvmlDeviceGetComputeInstanceId(part)}"
        return Slice(_text(nvml.nvmlDeviceGetUUID(part)), attributes.computeInstanceSliceCount / places, instance)
    except nvml.NVMLError:
        return None


def _amd() -> tuple[list[Gpu], str]:
    if find_spec("amdsmi") is None:
        return [], ""
    import amdsmi  # type: ignore[import-not-found]

    amdsmi.amdsmi_init()
    handles = amdsmi.amdsmi_get_processor_handles()
    return [
        Gpu(index, _text(amdsmi.amdsmi_get_gpu_device_uuid(handle)), _amd_name(amdsmi, handle), "amd")
        for index, handle in enumerate(handles)
    ], ""


def _amd_name(amdsmi: Any, handle: Any) -> str:
    try:
        return _text(amdsmi.amdsmi_get_gpu_asic_info(handle).get("market_name", "AMD GPU"))
    except Exception:  # the name decides nothing that would be worth losing the device for
        return "AMD GPU"


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    main()
