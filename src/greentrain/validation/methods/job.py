"""A job as the published methods see it: how many processors for how long, and what they are rated at."""

from typing import NamedTuple

from greentrain import formulas
from greentrain.catalogue import Accelerator, Catalogue
from greentrain.estimation import Estimate
from greentrain.units import W_PER_KW

ACCELERATORS_PER_HOST = 8


class Factors(NamedTuple):
    """The factors of a result: their product, times processors and hours, is the emissions.

    Attributes
    ----------
    device : float
        Rated power of one processor. [W]
    utilization : float
        Its mean power over its rating. [1]
    host : float
        Power of all the computers over power of the processors. [1]
    pue : float
        Energy of the facility over energy of the computers. [1]
    grid : float
        Carbon intensity of the electricity. [g/kWh]
    """

    device: float
    utilization: float
    host: float
    pue: float
    grid: float

    def over(self, other: "Factors") -> "Factors":
        """Divide factor by factor. [1]"""
        return Factors(*(ours / theirs for ours, theirs in zip(self, other, strict=True)))


class Job(NamedTuple):
    """What a method may know of a job.

    Attributes
    ----------
    profile : Accelerator or None
        None for a job on CPUs alone, whose cores count as one processor.
    processors : float
        Accelerators, a share of a device as a fraction. [1]
    hours : float
        Wall-clock time, all identical runs together. [h]
    rated_w : float
        Thermal design power of one processor. [W]
    measured_w : float or None
        Measured mean power of one accelerator. [W]
    cpu_cores, cpu_w_per_core, cpu_load, memory_gb : float or None
        The host where it is described by its parts. [1, W, 1, GB]
    pue : float or None
        What the user said. [1]
    g_per_kwh : float
        Our carbon intensity of the place, or the user's. [g/kWh]
    grid_is_given : bool
        Whether it is the user's.
    place : str
        Code of the place, blank where there is none.
    """

    profile: Accelerator | None
    processors: float
    hours: float
    rated_w: float
    measured_w: float | None = None
    cpu_cores: float | None = None
    cpu_w_per_core: float | None = None
    cpu_load: float | None = None
    memory_gb: float | None = None
    pue: float | None = None
    g_per_kwh: float = 0.0
    grid_is_given: bool = False
    place: str = ""

    @property
    def device_id(self) -> str:
        """Id of the accelerator; blank without one."""
        return self.profile.id if self.profile else ""

    @property
    def hosts(self) -> float:
        """Machines that carry the accelerators. [1]"""
        return float(-(-self.processors // ACCELERATORS_PER_HOST))

    @property
    def names_host(self) -> bool:
        """Whether the host is described by its parts."""
        return self.cpu_cores is not None

    def factors(self, device_w: float, processor_w: float, it_w: float, pue: float, g_per_kwh: float) -> Factors:
        """Split a power into factors.

        Parameters
        ----------
        device_w, processor_w : float
            Rated and mean power of one processor. [W]
        it_w : float
            Power of all the computers. [W]
        """
        host = it_w / (self.processors * processor_w)
        return Factors(device_w, processor_w / device_w, host, pue, g_per_kwh)


def described_job(estimate: Estimate) -> tuple[Job, Factors]:
    """Read the job back from an estimate, with the factors of our own result.

    Parameters
    ----------
    estimate : Estimate
        A run as greentrain understood it.
    """
    values = {item.name: item.value.best for item in estimate.inputs}
    said = {item.name: item.value.best for item in estimate.inputs if item.basis in ("given", "measured")}
    run = estimate.run
    hours = run["hours"] * run["runs"]
    it_w = estimate.it_energy_kwh.best * W_PER_KW / hours
    host = {"cpu_cores": values.get("cpu_cores"), "cpu_w_per_core": values.get("cpu_tdp_per_core")}
    host |= {"cpu_load": values.get("cpu_load"), "memory_gb": values.get("memory_gb")}
    profile, processors, rated_w, processor_w = _processors(estimate, values, hours)
    job = Job(
        profile=profile,
        processors=processors,
        hours=hours,
        rated_w=rated_w,
        measured_w=said.get("accelerator_power"),
        pue=said.get("pue"),
        g_per_kwh=values["grid_intensity"],
        grid_is_given="grid_intensity" in said,
        place=run["location"] or "",
        **host,
    )
    return job, job.factors(rated_w, processor_w, it_w, values["pue"], values["grid_intensity"])


def _processors(
    estimate: Estimate, values: dict[str, float], hours: float
) -> tuple[Accelerator | None, float, float, float]:
    """Give the device, how many there are, and the rated and the mean power of one. [W]"""
    run, catalogue = estimate.run, estimate.catalogue
    if run["gpu"] is None:
        cores, per_core = values["cpu_cores"], values["cpu_tdp_per_core"]
        mean_w = formulas.cpu_power_w(cores, per_core, values["cpu_load"], values["cpu_idle_fraction"])
        return None, 1.0, cores * per_core, mean_w
    profile = catalogue.hardware.accelerator(run["gpu"])
    processors = run["count"] * _fraction(catalogue, run["instance"])
    accelerators_kwh = estimate.breakdown[0].energy_kwh
    mean_w = accelerators_kwh * W_PER_KW / (processors * hours)
    return profile, processors, profile.tdp_w.best if profile.tdp_w else mean_w, mean_w


def _fraction(catalogue: Catalogue, instance: str | None) -> float:
    return catalogue.hardware.find_instance(instance).fraction_of_device if instance else 1.0
