"""Strubell, Ganesh, McCallum 2019: metered means of CPU, memory and GPUs, times PUE 1.58."""

from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, constant, facility_kwh, system_view


def strubell2019(
    hours: float, cpu_w: float, memory_w: float, gpus: float, gpu_w: float, *, pue: float | None = None
) -> float:
    """Energy by ``p_t = 1.58 t (p_c + p_r + g p_g) / 1000``.

    Parameters
    ----------
    hours : float
        Wall-clock time. [h]
    cpu_w, memory_w : float
        Mean power of all CPU sockets, and of memory. [W]
    gpus : float
        Number of GPUs. [1]
    gpu_w : float
        Mean power of one GPU. [W]
    pue : float, optional
        None takes the publication's 1.58, the mean of data centres in 2018. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Emissions are 0.954 lb per kWh, the mean of the United States in 2018. Limits: one GPU (a Titan X) was metered for
    at most a day and scaled to other devices and counts; one PUE and one grid for every run, wherever it was.

    References
    ----------
    Strubell, Ganesh, McCallum (2019), Energy and Policy Considerations for Deep Learning in NLP, arXiv:1906.02243.
    """
    pue = constant("strubell2019", "pue") if pue is None else pue
    return facility_kwh(hours, cpu_w + memory_w + gpus * gpu_w, pue)


class Strubell2019(Method):
    """Strubell's method; without a meter, its printed means of V100 and P100, which hold CPU and memory."""

    name = "strubell2019"
    known_as = "Strubell et al. 2019"
    title = "one metered GPU for all, PUE 1.58"
    kind = "paper"
    source = "strubell_2019"
    splits_host = False

    def view(self, job: Job, known: Known) -> View | None:
        """Take the measured mean, else the printed one of the device."""
        return system_view(job, known)

    def pue(self, job: Job, known: Known) -> float:
        """Return the one PUE of every run. [1]"""
        return known["pue"].value
