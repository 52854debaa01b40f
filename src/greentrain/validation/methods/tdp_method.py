"""The method of model cards: device hours times TDP times PUE."""

from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, constant, facility_kwh


def tdp_method(device_hours: float, tdp_w: float, *, pue: float | None = None) -> float:
    """Energy by ``Wh = GPU-h x (GPU power consumption) x PUE``.

    Parameters
    ----------
    device_hours : float
        Hours of use, summed over devices. [h]
    tdp_w : float
        Thermal design power of one device. [W]
    pue : float, optional
        None takes 1.1, as the LLaMA paper. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Emissions are 0.385 kg/kWh, a mean of the United States. Limits: full load without host, two errors of opposite
    sign; one grid for every site.

    References
    ----------
    Touvron et al. (2023), LLaMA: Open and Efficient Foundation Language Models, arXiv:2302.13971, section 6.
    """
    pue = constant("tdp_method", "pue") if pue is None else pue
    return facility_kwh(device_hours, tdp_w, pue)


class TdpMethod(Method):
    """The method of model cards."""

    name = "tdp_method"
    known_as = "TDP, as in model cards"
    title = "model cards: device hours x TDP x PUE"
    kind = "practice"
    source = "llama1_2023"

    def view(self, job: Job, known: Known) -> View | None:
        """Take the full TDP of the accelerators."""
        return View(job.rated_w, job.rated_w) if job.profile else None
