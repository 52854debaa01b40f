"""Figures of devices that were wrong or missing once, checked by hand, and the rules that they follow."""

import pytest
from shipped import rows

from greentrain import estimate, load_catalogue

DEVICES = {row["id"]: row for row in rows("accelerators.csv")}
GEFORCE = [
    row
    for row in DEVICES.values()
    if row["name"].startswith("NVIDIA GeForce RTX") and row["peak_bf16_tflops"] and row["peak_fp32_tflops"]
]


def watts(id: str) -> tuple[float, ...]:
    """Read the rated power of a device: low, best and high."""
    return tuple(float(DEVICES[id][column]) for column in ("tdp_low_w", "tdp_w", "tdp_high_w"))


@pytest.mark.parametrize(
    ("id", "tflops"),
    [("rtx-2080-ti", 53.8), ("rtx-3090", 71.2), ("rtx-4070", 58.3), ("rtx-4090", 165.2), ("rtx-5090", 209.5)],
)
def test_geforce_peaks_are_those_of_training(id: str, tflops: float) -> None:
    """Training accumulates in FP32, for which GeForce tensor cores run at half rate: 165.2 of 330.3 (Ada)."""
    assert float(DEVICES[id]["peak_bf16_tflops"]) == tflops


@pytest.mark.parametrize("row", GEFORCE, ids=lambda row: row["id"])
def test_geforce_peaks_follow_from_fp32(row: dict[str, str]) -> None:
    """Tensor cores with FP32 accumulation: 4 x FP32 on Turing, 2 x from Ampere on, and FP8 twice that."""
    is_turing = row["id"].startswith("rtx-20")
    tensor = float(row["peak_fp32_tflops"]) * (4 if is_turing else 2)

    assert float(row["peak_bf16_tflops"]) == pytest.approx(tensor, rel=0.005)
    if row["peak_fp8_tflops"]:
        assert float(row["peak_fp8_tflops"]) == pytest.approx(2 * tensor, rel=0.005)


def test_cards_of_other_lines_keep_the_full_rate() -> None:
    """Quadro and RTX A cards accumulate in FP32 at full rate: the A6000 has 155 at 38.7 in FP32."""
    assert float(DEVICES["rtx-a6000"]["peak_bf16_tflops"]) / float(DEVICES["rtx-a6000"]["peak_fp32_tflops"]) == (
        pytest.approx(4, rel=0.01)
    )


def test_new_peaks() -> None:
    """B200 75 TFLOPS in FP32 (148 x 128 x 2 x 1.98 GHz); MI355X 5,033 in FP8 (8,192 x 256 x 2.4 GHz)."""
    assert float(DEVICES["b200"]["peak_fp32_tflops"]) == pytest.approx(148 * 128 * 2 * 1.98e-3, rel=0.001)
    assert float(DEVICES["mi355x"]["peak_fp8_tflops"]) == pytest.approx(8192 * 256 * 2.4e-3, rel=0.001)


def test_power_of_custom_parts() -> None:
    """The A10G is capped at 300 W, an A100 80GB module may take 500 W, the part of Leonardo 400 to 500 W."""
    assert watts("a10g") == (150, 300, 300)
    assert watts("a100-sxm4-80gb") == (400, 400, 500)
    assert watts("a100-sxm-64gb") == (400, 440, 500)
    assert watts("trainium1") == watts("inferentia2") == (120, 190, 300)


@pytest.mark.parametrize("gpu", ["NVIDIA A100-SXM-64GB", "M1 Pro", "trn1", "inf2"])
def test_devices_without_a_published_power_are_estimated_and_marked(gpu: str) -> None:
    """A range of our own stands in, and is called assumed."""
    made = estimate(gpu=gpu, hours=10)

    assert made.inputs["tdp"].basis == "assumed"
    assert made.it_energy_kwh.low < made.it_energy_kwh.best < made.it_energy_kwh.high


@pytest.mark.parametrize(("id", "measured"), [("apple-m1", 39), ("apple-m2", 50), ("apple-m3-max", 76)])
def test_apple_chips_are_rated_whole(id: str, measured: float) -> None:
    """CPU and GPU together, at least what was read of the machine under load; no row is the CPU alone."""
    assert float(DEVICES[id]["tdp_w"]) >= measured
    assert not [row["id"] for row in DEVICES.values() if row["tdp_basis"] == "cpu_only" or "CPU part" in row["name"]]


def test_the_measured_laptop_is_inside() -> None:
    """A whole laptop with M3 Max drew 76 W rendering on the GPU."""
    drawn = estimate(gpu="M3 Max", hours=1000, site="workstation").it_energy_kwh

    assert drawn.low < 76 < drawn.high


LAPTOPS = [row for row in DEVICES.values() if row["hardware_class"] == "laptop"]


@pytest.mark.parametrize(
    ("printed", "id", "rated"),
    [
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "rtx-4090-laptop", (80, 120, 150)),
        ("RTX 3080 Laptop", "rtx-3080-laptop", (80, 115, 150)),
        ("NVIDIA GeForce RTX 2070 with Max-Q Design", "rtx-2070-max-q", (80, 90, 90)),
        ("NVIDIA RTX 2000 Ada Generation Laptop GPU", "rtx-2000-ada-laptop", (35, 70, 140)),
        ("RTX A5000 Laptop GPU", "rtx-a5000-laptop", (80, 115, 165)),
        ("MX450", "mx450", (12, 25, 31)),
    ],
)
def test_laptop_gpus_go_by_the_names_that_drivers_print(printed: str, id: str, rated: tuple[float, ...]) -> None:
    """With the range that makers may configure."""
    assert load_catalogue().hardware.find_accelerator(printed)[0].id == id
    assert watts(id) == rated


def test_laptop_gpus_draw_less_than_the_cards_they_are_named_after() -> None:
    """The low end is no higher than the card of that name, where there is one: 80 of 450 W for the RTX 4090."""
    assert len(LAPTOPS) == 87
    for row in LAPTOPS:
        card = DEVICES.get(row["id"].removesuffix("-laptop").removesuffix("-max-q"))
        if card and card["family"] == "GeForce":
            assert float(row["tdp_low_w"]) <= float(card["tdp_w"]), row["id"]


@pytest.mark.parametrize("id", ["rtx-2080", "gtx-1080", "quadro-rtx-5000"])
def test_one_driver_name_for_card_and_laptop_spans_both(id: str) -> None:
    """Drivers print one name for desktop and laptop up to the 20 series: the low end is the laptop's power."""
    assert watts(id)[0] == watts(f"{id}-laptop")[1]
