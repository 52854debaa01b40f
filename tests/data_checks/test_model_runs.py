"""Published trainings: the default MFU is what they give, and derived hours agree with published ones."""

import math
from pathlib import Path
from types import ModuleType

import pytest
from shipped import benchmark, rows

from greentrain import load_catalogue

ROOT = Path(__file__).parents[2]
OPEN = ("LLaMA", "Llama", "OLMo", "BLOOM", "OPT", "Pythia", "MPT", "DeepSeek", "TinyLlama", "JetMoE", "Falcon")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Load the script that prints derived next to published hours."""
    return benchmark("model_hours")


def test_derived_hours_agree_with_published_ones(script: ModuleType) -> None:
    """The published hours of all 34 runs lie in the interval of those derived from size, tokens and device alone.

    Derived over published hours: 0.63 (Llama 3.1 8B) to 1.57 (Llama 3.1 405B), both on H100, of which the runs of
    three organisations are known; on A100 0.65 (Pythia 70M) to 1.51 (LLaMA 13B).
    """
    runs = script.model_runs()
    assert [run.model for run in runs if not run.is_covered] == []
    assert len(runs) == 34
    ratios = {run.model: run.ratio for run in runs}
    expected = {"BLOOM 176B": 0.93, "DeepSeek-V3": 1.02, "LLaMA 13B": 1.51, "Llama 3.1 8B": 0.63, "Pythia 12B": 0.78}
    assert {model: round(ratios[model], 2) for model in expected} == expected


def test_at_least_ten_open_models_are_among_them() -> None:
    """The families that publish their hours."""
    models = {row["model"] for row in rows("model_runs.csv")}
    assert all(any(model.startswith(name) for model in models) for name in OPEN)


def test_the_median_error_is_below_a_third(script: ModuleType) -> None:
    """Half of the derived hours are within a factor of 1.3 of the published ones."""
    errors = sorted(abs(math.log(run.ratio)) for run in script.model_runs())
    assert errors[len(errors) // 2] < math.log(1.3)


@pytest.mark.parametrize("family", ["", "Ampere", "Hopper"])
def test_the_default_mfu_is_the_one_that_the_runs_give(script: ModuleType, family: str) -> None:
    """Two digits of the fit, organisations weighted equally, over all and by generation of accelerators."""
    fit = script.fitted([run for run in script.model_runs() if run.precision == "bf16"], family)
    table = load_catalogue().hardware.compute_default("bf16", "mfu", family).value
    assert tuple(round(value, 2) for value in fit) == table


def test_organisations_left_out_are_covered_as_promised(script: ModuleType) -> None:
    """A 90 % interval fitted without an organisation holds 92 % of its runs, on the mean over 13 organisations."""
    shares = dict(script.held_out([run for run in script.model_runs() if run.precision == "bf16"]))
    assert len(shares) == 13
    assert sum(shares.values()) / len(shares) == pytest.approx(0.92, abs=0.02)


def test_a_generation_with_many_published_runs_narrows_the_hours() -> None:
    """On A100 the MFU is x2.7 wide instead of x3.9: 0.21 to 0.56 instead of 0.15 to 0.58."""
    a100, other = (load_catalogue().hardware.compute_default("bf16", "mfu", name).value for name in ("Ampere", "Volta"))
    assert (a100.high / a100.low, other.high / other.low) == pytest.approx((2.667, 3.867), abs=0.01)


def test_the_fit_of_two_equal_organisations_has_no_width(script: ModuleType) -> None:
    """Runs that agree leave nothing to guess; the number of runs of an organisation does not count."""
    runs = [run._replace(mfu=0.25) for run in script.model_runs()[:3]]
    assert script.fitted(runs) == pytest.approx((0.25, 0.25, 0.25))


def test_the_fp8_default_is_what_its_one_run_implies(script: ModuleType) -> None:
    """DeepSeek-V3: 6 x 37e9 x 14.8e12 FLOP in 2,664,000 h of H800 at 1,979 TFLOP/s: 0.173."""
    (run,) = [run for run in script.model_runs() if run.precision == "fp8"]
    assert run.mfu == pytest.approx(0.1731, abs=5e-5)
    assert load_catalogue().hardware.compute_default("fp8", "mfu").value.best == round(run.mfu, 2)


def test_every_run_names_an_accelerator_that_has_a_peak() -> None:
    """Ids of the catalogue, with the peak of the run's precision."""
    hardware = load_catalogue().hardware
    for row in rows("model_runs.csv"):
        assert getattr(hardware.accelerator(row["hardware"]), f"peak_{row['precision']}_tflops")


def test_the_numbers_of_single_runs() -> None:
    """As their papers and cards print them."""
    found = {row["model"]: row for row in rows("model_runs.csv")}
    printed = {
        "LLaMA 65B": ("65200000000", "1400000000000", "1022362"),
        "Llama 3.1 405B": ("405000000000", "15600000000000", "30840000"),
        "BLOOM 176B": ("176000000000", "366000000000", "1082990"),
        "Pythia 12B": ("12000000000", "299900000000", "72300"),
    }
    assert {
        model: tuple(found[model][column] for column in ("params", "tokens", "accelerator_hours")) for model in printed
    } == printed
