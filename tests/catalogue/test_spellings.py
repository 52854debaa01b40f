"""Names of hardware as people, drivers and clouds write them."""

import pytest

from greentrain import GreentrainError, UnknownName, estimate, load_catalogue

HARDWARE = load_catalogue().hardware
READ = [
    ("8x A100", "A100", 8, 1),
    ("2xT4", "t4", 2, 1),
    ("T4 x2", "t4", 2, 1),
    ("A100x8", "A100", 8, 1),
    ("A100 (x8)", "A100", 8, 1),
    ("8 V100 GPUs", "V100", 8, 1),
    ("4x NVIDIA V100 GPUs", "V100", 4, 1),
    ("4 V100s", "V100", 4, 1),
    ("V100S", "v100s-pcie", None, 1),
    ("4 GeForce GTX 1080 Ti cards", "gtx-1080-ti", 4, 1),
    ("64 A100-40GB GPUs", "A100 40GB", 64, 1),
    ("A100-SXM4-80GB x 8", "a100-sxm4-80gb", 8, 1),
    ("T4 (Google Colab)", "t4", None, 1),
    ("nvidia tesla t4 on kaggle", "t4", None, 1),
    ("1xA100 (Lambda Labs)", "A100", 1, 1),
    ("NVIDIA GeForce RTX 3080 GPU", "RTX 3080", None, 1),
    ("A10G Tensor Core GPU", "a10g", None, 1),
    ("V100 16/32GB", "V100", None, 1),
    ("A100-40G", "A100 40GB", None, 1),
    ("A100 (80 GB)", "A100 80GB", None, 1),
    ("NVIDIA Tesla V100 (32 GiB)", "V100 32GB", None, 1),
    ("A100 GPU 40GB", "A100 40GB", None, 1),
    ("A100 1g.5gb", "A100", None, 1 / 7),
    ("NVIDIA A100-SXM4-40GB MIG 3g.20gb", "a100-sxm4-40gb", None, 3 / 7),
    ("TPU v4-512", "tpu-v4", 256, 1),
    ("v3-8", "tpu-v3", 4, 1),
    ("v5litepod-16", "tpu-v5e", 16, 1),
    ("16 TPU v4", "tpu-v4", 16, 1),
    ("DGX A100", "A100", 8, 1),
    ("4 x DGX H100", "H100", 32, 1),
]


@pytest.mark.parametrize(("text", "name", "number", "fraction"), READ, ids=[case[0] for case in READ])
def test_a_name_is_read_with_what_stands_around_it(text: str, name: str, number: int | None, fraction: float) -> None:
    """Count, vendor, memory, slice and place to compute are taken off; the rest is a name exactly."""
    found = HARDWARE.read_accelerator(text)

    assert (found.family.name if found.family else found.profile.id) == name
    assert (found.number, found.fraction) == (number, pytest.approx(fraction))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A100 & V100", "names 2 devices, A100 and V100; give one at a time, or all to compare"),
        ("T4 and A10G", "names 2 devices, T4 and A10G; give one at a time, or all to compare"),
        ("T400", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
        ("T4?", "unknown accelerator; did you mean t4?"),
        ("A100 custom 65GB", "unknown accelerator; did you mean A100?"),
        ("N/A", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
        ("none", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
        ("GTX 1O81 GPUs x3", "unknown accelerator; "),
    ],
)
def test_what_is_no_name_is_refused(text: str, message: str) -> None:
    """A word that nobody knows is never dropped, and no other product is suggested."""
    with pytest.raises(UnknownName) as caught:
        HARDWARE.read_accelerator(text)

    assert str(caught.value).startswith(f"gpu {text!r}: {message}")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AMD EPYC 7513 32-Core Processor", "AMD EPYC 7513"),
        ("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", "Intel Xeon Gold 6248"),
        ("Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", "Intel Xeon Platinum 8259CL"),
        ("AMD Ryzen 9 5950X 16-Core Processor", "AMD Ryzen 9 5950X"),
        ("2 x AMD EPYC 7763", "AMD EPYC 7763"),
        ("Dual Intel Xeon E5-2670", "Intel Xeon E5-2670"),
    ],
)
def test_a_cpu_is_read_as_its_operating_system_prints_it(text: str, name: str) -> None:
    """Marks, clock and number of cores are no part of a name."""
    assert HARDWARE.find_cpu(text).name == name


@pytest.mark.parametrize(
    "name",
    ["Intel(R) Xeon(R) CPU @ 2.20GHz", "AMD EPYC Processor", "ARM Neoverse-N1", "QEMU Virtual CPU version 2.5+"],
)
def test_a_rented_cpu_has_the_watts_of_a_hardware_thread(name: str) -> None:
    """Half a server's core, 2.05 and 3.65 W, up to a whole one, 9.9 W, assumed."""
    run = estimate(cpu=name, cpu_cores=8, hours=10)

    assert tuple(run.inputs["cpu_tdp_per_core"].value) == pytest.approx((2.05, 3.65, 9.9), rel=1e-12)
    assert run.inputs["cpu_tdp_per_core"].basis == "assumed"


def test_a_chip_never_draws_more_than_its_tdp() -> None:
    """Eight cores of a 45 W laptop chip whose cores no source states are the chip: 5.625 W each instead of 7.3 W."""
    run = estimate(cpu="Intel(R) Core(TM) i7-10750H CPU @ 2.60GHz", cpu_cores=8, hours=10)

    assert tuple(run.inputs["cpu_tdp_per_core"].value) == (4.1, 5.625, 5.625)


@pytest.mark.parametrize(
    ("name", "full"), [("ml.p4d.24xlarge", "p4d.24xlarge"), ("NC24ads_A100_v4", "Standard_NC24ads_A100_v4")]
)
def test_an_instance_type_is_read_without_and_with_its_prefix(name: str, full: str) -> None:
    """SageMaker's ``ml.`` stands before AWS's name, and people leave Azure's ``Standard_`` out."""
    assert HARDWARE.find_instance(name).instance == full


def test_a_slice_of_a_device_is_a_part_of_it() -> None:
    """A seventh of an A100 and its host: a seventh of the energy of one, and the run says so."""
    part, whole = estimate("A100 1g.5gb", hours=10), estimate("A100", hours=10)

    assert part.it_energy_kwh.best == pytest.approx(whole.it_energy_kwh.best / 7, rel=1e-12)
    assert part.run["fraction"] == pytest.approx(1 / 7)
    assert part.notes[0] == "A100 1g.5gb: 0.143 of each NVIDIA A100 (taken as SXM4 40GB)."


def test_a_count_in_the_name_contradicts_another() -> None:
    """The name says 256 chips."""
    with pytest.raises(GreentrainError, match=r"^count 512: contradicts gpu 'TPU v4-512', which means 256$"):
        estimate("TPU v4-512", count=512, hours=1)
