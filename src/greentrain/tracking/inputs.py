"""PUE and carbon intensity of a live run, and the estimate beside its measurement."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from greentrain.estimation import Estimate, Input

_FOR_SITE = ("location", "year", "grid_intensity", "pue", "site", "instance")


class Footing(NamedTuple):
    """What turns energy of the computers into energy of the facility and emissions.

    Attributes
    ----------
    pue : Input
        Power usage effectiveness. [1]
    grid_intensity : Input
        Carbon intensity of the electricity. [g/kWh]
    notes : tuple of str
        What was replaced or widened on the way.
    """

    pue: "Input"
    grid_intensity: "Input"
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give both as the journal holds them."""
        return {"pue": self.pue.to_dict(), "grid_intensity": self.grid_intensity.to_dict()}


def footing(said: dict[str, Any], hours: float | None) -> Footing:
    """Find PUE and carbon intensity of a run as ``estimate`` does.

    Parameters
    ----------
    said : dict
        Keywords of ``greentrain.estimate``; those about hardware, but for the instance type, do not count.
    hours : float or None
        Length of the run: the mean of a year says less about a shorter one. [h]

    Raises
    ------
    GreentrainError
        If the catalogue has changed since the arguments were checked.
    """
    from greentrain.catalogue import load_catalogue
    from greentrain.estimation.grid import choose_grid, grid_input
    from greentrain.estimation.limits import SITES
    from greentrain.estimation.result import given
    from greentrain.estimation.site import find_location, find_site

    location_said, year, intensity, pue, site, instance = (said.get(name) for name in _FOR_SITE)
    catalogue = load_catalogue(said.get("profiles"))
    provider = catalogue.hardware.find_instance(instance).provider if instance else ""
    location = find_location(catalogue, location_said, provider)
    notes: tuple[str, ...] = ()
    if intensity is None:
        choice = choose_grid(catalogue, location, year)
        grid, notes = grid_input(choice, catalogue, hours), choice.notes
    else:
        grid = given("grid_intensity", intensity, "g/kWh")
    found = find_site(catalogue, location, provider, year, pue, site or SITES[0])
    return Footing(found.pue, grid, (*notes, *found.notes))


def estimate_beside(
    said: dict[str, Any], components: tuple[dict[str, Any], ...], duration_seconds: float
) -> "Estimate | None":
    """Estimate a run of this length from the profiles of its hardware.

    Parameters
    ----------
    said : dict
        Keywords of ``greentrain.estimate``.
    components : tuple of dict
        What the meter saw; it names the accelerators where the user did not.
    duration_seconds : float
        Length of the run. [s]

    Returns
    -------
    Estimate or None
        None where the hardware is not known, or the run was too short to say anything.
    """
    from greentrain.errors import GreentrainError
    from greentrain.estimation import estimate

    inputs = dict(said) if "gpu" in said or "instance" in said else _with_seen_accelerators(said, components)
    try:
        return estimate(**inputs, hours=duration_seconds / 3600)
    except GreentrainError:
        return None


def _with_seen_accelerators(said: dict[str, Any], components: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    names = [str(item.get("name")) for item in components if item.get("component") == "gpu" and item.get("name")]
    if names and len(set(names)) == 1:
        return {"count": len(names), **said, "gpu": names[0]}
    return {name: value for name, value in said.items() if name not in ("count", "workload")}
