"""Henderson et al. 2020, experiment-impact-tracker: metered CPU, memory and GPU, times PUE 1.58."""

from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, constant, facility_kwh, mean_or_rated_w


def henderson2020(hours: float, memory_w: float, cpu_w: float, gpu_w: float, *, pue: float | None = None) -> float:
    """Energy by ``e_total = PUE sum(p_dram e_dram + p_cpu e_cpu + p_gpu e_gpu)``, shares applied by the caller.

    Parameters
    ----------
    hours : float
        Wall-clock time. [h]
    memory_w, cpu_w, gpu_w : float
        The process's share of the metered mean power of memory, CPUs and GPUs. [W]
    pue : float, optional
        None takes the publication's 1.58. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Limits: needs RAPL and nvidia-smi, so a run that was not metered has no result; fans, network and losses of the
    power supply are left out; intensities are those of the grid's zone as of 2017 to 2019.

    References
    ----------
    Henderson, Hu, Romoff, Brunskill, Jurafsky, Pineau (2020), Towards the Systematic Reporting of the Energy and Carbon
    Footprints of Machine Learning, JMLR 21(248), arXiv:2002.05651.
    """
    pue = constant("henderson2020", "pue") if pue is None else pue
    return facility_kwh(hours, memory_w + cpu_w + gpu_w, pue)


class Henderson2020(Method):
    """experiment-impact-tracker; for a described run the GPU's part alone."""

    name = "henderson2020"
    known_as = "experiment-impact-tracker"
    title = "experiment-impact-tracker, metered"
    kind = "tool"
    source = "henderson_2020"
    needs_meter = True

    def view(self, job: Job, known: Known) -> View | None:
        """Take the measured mean of the accelerators, else their TDP; a CPU alone has no substitute."""
        if job.profile is None:
            return None
        mean_w, notes = mean_or_rated_w(job)
        return View(job.rated_w, mean_w, notes=notes)
