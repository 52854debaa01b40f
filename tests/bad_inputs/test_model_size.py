"""What can be wrong with a model's size, and the exact messages."""

from typing import Any

import pytest

from greentrain import Contradiction, InputError, InvalidNumber, estimate
from greentrain.cli import run

SIZE = {"params": "8B", "tokens": "15T"}
MORE = "8B or 8e9 means eight billion"
LETTERS = ", also with K, M, B or T: 8B is 8e9"
BESIDE = "has an effect only with params and tokens, or flops"

Case = tuple[dict[str, Any], type[InputError], str]

CASES: list[Case] = [
    ({"params": "8X", "tokens": "15T"}, InvalidNumber, f"params '8X': must be a number (parameters){LETTERS}"),
    ({"params": "8Bn", "tokens": "15T"}, InvalidNumber, f"params '8Bn': must be a number (parameters){LETTERS}"),
    ({"params": "B", "tokens": "15T"}, InvalidNumber, f"params 'B': must be a number (parameters){LETTERS}"),
    ({"params": "8BB", "tokens": "15T"}, InvalidNumber, f"params '8BB': must be a number (parameters){LETTERS}"),
    ({"params": "", "tokens": "15T"}, InvalidNumber, f"params '': must be a number (parameters){LETTERS}"),
    ({"params": "8,5B", "tokens": "15T"}, InvalidNumber, f"params '8,5B': must be a number (parameters){LETTERS}"),
    ({"params": "8B", "tokens": "15_000B"}, InvalidNumber, f"tokens '15_000B': must be a number (tokens){LETTERS}"),
    ({"params": "nanB", "tokens": "15T"}, InvalidNumber, "params 'nanB': must be a finite number (parameters)"),
    ({"params": 8, "tokens": "15T"}, InvalidNumber,
     f"params 8: must be at least 1,000 and at most 1e+16 (parameters); {MORE}"),
    ({"params": -8e9, "tokens": "15T"}, InvalidNumber,
     f"params -8000000000.0: must be at least 1,000 and at most 1e+16 (parameters); {MORE}"),
    ({"params": "8B", "tokens": 15}, InvalidNumber,
     "tokens 15: must be at least 1,000 and at most 1e+20 (tokens); 15T or 15e12 means fifteen trillion"),
    ({"flops": 1}, InvalidNumber,
     "flops 1: must be at least 1,000,000,000 and at most 1e+32 (floating-point operations in total)"),
    ({**SIZE, "mfu": 40}, InvalidNumber,
     "mfu 40: must be greater than 0 and at most 1 (model FLOPs utilization); 0.4 means 40 %"),
    ({**SIZE, "mfu": "40 W"}, InvalidNumber,
     "mfu '40 W': must be a number (model FLOPs utilization); write it without its unit: 40"),
    ({**SIZE, "precision": "int8"}, InputError, "precision 'int8': must be bf16, fp16, fp32 or fp8"),
    ({**SIZE, "precision": ""}, InputError, "precision '': must not be empty; leave it out when unknown"),
    ({"params": "8B"}, Contradiction, "params '8B': needs tokens, how many the model was trained on"),
    ({"tokens": "15T"}, Contradiction, "tokens '15T': needs params, the size of the model"),
    ({"active_params": "2B"}, Contradiction, "active_params '2B': needs params, the size of the model"),
    ({"params": "8B", "tokens": "1T", "active_params": "9B"}, Contradiction,
     "active_params '9B': is more than params, 8e+09"),
    ({**SIZE, "flops": 1e24}, Contradiction, "flops 1e+24: states the same as params; give one or the other"),
    ({"tokens": "1T", "flops": 1e24}, Contradiction, "flops 1e+24: states the same as tokens; give one or the other"),
    ({"hours": 1, "mfu": 0.4}, Contradiction, f"mfu 0.4: {BESIDE}"),
    ({"hours": 1, "precision": "fp8"}, Contradiction, f"precision 'fp8': {BESIDE}"),
    ({**SIZE, "hours": 1, "mfu": 0.4}, Contradiction, "mfu 0.4: follows from hours; leave one of the two out"),
    ({**SIZE, "gpu_hours": 1, "mfu": 0.4}, Contradiction, "mfu 0.4: follows from gpu_hours; leave one of the two out"),
    ({**SIZE, "gpu": None, "cpu_cores": 8}, Contradiction,
     "params '8B': is about accelerators; name them with gpu or instance"),
    ({"gpu": None, "cpu_cores": 8, "flops": 1e24, "hours": 1}, Contradiction,
     "flops 1e+24: is about accelerators; name them with gpu or instance"),
    ({**SIZE, "cpu_cores": 8}, Contradiction, "params '8B': cannot time the CPU; give hours (wall-clock)"),
    ({**SIZE, "gpu": "a100-sxm4-80gb", "precision": "fp8"}, Contradiction,
     "precision 'fp8': no peak at this precision is known for NVIDIA A100 SXM4 80GB; known is bf16 or fp32"),
    ({**SIZE, "gpu": "tpu-v1", "hours": 1, "precision": "bf16"}, Contradiction,
     "precision 'bf16': no peak at this precision is known for Google TPU v1"),
    ({**SIZE, "gpu": "tpu-v1"}, Contradiction,
     "gpu 'tpu-v1': no peak performance is known for Google TPU v1; give hours or gpu_hours"),
    ({"params": "1e16", "tokens": "1e20"}, InvalidNumber,
     "params 1e+16: comes to 7.66e+18 accelerator-hours of NVIDIA H100 SXM5 80GB, more than 10,000,000,000; "
     "check its unit"),
    ({"flops": 1e9}, InvalidNumber,
     "flops 1000000000.0: comes to 1.28e-09 accelerator-hours of NVIDIA H100 SXM5 80GB, less than 1e-06; "
     "check its unit"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "kind", "message"), CASES)
def test_message(arguments: dict[str, Any], kind: type[InputError], message: str) -> None:
    """The class and every word of the message."""
    with pytest.raises(InputError) as caught:
        estimate(**({"gpu": "h100-sxm"} | arguments))
    assert (type(caught.value), str(caught.value)) == (kind, message)


def test_the_command_line_spells_options(capsys: pytest.CaptureFixture[str]) -> None:
    """The same rule, one line on stderr, exit code 2."""
    assert run(["estimate", "--gpu", "H100", "--params", "8B"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.endswith("--params '8B': needs --tokens, how many the model was trained on\n")


@pytest.mark.parametrize("size", ["8B", "8e9", "8000000000"])
def test_the_command_line_takes_a_size(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The accelerator-hours are stated with three digits, since they are uncertain."""
    assert run(["estimate", "--gpu", "h100-sxm", "--params", size, "--tokens", "15T", "--explain"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("NVIDIA H100 SXM5 80GB, about 919,000 accelerator-hours, place unknown\n")
    assert (
        "  accelerator-hours = 6 x 8e+09 parameters x 1.5e+13 tokens / (989.5 x 1e12\n"
        "      FLOP/s x MFU 0.22 x 3600 s/h) = 919,000 h\n"
    ) in shown
