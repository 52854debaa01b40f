"""Lacoste et al. 2019, the ML CO2 Impact calculator: TDP times hours, no PUE."""

from greentrain import formulas
from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, rated_w


def lacoste2019(device_hours: float, tdp_w: float) -> float:
    """Energy by ``E = P t``: power consumption times time.

    Parameters
    ----------
    device_hours : float
        Hours of use, summed over devices. [h]
    tdp_w : float
        Thermal design power of the tool's table. [W]

    Returns
    -------
    float
        Energy of the devices, also taken for that of the facility. [kWh]

    Notes
    -----
    Limits: full load, no host, no PUE, as the page states; whole hours; emissions rounded to 0.01 kg; the table has the
    two V100 of 16 GB swapped; a grid belongs to a cloud region or is the 432 g/kWh of private infrastructure.

    References
    ----------
    Lacoste, Luccioni, Schmidt, Dandres (2019), Quantifying the Carbon Emissions of Machine Learning, arXiv:1910.09700.
    """
    kwh: float = formulas.it_energy_kwh(1, device_hours, tdp_w, 1)
    return kwh


class Lacoste2019(Method):
    """ML CO2 Impact with the TDP of its own table, where that differs from ours."""

    name = "lacoste2019"
    known_as = "ML CO2 Impact"
    title = "ML CO2 Impact: TDP x hours, no PUE"
    kind = "tool"
    source = "lacoste_2019"

    def view(self, job: Job, known: Known) -> View:
        """Take the tool's TDP at full load, else ours."""
        tdp_w = rated_w(job, known)
        return View(tdp_w, tdp_w)

    def pue(self, job: Job, known: Known) -> float:
        """Return 1: the tool knows no facility. [1]"""
        return 1.0
