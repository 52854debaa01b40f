"""Runs with any of the options of `estimate`, good and bad, drawn at random."""

import random
from typing import Any

GPUS = (
    "V100", "A100", "8xA100-SXM4-80GB", "H100", "tpu-v4", "RTX 3090", "k80", "Titan X", "M2 Ultra", "gaudi2", "T4",
    "MI300", "A100 MIG 1g.5gb", "rtx-4090-laptop", "no such card", " V100 ",
)  # fmt: skip
TEXTS = ("gpu", "instance", "cpu", "location", "workload", "site", "architecture", "precision")
CPUS = (
    "AMD EPYC 7763",
    "Intel Xeon E5-2670",
    "Intel(R) Xeon(R) CPU @ 2.20GHz",
    "Graviton 3",
    "Xeon Platinum 8480C",
    "zzz",
)
PLACES = (
    "FR", "US", "US-CA", "aws:us-east-1", "gcp:us-central1", "LUMI", "Paris, France", "IN", "PL", "europe-west4-a",
    "nowhere at all", "SG",
)  # fmt: skip
INSTANCES = ("p4d.24xlarge", "g5.xlarge", "a2-highgpu-1g", "Standard_NC24ads_A100_v4", "x9.none")


def one_run(dice: random.Random) -> dict[str, Any]:
    """Draw a run with any of the options, now and then one that makes no sense."""

    def some(chance: float, name: str, value: Any) -> None:
        if dice.random() < chance:
            run[name] = value

    run: dict[str, Any] = {}
    kind = dice.choice(["gpu", "gpu", "gpu", "instance", "cpu", "size", "gpu with host"])
    run |= {"instance": dice.choice(INSTANCES)} if kind == "instance" else {}
    run |= {"gpu": dice.choice(GPUS)} if kind in ("gpu", "size", "gpu with host") else {}
    if kind in ("cpu", "gpu with host"):
        run["cpu_cores"] = dice.choice([4, 64, round(dice.uniform(1, 300), 3)])
        some(0.5, "cpu", dice.choice(CPUS))
        some(0.5, "memory_gb", dice.choice([16, 4096, dice.uniform(0.5, 9000)]))
    if kind == "size":
        run |= {"params": dice.choice(["8B", 7e9, dice.uniform(1e8, 1e11)]), "tokens": dice.uniform(1e9, 1e13)}
        some(0.2, "active_params", dice.choice([1e8, 7e9, dice.uniform(1e8, 1e11)]))
        some(0.3, "architecture", dice.choice(["decoder-only", "encoder-decoder", "RNN"]))
        some(0.3, "precision", dice.choice(["bf16", "fp16", "fp32", "fp8"]))
        some(0.4, "mfu", dice.choice([0.4, dice.uniform(0.01, 1)]))
    some(0.1 if kind == "size" else 0.85, "hours", dice.choice([1, 96, *(dice.uniform(1e-3, 9000),) * 6, "2h30", -1]))
    some(0.05 if "hours" in run else 0.8, "gpu_hours", dice.choice([1, dice.uniform(1e-3, 1e6)]))
    some(0.3, "count", dice.choice([1, 2, 8, 8.0, 64, 64, 64, 2.5]) if kind != "cpu" else 1)
    drawn = dice.choice(["", "", "power", "utilization", "workload"])
    some(drawn == "power" and kind != "cpu", "power", dice.choice([70, dice.uniform(20, 400), 2000]))
    some(drawn == "utilization", "utilization", dice.choice([0.5, "80%", dice.uniform(0.01, 1.21)]))
    some(drawn == "workload" and kind != "cpu", "workload", dice.choice(["pretraining", "finetuning", "small"]))
    host = dice.choice(["", "", "host_factor", "host_power"]) if "cpu" not in kind and "host" not in kind else ""
    some(host == "host_factor", "host_factor", dice.choice([1, dice.uniform(1, 3)]))
    some(host == "host_power", "host_power", dice.choice([90, dice.uniform(1, 900)]))
    some(0.6, "location", dice.choice(PLACES))
    some(0.5, "year", dice.choice([2019, 2022, 2023, 2024, 2026.0, 2025, 1990, 2050]))
    some(0.2, "grid_intensity", dice.choice([400, dice.uniform(1, 1500)]))
    some(0.2, "pue", dice.choice([1.0, 1.2, dice.uniform(0.99, 2)]))
    some(0.2, "site", dice.choice(["datacentre", "workstation", "cloud"]))
    some(0.2, "runs", dice.choice([1, 10, 3.0]))
    some(0.1, "seeds", dice.choice([1, 3, 5.0, 2.5]))
    some(0.1, "failed_share", dice.choice([0.2, "20%", dice.uniform(0, 1)]))
    some(0.02, "pue", dice.choice([0.3, "pue", True]))
    some(0.02, "power", 100)
    some(0.02, "flops", dice.choice([1e21, 1e40]))
    return run
