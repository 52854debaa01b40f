"""The nameplate method: the most that the servers can draw, times PUE."""

from greentrain import formulas
from greentrain.validation.methods.job import Job
from greentrain.validation.methods.method import Known, Method, View, constant


def nameplate(
    hours: float, processors: float, tdp_w: float, *, host_factor: float | None = None, pue: float | None = None
) -> float:
    """Energy by ``P = TDP n 1.82 PUE``, held for all hours.

    Parameters
    ----------
    hours : float
        Wall-clock time. [h]
    processors : float
        Number of accelerators. [1]
    tdp_w : float
        Thermal design power of one. [W]
    host_factor : float, optional
        None takes 1.82: a server of eight H100 is rated 10.2 kW, its GPUs 5.6 kW. [1]
    pue : float, optional
        None takes 1.14. [1]

    Returns
    -------
    float
        Energy of the facility. [kWh]

    Notes
    -----
    Limits: an upper bound that sizes the power supply, not a mean; servers of eight H100 draw 1.38 to 1.50 times the
    TDP of their GPUs at full load.

    References
    ----------
    Epoch AI, rule for the power of frontier training runs; NVIDIA DGX H100 user guide for the ratings.
    """
    factor = constant("nameplate", "host_factor") if host_factor is None else host_factor
    pue = constant("nameplate", "pue") if pue is None else pue
    kwh: float = formulas.facility_energy_kwh(formulas.it_energy_kwh(processors, hours, tdp_w, factor), pue)
    return kwh


class Nameplate(Method):
    """The nameplate method."""

    name = "nameplate"
    known_as = "nameplate power"
    title = "the most that servers can draw"
    kind = "bound"
    source = "epoch_frontier_power"

    def view(self, job: Job, known: Known) -> View | None:
        """Take the full TDP, and what the servers' rating adds."""
        if job.profile is None:
            return None
        host_w = job.processors * job.rated_w * (known["host_factor"].value - 1)
        return View(job.rated_w, job.rated_w, host_w)
