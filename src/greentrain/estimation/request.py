"""The door: what a caller may say about a run, checked one parameter at a time and then together."""

import time
from typing import Any

from greentrain.errors import Contradiction, InvalidNumber
from greentrain.estimation.ranges import LIMITS, SITES, checked_number, checked_text

_SIZES = ("params", "tokens", "active_params")
_WORK = (*_SIZES, "flops", "precision", "mfu")


class Request:
    """A described run: every value in range, no two of them in contradiction. None means not given.

    Parameters
    ----------
    given : dict
        What the user gave, checked, by keyword; what is missing there keeps the default of its attribute.
    """

    gpu: str | None = None
    count: int | None = None
    hours: float | None = None
    gpu_hours: float | None = None
    instance: str | None = None
    power: float | None = None
    utilization: float | None = None
    host_factor: float | None = None
    cpu: str | None = None
    cpu_cores: float | None = None
    memory_gb: float | None = None
    location: str | None = None
    year: int | None = None
    grid_intensity: float | None = None
    pue: float | None = None
    site: str = SITES[0]
    runs: int = 1
    workload: str | None = None
    params: float | None = None
    tokens: float | None = None
    active_params: float | None = None
    flops: float | None = None
    precision: str | None = None
    mfu: float | None = None

    def __init__(self, given: dict[str, Any]) -> None:
        self.__dict__.update(given)

    @property
    def has_accelerators(self) -> bool:
        """Whether the run uses accelerators at all."""
        return self.gpu is not None or self.instance is not None

    @property
    def names_host(self) -> bool:
        """Whether the host is described by its parts instead of a factor."""
        return self.cpu is not None or self.cpu_cores is not None

    @property
    def names_work(self) -> bool:
        """Whether the training is described as computation, by its size or its operations."""
        return self.params is not None or self.flops is not None


def checked_request(values: dict[str, Any]) -> Request:
    """Check what the caller said.

    Parameters
    ----------
    values : dict
        The keyword arguments of ``estimate``, numbers also as text.

    Raises
    ------
    InputError
        Naming the parameter, the value, the rule and the nearest valid choice.
    """
    said = {name: value for name, value in values.items() if value is not None}
    for name, value in said.items():
        said[name] = checked_number(name, value) if name in LIMITS else checked_text(name, value)
    if said.get("year", 0) > (this_year := time.localtime().tm_year):
        raise InvalidNumber("year", values["year"], f"lies in the future; the last possible year is {this_year}")
    request = Request(said)
    _check_together(request)
    return request


def _check_together(request: Request) -> None:
    if not request.has_accelerators and not request.names_host:
        raise Contradiction("gpu", None, "name the hardware with {gpu} or {instance}, or {cpu} and {cpu_cores}")
    if request.hours is not None and request.gpu_hours is not None:
        rule = "give either {hours} (wall-clock) or {gpu_hours} (in total)"
        raise Contradiction("gpu_hours", request.gpu_hours, rule)
    _check_work(request)
    if request.hours is None and request.gpu_hours is None and not request.names_work:
        rule = "how long did it run? Give {hours} (wall-clock), {gpu_hours} (in total) or {params} and {tokens}"
        raise Contradiction("hours", None, rule)
    _check_power(request)
    _check_host(request)
    if not request.has_accelerators:
        _check_without_accelerators(request)


def _check_work(request: Request) -> None:
    if request.__dict__.keys().isdisjoint(_WORK):
        return
    sizes = [name for name in _SIZES if getattr(request, name) is not None]
    if request.flops is not None and sizes:
        raise Contradiction("flops", request.flops, f"says all that {{{sizes[0]}}} would; give one or the other")
    if request.params is not None and request.tokens is None:
        raise Contradiction("params", request.params, "needs {tokens}, how many the model was trained on")
    if request.params is None and sizes:
        raise Contradiction(sizes[0], getattr(request, sizes[0]), "needs {params}, the size of the model")
    if request.active_params and request.params and request.active_params > request.params:
        raise Contradiction("active_params", request.active_params, f"is more than {{params}}, {request.params:g}")
    for name in ("precision", "mfu"):
        if getattr(request, name) is not None and not request.names_work:
            raise Contradiction(name, getattr(request, name), "counts only beside {params} and {tokens}, or {flops}")
    if request.names_work:
        _check_work_with_time(request)


def _check_work_with_time(request: Request) -> None:
    name = "flops" if request.params is None else "params"
    if not request.has_accelerators:
        raise Contradiction(name, getattr(request, name), "is about accelerators; name them with {gpu} or {instance}")
    timed = "hours" if request.gpu_hours is None else "gpu_hours"
    if request.mfu is not None and getattr(request, timed) is not None:
        raise Contradiction("mfu", request.mfu, f"follows from {{{timed}}}; leave one of the two out")
    if request.names_host and request.hours is None:
        raise Contradiction(name, getattr(request, name), "cannot time the CPU; give {hours} (wall-clock)")


def _check_power(request: Request) -> None:
    if request.power is not None and request.utilization is not None:
        raise Contradiction("utilization", request.utilization, "says nothing beside {power}, which was measured")
    if request.workload is not None and (request.power is not None or request.utilization is not None):
        known = "utilization" if request.power is None else "power"
        raise Contradiction("workload", request.workload, f"says nothing beside {{{known}}}")


def _check_host(request: Request) -> None:
    if request.cpu is not None and request.cpu_cores is None:
        raise Contradiction("cpu", request.cpu, "needs {cpu_cores}, the number of cores that the run used")
    if request.memory_gb is not None and not request.names_host:
        raise Contradiction(
            "memory_gb", request.memory_gb, "counts only beside {cpu_cores}; otherwise {host_factor} covers the memory"
        )
    if request.host_factor is not None and request.names_host:
        rule = "already holds CPU and memory; leave out {cpu}, {cpu_cores} and {memory_gb}"
        raise Contradiction("host_factor", request.host_factor, rule)
    if request.gpu_hours is not None and request.names_host:
        raise Contradiction("gpu_hours", request.gpu_hours, "cannot time the CPU; give {hours} (wall-clock)")


def _check_without_accelerators(request: Request) -> None:
    for name in ("power", "gpu_hours", "host_factor", "workload"):
        value = getattr(request, name)
        if value is not None:
            raise Contradiction(name, value, "is about accelerators; name them with {gpu} or {instance}")
    if request.count not in (None, 1):
        raise Contradiction("count", request.count, "counts accelerators; for CPUs give all cores in {cpu_cores}")
