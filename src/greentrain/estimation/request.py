"""Validate the arguments of ``estimate``, singly and in combination."""

from collections.abc import Mapping
from copy import copy
from math import ceil
from typing import Any

from greentrain.errors import Contradiction, InvalidNumber
from greentrain.estimation.ranges import YEARS_AHEAD, checked_number, checked_text, this_year

ENCODER_DECODER = "encoder-decoder"
ROUNDING = 1e-9
"""A quotient may be so much more than the whole number that it is. [1]"""
_SIZES = ("params", "tokens", "active_params")


class Request:
    """A described run: every value in range, no two of them in contradiction. None means not given.

    The parameters are those of ``estimate``, which documents them; numbers may be given as text too.

    Raises
    ------
    InputError
        Naming the parameter, the value, the rule and the nearest valid choice.
    """

    def __init__(
        self,
        *,
        gpu: str | None = None,
        count: int | None = None,
        hours: float | None = None,
        gpu_hours: float | None = None,
        instance: str | None = None,
        power: float | None = None,
        utilization: float | None = None,
        workload: str | None = None,
        host_factor: float | None = None,
        host_power: float | None = None,
        cpu: str | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        location: str | None = None,
        year: int | None = None,
        grid_intensity: float | None = None,
        pue: float | None = None,
        site: str | None = None,
        runs: int | None = None,
        seeds: int | None = None,
        failed_share: float | None = None,
        params: float | str | None = None,
        tokens: float | str | None = None,
        active_params: float | str | None = None,
        flops: float | str | None = None,
        architecture: str | None = None,
        precision: str | None = None,
        mfu: float | None = None,
    ) -> None:
        self.gpu: str | None = _text("gpu", gpu)
        self.count: int | None = _number("count", count)
        self.hours: float | None = _number("hours", hours)
        self.gpu_hours: float | None = _number("gpu_hours", gpu_hours)
        self.instance: str | None = _text("instance", instance)
        self.power: float | None = _number("power", power)
        self.utilization: float | None = _number("utilization", utilization)
        self.workload: str | None = _text("workload", workload)
        self.host_factor: float | None = _number("host_factor", host_factor)
        self.host_power: float | None = _number("host_power", host_power)
        self.cpu: str | None = _text("cpu", cpu)
        self.cpu_cores: float | None = _number("cpu_cores", cpu_cores)
        self.memory_gb: float | None = _number("memory_gb", memory_gb)
        self.location: str | None = _text("location", location)
        self.year: int | None = _number("year", year)
        self.grid_intensity: float | None = _number("grid_intensity", grid_intensity)
        self.pue: float | None = _number("pue", pue)
        self.site: str | None = _text("site", site)
        self._repeat(runs, seeds, failed_share)
        self.params: float | None = _number("params", params)
        self.tokens: float | None = _number("tokens", tokens)
        self.active_params: float | None = _number("active_params", active_params)
        self.flops: float | None = _number("flops", flops)
        self.architecture: str | None = _text("architecture", architecture)
        self.precision: str | None = _text("precision", precision)
        self.mfu: float | None = _number("mfu", mfu)
        if year is not None and self.year > (last := this_year() + YEARS_AHEAD):
            raise InvalidNumber("year", year, f"is more than {YEARS_AHEAD} years ahead; the last is {last}")
        _check_as_written(self, locals())

    def of_many(self, numbers: Mapping[str, Any]) -> "Request":
        """Return the request of many runs that differ from this one in some numbers.

        Parameters
        ----------
        numbers : mapping of str to array
            By parameter, checked values, one element per run. This request has them too.
        """
        many = copy(self)
        vars(many).update(numbers)
        return many

    def _repeat(self, runs: Any, seeds: Any, failed_share: Any) -> None:
        """Count the runs that are started: every seed of every setting, and those that failed on the way."""
        self.settings: int = _number("runs", runs) or 1
        self.seeds: int | None = _number("seeds", seeds)
        self.failed_share: float | None = _number("failed_share", failed_share)
        self.runs = ceil(self.settings * (self.seeds or 1) / (1 - (self.failed_share or 0.0)) - ROUNDING)

    @property
    def has_accelerators(self) -> bool:
        """Whether the run uses accelerators at all."""
        return self.gpu is not None or self.instance is not None

    @property
    def names_host(self) -> bool:
        """Whether the host is described by its parts instead of a factor."""
        return self.cpu is not None or self.cpu_cores is not None

    @property
    def kind(self) -> str | None:
        """Kind of training: the stated workload; a model whose size is stated is pretrained."""
        return self.workload or ("pretraining" if self.names_work else None)

    @property
    def names_work(self) -> bool:
        """Whether the training is described as computation, by its size or its operations."""
        return self.params is not None or self.flops is not None


def _number(name: str, value: Any) -> Any:
    return None if value is None else checked_number(name, value)


def _text(name: str, value: Any) -> Any:
    return None if value is None else checked_text(name, value)


def _check_as_written(request: Request, written: Mapping[str, Any]) -> None:
    """Refuse what contradicts itself; the error shows a text as it was written, such as 8B."""
    try:
        _check_together(request)
    except Contradiction as error:
        value = written[error.parameter]
        raise Contradiction(error.parameter, value if isinstance(value, str) else error.value, error.rule) from None


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
    sizes = [name for name in _SIZES if getattr(request, name) is not None]
    if request.flops is not None and sizes:
        raise Contradiction("flops", request.flops, f"states the same as {{{sizes[0]}}}; give one or the other")
    if request.params is not None and request.tokens is None:
        raise Contradiction("params", request.params, "needs {tokens}, how many the model was trained on")
    if request.params is None and sizes:
        raise Contradiction(sizes[0], getattr(request, sizes[0]), "needs {params}, the size of the model")
    if request.active_params and request.params and request.active_params > request.params:
        raise Contradiction("active_params", request.active_params, f"is more than {{params}}, {request.params:g}")
    if request.architecture is not None and request.params is None:
        raise Contradiction("architecture", request.architecture, "counts only with {params} and {tokens}")
    if request.architecture == ENCODER_DECODER and request.active_params is not None:
        rule = f"and {{architecture}} {ENCODER_DECODER} both state what each token passes through; give one"
        raise Contradiction("active_params", request.active_params, rule)
    for name in ("precision", "mfu"):
        if getattr(request, name) is not None and not request.names_work:
            raise Contradiction(
                name, getattr(request, name), "has an effect only with {params} and {tokens}, or {flops}"
            )
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
        raise Contradiction(
            "utilization", request.utilization, "has no effect when {power}, which was measured, is given"
        )
    if request.workload is not None and (request.power is not None or request.utilization is not None):
        known = "utilization" if request.power is None else "power"
        raise Contradiction("workload", request.workload, f"has no effect when {{{known}}} is given")


def _check_host(request: Request) -> None:
    if request.cpu is not None and request.cpu_cores is None:
        raise Contradiction("cpu", request.cpu, "needs {cpu_cores}, the number of cores that the run used")
    if request.memory_gb is not None and not request.names_host:
        raise Contradiction(
            "memory_gb",
            request.memory_gb,
            "has an effect only with {cpu_cores}; otherwise {host_factor} covers the memory",
        )
    if request.host_factor is not None and request.names_host:
        rule = "already holds CPU and memory; leave out {cpu}, {cpu_cores} and {memory_gb}"
        raise Contradiction("host_factor", request.host_factor, rule)
    if request.host_power is not None and request.names_host:
        rule = "already holds CPU and memory; leave out {cpu}, {cpu_cores} and {memory_gb}"
        raise Contradiction("host_power", request.host_power, rule)
    if request.host_power is not None and request.host_factor is not None:
        raise Contradiction("host_power", request.host_power, "and {host_factor} both describe the host; give one")
    if request.gpu_hours is not None and request.names_host:
        raise Contradiction("gpu_hours", request.gpu_hours, "cannot time the CPU; give {hours} (wall-clock)")


def _check_without_accelerators(request: Request) -> None:
    for name in ("power", "gpu_hours", "host_factor", "host_power", "workload"):
        value = getattr(request, name)
        if value is not None:
            raise Contradiction(name, value, "is about accelerators; name them with {gpu} or {instance}")
    if request.count not in (None, 1):
        raise Contradiction("count", request.count, "counts accelerators; for CPUs give all cores in {cpu_cores}")
