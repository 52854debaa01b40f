"""How many accelerators, how long, how often: the run as understood."""

from typing import Any

from greentrain.catalogue import Location
from greentrain.catalogue.records import WORLD
from greentrain.estimation.devices import ResolvedDevices
from greentrain.estimation.grid import GridChoice
from greentrain.estimation.ranges import this_year
from greentrain.estimation.request import Request
from greentrain.estimation.site import default_site
from greentrain.estimation.training_flops import Compute
from greentrain.inputs import Input, given
from greentrain.interval import exact

_ONE = Input("count", exact(1), "1", "default", "greentrain_judgement", "default: one")
_OPTIONAL = ("cpu", "cpu_cores", "memory_gb", "seeds", "failed_share")


class ResolvedRun:
    """Count, hours and repetitions of a described run.

    Parameters
    ----------
    request : Request
        The checked arguments.
    devices : ResolvedDevices or None
        The accelerators, if any.
    compute : Compute or None
        The training as computation, if its size was given.

    Attributes
    ----------
    count : int
        Accelerators. [1]
    hours : float
        Wall-clock time of one run, or accelerator-hours where no count is known. [h]
    known_hours : float or None
        Wall-clock time of one run; None where only accelerator-hours are known. [h]
    """

    def __init__(self, request: Request, devices: ResolvedDevices | None, compute: Compute | None) -> None:
        self._request = request
        self.devices = devices
        self._compute = compute
        self.count = devices.count if devices else 1
        self.hours = self._hours()
        self.known_hours = self._known_hours()

    def _hours(self) -> float:
        request, compute = self._request, self._compute
        if request.hours is not None:
            return request.hours
        if request.gpu_hours is not None:
            return request.gpu_hours / self.count
        assert compute is not None
        assert compute.hours is not None
        return compute.hours.best / self.count

    @property
    def all_hours(self) -> float:
        """Wall-clock time of all identical runs together. [h]"""
        return self.hours * self._request.runs

    @property
    def accelerator_hours(self) -> float:
        """Accelerator-hours of one run. [h]"""
        return self.hours * self.count

    def _provider(self, location: Location | None) -> str:
        """Return the cloud provider, or nothing."""
        if location is not None and location.region is not None:
            return location.region.provider
        return self.devices.instance.provider if self.devices and self.devices.instance else ""

    def _known_hours(self) -> float | None:
        request, devices = self._request, self.devices
        counted = request.count is not None or (devices is not None and devices.instance is None and devices.count > 1)
        return self.hours if request.hours is not None or counted else None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Count, hours and repetitions, and what derived hours follow from."""
        request = self._request
        found = [] if self.devices is None or self.known_hours is None else [self._count_input()]
        if request.gpu_hours is not None:
            found.append(given("gpu_hours", request.gpu_hours, "h"))
        elif request.hours is not None:
            found.append(given("hours", request.hours, "h"))
        elif self._compute is not None:
            found += self._compute.inputs
        if request.runs > 1:
            found.append(given("runs", request.runs, "1"))
        return tuple(found)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a sweep comes to; nothing where there is none."""
        request = self._request
        if request.seeds is None and request.failed_share is None:
            return ()
        finished = request.settings * (request.seeds or 1)
        of_seeds = f"{request.settings:,} x {request.seeds:,} seeds are " if request.seeds else ""
        failed = request.failed_share
        lost = f"; with {100 * failed:.3g} % failed, {request.runs:,} take energy, each counted whole" if failed else ""
        return (f"A sweep: {of_seeds}{finished:,} runs that count{lost}.",)

    def _count_input(self) -> Input:
        if self.count > 1 or self._request.count is not None or self._request.instance is not None:
            return given("count", self.count, "1")
        return _ONE

    def described(self, location: Location | None, choice: GridChoice | None) -> dict[str, Any]:
        """Describe the run by the ids of what it was understood as."""
        request, devices = self._request, self.devices
        found: dict[str, Any] = {
            "gpu": devices.profile.id if devices else None,
            "gpu_family": devices.family.name if devices and devices.family else None,
            "count": self.count,
            "hours": self.hours,
            "gpu_hours": self.accelerator_hours if devices else None,
            "location": _zone(location, choice),
            "place": request.location,
            "year": request.year or this_year(),
            "year_basis": "default" if request.year is None else "given",
            "grid_year": choice.value.year if choice else None,
            "runs": request.runs,
            "site": request.site or default_site(devices.profile if devices else None, self._provider(location)),
            "instance": devices.instance.instance if devices and devices.instance else None,
        }
        if devices and devices.fraction != 1:
            found["fraction"] = devices.fraction
        if request.runs != request.settings:
            found["finished_runs"] = request.settings * (request.seeds or 1)
        found |= {name: value for name in _OPTIONAL if (value := getattr(request, name)) is not None}
        return found | self._compute.described(self.accelerator_hours) if self._compute else found


def _zone(location: Location | None, choice: GridChoice | None) -> str | None:
    if location is not None:
        return location.code
    return WORLD if choice else None
