"""Accelerators, CPUs and instance types by name."""

import pytest

from greentrain import AmbiguousName, UnknownName, load_catalogue
from greentrain.interval import exact

HARDWARE = load_catalogue().hardware


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("v100-sxm2-32gb", "v100-sxm2-32gb"),
        ("Tesla V100-SXM2-32GB", "v100-sxm2-32gb"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm4-80gb"),
        ("nvidia a100 sxm4 80gb", "a100-sxm4-80gb"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA GeForce RTX 3090", "rtx-3090"),
        ("Tesla K80", "k80"),
        ("TPUv3", "tpu-v3"),
        ("L40", "l40"),
        ("L4", "l4"),
        ("T4", "t4"),
        ("A100X", "a100x"),
    ],
)
def test_an_exact_name_finds_one_device(name: str, key: str) -> None:
    """By id, by what people type and by what the driver prints, case and punctuation aside."""
    profile, family = HARDWARE.find_accelerator(name)
    assert (profile.id, family) == (key, None)


@pytest.mark.parametrize(
    ("name", "key", "family"),
    [
        ("V100", "v100-sxm2-16gb", "V100"),
        ("tesla v100", "v100-sxm2-16gb", "V100"),
        ("H100", "h100-sxm", "H100"),
        ("A100", "a100-sxm4-40gb", "A100"),
    ],
)
def test_a_family_name_takes_the_usual_device_and_says_so(name: str, key: str, family: str) -> None:
    """The family comes along, so that the interval can span its members."""
    profile, found = HARDWARE.find_accelerator(name)
    assert profile.id == key
    assert found is not None
    assert found.name == family
    assert key in found.members


def test_every_family_is_made_of_known_devices() -> None:
    """Its usual device is one of its members."""
    known = {profile.id for profile in HARDWARE.accelerators}
    for family in HARDWARE.families.values():
        assert set(family.members) <= known
        assert family.usual in (*family.members, "")


def test_a_family_without_a_usual_device_is_ambiguous() -> None:
    """The members are offered, none is taken."""
    with pytest.raises(AmbiguousName) as caught:
        HARDWARE.find_accelerator("TPU v5", parameter="instance")
    assert caught.value.parameter == "instance"
    assert caught.value.suggestions == ("tpu-v5e", "tpu-v5p")


@pytest.mark.parametrize("name", ["T400", "V1000", "A1000000", "", "100"])
def test_a_name_that_nothing_has_is_refused(name: str) -> None:
    """However near another one is."""
    with pytest.raises(UnknownName):
        HARDWARE.find_accelerator(name)


def test_every_device_is_found_by_its_own_id_and_name() -> None:
    """No alias or family hides a device."""
    for profile in HARDWARE.accelerators:
        assert HARDWARE.find_accelerator(profile.id) == (profile, None)
        assert HARDWARE.find_accelerator(profile.name) == (profile, None)


def test_numbers_are_per_visible_device() -> None:
    """A K80 board of 300 W shows as two devices of 150 W."""
    profile = HARDWARE.accelerator("k80")
    assert profile.devices_per_board == 2
    assert profile.tdp_w is not None
    assert profile.tdp_w.best == 150


@pytest.mark.parametrize("name", ["AMD EPYC 7763", "epyc 7763", "amd-epyc-7763"])
def test_a_cpu_of_our_own_table(name: str) -> None:
    """280 W over 64 cores."""
    cpu = HARDWARE.find_cpu(name)
    assert (cpu.id, cpu.tdp_w, cpu.cores) == ("amd-epyc-7763", exact(280.0), 64)


def test_a_cpu_that_only_codecarbon_knows() -> None:
    """Its power is known, its number of cores is not."""
    cpu = HARDWARE.find_cpu("amd a4-3300")
    assert (cpu.name, cpu.tdp_w, cpu.cores, cpu.source) == ("AMD A4-3300", exact(65.0), None, "codecarbon")


def test_an_unknown_cpu_suggests_by_full_name() -> None:
    """One digit off."""
    with pytest.raises(UnknownName) as caught:
        HARDWARE.find_cpu("EPYC 7764")
    assert "AMD EPYC 7763" in caught.value.suggestions


def test_an_instance_type_names_its_devices() -> None:
    """Eight A100 modules of 40 GB at Amazon."""
    found = HARDWARE.find_instance("P4D.24xlarge")
    assert (found.provider, found.instance) == ("aws", "p4d.24xlarge")
    assert (found.accelerator, found.accelerator_count, found.fraction_of_device) == ("a100-sxm4-40gb", 8, 1.0)


def test_an_instance_type_may_have_a_part_of_a_device() -> None:
    """Half an L4."""
    found = HARDWARE.find_instance("g6f.4xlarge")
    assert (found.accelerator, found.accelerator_count, found.fraction_of_device) == ("l4", 1, 0.5)


def test_every_instance_type_has_a_known_accelerator() -> None:
    """No instance type leads nowhere."""
    known = {profile.id for profile in HARDWARE.accelerators}
    assert {instance.accelerator for instance in HARDWARE.instances} <= known


def test_a_default_of_the_class_or_of_any_class() -> None:
    """A class without an own figure takes the one for any."""
    assert HARDWARE.default("sxm-node", "lifetime_hours") == HARDWARE.default("any", "lifetime_hours")
    assert HARDWARE.default("tpu", "host_share").value == exact(0.0)


def test_every_class_of_hardware_has_its_defaults() -> None:
    """Utilization and host factor in range, and a share of the node."""
    for hardware_class in {profile.hardware_class for profile in HARDWARE.accelerators}:
        utilization = HARDWARE.default(hardware_class, "utilization").value
        assert 0 < utilization.low <= utilization.best <= utilization.high <= 1.2
        host_share = HARDWARE.default(hardware_class, "host_share").value
        assert 0 <= host_share.low <= host_share.best <= host_share.high <= 4
        assert HARDWARE.default(hardware_class, "node_share_kg").unit == "kg"


def test_more_memory_never_draws_less() -> None:
    """Up to 64 GB 0.3725 W/GB, from 256 GB on 0.15, between them a power law: 128 GB draw 0.3725 / 4^0.328 W/GB."""
    sizes = [1, 63.9, 64, 64.1, 100, 128, 255.9, 256, 1000]
    found = [HARDWARE.memory_power(size) for size in sizes]
    watts = [size * figure.value.best for size, figure in zip(sizes, found, strict=True)]

    assert watts == sorted(watts)
    assert [found[0].value.best, found[2].value.best, found[-1].value.best] == [0.3725, 0.3725, 0.15]
    assert found[5].value.best == pytest.approx((0.3725 * 0.15) ** 0.5, rel=1e-12)
    assert {figure.unit for figure in found} == {"W/GB"}
