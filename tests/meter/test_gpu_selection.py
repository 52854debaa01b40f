"""Which GPUs a run uses: from its environment and the driver's list."""

import pytest

from greentrain.meter.gpu_selection import Gpu, Slice, select_gpus

A100S = tuple(Gpu(number, f"GPU-{number}aaa-bbbb-cccc", "NVIDIA A100-SXM4-80GB") for number in range(4))
CUT = (
    Gpu(0, "GPU-0aaa", "NVIDIA A100", slices=(Slice("MIG-11", 3 / 7, "1/0"), Slice("MIG-22", 2 / 7, "5/0"))),
    Gpu(1, "GPU-1aaa", "NVIDIA A100"),
)
DUAL = tuple(Gpu(number, f"{number}abc", "AMD Instinct MI250X", "amd") for number in range(4))
MI300 = tuple(Gpu(number, f"{number}abc", "AMD Instinct MI300X", "amd") for number in range(4))


@pytest.mark.parametrize(
    ("visible", "numbers"),
    [
        ("0", {0}),
        ("2,0", {0, 2}),
        (" 1 , 3 ", {1, 3}),
        ("", set()),
        ("-1", set()),
        ("1,-1,2", {1}),
        ("1,9,2", {1}),
        ("NoDevFiles", set()),
        ("1,1", {1}),
        ("GPU-2aaa-bbbb-cccc", {2}),
        ("GPU-2", {2}),
        ("gpu-3AAA", {3}),
        ("GPU-0aaa,GPU-3aaa", {0, 3}),
        ("GPU-", set()),
    ],
)
def test_cuda_indices_and_uuids(visible: str, numbers: set[int]) -> None:
    """The list counts as CUDA reads it: up to the first entry without a match; a UUID may be cut short."""
    assert select_gpus({"CUDA_VISIBLE_DEVICES": visible}, A100S).shares == dict.fromkeys(numbers, 1.0)


def test_nothing_said_is_every_gpu() -> None:
    """Without any variable every board counts whole."""
    chosen = select_gpus({}, A100S)
    assert chosen.shares == {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}
    assert (chosen.basis, chosen.notes) == ("all", ())


def test_unmatched_entry_is_said() -> None:
    """An entry that names nothing is in the notes."""
    chosen = select_gpus({"CUDA_VISIBLE_DEVICES": "0,GPU-9"}, A100S)
    assert chosen.shares == {0: 1.0}
    assert chosen.notes == (
        "CUDA_VISIBLE_DEVICES names 'GPU-9', which no GPU here matches; what follows it does not count",
    )


@pytest.mark.parametrize(
    ("visible", "shares"),
    [
        ("MIG-11", {0: 3 / 7}),
        ("MIG-22", {0: 2 / 7}),
        ("MIG-11,MIG-22", {0: 5 / 7}),
        ("MIG-GPU-0aaa/5/0", {0: 2 / 7}),
        ("MIG-GPU-0aaa/9/0", {}),
        ("0", {0: 3 / 7}),
        ("1", {1: 1.0}),
        ("MIG-33", {}),
    ],
)
def test_slices_count_by_their_part(visible: str, shares: dict[int, float]) -> None:
    """A slice counts as its part of the board, by its UUID old and new; a cut board by number is its first slice."""
    assert select_gpus({"CUDA_VISIBLE_DEVICES": visible}, CUT).shares == pytest.approx(shares)


def test_order_of_different_gpus_is_doubted() -> None:
    """CUDA numbers the fastest first: on a mixed machine the numbers may differ, as the notes state."""
    mixed = (Gpu(0, "GPU-a", "NVIDIA T4"), Gpu(1, "GPU-b", "NVIDIA A100"))
    doubt = "the GPUs differ and CUDA_DEVICE_ORDER is not PCI_BUS_ID: indices may mean others to CUDA"
    assert select_gpus({"CUDA_VISIBLE_DEVICES": "0"}, mixed).notes == (doubt,)
    sure = {"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert select_gpus(sure, mixed).notes == ()


@pytest.mark.parametrize(
    ("environment", "numbers", "basis"),
    [
        ({"SLURM_JOB_GPUS": "1,3"}, {1, 3}, "SLURM_JOB_GPUS"),
        ({"SLURM_JOB_GPUS": "0-2"}, {0, 1, 2}, "SLURM_JOB_GPUS"),
        ({"SLURM_STEP_GPUS": "2", "SLURM_JOB_GPUS": "1,2"}, {2}, "SLURM_STEP_GPUS"),
        ({"SLURM_JOB_GPUS": "4-7"}, {0, 1, 2, 3}, "SLURM_JOB_GPUS"),
        ({"SLURM_STEP_GPUS": "0,1", "CUDA_VISIBLE_DEVICES": "1"}, {1}, "CUDA_VISIBLE_DEVICES"),
        (
            {"SLURM_STEP_GPUS": "0-3", "CUDA_VISIBLE_DEVICES": "0", "SLURM_STEP_TASKS_PER_NODE": "4(x2)"},
            {0, 1, 2, 3},
            "SLURM_STEP_GPUS",
        ),
    ],
)
def test_slurm_allotment(environment: dict[str, str], numbers: set[int], basis: str) -> None:
    """Slurm's list counts without CUDA's, and with several tasks on the node: one meter reads for all of them."""
    chosen = select_gpus(environment, A100S)
    assert (set(chosen.shares), chosen.basis) == (numbers, basis)


@pytest.mark.parametrize(
    ("environment", "numbers"),
    [
        ({"ROCR_VISIBLE_DEVICES": "2,3"}, {2, 3}),
        ({"ROCR_VISIBLE_DEVICES": "2,3", "HIP_VISIBLE_DEVICES": "1"}, {3}),
        ({"HIP_VISIBLE_DEVICES": "0"}, {0}),
        ({"CUDA_VISIBLE_DEVICES": "1"}, {1}),
        ({"ROCR_VISIBLE_DEVICES": "GPU-2abc"}, {2}),
        ({"ROCR_VISIBLE_DEVICES": "7"}, set()),
    ],
)
def test_amd_lists_count_one_within_the_other(environment: dict[str, str], numbers: set[int]) -> None:
    """ROCr hides devices; HIP, or CUDA's variable in its place, counts among those left."""
    assert set(select_gpus(environment, MI300).shares) == numbers


def test_two_dies_of_one_board() -> None:
    """On a board of two dies the first reports both: a die is half of what the first one shows."""
    assert select_gpus({}, DUAL).shares == {0: 1.0, 2: 1.0}
    assert select_gpus({"ROCR_VISIBLE_DEVICES": "1"}, DUAL).shares == {0: 0.5}
    assert select_gpus({"ROCR_VISIBLE_DEVICES": "0,2,3"}, DUAL).shares == {0: 0.5, 2: 1.0}


@pytest.mark.parametrize(
    ("allotted", "shares", "notes"),
    [
        ("GPU-2aaa-bbbb-cccc", {2: 1.0}, ()),
        ("GPU-2aaa-bbbb-cccc,0", {0: 1.0, 2: 1.0}, ()),
        ("GPU-9", {}, ("SLURM_STEP_GPUS names GPUs ['GPU-9'] that are not here",)),
        ("0-1,GPU-3", {0: 1.0, 1: 1.0, 3: 1.0}, ()),
    ],
)
def test_uuids_that_a_scheduler_allotted(allotted: str, shares: dict[int, float], notes: tuple[str, ...]) -> None:
    """A list of Slurm's may hold UUIDs; one that is not here is noted."""
    chosen = select_gpus({"SLURM_STEP_GPUS": allotted}, A100S)
    assert (chosen.shares, chosen.notes) == (shares, notes)


def test_slices_are_named_by_their_uuids() -> None:
    """Of boards that are cut: those that were asked for, or the first one; each counts once."""
    assert select_gpus({"CUDA_VISIBLE_DEVICES": "MIG-22,MIG-22,1"}, CUT).slices == {0: ("MIG-22",)}
    assert select_gpus({}, CUT).slices == {0: ("MIG-11",)}
    assert select_gpus({"SLURM_JOB_GPUS": "MIG-11,MIG-22"}, CUT).slices == {0: ("MIG-11", "MIG-22")}
