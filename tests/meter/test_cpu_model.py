"""The CPU's name, the part of its TDP that counts, and its power by load."""

import pytest

from greentrain.meter.host_reader import (
    CpuFacts,
    CpuLimit,
    cpu_limit,
    parse_cpu_facts,
    plain_name,
    power_by_load_w,
    scaled_limit,
)

CPUINFO = """processor\t: 0
model name\t: Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz
physical id\t: 0
flags\t\t: fpu vme hypervisor avx2

processor\t: 1
model name\t: Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz
physical id\t: 1
flags\t\t: fpu vme hypervisor avx2
"""


@pytest.mark.parametrize(
    ("full", "plain"),
    [
        ("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", "Intel Xeon Gold 6230"),
        ("Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz", "Intel Xeon E5-2670"),
        ("AMD EPYC 7763 64-Core Processor", "AMD EPYC 7763"),
        ("13th Gen Intel(R) Core(TM) i7-13700K", "Intel Core i7-13700K"),
        ("AMD Ryzen 7 5700G with Radeon Graphics", "AMD Ryzen 7 5700G"),
        ("AMD EPYC", "AMD EPYC"),
        ("", ""),
    ],
)
def test_plain_name(full: str, plain: str) -> None:
    """What a CPU calls itself becomes the name under which it is sold."""
    assert plain_name(full) == plain


def test_facts_of_a_virtual_machine() -> None:
    """Name, chips and the flag of a virtual machine come from the system's text."""
    facts = parse_cpu_facts(CPUINFO, 2)
    assert facts == CpuFacts("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 2, 2, True)


def test_slice_of_a_chip_gets_its_part() -> None:
    """Two threads of an EPYC 7763 (280 W, 64 cores of two threads) have 280 x 2 / 128 = 4.375 W, not 280 W."""
    limit = cpu_limit(CpuFacts("AMD EPYC 7763 64-Core Processor", 2, 1, True))
    assert limit == CpuLimit(4.375, "2 of 128 threads of a TDP of 280 W")


def test_whole_chips_count_whole() -> None:
    """Two chips of 125 W on bare metal are 250 W."""
    limit = cpu_limit(CpuFacts("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 80, 2, False))
    assert limit == CpuLimit(250.0, "TDP 125 W, sockets: 2")


def test_unknown_cpu_has_no_tdp() -> None:
    """A name without a number, as virtual machines give, is no CPU that a table knows."""
    assert cpu_limit(CpuFacts("AMD EPYC", 2, 1, True)) == CpuLimit(None, "no TDP is known of AMD EPYC")


def test_slice_of_unknown_size_has_no_tdp() -> None:
    """Without the chip's cores the part is not known, and the whole would be many times too high."""
    assert scaled_limit(200.0, None, CpuFacts("x", 2, 1, True)).tdp_w is None


@pytest.mark.parametrize(("load", "power_w"), [(0.0, 10.0), (0.5, 21.25), (1.0, 100.0), (1.7, 100.0), (-1.0, 10.0)])
def test_power_by_load(load: float, power_w: float) -> None:
    """100 W x (0.1 + 0.9 load^3), never beyond the TDP nor below idle."""
    assert power_by_load_w(100.0, load) == pytest.approx(power_w)
