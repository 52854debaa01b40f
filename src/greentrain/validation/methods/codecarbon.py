"""codecarbon 3: metered GPUs, a cubic model of the CPU and a model of memory by the module."""

from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, constant, facility_kwh, mean_or_rated_w

_MODULE_SIZES_GB = (128, 64, 32, 16, 8, 4)
_MODULES_UP_TO_GB = ((2, 1), (16, 2), (64, 4), (128, 8))
_MOST_MODULES = 32
_SHARE_BY_MODULE = ((4, 1.0), (4, 0.9), (8, 0.8), (16, 0.7))
"""Modules counted at each share of the full power of one: the first four fully, the next four at 0.9, and so on."""
_FEWEST_MODULES_CHARGED = 2


def codecarbon_cpu(tdp_w: float, load: float) -> float:
    """CPU power by ``P = TDP (0.1 + 0.9 load^3)``, the tool's estimate of a machine without RAPL.

    Parameters
    ----------
    tdp_w : float
        Thermal design power. [W]
    load : float
        Load of the whole machine. [1]

    Returns
    -------
    float
        Mean power. [W]

    Notes
    -----
    Limits: measured servers are near linear in load with 0.22 at idle, so part load comes out low; when a single
    process is tracked the tool takes TDP x load instead, and the part may exceed the whole.

    References
    ----------
    codecarbon 3.3.2, external/hardware.py, tracking mode "machine".
    """
    idle, exponent = constant("codecarbon", "cpu_idle_share"), constant("codecarbon", "cpu_load_exponent")
    watts: float = tdp_w * (idle + (1 - idle) * load**exponent)
    return watts


def codecarbon_memory(installed_gb: float) -> float:
    """Memory power by the number of modules guessed from the size, 5 W each, fewer W for the later ones.

    Parameters
    ----------
    installed_gb : float
        Memory of the machine. [GB]

    Returns
    -------
    float
        Mean power. [W]

    Notes
    -----
    The first four modules count fully, the next four 0.9, the next eight 0.8, the rest 0.7; at least two are charged.
    Limits: a step function that gives 38 W for 128 GB and for 1 TB alike; ARM machines have values of their own.

    References
    ----------
    codecarbon 3.3.2, external/ram.py, x86.
    """
    left = memory_modules(installed_gb)
    charged = 0.0
    for number, share in _SHARE_BY_MODULE:
        charged += share * min(left, number)
        left -= min(left, number)
    return constant("codecarbon", "module_w") * max(charged, _FEWEST_MODULES_CHARGED)


def memory_modules(installed_gb: float) -> int:
    """Guess the number of memory modules from their total size, as codecarbon 3 does. [1]"""
    for most_gb, modules in _MODULES_UP_TO_GB:
        if installed_gb <= most_gb:
            return modules
    size_gb = next(size for size in _MODULE_SIZES_GB if size <= installed_gb / 8)
    return min(-int(-installed_gb // size_gb), _MOST_MODULES)


def codecarbon(hours: float, gpu_w: float, cpu_w: float, memory_w: float, *, pue: float | None = None) -> float:
    """Energy by ``E = (E_gpu + E_cpu + E_ram) PUE``.

    Parameters
    ----------
    hours : float
        Wall-clock time. [h]
    gpu_w : float
        Metered mean power of all GPUs. [W]
    cpu_w, memory_w : float
        Metered, or by `codecarbon_cpu` and `codecarbon_memory`. [W]
    pue : float, optional
        None takes the tool's default of 1. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Limits: fans, network and losses of the power supply are left out; a GPU that cannot be read counts nothing; without
    a network the place may be guessed wrongly.

    References
    ----------
    Courty et al., CodeCarbon, doi:10.5281/zenodo.4658424; version 3.3.2.
    """
    pue = constant("codecarbon", "pue") if pue is None else pue
    return facility_kwh(hours, gpu_w + cpu_w + memory_w, pue)


class Codecarbon(Method):
    """codecarbon; a host that the job does not describe is an unknown CPU at its constant share and 64 GB."""

    name = "codecarbon"
    known_as = "codecarbon"
    title = "codecarbon: metered GPU, modelled host"
    kind = "tool"
    source = "codecarbon"
    needs_meter = True

    def view(self, job: Job, known: Known) -> View:
        """Take the measured mean of the accelerators, else their TDP, and the model of the host."""
        if job.profile is None:
            cpu_w = codecarbon_cpu(job.rated_w, job.cpu_load or 0.0)
            return View(job.rated_w, cpu_w, codecarbon_memory(job.memory_gb or 0.0))
        mean_w, notes = mean_or_rated_w(job)
        if not known["counts_host"].value:
            return View(job.rated_w, mean_w, notes=notes)
        if job.names_host:
            tdp_w = (job.cpu_cores or 0.0) * (job.cpu_w_per_core or 0.0)
            host_w = codecarbon_cpu(tdp_w, job.cpu_load or 0.0) + codecarbon_memory(job.memory_gb or 0.0)
            return View(job.rated_w, mean_w, host_w, notes)
        unknown_w = known["cpu_unknown_w"].value * known["cpu_constant_share"].value
        host_w = job.hosts * (unknown_w + codecarbon_memory(known["memory_gb"].value))
        return View(job.rated_w, mean_w, host_w, notes)
