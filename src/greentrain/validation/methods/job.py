"""A job as the published methods see it: number of processors, hours, rating, and the factors of a result."""

from typing import TYPE_CHECKING, NamedTuple

from greentrain import formulas
from greentrain.catalogue import Accelerator, Catalogue
from greentrain.estimation import Estimate
from greentrain.factors import Decomposition
from greentrain.inputs import GRID_INTENSITY, PUE, Inputs
from greentrain.units import W_PER_KW

if TYPE_CHECKING:
    from greentrain.validation.reference import Reference

ACCELERATORS_PER_HOST = 8


class Job(NamedTuple):
    """What a method is given of a job.

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
        The user's. [1]
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

    def decomposed(
        self, device_w: float, processor_w: float, it_w: float, pue: float, g_per_kwh: float
    ) -> Decomposition:
        """Return the factors of a result that a method has of this job.

        Parameters
        ----------
        device_w, processor_w : float
            Rated and mean power of one processor. [W]
        it_w : float
            Power of all the computers. [W]
        pue : float
            Energy of the facility over energy of the computers. [1]
        g_per_kwh : float
            Carbon intensity of the electricity. [g/kWh]
        """
        return Decomposition(
            device_hours=self.processors * self.hours,
            device_w=device_w,
            utilization=processor_w / device_w,
            host_factor=it_w / (self.processors * processor_w),
            pue=pue,
            g_per_kwh=g_per_kwh,
        )


def described_job(estimate: Estimate) -> tuple[Job, Decomposition]:
    """Return the job that an estimate describes, and the factors of our own result.

    Parameters
    ----------
    estimate : Estimate
        A run as greentrain understood it.
    """
    inputs, run = estimate.inputs, estimate.run
    hours = run["hours"] * run["runs"]
    profile, processors, rated_w, processor_w = _processors(estimate, hours)
    pue, g_per_kwh = inputs[PUE].value.best, estimate.grid.g_per_kwh.best
    job = Job(
        profile=profile,
        processors=processors,
        hours=hours,
        rated_w=rated_w,
        measured_w=_stated(inputs, "accelerator_power"),
        cpu_cores=_best(inputs, "cpu_cores"),
        cpu_w_per_core=_best(inputs, "cpu_tdp_per_core"),
        cpu_load=_best(inputs, "cpu_load"),
        memory_gb=_best(inputs, "memory_gb"),
        pue=_stated(inputs, PUE),
        g_per_kwh=g_per_kwh,
        grid_is_given=_stated(inputs, GRID_INTENSITY) is not None,
        place=run["location"] or "",
    )
    # By power and not by energy, as for every method: a factor that a method shares with us has a ratio of exactly 1.
    it_w = estimate.it_energy_kwh.best * W_PER_KW / hours
    return job, job.decomposed(rated_w, processor_w, it_w, pue, g_per_kwh)


def _best(inputs: Inputs, name: str) -> float | None:
    """Return the best value of an input, in the input's unit; None where the estimate has no such input."""
    item = inputs.get(name)
    return None if item is None else item.value.best


def _stated(inputs: Inputs, name: str) -> float | None:
    """Return the best value of an input that the user or a meter stated; None where it has another basis."""
    item = inputs.get(name)
    return item.value.best if item is not None and item.basis in ("given", "measured") else None


def _processors(estimate: Estimate, hours: float) -> tuple[Accelerator | None, float, float, float]:
    """Return the device, how many there are, and the rated and the mean power of one. [W]"""
    run, catalogue, inputs = estimate.run, estimate.catalogue, estimate.inputs
    if run["gpu"] is None:
        names = ("cpu_cores", "cpu_tdp_per_core", "cpu_load", "cpu_idle_fraction")
        cores, per_core, load, idle_fraction = (inputs[name].value.best for name in names)
        return None, 1.0, cores * per_core, formulas.cpu_power_w(cores, per_core, load, idle_fraction)
    profile = catalogue.hardware.accelerator(run["gpu"])
    processors = estimate.count * run.get("fraction", 1.0)
    mean_w = estimate.accelerators_kwh * W_PER_KW / (processors * hours)
    return profile, processors, profile.tdp_w.best if profile.tdp_w else mean_w, mean_w


def recorded_job(reference: "Reference", catalogue: Catalogue) -> Job | None:
    """Return what a method is given of a published run, or None where hardware or hours are not known.

    Nothing that was measured is passed on: that is what a method has to come near.
    """
    # Here, since comparing methods needs none of the records.
    from greentrain.validation.names import find_hardware

    hardware = find_hardware(reference.accelerator, catalogue)
    if not hardware.name or reference.hours is None:
        return None
    profile, _ = catalogue.hardware.find_accelerator(hardware.name)
    if profile.tdp_w is None:
        return None
    count = reference.accelerator_count or 1.0
    return Job(
        profile=profile,
        processors=count * hardware.devices_per_count,
        hours=reference.hours / count,
        rated_w=profile.tdp_w.best,
        pue=reference.pue if reference.includes_pue else None,
    )
