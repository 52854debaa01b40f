"""Training as computation: hours from a model's size, and what known hours imply."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import positive

from greentrain import Estimate, Input, Interval, estimate
from greentrain.interval import exact

EXACT: dict[str, Any] = {"power": 700, "host_factor": 1, "pue": 1, "grid_intensity": 100}
LLAMA_3_8B: dict[str, Any] = {"params": "8B", "tokens": "15T"}
HOURS_8B = 7.2e23 / (989.5e12 * 0.22 * 3600)
"""6 x 8e9 x 15e12 = 7.2e23 FLOP at 0.22 of the dense peak of an H100 SXM: 918,738 hours."""


def used(run: Estimate, name: str) -> Input:
    """Give one input of a run."""
    (found,) = [item for item in run.inputs if item.name == name]
    return found


def has(run: Estimate, name: str) -> bool:
    """Whether a run follows from this input."""
    return any(item.name == name for item in run.inputs)


def test_hours_and_energy_of_a_model_by_hand() -> None:
    """7.2e23 FLOP / (989.5e12 x 0.4 x 3600 s/h) = 505,305.7 h; at 700 W 353,714.0 kWh, at 100 g/kWh 35,371.4 kg."""
    run = estimate("h100-sxm", **LLAMA_3_8B, mfu=0.4, **EXACT)
    assert run.run["gpu_hours"] == pytest.approx(505_305.7, abs=0.05)
    assert run.it_energy_kwh.best == pytest.approx(353_714.0, abs=0.05)
    assert run.operational_kg.best == pytest.approx(35_371.4, abs=0.05)
    assert run.operational_kg.is_exact


@pytest.mark.parametrize("params", [8e9, 8_000_000_000, "8e9", "8B", "8b", " 8 B ", "8000M", "0.008T", "8000000K"])
def test_a_count_in_every_dress(params: Any) -> None:
    """Numbers, text and the letters K, M, B and T say the same."""
    run = estimate("h100-sxm", params=params, tokens="15T")
    assert run.run["params"] == pytest.approx(8e9, rel=1e-15)
    assert run.run["flops"] == pytest.approx(7.2e23, rel=1e-15)


def test_operations_say_what_size_and_tokens_do() -> None:
    """Given as such, 7.2e23 FLOP are the training of 8B parameters on 15T tokens."""
    by_flops, by_size = estimate("h100-sxm", flops=7.2e23), estimate("h100-sxm", **LLAMA_3_8B)
    assert by_flops.operational_kg.best == pytest.approx(by_size.operational_kg.best, rel=1e-12)


def test_a_mixture_of_experts_counts_its_active_parameters() -> None:
    """DeepSeek-V3: 6 x 37e9 x 14.8e12 = 3.2856e24 FLOP, not those of 671e9 parameters."""
    run = estimate("h800-sxm", params="671B", active_params="37B", tokens="14.8T")
    assert run.run["flops"] == pytest.approx(3.2856e24, rel=1e-12)
    assert (run.run["params"], run.run["active_params"], run.run["tokens"]) == (671e9, 37e9, 14.8e12)


def test_the_default_mfu_makes_the_interval() -> None:
    """With all else exact, energy lies between 0.22/0.38 and 0.22/0.13 of its best value, and so do the emissions."""
    run = estimate("h100-sxm", **LLAMA_3_8B, **EXACT)
    assert used(run, "mfu").value == Interval(0.13, 0.22, 0.38)
    energies = (run.accelerator_energy_kwh, run.it_energy_kwh, run.facility_energy_kwh)
    for quantity in (*energies, run.operational_kg, used(run, "gpu_hours").value):
        assert quantity.low / quantity.best == pytest.approx(0.22 / 0.38, rel=1e-9)
        assert quantity.high / quantity.best == pytest.approx(0.22 / 0.13, rel=1e-9)
    assert used(run, "gpu_hours").value.best == pytest.approx(HOURS_8B, rel=1e-12)
    assert [name for name, _ in run.drivers] == ["mfu"]


def test_embodied_emissions_and_water_are_as_uncertain_as_the_hours() -> None:
    """What is proportional to the hours is wider than with the same hours given."""
    derived = estimate("h100-sxm", **LLAMA_3_8B, location="FR", year=2024)
    known = estimate("h100-sxm", gpu_hours=HOURS_8B, workload="pretraining", location="FR", year=2024)
    for name in ("embodied_kg", "water_l", "total_kg", "it_energy_kwh"):
        wide, narrow = getattr(derived, name), getattr(known, name)
        assert wide.best == pytest.approx(narrow.best, rel=1e-12)
        assert wide.low < narrow.low
        assert wide.high > narrow.high


def test_where_derived_hours_come_from() -> None:
    """Default MFU: hours are a default too, named once, and drive nothing beside the MFU that they follow from."""
    run = estimate("h100-sxm", **LLAMA_3_8B)
    hours, mfu, peak = (used(run, name) for name in ("gpu_hours", "mfu", "peak"))
    assert (hours.basis, hours.weight, hours.note) == ("default", 0, "6 x params x tokens / (peak x MFU)")
    assert (mfu.basis, mfu.weight, mfu.source_ids[0]) == ("default", 1, "model_runs_compared_2026")
    assert (peak.value, peak.unit, peak.basis) == (exact(989.5), "TFLOP/s", "published")
    assert not has(run, "hours")
    assert {"model_runs_compared_2026", "techpowerup"} <= set(run.sources)


def test_a_given_mfu_is_no_default() -> None:
    """Hours that follow from what the user said are given as well."""
    run = estimate("h100-sxm", **LLAMA_3_8B, mfu=0.4)
    assert (used(run, "mfu").basis, used(run, "gpu_hours").basis) == ("given", "given")
    assert used(run, "gpu_hours").value.is_exact


@pytest.mark.parametrize(
    ("precision", "peak", "mfu"),
    [(None, 989.5, 0.22), ("bf16", 989.5, 0.22), ("fp16", 989.5, 0.22), ("fp8", 1979, 0.17), ("fp32", 66.91, 0.35)],
)
def test_each_precision_has_its_peak_and_its_mfu(precision: str | None, peak: float, mfu: float) -> None:
    """An H100 SXM, dense; fp16 is as fast as bf16, and bf16 is meant when nothing is said."""
    run = estimate("h100-sxm", **LLAMA_3_8B, precision=precision)
    assert (used(run, "peak").value.best, used(run, "mfu").value.best) == (peak, mfu)
    assert run.run["precision"] == (precision or "bf16")


def test_without_a_bf16_peak_single_precision_is_meant() -> None:
    """A K80 has no matrix units: 4.065 TFLOP/s per visible device."""
    run = estimate("k80", params="100M", tokens="1B")
    assert run.run["precision"] == "fp32"
    assert used(run, "peak").value.best == 4.065


def test_a_family_spans_the_peaks_of_its_members() -> None:
    """H100 may be the PCIe card of 756.5 TFLOP/s."""
    assert used(estimate("H100", **LLAMA_3_8B), "peak").value == Interval(756.5, 989.5, 989.5)


def test_a_share_of_a_device_takes_longer_and_draws_less() -> None:
    """A sixth of an A10 works six times as long at a sixth of the power: the same energy."""
    said: dict[str, Any] = {"params": "1B", "tokens": "20B", "location": "FR", "year": 2024, "utilization": 0.7}
    part, whole = estimate(instance="Standard_NV6ads_A10_v5", **said), estimate("a10", **said)
    assert used(part, "peak").value.best == pytest.approx(used(whole, "peak").value.best / 6, rel=1e-3)
    assert part.it_energy_kwh.best == pytest.approx(whole.it_energy_kwh.best, rel=1e-12)


def test_the_count_shortens_the_wall_clock_and_not_the_work() -> None:
    """1,024 accelerators finish in 897.20 h what one would in 918,738 h, with the same energy."""
    many, one = (estimate("h100-sxm", count=count, **LLAMA_3_8B, **EXACT) for count in (1024, 1))
    assert many.run["hours"] == pytest.approx(897.205, abs=0.005)
    assert many.run["gpu_hours"] == pytest.approx(one.run["gpu_hours"], rel=1e-12)
    assert many.it_energy_kwh.best == pytest.approx(one.it_energy_kwh.best, rel=1e-12)


def test_identical_runs_multiply_the_energy_and_not_the_hours_of_one() -> None:
    """Three trainings of one size."""
    three, one = (estimate("h100-sxm", runs=runs, **LLAMA_3_8B, **EXACT) for runs in (3, 1))
    assert three.it_energy_kwh.best == pytest.approx(3 * one.it_energy_kwh.best, rel=1e-12)
    assert three.run["gpu_hours"] == one.run["gpu_hours"]


def test_known_hours_give_the_mfu_that_they_imply() -> None:
    """LLaMA 13B: 6 x 13e9 x 1e12 FLOP in 135,168 h of A100, 312 TFLOP/s: 0.514."""
    run = estimate("a100-sxm4-80gb", gpu_hours=135_168, params="13B", tokens="1T")
    assert run.run["mfu"] == pytest.approx(7.8e22 / (312e12 * 135_168 * 3600), rel=1e-12)
    assert run.notes[-1] == (
        "The hours imply a model FLOPs utilization (MFU) of 0.514 of the dense peak, 312 TFLOP/s at bf16."
    )


def test_size_beside_hours_checks_and_changes_nothing() -> None:
    """Energy and interval are those of the hours."""
    hours: dict[str, Any] = {"count": 8, "hours": 96, "workload": "pretraining", "location": "FR", "year": 2024}
    checked, plain = estimate("h100-sxm", **hours, params="1B", tokens="10B"), estimate("h100-sxm", **hours)
    assert checked.operational_kg == plain.operational_kg
    assert checked.inputs == plain.inputs


@pytest.mark.parametrize(
    ("hours", "mfu", "start"),
    [
        (1000, "0.758", "An MFU above 0.75 is impossible in practice: this run's is 0.758, so the hours"),
        (76_600, "0.0099", "An MFU below 0.01 is absurdly low: this run's is 0.00990, so the hours"),
    ],
)
def test_a_strange_mfu_names_the_likely_slips(hours: float, mfu: str, start: str) -> None:
    """2.7e21 FLOP on one H100 SXM, 989.5 TFLOP/s: more than the peak allows, or next to nothing of it."""
    implied, doubt = estimate("h100-sxm", gpu_hours=hours, flops=2.7e21).notes[-2:]
    assert f" of {mfu} of the dense peak" in implied
    assert doubt.startswith(start)
    assert "wall-clock" in doubt
    assert "params and tokens" in doubt


def test_a_plausible_mfu_raises_no_doubt() -> None:
    """Between 0.01 and 0.75 the MFU is told, and that is all."""
    for hours in (1100, 10_000, 70_000):
        assert sum("MFU" in note for note in estimate("h100-sxm", gpu_hours=hours, flops=2.7e21).notes) == 1


def test_hours_without_a_known_peak_cannot_be_checked() -> None:
    """The estimate stands; a note says what could not be done."""
    run = estimate("tpu-v1", hours=10, utilization=0.5, params="1B", tokens="1B")
    assert (run.run["mfu"], run.run["precision"]) == (None, None)
    assert run.notes[-1] == (
        "No peak performance is known for this device: the hours cannot be checked by the model's size."
    )


def test_the_run_in_json() -> None:
    """The size as said, the operations, and the MFU used."""
    run = json.loads(estimate("h100-sxm", **LLAMA_3_8B).to_json())["run"]
    size = {name: run[name] for name in ("params", "tokens", "flops", "precision", "mfu")}
    assert size == {"params": 8e9, "tokens": 15e12, "flops": pytest.approx(7.2e23), "precision": "bf16", "mfu": 0.22}
    assert "mfu" not in estimate("h100-sxm", hours=1).run


@given(st.floats(1e6, 1e12), st.floats(1e6, 1e13), positive(1.1, 50))
def test_hours_are_linear_in_size_and_tokens_and_inverse_in_the_mfu(
    params: float, tokens: float, factor: float
) -> None:
    """Twice the model, twice the text or half the MFU take twice the time, and the interval scales along."""
    whole = {"params": params, "tokens": tokens, **EXACT}
    one = estimate("h100-sxm", **whole).operational_kg
    for name in ("params", "tokens"):
        more = estimate("h100-sxm", **(whole | {name: factor * whole[name]})).operational_kg
        assert more == pytest.approx(one.scaled(factor), rel=1e-9)
    slow, fast = (estimate("h100-sxm", **whole, mfu=mfu).operational_kg.best for mfu in (1 / factor, 1))
    assert slow == pytest.approx(factor * fast, rel=1e-9)
    assert one.low <= one.best <= one.high


@pytest.mark.parametrize("mfu", [0.15, 0.3, 0.58])
def test_giving_the_mfu_only_narrows(mfu: float) -> None:
    """An MFU from the default's interval lands inside the default's result, with less width."""
    default = estimate("h100-sxm", **LLAMA_3_8B, location="FR", year=2024).operational_kg
    said = estimate("h100-sxm", **LLAMA_3_8B, location="FR", year=2024, mfu=mfu).operational_kg
    assert said.high / said.low < default.high / default.low
    assert default.low < said.best < default.high
