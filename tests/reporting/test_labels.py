"""What the terminal and every form call the hardware, the place and the year of a run."""

from pathlib import Path
from typing import Any

import pytest
from journals_of_reports import write_run

from greentrain import History, estimate, report
from greentrain.catalogue import device_name, load_catalogue
from greentrain.reporting import report_data_of
from greentrain.reporting.forms import FORMS
from greentrain.reporting.terminal.estimate import estimate_text

TAKEN = "A100 (taken as SXM4 40GB)"
FAMILY = estimate("A100", count=16, hours=100, location="FR", year=2024)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_publishes_a_device_that_nobody_named(form: str) -> None:
    """The name as it was given is there, and the member of the family is nowhere without it."""
    text = report(FAMILY, form).replace("\\allowbreak{}", "")
    assert TAKEN in text
    assert "A100 SXM4 40GB" not in text


def test_the_terminal_says_it_too() -> None:
    """In the headline."""
    assert estimate_text(FAMILY).startswith("16 x NVIDIA A100 (taken as SXM4 40GB), 100 h, FR 2024\n")


@pytest.mark.parametrize("form", FORMS)
def test_a_device_that_was_named_is_no_guess(form: str) -> None:
    """Its name alone."""
    text = report(estimate("NVIDIA A100-SXM4-40GB", count=16, hours=100, location="FR", year=2024), form)
    assert "taken as" not in text
    assert "A100 SXM4 40GB" in text.replace("\\allowbreak{}", "")


@pytest.mark.parametrize(
    ("gpu", "expected"),
    [
        ("V100 32GB", "NVIDIA Tesla V100 32GB (taken as SXM2)"),
        ("A100 PCIe", "NVIDIA A100 PCIe (taken as 40GB)"),
        ("RTX 3080", "NVIDIA GeForce RTX 3080 (taken as 10GB)"),
        ("MI300", "AMD Instinct MI300 (taken as MI300X)"),
        ("Titan X", "NVIDIA Titan X (taken as Pascal)"),
        ("T4", "NVIDIA Tesla T4"),
    ],
)
def test_what_was_added_to_the_name(gpu: str, expected: str) -> None:
    """The words of the member's name that the family's does not hold, without the maker's."""
    profile, family = load_catalogue().hardware.find_accelerator(gpu)
    assert device_name(profile, family and family.name) == expected


def test_every_family_has_words_for_its_usual_member() -> None:
    """No name ends with empty brackets."""
    hardware = load_catalogue().hardware
    for family in hardware.families.values():
        if family.usual:
            assert not device_name(hardware.accelerator(family.usual), family.name).endswith("(taken as )")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"location": "FR", "year": 2024}, "FR 2024"),
        ({"location": "FR", "year": 2031}, "FR, 2031"),
        ({"location": "US-CA", "year": 2024}, "US-CA, 2024"),
        ({"grid_intensity": 400, "year": 2020}, "grid as given, 2020"),
        ({"grid_intensity": 400}, "grid as given"),
        ({}, "place unknown"),
        ({"year": 2021}, "place unknown, 2021"),
    ],
)
def test_place_and_year(given: dict[str, Any], expected: str) -> None:
    """One year where run and grid share it, else that of the run after a comma: no grid is of 2031."""
    assert report_data_of(estimate("T4", hours=2, **given)).title == f"1 x NVIDIA Tesla T4, 2 h, {expected}"


def test_without_a_year_the_grid_has_its_own() -> None:
    """Nobody said when: the title has the year of the grid that is used, not the present one."""
    result = estimate("T4", hours=2, location="FR")
    assert report_data_of(result).title == f"1 x NVIDIA Tesla T4, 2 h, FR, grid of {result.run['grid_year']}"
    assert result.run["grid_year"] < result.run["year"]


def test_a_mean_of_the_world_has_the_year_of_its_data() -> None:
    """Which the run of today has not."""
    result = estimate("T4", hours=2, location="world")
    assert report_data_of(result).title.endswith(f"world mean grid {result.run['grid_year']}")
    assert result.run["grid_year"] < result.run["year"]


UTILIZATION = "A minute of nvidia-smi during training gives --power, which narrows it"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"grid_intensity": 400, "pue": 1.5}, f"{UTILIZATION} most."),
        ({"location": "FR", "pue": 1.5}, f"{UTILIZATION}."),
    ],
)
def test_the_terminal_says_what_helps_most(given: dict[str, Any], expected: str) -> None:
    """Where the default utilization drives the interval, most or after the grid of France; forms give no advice."""
    result = estimate("T4", hours=2, **given)
    assert expected in estimate_text(result).splitlines()
    assert "gives --power" not in report(result, "text")


@pytest.mark.parametrize("given", [{"power": 60}, {"utilization": 0.7}])
def test_no_advice_on_what_was_given(given: dict[str, Any]) -> None:
    """Power or utilization."""
    assert "gives --power" not in estimate_text(estimate("T4", hours=2, grid_intensity=400, **given))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"gpu": "A100 MIG 3g.20gb"}, "1 x 3/7 of NVIDIA A100 (taken as SXM4 40GB)"),
        ({"instance": "Standard_NV12ads_A10_v5"}, "1 x 1/3 of NVIDIA A10"),
        ({"gpu": "A100"}, "1 x NVIDIA A100 (taken as SXM4 40GB)"),
    ],
)
def test_a_slice_is_called_the_part_that_it_is(given: dict[str, Any], expected: str) -> None:
    """Three of seven, and a third; its title does not name the whole device."""
    result = estimate(hours=10, location="FR", year=2024, **given)
    assert report_data_of(result).title == f"{expected}, 10 h, FR 2024"


def test_a_period_within_a_day_is_that_day(tmp_path: Path) -> None:
    """Not from it to itself."""
    write_run(tmp_path, "20260301T000000Z-aaaaaa", name="bert")
    assert "2026-03-01 (UTC)" in report(History(str(tmp_path)).runs()[0], "text")
    assert "2026-03-01 to" not in report(History(str(tmp_path)).runs()[0], "text")
