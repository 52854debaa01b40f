"""Hardware and places as papers write them: found, or refused with the reason."""

import pytest

from greentrain import load_catalogue
from greentrain.validation import RecordHardware, RecordPlace, find_hardware, find_place

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("TPUv3 (chips)", "tpu-v3"),
        ("TPUv5e (unverified)", "tpu-v5e"),
        ("A100-SXM4-80GB", "a100-sxm4-80gb"),
        ("A100-PCIe-40GB", "a100-pcie-40gb"),
        ("V100", "v100-sxm2-16gb"),
        ("H100-80GB", "h100-sxm"),
        ("RTX 2060 SUPER", "rtx-2060-super"),
        ("Titan RTX", "titan-rtx"),
        ("H100 (was A100 in an earlier revision)", "h100-sxm"),
    ],
)
def test_names_that_papers_use_are_found(name: str, device: str) -> None:
    """Remarks in brackets do not count; the name that is left is one of the catalogue."""
    found = find_hardware(name, CATALOGUE)
    assert found.devices_per_count == 1
    assert CATALOGUE.hardware.find_accelerator(found.name)[0].id == device


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "no hardware is named"),
        ("GPU", "'GPU' names no device"),
        ("GPU (azure)", "'GPU (azure)' names no device"),
        ("V100/A100 (Jean Zay)", "'V100/A100 (Jean Zay)' mixes V100 and A100"),
        ("Titan X/M40 (72/28%)", "'Titan X/M40 (72/28%)' mixes Titan X and M40"),
        ("TPU v3-0", "'TPU v3-0' is not in the catalogue"),
        ("0x A100", "'0x A100' is not in the catalogue"),
        ("Frobnicator 9000", "'Frobnicator 9000' is not in the catalogue"),
        ("RTX 6000", "'RTX 6000' may be quadro-rtx-6000, rtx-6000-ada or rtx-pro-6000-blackwell"),
    ],
)
def test_names_that_no_single_device_has_give_a_reason(name: str, reason: str) -> None:
    """Nothing is guessed, not even the nearest name."""
    assert find_hardware(name, CATALOGUE) == RecordHardware(reason=reason)


def test_a_tpu_without_generation_is_refused() -> None:
    """283 W is a mean of one generation, but not a name."""
    reason = find_hardware("TPU (283 W)", CATALOGUE).reason
    assert reason.startswith("'TPU' may be tpu-v1, tpu-v2, tpu-v3")


def test_a_run_on_processors_alone_is_told_apart() -> None:
    """It has no accelerator to look up."""
    assert find_hardware("CPU (no GPU)", CATALOGUE) == RecordHardware(is_cpu=True)


@pytest.mark.parametrize(
    ("name", "count", "per_count"),
    [
        ("TPUv3 (cores)", 8, 0.5),
        ("TPU v3-8", None, 4),
        ("TPU v3-8", 1, 4),
        ("TPU v3-8", 4, 1),
        ("TPU v3-8", 8, 0.5),
        ("8x A100 80GB", None, 8),
        ("8x A100 80GB", 8, 1),
    ],
)
def test_what_a_paper_counts(name: str, count: float | None, per_count: float) -> None:
    """A v3-8 has 8 cores on 4 chips; the count separates a slice from its chips and cores, a node from its devices."""
    assert find_hardware(name, CATALOGUE, count).devices_per_count == per_count


def test_a_count_that_fits_nothing_is_refused() -> None:
    """Sixteen of 8x A100 may be two nodes or sixteen."""
    assert find_hardware("8x A100", CATALOGUE, 16).reason == "'8x A100' fits neither devices nor nodes of that count"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US average (EPA 2018 factor)", "US"),
        ("US average datacentre", "US"),
        ("Microsoft, US average assumed", "US"),
        ("Google Iowa (Council Bluffs)", "gcp:us-central1"),
        ("Google Taiwan", "gcp:asia-east1"),
        ("Google North Carolina", "US-NC"),
        ("Google (Georgia, unverified)", "gcp:us-east2"),
        ("Jean Zay, France", "FR"),
        ("Germany (Bonn)", "DE"),
        ("Azure westus2", "azure:westus2"),
        ("Azure East US (unverified)", "azure:eastus"),
        ("GCP us-east1", "gcp:us-east1"),
        ("AWS US-east", "US"),
        ("LUMI, Finland (100% hydro)", "FI"),
        ("Jupiter, Texas", "US-TX"),
        ("Illinois, US", "US-IL"),
        ("Georgia, US", "US-GA"),
        ("", ""),
    ],
)
def test_places_as_papers_write_them(text: str, code: str) -> None:
    """The most specific place or region that the text names."""
    assert find_place(text, CATALOGUE) == RecordPlace(code)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("16 Azure regions (200-755 g/kWh regional means)", "is more than one place; compare takes several"),
        ("Denmark/US grid mix", "is more than one place; compare takes several"),
        ("Meta datacentres (unstated)", "names no place in the catalogue"),
        ("Google", "names no place in the catalogue"),
        ("OVH", "names no place in the catalogue"),
    ],
)
def test_places_that_cannot_be_found_have_a_reason(text: str, reason: str) -> None:
    """Nothing is guessed from a company's name."""
    assert find_place(text, CATALOGUE) == RecordPlace(reason=f"{text!a} {reason}")


def test_georgia_alone_is_two_places() -> None:
    """A country of the Caucasus, and a state of the US."""
    assert find_place("Georgia", CATALOGUE).reason == "'Georgia' may be GE (Georgia) or US-GA (Georgia, US)"
