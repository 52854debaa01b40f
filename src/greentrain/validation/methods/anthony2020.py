"""Anthony, Kanding, Selvan 2020, carbontracker: metered mean power, times PUE 1.58."""

from greentrain import formulas
from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, constant, facility_kwh


def anthony2020(hours: float, mean_w: float, *, pue: float | None = None) -> float:
    """Energy by ``E = PUE P t`` with the mean of the sampled power.

    Parameters
    ----------
    hours : float
        Wall-clock time. [h]
    mean_w : float
        Mean power of GPUs, CPUs and memory; its simulation takes half of TDP. [W]
    pue : float, optional
        None takes the tool's 1.58, which the user cannot change. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Limits: the mean of a few epochs is used for all; the fixed PUE counts for laptops too; one mean a country and year.

    References
    ----------
    Anthony, Kanding, Selvan (2020), Carbontracker: Tracking and Predicting the Carbon Footprint of Training Deep
    Learning Models, arXiv:2007.03051.
    """
    pue = constant("anthony2020", "pue") if pue is None else pue
    return facility_kwh(hours, mean_w, pue)


class Anthony2020(Method):
    """carbontracker; where no meter answers, as its simulation: half of TDP."""

    name = "anthony2020"
    known_as = "carbontracker"
    title = "carbontracker: metered, else half of TDP"
    kind = "tool"
    source = "carbontracker_2020"

    def view(self, job: Job, known: Known) -> View:
        """Take the measured mean, else the simulation's share of TDP."""
        simulated_w = formulas.accelerator_power_w(job.rated_w, known["utilization"].value)
        return View(job.rated_w, simulated_w if job.measured_w is None else job.measured_w)

    def pue(self, job: Job, known: Known) -> float:
        """Return the one PUE of every run. [1]"""
        return known["pue"].value
