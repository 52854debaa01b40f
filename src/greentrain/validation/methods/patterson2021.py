"""Patterson et al. 2021: measured mean power of the whole system per chip, times hours and the site's PUE."""

from greentrain import formulas
from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, system_view


def patterson2021(hours: float, processors: float, system_w: float, pue: float) -> float:
    """Energy by ``kWh = hours x processors x mean power per processor x PUE / 1000``.

    Parameters
    ----------
    hours : float
        Hours to train. [h]
    processors : float
        Number of processors. [1]
    system_w : float
        Measured mean power of the system per processor: memory, network, fans and host CPU included. [W]
    pue : float
        Of the data centre in which it ran. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Without a measurement the publication's own means serve: P100 296, V100 325, TPU v2 221, TPU v3 283 W, with PUE 1.1.
    Limits: these four chips, and the programs that ran on them; other devices have no result.

    References
    ----------
    Patterson et al. (2021), Carbon Emissions and Large Neural Network Training, arXiv:2104.10350.
    """
    kwh: float = formulas.facility_energy_kwh(formulas.it_energy_kwh(processors, hours, system_w, 1), pue)
    return kwh


class Patterson2021(Method):
    """Patterson's method with its published means per chip."""

    name = "patterson2021"
    known_as = "Patterson et al. 2021"
    title = "measured mean of the system per chip"
    kind = "paper"
    source = "patterson_2021"
    splits_host = False

    def view(self, job: Job, known: Known) -> View | None:
        """Take the measured mean of this very run, else the publication's mean of the chip."""
        return system_view(job, known)
