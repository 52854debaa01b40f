"""The hint of what kind of training it was."""

import pytest

from greentrain import Contradiction, InputError, estimate
from greentrain.interval import log_width

GPUS = ("v100-sxm2-16gb", "a40", "rtx-3090")


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize("workload", ["pretraining", "finetuning"])
def test_a_hint_narrows_the_interval(gpu: str, workload: str) -> None:
    """Runs of one kind are more alike than runs of any kind."""
    any_kind = estimate(gpu, hours=96).it_energy_kwh
    this_kind = estimate(gpu, hours=96, workload=workload).it_energy_kwh

    assert log_width(this_kind) < log_width(any_kind)


def test_a_hint_shifts_the_utilization() -> None:
    """Pretraining fills a device, fine-tuning less, a small model hardly."""
    kinds = ("pretraining", "finetuning", "small")
    best = [estimate("V100", hours=96, workload=kind).inputs["utilization"].value.best for kind in kinds]

    assert best == sorted(best, reverse=True)
    assert best[2] < 0.6 * best[0]


def test_the_size_of_a_model_hints_at_pretraining() -> None:
    """Tokens and parameters describe a training from the start, unless the kind is stated."""
    size = {"params": "1B", "tokens": "20B"}
    hinted, stated = estimate("8xV100", **size), estimate("8xV100", **size, workload="finetuning")

    assert hinted.it_energy_kwh == estimate("8xV100", **size, workload="pretraining").it_energy_kwh
    assert hinted.it_energy_kwh != stated.it_energy_kwh


def test_a_workload_never_metered_at_the_wall_is_told_by_its_accelerators() -> None:
    """Eight V100 of 300 W with a small model: 8 x (300 x 0.388 + 300 x 0.498) W x 10 h = 21.264 kWh."""
    run = estimate("8xV100", hours=10, workload="small")

    assert "node_ratio" not in run.inputs
    assert run.it_energy_kwh.best == pytest.approx(21.264, rel=1e-12)


def test_without_evidence_the_hint_is_answered_in_a_note() -> None:
    """There are no measured runs by kind for superchips; the result says so and stays as it was."""
    plain, hinted = estimate("GB200", hours=1), estimate("GB200", hours=1, workload="small")

    assert hinted.it_energy_kwh == plain.it_energy_kwh
    assert "No evidence on small for this class of hardware: the default for any workload is used." in hinted.notes


def test_a_hint_beside_a_measurement_is_refused() -> None:
    """What was measured or stated leaves nothing to hint at."""
    with pytest.raises(Contradiction, match=r"^workload 'small': has no effect when power is given$"):
        estimate("V100", hours=1, power=200, workload="small")
    with pytest.raises(Contradiction, match=r"^workload 'small': has no effect when utilization is given$"):
        estimate("V100", hours=1, utilization=0.5, workload="small")


def test_an_unknown_kind_is_refused() -> None:
    """The message lists the kinds there are."""
    with pytest.raises(InputError) as caught:
        estimate("V100", hours=1, workload="inference")

    assert str(caught.value) == "workload 'inference': must be pretraining, finetuning, inference-like or small"
