"""Values as people write them: times, powers, sizes, shares and choices."""

import pytest

from greentrain import InputError, estimate


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("90m", 1.5),
        ("90 min", 1.5),
        ("2h30m15s", 2.5 + 15 / 3600),
        ("2h30", 2.5),
        ("1d12h", 36.0),
        ("PT72H", 72.0),
        ("PT1H30M", 1.5),
        ("P3DT4H", 76.0),
    ],
)
def test_a_time_is_read_in_hours(hours: str, expected: float) -> None:
    """Minutes are m, as in 2h30m; ISO 8601 begins with P."""
    assert estimate("T4", hours=hours).run["hours"] == pytest.approx(expected, rel=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("power", "60 W", 60.0),
        ("power", "0.06kW", 60.0),
        ("host_power", "0.1 kW", 100.0),
        ("grid_intensity", "0.4 kg/kWh", 400.0),
        ("grid_intensity", "400 gCO2e/kWh", 400.0),
        ("utilization", "50%", 0.5),
    ],
)
def test_a_unit_of_the_parameter_is_converted(name: str, text: str, expected: float) -> None:
    """0.06 kW are 60 W; 0.4 kg/kWh are 400 g/kWh."""
    written, plain = (estimate("T4", hours=1, **{name: value}) for value in (text, expected))  # type: ignore[arg-type]

    assert written.to_dict() == plain.to_dict()


def test_memory_is_converted() -> None:
    """0.5 TB are 500 GB."""
    run = estimate(cpu_cores=8, memory_gb="0.5 TB", hours=1)  # type: ignore[arg-type]

    assert run.inputs["memory_gb"].value.best == 500


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("power", "50%", "must be a number (W per accelerator), not a percentage"),
        ("count", "50%", "must be a number (accelerators), not a percentage"),
        ("hours", "PT", "must be a number (hours of wall-clock time), or a time such as 96h, 2h30, 3d or 72:00"),
        ("hours", "90%", "must be a number (hours of wall-clock time), or a time such as 96h, 2h30, 3d or 72:00"),
    ],
)
def test_no_advice_leads_to_a_wrong_number(name: str, text: str, rule: str) -> None:
    """Without its sign a percentage would be another number."""
    with pytest.raises(InputError) as caught:
        estimate("T4", **{"hours": 1, name: text})  # type: ignore[arg-type]

    assert str(caught.value) == f"{name} {text!r}: {rule}"


@pytest.mark.parametrize(
    ("name", "text", "choice"),
    [
        ("precision", "FP16", "fp16"),
        ("precision", "bfloat16", "bf16"),
        ("precision", "float32", "fp32"),
        ("precision", "BF-16", "bf16"),
        ("workload", "fine-tuning", "finetuning"),
        ("workload", "Pre-training", "pretraining"),
        ("site", "data-center", "datacentre"),
        ("site", "Data Centre", "datacentre"),
        ("site", "Workstation", "workstation"),
        ("architecture", "Decoder only", "decoder-only"),
    ],
)
def test_a_choice_is_read_in_other_letters(name: str, text: str, choice: str) -> None:
    """Case, hyphens and the usual other words do not count: the runs are the same."""
    size = {} if name in ("workload", "site") else {"params": 1e9, "tokens": 1e9}

    written, plain = (estimate("A100", hours=10, **{name: value}, **size) for value in (text, choice))  # type: ignore[arg-type]

    assert written.to_dict() == plain.to_dict()
