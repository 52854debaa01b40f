"""The evidence of the power model: what is fitted was read by a meter of its level, and the rest says why it is not."""

import pytest
from shipped import rows

EVIDENCE = {row["id"]: row for row in rows("power_evidence.csv")}
FITTED = [row for row in EVIDENCE.values() if row["use"] == "fit"]


def test_only_wall_meters_speak_for_nodes() -> None:
    """Node power is fitted to what AC, IPMI or PDU meters read, accelerator power to the devices' sensors."""
    assert {(row["level"], row["meter"]) for row in FITTED} == {("accelerator", "device"), ("node", "wall")}


def test_the_nodes_that_are_fitted() -> None:
    """Five laboratories published the mean power of servers in training, read at the wall."""
    nodes = {row["id"]: float(row["ratio"]) for row in FITTED if row["level"] == "node"}

    assert nodes == {
        "patterson2021-transformer-big-p100": 1.18,
        "patterson2021-gpt3": 1.1,
        "llmcarbon-xlm": 1.14,
        "newkirk-h100": 1.38,
        "mlperf41-dell-h100-lora": 1.269,
    }


@pytest.mark.parametrize(
    "id",
    [
        "wilkins-h100-checkpointing",
        "meta-gb200-cluster",
        "latif-h100-max",
        "olmo3-final-runs",
        "granite4h-tiny",
        "acme-seren-server",
        "acme-kalos-gpu",
    ],
)
def test_what_is_no_mean_of_a_metered_run_is_context(id: str) -> None:
    """Stress tests, provisioned power, highest draws, multipliers, modelled memory and fleets are not fitted."""
    assert EVIDENCE[id]["use"] == "context"


def test_what_is_not_fitted_says_why() -> None:
    """The notes of every row of context hold the reason."""
    assert all("Not fitted: " in row["notes"] for row in EVIDENCE.values() if row["use"] == "context")


def test_stated_energies_give_the_ratios() -> None:
    """Energy over hours and TDP is the ratio, within the rounding of published figures."""
    stated = [row for row in EVIDENCE.values() if row["energy_kwh"] and row["tdp_w"]]

    assert len(stated) >= 14
    for row in stated:
        watts = float(row["energy_kwh"]) * 1000 / float(row["accelerator_hours"])
        assert watts / float(row["tdp_w"]) == pytest.approx(float(row["ratio"]), rel=0.006), row["id"]


def test_a_log_with_modelled_memory_and_its_gpu_part_are_never_both_fitted() -> None:
    """A run whose GPUs alone are fitted stands once in the fit."""
    logs = [row for row in EVIDENCE.values() if row["meter"] == "log-with-model"]

    assert len(logs) == 10
    assert not any(row["use"] == "fit" for row in logs)
