"""A result as a product: device-hours x device power x host x PUE x grid, and one result over another by factors."""

from greentrain.footprint import Footprint
from greentrain.inputs import GRID_INTENSITY, PUE
from greentrain.record import Record
from greentrain.units import W_PER_KW


class Decomposition(Record):
    """A result as the product of its factors, best values.

    Of one result over another, as `over` returns it, every factor is a ratio. [1]

    Attributes
    ----------
    device_hours : float
        Devices times hours. [h]
    device_w : float
        Power of one device at utilization 1: its rating, or its mean power where the two are not told apart. [W]
    utilization : float
        Mean power of a device over ``device_w``. [1]
    host_factor : float
        Power of all the computers over power of the devices; 1 where the power of a device holds its host's. [1]
    pue : float
        Energy of the facility over energy of the computers. [1]
    g_per_kwh : float
        Carbon intensity of the electricity. [g CO2e/kWh]
    """

    device_hours: float
    device_w: float
    utilization: float
    host_factor: float
    pue: float
    g_per_kwh: float

    @property
    def power_w(self) -> float:
        """Mean power of one device. [W]"""
        return self.device_w * self.utilization

    @property
    def node_w(self) -> float:
        """Mean power of the computers per device. [W]"""
        return self.power_w * self.host_factor

    @property
    def product(self) -> float:
        """All factors multiplied: the emissions [mg CO2e]; of one result over another, the ratio of the two [1]."""
        return self.device_hours * self.device_w * self.utilization * self.host_factor * self.pue * self.g_per_kwh

    def over(self, other: "Decomposition") -> "Decomposition":
        """Divide factor by factor, so that the product of the ratios is the ratio of the results. [1]

        Parameters
        ----------
        other : Decomposition
            The result to which this one is compared.
        """
        theirs = other._asdict()
        return Decomposition(**{name: value / theirs[name] for name, value in self._asdict().items()})


def decomposed(result: Footprint, accelerators_kwh: float, device_hours: float) -> Decomposition:
    """Return the factors of a result of which energy, PUE and carbon intensity are known.

    Parameters
    ----------
    result : Footprint
        Energy of the computers, and what it was multiplied with.
    accelerators_kwh : float
        The accelerators' part of that energy. Without any, the computers themselves are the devices. [kWh]
    device_hours : float
        Devices times hours. [h]

    Returns
    -------
    Decomposition
        With the mean power of a device, at utilization 1.
    """
    assert result.it_energy_kwh is not None
    it_kwh = result.it_energy_kwh.best
    devices_kwh = accelerators_kwh or it_kwh
    return Decomposition(
        device_hours=device_hours,
        device_w=devices_kwh * W_PER_KW / device_hours,
        utilization=1.0,
        host_factor=it_kwh / devices_kwh,
        pue=result.inputs[PUE].value.best,
        g_per_kwh=result.inputs[GRID_INTENSITY].value.best,
    )
