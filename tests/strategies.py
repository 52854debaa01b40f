"""What hypothesis draws from: intervals of every shape, and whole described runs."""

from math import exp
from typing import Any

from hypothesis import strategies as st

from greentrain import Interval, load_catalogue
from greentrain.interval import exact

PLACES = (
    "FR", "US", "DE", "PL", "US-CA", "CA-QC", "SE-SE3", "CAMX", "aws:us-east-1", "gcp:us-central1", "azure:westeurope",
)  # fmt: skip
"""A clean and a dirty country, a large federal one, parts of countries with either basis, and cloud regions."""
GPUS = tuple(profile.id for profile in load_catalogue().hardware.accelerators if profile.tdp_w)
FAMILIES = ("V100", "A100", "H100", "P100", "Titan X", "MI300", "RTX 3080")
TDP_OF_V100_W = 300.0


def positive(least: float = 1e-3, most: float = 1e6) -> st.SearchStrategy[float]:
    """Plain positive numbers."""
    return st.floats(least, most, allow_nan=False, allow_infinity=False)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Positive intervals: exact, lopsided, up to a factor of 20 wide on each side."""
    best = draw(positive())
    if draw(st.booleans()):
        return exact(best)
    down, up = draw(st.floats(0, 3)), draw(st.floats(0, 3))
    return Interval(best * exp(-down), best, best * exp(up))


def _chosen(draw: st.DrawFn, options: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    """Choose some of the options and leave the others out."""
    return {name: draw(values) for name, values in options.items() if draw(st.booleans())}


def surroundings() -> dict[str, st.SearchStrategy[Any]]:
    """Where, when and how often a run may run."""
    return {
        "location": st.sampled_from(PLACES),
        "year": st.integers(2009, 2025),
        "grid_intensity": positive(5, 1200),
        "pue": positive(1, 3),
        "site": st.sampled_from(["datacentre", "workstation"]),
        "runs": st.integers(1, 500),
    }


@st.composite
def gpu_runs(draw: st.DrawFn) -> dict[str, Any]:
    """Runs on accelerators whose host follows from a factor."""
    arguments = {"gpu": draw(st.sampled_from(GPUS + FAMILIES)), "count": draw(st.integers(1, 4096))}
    arguments["hours"] = draw(positive(0.01, 5000))
    arguments |= _chosen(draw, {"host_factor": positive(1, 3)})
    if draw(st.booleans()):
        arguments["utilization"] = draw(positive(0.05, 1.2))
    return arguments | _chosen(draw, surroundings())


@st.composite
def measured_runs(draw: st.DrawFn) -> dict[str, Any]:
    """Runs on V100 with a measured power."""
    arguments = draw(gpu_runs())
    arguments.pop("utilization", None)
    return arguments | {"gpu": "V100", "power": draw(positive(10, TDP_OF_V100_W))}


@st.composite
def host_runs(draw: st.DrawFn) -> dict[str, Any]:
    """Runs whose host is the sum of its parts, with or without accelerators."""
    arguments: dict[str, Any] = {"hours": draw(positive(0.01, 5000)), "cpu_cores": draw(positive(1, 512))}
    arguments |= _chosen(draw, {"cpu": st.sampled_from(["AMD EPYC 7763", "Intel Xeon E5-2670"])})
    arguments |= _chosen(draw, {"memory_gb": positive(1, 2000), "utilization": positive(0.05, 1.0)})
    if draw(st.booleans()):
        gpu = draw(st.sampled_from(["V100", "A100", "rtx-3090", "k80"]))
        arguments |= {"gpu": gpu, "count": draw(st.integers(1, 64))}
    return arguments | _chosen(draw, surroundings())


def described_runs() -> st.SearchStrategy[dict[str, Any]]:
    """Every kind of run."""
    return st.one_of(gpu_runs(), measured_runs(), host_runs())
