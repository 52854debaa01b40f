"""How much is shipped, and single values worked out from what their sources say."""

import pytest
from shipped import rows

from greentrain import load_catalogue
from greentrain.catalogue import GridValue
from greentrain.interval import exact


@pytest.fixture
def france_2024() -> GridValue:
    """The value of France in 2024."""
    return next(value for value in load_catalogue().places.series("FR") if value.year == 2024)


def test_there_are_as_many_rows_as_promised() -> None:
    """Tables may grow; they do not shrink unnoticed."""
    assert len([row for row in rows("accelerators.csv") if row["tdp_w"]]) >= 280
    assert len(rows("cpus.csv")) >= 110
    assert len(rows("cloud_instances.csv")) >= 240
    assert len(rows("grid_subnational.csv")) >= 350
    assert len(rows("cloud_regions.csv")) >= 190


def test_the_country_series_hold_216_places_from_2009_to_2025() -> None:
    """214 countries, EU27 and the world; 3,290 place-years."""
    series = rows("grid_countries.csv")
    assert len(series) == 3290
    assert len({row["place"] for row in series}) == 216
    assert (min(row["year"] for row in series), max(row["year"] for row in series)) == ("2009", "2025")
    aggregates = {row["place"] for row in rows("places.csv") if row["kind"] == "aggregate"}
    assert aggregates == {"EU27", "WORLD"}
    latest = [row["place"] for row in series if row["year"] == "2024"]
    assert len(latest) == 198


@pytest.mark.parametrize(
    ("device", "watts"),
    [
        ("v100-sxm2-16gb", 300),  # NVIDIA V100 data sheet: 300 W for SXM2 ...
        ("v100-pcie-16gb", 250),  # ... 250 W for PCIe
        ("a100-sxm4-80gb", 400),  # NVIDIA A100 data sheet
        ("t4", 70),  # NVIDIA T4 data sheet
        ("k80", 150),  # 300 W per board of two GPUs
    ],
)
def test_tdp_is_per_visible_device(device: str, watts: float) -> None:
    """A board's power is divided by the devices that it shows."""
    tdp_w = load_catalogue().hardware.accelerator(device).tdp_w
    assert tdp_w is not None
    assert tdp_w.best == watts


@pytest.mark.parametrize(
    ("device", "board_w", "visible"),
    [("k80", 300, 2), ("m60", 300, 2), ("mi250x", 500, 2), ("a16", 250, 4)],
)
def test_devices_of_one_board_add_up_to_the_board(device: str, board_w: float, visible: int) -> None:
    """Power per visible device times devices per board is what the data sheet says of the board."""
    profile = load_catalogue().hardware.accelerator(device)
    assert profile.devices_per_board == visible
    assert profile.tdp_w is not None
    assert profile.tdp_w.best * visible == board_w


def test_tpu_v3_is_the_measured_mean_of_the_whole_system() -> None:
    """Patterson 2021 measured 283 W per chip, host included."""
    profile = load_catalogue().hardware.accelerator("tpu-v3")
    assert profile.training_scope == "system"
    assert profile.training_w is not None
    assert profile.training_w.best == 283


def test_france_2024_is_embers_value(france_2024: GridValue) -> None:
    """Ember, release of October 2026: 40.3 g/kWh, life-cycle."""
    assert (france_2024.g_per_kwh, france_2024.basis) == (40.3, "lifecycle")
    assert france_2024.source == "ember_2026_10"


def test_namibia_is_a_country() -> None:
    """Its code, NA, is not a missing value."""
    place = load_catalogue().places.find("NA").place
    assert (place.name, place.iso3) == ("Namibia", "NAM")


def test_a_state_with_a_direct_value_says_so() -> None:
    """New South Wales 2025: scope 2 of the National Greenhouse Accounts, 640 g/kWh burned."""
    value = load_catalogue().places.series("AU-NSW")[-1]
    assert (value.year, value.g_per_kwh, value.basis) == (2025, 640, "direct")


def test_a_workstation_has_a_pue_of_one() -> None:
    """A computer in an office has no facility around it that is counted."""
    figure = load_catalogue().facilities.best_known("pue", "workstation", None, 2024)
    assert figure.value == exact(1.0)


def test_a_petrol_car_per_kilometre_follows_from_the_epa_value_per_mile() -> None:
    """0.393 kg per mile over 1.609344 km is 0.2442 kg."""
    car = next(activity for activity in load_catalogue().equivalents if activity.id == "car-petrol-km")
    assert car.kg.best == pytest.approx(0.393 / 1.609344, rel=2e-3)


def test_a_litre_of_petrol_follows_from_the_epa_value_per_gallon() -> None:
    """8.887 kg per gallon of 3.785412 l is 2.348 kg."""
    litre = next(activity for activity in load_catalogue().equivalents if activity.id == "petrol-litre")
    assert litre.kg.best == pytest.approx(8.887 / 3.785412, rel=1e-3)


def test_cloud_machines_count_visible_devices() -> None:
    """A p2.16xlarge has 8 K80 boards, which show as 16 devices; a p4d.24xlarge has 8 A100."""
    hardware = load_catalogue().hardware
    k80 = hardware.find_instance("p2.16xlarge")
    a100 = hardware.find_instance("p4d.24xlarge")
    assert (k80.accelerator, k80.accelerator_count) == ("k80", 16)
    assert (a100.accelerator, a100.accelerator_count) == ("a100-sxm4-40gb", 8)
