"""CPUs whose model is hidden: their generation by words or numbers, and the watts of a hardware thread of it."""

import pytest

from greentrain import estimate
from greentrain.catalogue import load_catalogue
from greentrain.estimation.seen_cpu import generation_of, seen_name, thread_power

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("name", "numbers", "machine", "seen"),
    [
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", (6, 79), "x86_64", "Intel Xeon (Broadwell)"),
        ("Intel(R) Xeon(R) CPU @ 2.00GHz", (6, 85), "x86_64", "Intel Xeon (Skylake)"),
        ("Intel Xeon Processor (Skylake, IBRS)", (6, 94), "x86_64", "Intel Xeon (Skylake)"),
        ("Intel Xeon Processor (Cascadelake)", None, "x86_64", "Intel Xeon (Skylake)"),
        ("AMD EPYC Processor", (25, 1), "x86_64", "AMD EPYC (Milan)"),
        ("AMD EPYC-Rome Processor", None, "x86_64", "AMD EPYC (Rome)"),
        ("AMD EPYC 7B12", (23, 49), "x86_64", "AMD EPYC (Rome)"),
        ("AMD EPYC", (25, 17), "x86_64", "AMD EPYC (Genoa)"),
        ("", (0x41, 0xD0C), "aarch64", "Neoverse-N1"),
        ("", (0x41, 0xD4F), "aarch64", "Neoverse-V2"),
        ("", (0xC0, 0xAC3), "aarch64", "Ampere Altra"),
        ("", (0x41, 0xD99), "aarch64", "aarch64"),
        ("", None, "arm64", "aarch64"),
        ("", None, "x86_64", "Virtual CPU"),
        ("QEMU Virtual CPU version 2.5+", (15, 107), "x86_64", "QEMU Virtual CPU version 2.5+"),
    ],
)
def test_what_a_cpu_is_taken_for(name: str, numbers: tuple[int, int] | None, machine: str, seen: str) -> None:
    """Words come before numbers, since a virtual machine may show other ones; an estimate can be made of each name."""
    assert seen_name(name, numbers, machine) == seen
    run = estimate(cpu=seen, cpu_cores=2, memory_gb=8, hours=1)
    assert run.inputs["cpu_tdp_per_core"].basis == ("published" if seen == "AMD EPYC 7B12" else "assumed")


def test_the_watts_of_a_thread_are_those_of_its_generation() -> None:
    """EPYC 7543, 7443, 7513, 7713, 7763, 7R13 and 7V13 have 1.76 to 4.17 W a thread, the middle one 2.34."""
    power = thread_power(CATALOGUE, "AMD EPYC (Milan)")
    assert tuple(power.watts) == pytest.approx((225 / 48 / 2 / 1.5, 225 / 48 / 2, 200 / 24 / 2))
    assert power.generation == "AMD EPYC (Milan)"


def test_the_one_chip_of_a_generation_says_little_of_the_others() -> None:
    """NVIDIA Grace has 250 W for 72 cores of one thread: 3.47 W, and half as much more or a third less."""
    power = thread_power(CATALOGUE, "Neoverse-V2")
    assert tuple(power.watts) == pytest.approx((250 / 72 / 1.5, 250 / 72, 250 / 72 * 1.5))


def test_an_unknown_generation_is_any_servers() -> None:
    """Half a core's 4.1 and 7.3 W, up to a whole core's 9.9."""
    assert tuple(thread_power(CATALOGUE, "Virtual CPU").watts) == pytest.approx((2.05, 3.65, 9.9))
    assert generation_of("AMD Ryzen 9 5950X 16-Core Processor", (25, 33)) is None
