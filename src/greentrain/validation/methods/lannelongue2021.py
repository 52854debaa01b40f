"""Lannelongue, Grealey, Inouye 2021, Green Algorithms: TDP of cores and requested memory, times PUE."""

from greentrain import formulas
from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, constant, facility_kwh, rated_w


def lannelongue2021(
    hours: float,
    processors: float,
    tdp_w: float,
    *,
    usage: float = 1.0,
    memory_gb: float = 0.0,
    cpu_cores: float = 0.0,
    cpu_w_per_core: float | None = None,
    pue: float | None = None,
) -> float:
    """Energy by ``E = t (n_c P_c u_c + n_m P_m) PUE / 1000``.

    Parameters
    ----------
    hours : float
        Wall-clock time. [h]
    processors : float
        Number of GPUs, or of CPU cores. [1]
    tdp_w : float
        Thermal design power of one. [W]
    usage : float, optional
        Usage factor of the processors. [1]
    memory_gb : float, optional
        Memory requested, used or not, at 0.3725 W per GB. [GB]
    cpu_cores : float, optional
        CPU cores in addition to GPUs. [1]
    cpu_w_per_core : float, optional
        None takes 12, the tool's entry for any CPU. [W]
    pue : float, optional
        None takes 1.56, the tool's value for an unknown data centre since version 3; versions 1 and 2 have 1.67. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Limits: full load unless the user knows better; memory by request; no network, storage, fans or losses. Emissions of
    the United States are 423.94 g/kWh, with the losses of transmission and distribution.

    References
    ----------
    Lannelongue, Grealey, Inouye (2021), Green Algorithms: Quantifying the Carbon Footprint of Computation, Advanced
    Science 8, 2100707, doi:10.1002/advs.202100707.
    """
    per_core_w = constant("lannelongue2021", "cpu_w_per_core") if cpu_w_per_core is None else cpu_w_per_core
    pue = constant("lannelongue2021", "pue") if pue is None else pue
    memory_w = formulas.memory_power_w(memory_gb, constant("lannelongue2021", "memory_w_per_gb"))
    it_w = processors * formulas.accelerator_power_w(tdp_w, usage) + cpu_cores * per_core_w + memory_w
    return facility_kwh(hours, it_w, pue)


class Lannelongue2021(Method):
    """Green Algorithms; memory and CPU cores count where the job or the setting names them."""

    name = "lannelongue2021"
    known_as = "Green Algorithms"
    title = "Green Algorithms: TDP and memory, PUE"
    kind = "tool"
    source = "green_algorithms"

    def view(self, job: Job, known: Known) -> View:
        """Take the full TDP, and memory and cores in addition."""
        tdp_w = rated_w(job, known)
        processor_w = formulas.accelerator_power_w(tdp_w, known["usage"].value)
        memory_gb, cores, per_core_w = job.memory_gb or 0.0, job.cpu_cores or 0.0, job.cpu_w_per_core or 0.0
        if not job.names_host:
            memory_gb = job.hosts * known["memory_gb"].value if "memory_gb" in known else 0.0
            cores = job.hosts * known["cpu_cores"].value if "cpu_cores" in known else 0.0
            per_core_w = known["cpu_w_per_core"].value
        memory_w = formulas.memory_power_w(memory_gb, known["memory_w_per_gb"].value)
        cores_w = cores * per_core_w if job.profile else 0.0
        return View(tdp_w, processor_w, memory_w + cores_w)
