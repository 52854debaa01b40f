"""Plausibility warnings: each said in full when its rule is met, and silence on ordinary runs."""

import time
from typing import Any

import pytest
from hypothesis import given
from strategies import gpu_runs

from greentrain import estimate, load_catalogue
from greentrain.estimation import Request, ResolvedRun, find_compute, find_devices, plausibility_warnings

CATALOGUE = load_catalogue()
THIS_YEAR = time.localtime().tm_year
Arguments = dict[str, Any]


def found(**arguments: Any) -> tuple[str, ...]:
    """Return the slips that a described run is suspected of."""
    request = Request(**arguments)
    devices = None
    if request.has_accelerators:
        devices = find_devices(CATALOGUE, request.gpu, request.instance, request.count)
    return plausibility_warnings(
        CATALOGUE, request, devices, ResolvedRun(request, devices, find_compute(CATALOGUE, request, devices))
    )


SLIPS: list[tuple[str, Arguments, str]] = [
    (
        "grid in kg/kWh",
        {"gpu": "V100", "hours": 96, "grid_intensity": 0.43},
        "The grid intensity is in g CO2e/kWh, and 0.43 is below that of every grid: if it is in kg/kWh, give 430.",
    ),
    (
        "grid in lb/MWh",  # 1 lb/MWh = 0.45359237 g/kWh
        {"gpu": "V100", "hours": 96, "grid_intensity": 1640},
        "The grid intensity is in g CO2e/kWh, and 1640 is above that of every grid: if it is in lb/MWh, give 743.9.",
    ),
    (
        "threads as cores",  # two chips of 32 cores have 128 threads
        {"cpu": "AMD EPYC 7513", "cpu_cores": 128, "hours": 10},
        "128 cores are 4 chips of AMD EPYC 7513, which has 32: were hardware threads counted, of which a core has two?",
    ),
    (
        "PUE of a workstation",
        {"gpu": "V100", "hours": 96, "site": "workstation", "pue": 1.5},
        "A PUE of 1.5 is used as given, although a workstation has no facility around it.",
    ),
    (
        "total hours as wall-clock hours",  # Evolved Transformer: 32,623 h were the total of all chips
        {"gpu": "p100-pcie", "count": 8, "hours": 32_623, "year": 2019},
        "32,623 hours of wall-clock time are 3.72 years on 8 accelerators. "
        "If they are the total of all 8, give them as gpu_hours.",
    ),
    (
        "longer than the hardware existed",  # 2017 to the end of 2019 are 26,280 h
        {"gpu": "tpu-v2", "hours": 32_623, "year": 2019},
        "32,623 hours of wall-clock time are longer than Google TPU v2 (chip) had existed by 2019 (released 2017).",
    ),
    (
        "both, told once",
        {"gpu": "p100-pcie", "count": 8, "hours": 274_120, "year": 2019},
        "274,120 hours of wall-clock time are longer than NVIDIA Tesla P100 PCIe 16GB had existed by 2019 "
        "(released 2016). "
        "If they are the total of all 8, give them as gpu_hours.",
    ),
    (
        "longer than the hardware existed until now",
        {"gpu": "b200", "hours": 400_000},
        f"400,000 hours of wall-clock time are longer than NVIDIA B200 SXM6 180GB had existed by {THIS_YEAR} "
        "(released 2024).",
    ),
    (
        "before the release",
        {"gpu": "h100-sxm", "hours": 96, "year": 2019},
        "NVIDIA H100 SXM5 80GB was released in 2022, after the year given, 2019.",
    ),
    (
        "cores given as chips",
        {"gpu": "tpu-v3", "count": 8, "hours": 96},
        "A TPU is counted by chips. A v3-8 has 8 cores on 4 chips, and no slice has 8 chips: was it a count of 4?",
    ),
    (
        "power in kW",
        {"gpu": "v100-sxm2-16gb", "hours": 96, "power": 0.3},
        "The power is in W, and 0.3 W is 0.10 % of the TDP of NVIDIA Tesla V100 SXM2 16GB: was it in kW?",
    ),
    (
        "above the nameplate",  # DGX H100: 10,200 W for eight
        {"gpu": "h100-sxm", "hours": 96, "power": 1300},
        "1300 W per accelerator is above the nameplate of a whole NVIDIA DGX H100, 1275 W per accelerator: "
        "is it the power of several?",
    ),
    (
        "above the nameplate with its host",  # 700 W x 2 = 1,400 W
        {"gpu": "h100-sxm", "hours": 96, "power": 700, "host_factor": 2},
        "1400 W per accelerator is above the nameplate of a whole NVIDIA DGX H100, 1275 W per accelerator: "
        "is it the power of several?",
    ),
    (
        "the host counted twice",
        {"gpu": "a100-sxm4-80gb", "hours": 96, "power": 680},
        "680 W is 1.7 x the TDP of NVIDIA A100 SXM4 80GB. If it holds CPU, memory and fans, the host is counted twice: "
        "give a host factor of 1.",
    ),
]


@pytest.mark.parametrize(("arguments", "note"), [case[1:] for case in SLIPS], ids=[case[0] for case in SLIPS])
def test_a_slip_is_noted_once_and_not_refused(arguments: Arguments, note: str) -> None:
    """The estimate is made, and ends with this one note."""
    assert found(**arguments) == (note,)
    assert estimate(**arguments).notes[-1] == note


ORDINARY: list[Arguments] = [
    {"gpu": "V100", "hours": 96},
    {"gpu": "V100", "count": 10_000, "hours": 355.2, "power": 330, "year": 2020},
    {"gpu": "a100-sxm4-80gb", "count": 384, "hours": 2837.68, "power": 400, "location": "FR", "year": 2022},
    {"gpu": "a100-sxm4-80gb", "count": 16, "hours": 181.7, "power": 474},
    {"gpu": "H100", "gpu_hours": 30_840_000, "power": 700, "year": 2024},
    {"gpu": "tpu-v3", "count": 4096, "hours": 920, "power": 283, "year": 2021},
    {"gpu": "tpu-v3", "count": 4, "hours": 96},
    {"gpu": "tpu-v3", "count": 16, "hours": 96},
    {"gpu": "tpu-v4", "count": 8, "hours": 96},
    {"instance": "v3-8", "count": 2, "hours": 96},
    {"gpu": "rtx-3090", "hours": 17_520, "site": "workstation", "pue": 1},
    {"gpu": "rtx-3090", "count": 2, "hours": 8760, "power": 350},
    {"gpu": "V100", "count": 8, "gpu_hours": 100_000, "year": 2019},
    {"gpu": "V100", "gpu_hours": 10_000_000, "year": 2019},
    {"gpu": "a100-sxm4-80gb", "hours": 96, "power": 600, "host_factor": 1},
    {"gpu": "a100-sxm4-80gb", "hours": 96, "power": 480, "cpu_cores": 64},
    {"gpu": "tpu-v3", "hours": 96, "power": 600, "host_factor": 1},
    {"gpu": "h100-sxm", "hours": 96, "power": 121.7},
    {"cpu": "AMD EPYC 7763", "cpu_cores": 64, "hours": 10_000},
    {"gpu": "V100", "hours": 1, "grid_intensity": 1.4},
    {"gpu": "V100", "hours": 1, "grid_intensity": 1306.72},
    {"gpu": "h100-sxm", "params": "8B", "tokens": "15T", "count": 1024},
]


@pytest.mark.parametrize("arguments", ORDINARY, ids=range(len(ORDINARY)))
def test_an_ordinary_run_is_left_alone(arguments: Arguments) -> None:
    """Published runs, single cards, full TDP, idle cards and the edges of the rules."""
    assert found(**arguments) == ()


@given(gpu_runs())
def test_a_run_of_months_at_the_defaults_is_left_alone(arguments: Arguments) -> None:
    """No device, place, PUE or ordinary length by itself is suspicious."""
    for name in ("year", "site", "grid_intensity", "host_factor"):
        arguments.pop(name, None)
    if arguments["gpu"] in ("tpu-v2", "tpu-v3"):
        arguments["count"] = 4
    assert found(**arguments) == ()


def test_every_grid_of_the_tables_lies_inside_the_limits() -> None:
    """The rule for kg/kWh and lb/MWh must not meet a real grid."""
    values = [value.g_per_kwh for place in CATALOGUE.places.by_code for value in CATALOGUE.places.series(place)]
    assert len(values) > 3600
    assert min(values) > 1.3
    assert max(values) < 1500


def test_no_default_power_is_above_a_nameplate_or_looks_like_a_node() -> None:
    """A device at its own TDP, given as measured, meets no rule."""
    at_tdp = {
        profile.id: found(gpu=profile.id, hours=1, power=profile.tdp_w.best)
        for profile in CATALOGUE.hardware.accelerators
        if profile.tdp_w
    }
    assert len(at_tdp) > 280
    assert {key: notes for key, notes in at_tdp.items() if notes} == {}


@pytest.mark.parametrize(
    ("device", "watts", "node"),
    [
        ("h100-sxm", 1275, "NVIDIA DGX H100"),  # 10,200 W for eight, and not the bare board's 5,600 W
        ("h100-sxm-96gb", 1275, "NVIDIA DGX H100"),
        ("a100-sxm4-40gb", 812.5, "NVIDIA DGX A100"),  # 6,500 W for eight
        ("v100-sxm3-32gb", 750, "NVIDIA DGX-2H"),  # 12,000 W for sixteen
    ],
)
def test_nameplates_per_accelerator(device: str, watts: float, node: str) -> None:
    """The highest node that holds the module counts, whatever its memory."""
    assert CATALOGUE.hardware.nameplate(device) == (watts, node)


def test_a_device_without_a_known_node_has_no_nameplate() -> None:
    """A workstation card may stand in anything."""
    assert CATALOGUE.hardware.nameplate("rtx-3090") is None
