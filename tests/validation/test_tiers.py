"""Boundary and tiers where a file does not state them."""

import pytest

from greentrain import load_catalogue
from greentrain.validation import Reference, classified, energy_boundary, infer_tiers

CATALOGUE = load_catalogue()
TIMED = Reference("run", accelerator="V100", accelerator_count=8, wall_hours=10, published_energy_kwh=24)


@pytest.mark.parametrize(
    ("changes", "boundary"),
    [
        ({"power_basis": "measured", "co2e_scope": "GPU only, no PUE"}, "accelerator"),
        ({"power_basis": "measured", "co2e_scope": "location-based, GPU+CPU+RAM, no PUE"}, "node"),
        ({"power_basis": "measured (system average)"}, "node"),
        ({"power_basis": "measured", "pue": 1.2}, "facility"),
        ({"power_basis": "measured", "pue": 1.2, "notes": "24 kWh is before PUE."}, "node"),
        ({"power_basis": "tdp", "power_w_per_accelerator": 300}, "accelerator"),
        ({"power_basis": "tdp", "power_w_per_accelerator": 300, "pue": 1.2, "published_energy_kwh": 28.8}, "facility"),
        ({"power_basis": "measured", "power_w_per_accelerator": 300, "pue": 1.2}, "node"),
        ({"power_basis": "measured", "pue": 1.2, "grid_g_per_kwh": 100, "published_co2e_kg": 2.88}, "node"),
        ({"power_basis": "measured", "pue": 1.2, "grid_g_per_kwh": 100, "published_co2e_kg": 2.4}, "facility"),
        ({"power_basis": "measured"}, "node"),
        ({"power_basis": "tdp"}, "accelerator"),
        ({"energy_boundary": "facility", "power_basis": "tdp"}, "facility"),
        ({"published_energy_kwh": None}, ""),
    ],
)
def test_what_an_energy_covers(changes: dict[str, object], boundary: str) -> None:
    """By wording, then by numbers, then by whether a PUE is stated; a statement counts before all."""
    assert energy_boundary(TIMED._replace(**changes)) == boundary  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "tiers"),
    [
        ({"power_basis": "measured"}, ("T2", "T3")),
        ({"power_basis": "measured", "power_w_per_accelerator": 300}, ("T1", "T3")),
        ({"power_basis": "tdp", "power_w_per_accelerator": 300}, ("T1",)),
        ({"power_basis": "tdp"}, ("T2",)),
        ({"power_basis": "tdp", "power_w_per_accelerator": 300, "published_co2e_kg": 9.0}, ("T1", "T2")),
        ({"power_basis": "measured", "wall_hours": None}, ()),
        ({"power_basis": "measured", "co2e_scope": "net of clean energy"}, ("T2", "T3", "T4")),
        ({"power_basis": "measured", "notes": "Log split kWh: gpu 0.8, cpu 20."}, ("T2", "T4")),
        ({"published_energy_kwh": None}, ()),
    ],
)
def test_which_questions_a_record_answers(changes: dict[str, object], tiers: tuple[str, ...]) -> None:
    """Energy from hours x TDP is never T3; what is not metered neither; a trap adds T4."""
    record = TIMED._replace(**changes)  # type: ignore[arg-type]
    bounded = record._replace(energy_boundary=energy_boundary(record))
    assert infer_tiers(bounded, (), CATALOGUE) == tiers


def test_a_slip_explained_by_a_trap_is_no_arithmetic_to_fail() -> None:
    """A tenfold misprint is T4, an unexplained difference fails T1 as well."""
    record = TIMED._replace(power_w_per_accelerator=300, grid_g_per_kwh=100, energy_boundary="node")
    assert "T1" not in infer_tiers(record._replace(published_co2e_kg=24.0), (), CATALOGUE)
    assert infer_tiers(record._replace(published_co2e_kg=3.0), (), CATALOGUE) == ("T1", "T4")


def test_a_record_that_answers_nothing_is_excluded_with_a_reason() -> None:
    """Stated tiers and exclusions stay as they are."""
    blank, stated = classified((Reference("a"), Reference("b", tiers=("T2",))), CATALOGUE)
    assert blank.excluded == (
        "No energy or CO2e is published, or neither hardware and hours nor energy, CO2e and a known place are."
    )
    assert (stated.tiers, stated.excluded) == (("T2",), "")


def test_energy_and_emissions_of_a_known_place_are_compared_without_hours() -> None:
    """1.95 kg of 4 kWh in Singapore: what is known is the grid, T2; a place that names none answers nothing."""
    record = Reference("sg", accelerator="A100", location="Singapore", published_energy_kwh=4.0, published_co2e_kg=1.95)
    known, unknown, metered = classified(
        (record, record._replace(id="x", location="Atlantis"), record._replace(id="m", power_basis="measured")),
        CATALOGUE,
    )
    assert (known.tiers, unknown.tiers, metered.tiers) == (("T2",), (), ("T2",))
