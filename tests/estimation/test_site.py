"""The site: whose PUE and water a run gets."""

from typing import Any

import pytest

from greentrain import Input, estimate
from greentrain.interval import exact


def site_inputs(**arguments: Any) -> dict[str, Input]:
    """Return the site's inputs of an ordinary run by name."""
    run = estimate(**({"hours": 1, "year": 2022} | arguments))
    return {item.name: item for item in run.inputs if item.name in ("pue", "wue", "water_intensity")}


def test_a_given_pue_is_exact() -> None:
    """And is said to be the user's."""
    pue = site_inputs(gpu="V100", pue=1.58, location="aws:us-east-1")["pue"]
    assert (pue.value, pue.basis, pue.source) == (exact(1.58), "given", "user")


@pytest.mark.parametrize(
    ("arguments", "pue", "basis", "note"),
    [
        ({"gpu": "V100", "location": "aws:us-east-1"}, 1.16, "published", "2022"),
        ({"gpu": "V100", "location": "FR", "year": 2023}, 1.58, "default", "2023"),
        ({"gpu": "V100", "year": 2023}, 1.58, "default", "2023"),
    ],
)
def test_the_most_specific_pue(arguments: dict[str, Any], pue: float, basis: str, note: str) -> None:
    """The region's, else the industry's survey of the year, which is our choice."""
    found = site_inputs(**arguments)["pue"]
    assert (found.value.best, found.basis, found.note) == (pue, basis, note)


def test_an_instance_brings_its_provider() -> None:
    """Without a place, the provider's fleet."""
    alone = site_inputs(instance="p4d.24xlarge")["pue"]
    assert alone.basis == "published"
    assert alone.value != site_inputs(gpu="A100")["pue"].value


def test_a_workstation_has_pue_one_wherever_it_stands() -> None:
    """Not even a region's name changes that."""
    for place in ("FR", "aws:us-east-1", None):
        found = site_inputs(gpu="rtx-3090", site="workstation", location=place)
        assert (found["pue"].value, found["wue"].value) == (exact(1.0), exact(0.0))


def test_a_given_pue_wins_over_the_workstation_s() -> None:
    """Somebody may run a cooled rack at home."""
    assert site_inputs(gpu="rtx-3090", site="workstation", pue=1.3)["pue"].value == exact(1.3)


def test_a_figure_of_another_year_is_noted() -> None:
    """The survey of 2011 stands for 2012."""
    arguments: dict[str, Any] = {"hours": 1, "location": "FR", "year": 2012}
    assert "No PUE published for 2012: the one of 2011 is used." in estimate("V100", **arguments).notes
    assert not [note for note in estimate("V100", **arguments, pue=1.5).notes if "PUE" in note]


def test_water_worked_by_hand() -> None:
    """10 kWh in France at PUE 1.2: 10 x (0.36 + 1.2 x 3.674) = 47.688 L.

    Width: the site's 0.05 to 1 and the power stations' 1.2 x (2.161 to 6.245) L/kWh add by squares, from
    4.7688 - sqrt(0.31^2 + 1.8156^2) = 2.926925 to 4.7688 + sqrt(0.64^2 + 3.0852^2) = 7.919682 L/kWh.
    """
    said = {"power": 250, "host_factor": 1, "pue": 1.2, "site": "datacentre", "location": "FR", "year": 2023}
    run = estimate("rtx-3090", count=10, hours=4, **said)
    assert run.it_energy_kwh == exact(10.0)
    assert tuple(run.water_l) == pytest.approx((29.26925, 47.688, 79.19682), rel=1e-6)


def test_water_intensity_follows_the_place() -> None:
    """The country's, for its parts too; the world's where no place is known."""
    places = ("US", "US-CA", "FR", None)
    at = {place: site_inputs(gpu="V100", location=place)["water_intensity"].value for place in places}
    assert at["US"] == at["US-CA"] != at["FR"]
    assert at[None].best == 3.908
