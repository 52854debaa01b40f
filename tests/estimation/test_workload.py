"""The hint of what kind of training it was."""

import pytest

from greentrain import Contradiction, InputError, estimate
from greentrain.interval import log_width

WORKLOADS = ("pretraining", "finetuning", "inference-like", "small")
GPUS = ("v100-sxm2-16gb", "a40", "rtx-3090")


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_hint_narrows_the_interval(gpu: str, workload: str) -> None:
    """Who knows the kind of training gets a tighter interval than who does not."""
    any_kind = estimate(gpu, hours=96).it_energy_kwh
    this_kind = estimate(gpu, hours=96, workload=workload).it_energy_kwh

    assert log_width(this_kind) < log_width(any_kind)


def test_a_hint_shifts_the_best_value() -> None:
    """Pretraining fills a device, fine-tuning less, a small model hardly."""
    best = [
        estimate("V100", hours=96, workload=kind).it_energy_kwh.best for kind in ("pretraining", "finetuning", "small")
    ]

    assert best == sorted(best, reverse=True)
    assert best[2] < 0.5 * best[0]


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
