"""What the computers draw: devices found, their power, and the host once."""

from typing import Any

import pytest

from greentrain import Contradiction, Estimate, Interval, estimate, load_catalogue
from greentrain.estimation import find_devices
from greentrain.interval import exact

CATALOGUE = load_catalogue()
TPU_NAME = CATALOGUE.hardware.accelerator("tpu-v3").name


def used(run: Estimate, name: str) -> Interval:
    """Return the interval of one input."""
    (found,) = [item.value for item in run.inputs if item.name == name]
    return found


def it_kwh(**arguments: Any) -> float:
    """Energy of the computers of a run at the given settings."""
    return estimate(**arguments).it_energy_kwh.best


@pytest.mark.parametrize("name", ["8xA100", "8x A100", "8 x A100", "8\N{MULTIPLICATION SIGN}A100"])
def test_a_count_in_the_name(name: str) -> None:
    """8xA100 is eight devices, and says no more than count=8."""
    assert find_devices(CATALOGUE, name, None, None) == find_devices(CATALOGUE, "A100", None, 8)
    assert find_devices(CATALOGUE, name, None, 8).count == 8


def test_a_counted_name_times_the_run_as_a_count_does() -> None:
    """Eight devices for 80 device-hours ran for ten hours, whichever way eight was said."""
    one = estimate("8xA100", gpu_hours=80, location="FR", year=2024)
    other = estimate("A100", count=8, hours=10, location="FR", year=2024)
    assert one.operational_kg == other.operational_kg


def test_a_k80_counts_per_visible_device() -> None:
    """4 devices x 150 W x 10 h = 6 kWh, and a note says that a board shows as two."""
    run = estimate("K80", count=4, hours=10, utilization=1, host_factor=1)
    assert run.it_energy_kwh == exact(6.0)
    assert run.notes[0] == (
        "NVIDIA Tesla K80 (one of 2 GPUs on the board): counted per visible device; one board shows as 2 devices."
    )


def test_a_tpu_takes_the_measured_mean_of_its_system() -> None:
    """128 x 283 W x 100 h = 3622.4 kWh; the host is inside, so that none is added."""
    run = estimate("TPU v3", count=128, hours=100)
    assert run.it_energy_kwh.best == pytest.approx(3622.4, rel=1e-12)
    assert used(run, "accelerator_power").best == 283
    assert not {"host_factor", "host_power", "node_ratio"} & {item.name for item in run.inputs}
    assert run.notes[0] == f"{TPU_NAME}: the measured mean of the whole system per chip is used, host included."


def test_a_fraction_of_a_device() -> None:
    """Half an L4 of 72 W for 10 h at full power: 0.36 kWh."""
    run = estimate(instance="g6f.4xlarge", hours=10, utilization=1, host_factor=1)
    assert run.it_energy_kwh == exact(0.36)
    assert run.notes[0] == "1 x g6f.4xlarge (aws): 1 x NVIDIA L4, 0.5 of each."


def test_a_count_of_instances() -> None:
    """3 x 8 devices x 400 W x 0.5 x 1.5 x 2 h = 14.4 kWh."""
    run = estimate(instance="p4d.24xlarge", count=3, hours=2, utilization=0.5, host_factor=1.5)
    assert run.it_energy_kwh.best == pytest.approx(14.4, rel=1e-12)
    assert run.run["count"] == 24
    assert run.notes[0] == "3 x p4d.24xlarge (aws): 24 x NVIDIA A100 SXM4 40GB."


@pytest.mark.parametrize("gpu", ["A100", "a100-sxm4-40gb", "A100 40GB"])
def test_an_instance_and_a_device_that_agree(gpu: str) -> None:
    """A family name agrees with any of its members."""
    assert it_kwh(gpu=gpu, instance="p4d.24xlarge", hours=1) == it_kwh(instance="p4d.24xlarge", hours=1)


def test_a_family_widens_the_power_to_all_of_its_members() -> None:
    """A V100 is 300 W as a module and 250 W as a card; the driver's full name is neither wider nor noted.

    Nor is any member known less well: the SXM3, 350 W, may be set to 250 W, which is 300 W x 250 / 350 = 214.3 W,
    and the cards' 250 W are at most 300 W, which is 300 W x 300 / 250 = 360 W.
    """
    family = estimate("V100", hours=1)
    members = CATALOGUE.hardware.families["V100"].members
    powers = [CATALOGUE.hardware.accelerator(key).tdp_w for key in members]
    assert used(family, "tdp").best == 300
    assert min(tdp.low for tdp in powers if tdp) == 250
    assert used(family, "tdp").low == pytest.approx(300 * 250 / 350)
    assert max(tdp.high for tdp in powers if tdp) == 350
    assert used(family, "tdp").high == pytest.approx(300 * 300 / 250)
    assert family.notes[0].startswith("V100 may be several devices: v100-sxm2-16gb is taken, the interval spans ")
    exactly = estimate("NVIDIA A100-SXM4-40GB", hours=1, location="FR", year=2024)
    assert used(exactly, "tdp") == exact(400.0)
    assert not [note for note in exactly.notes if "several devices" in note]


def test_measured_power_replaces_tdp_and_utilization() -> None:
    """2 x 250 W x 10 h x 1.5 = 7.5 kWh; the basis of the power is that somebody measured it."""
    run = estimate("V100", count=2, hours=10, power=250, host_factor=1.5)
    assert run.it_energy_kwh == exact(7.5)
    assert [item.basis for item in run.inputs if item.name == "accelerator_power"] == ["measured"]
    assert not {"tdp", "utilization"} & {item.name for item in run.inputs}


def test_a_device_without_a_power_figure_needs_a_measurement() -> None:
    """Nothing is made up."""
    with pytest.raises(Contradiction) as caught:
        estimate("Inferentia1", hours=1)
    name = CATALOGUE.hardware.accelerator("inferentia1").name
    rule = f"no published power figure for {name}; give power, its mean power in W"
    assert str(caught.value) == f"gpu 'inferentia1': {rule}"
    assert it_kwh(gpu="Inferentia1", hours=10, power=200, host_factor=1) == 2.0


def test_a_cpu_run_is_the_sum_of_its_parts() -> None:
    """An EPYC 7763 with 64 cores of 280 W / 64, half loaded, idling at 0.22, and 256 GB, for 10 h.

    CPU: 280 W x (0.22 + 0.78 x 0.5) = 170.8 W. Memory: 256 GB x 0.15 W/GB = 38.4 W. Sum 209.2 W x 10 h = 2.092 kWh.
    """
    run = estimate(cpu="AMD EPYC 7763", cpu_cores=64, memory_gb=256, hours=10, utilization=0.5)
    assert run.it_energy_kwh.best == pytest.approx(2.092, rel=1e-12)
    assert [part.energy_kwh for part in run.breakdown[:2]] == pytest.approx([0, 2.092], rel=1e-12)
    assert "host_factor" not in {item.name for item in run.inputs}


def test_accelerators_beside_a_named_host_are_a_sum_of_parts() -> None:
    """4 cards at 300 W, 32 cores of an EPYC 7763 that feed them, 256 GB and one board, for 10 h.

    Cards 1200 W. CPU: 32 x 4.375 W x (0.22 + 0.78 x 0.2) = 52.64 W. Memory: 256 GB x 0.15 W/GB = 38.4 W. Board 40 W.
    Sum 1331.04 W x 10 h = 13.3104 kWh, of which 12 are the accelerators'.
    """
    run = estimate("rtx-3090", count=4, hours=10, power=300, cpu="AMD EPYC 7763", cpu_cores=32, memory_gb=256)
    assert run.it_energy_kwh.best == pytest.approx(13.3104, rel=1e-12)
    assert [part.energy_kwh for part in run.breakdown[:2]] == pytest.approx([12, 1.3104], rel=1e-12)
    assert "host_factor" not in {item.name for item in run.inputs}


@pytest.mark.parametrize(("count", "boards"), [(1, 1), (8, 1), (9, 2), (64, 8)])
def test_one_board_carries_up_to_eight_accelerators(count: int, boards: int) -> None:
    """Its power counts once per board."""
    run = estimate("rtx-3090", count=count, hours=1, power=300, cpu_cores=8, memory_gb=8)
    cpu_and_memory = estimate("rtx-3090", count=1, hours=1, power=300, cpu_cores=8, memory_gb=8)
    board_w = CATALOGUE.hardware.default("cpu", "board_w").value.best
    more_kwh = run.breakdown[1].energy_kwh - cpu_and_memory.breakdown[1].energy_kwh
    assert more_kwh == pytest.approx((boards - 1) * board_w / 1000, abs=1e-9)


def test_notes_on_the_power_survive_beside_a_named_host() -> None:
    """A family stays a family when the host is described by its parts."""
    notes = estimate("V100", hours=1, cpu_cores=8).notes
    assert [note for note in notes if note.startswith("V100 may be several devices")]
    assert "No CPU named: the mean of server CPUs per core is used." in notes


def test_a_cpu_without_known_cores_takes_the_mean_per_core() -> None:
    """The table of codecarbon has none."""
    run = estimate(cpu="AMD A4-3300", cpu_cores=2, hours=1)
    assert used(run, "cpu_tdp_per_core") == CATALOGUE.hardware.default("cpu", "tdp_per_core_server_w").value
    assert run.notes[0] == (
        "AMD A4-3300: 65 W, but no source states its cores; the mean TDP per core of server CPUs is used, "
        "at most the chip's TDP."
    )


def test_memory_that_nobody_stated_follows_the_cores() -> None:
    """The default per core, with its interval."""
    per_core = CATALOGUE.hardware.default("cpu", "memory_gb_per_core").value
    assert used(estimate(cpu_cores=10, hours=1), "memory_gb") == per_core.scaled(10)
