"""Accelerators as people, drivers, schedulers and clouds write them: what is read, and what is refused and why."""

import pytest

from greentrain import AmbiguousName, GreentrainError, UnknownName, estimate, load_catalogue
from greentrain.interval import exact

HARDWARE = load_catalogue().hardware

COUNTS = [
    ("A100 8x", "A100", 8),
    ("8 GPUs (A100)", "A100", 8),
    ("4 GPUs (Tesla V100)", "V100", 4),
    ("GPU T4 x2", "t4", 2),
    ("two A100s", "A100", 2),
    ("eight H100 GPUs", "H100", 8),
    ("two RTX 3090 cards", "rtx-3090", 2),
    ("4 RTX 3090 GPUs", "rtx-3090", 4),
    ("3090 x 2", "rtx-3090", 2),
    ("8 x 3090", "rtx-3090", 8),
    ("2,048 A100", "A100", 2048),
    ("3,072 H100", "H100", 3072),
    ("gpu:a100:4", "A100", 4),
    ("gres/gpu:h100=8", "H100", 8),
    ("gpu:l40s:4", "l40s", 4),
    ("4xA6000", "rtx-a6000", 4),
    ("8 A100 80GB GPUs on AWS", "A100 80GB", 8),
    ("8 x NVIDIA H100 80GB HBM3 GPUs", "h100-sxm", 8),
    ("Cambricon MLU370-X8 x16", "mlu370-x8", 16),
]
MEMORY = [
    ("80GB A100s", "A100 80GB", None),
    ("40GB A100s", "A100 40GB", None),
    ("8 80GB A100s", "A100 80GB", 8),
    ("A100 81920MiB", "A100 80GB", None),
    ("A100 40960 MiB", "A100 40GB", None),
    ("NVIDIA A100-SXM4-80GB, 81920 MiB", "a100-sxm4-80gb", None),
    ("RTX A5000, 24564 MiB", "rtx-a5000", None),
    ("Tesla T4, 15360 MiB", "t4", None),
    ("V100 with 32 GB of memory", "V100 32GB", None),
    ("A100; 80 GB", "A100 80GB", None),
    ("H100 80GB SXM5 x 8 GPUs", "h100-sxm", 8),
    ("H100 x 8 (80GB)", "H100 80GB", 8),
    ("H100 SXM5 (80GB) x4", "h100-sxm", 4),
    ("A100 SXM4 x8 80GB", "a100-sxm4-80gb", 8),
    ("V100 (16GB) x 8", "V100 16GB", 8),
    ("P100 PCIe 16 GB on Kaggle", "p100-pcie", None),
    ("A100 custom 64GB", "a100-sxm-64gb", None),
    ("GH200 144G HBM3e", "gh200", None),
    ("GTX 1050 Ti Laptop 4GB", "gtx-1050-ti-laptop", None),
    ("RTX 3080 Laptop 8GB", "rtx-3080-laptop", None),
    ("RX 580 4GB", "rx-580", None),
    ("RX 570 8GB", "rx-570", None),
    ("Radeon RX 480 4 GB", "rx-480", None),
    ("GeForce GTX 960 4GB", "gtx-960", None),
    ("MX450 4GB", "mx450", None),
    ("GeForce MX150 4GB", "mx150", None),
    ("NVIDIA GeForce RTX 3050 6GB Laptop GPU (Colab)", "rtx-3050-6gb-laptop", None),
    ("Apple M1 Max 64GB", "apple-m1-max", None),
    ("Mac Studio M2 Ultra 192GB", "apple-m2-ultra", None),
]
BOARDS = [
    ("MI250X 128GB", "mi250x", 2),
    ("K80 24GB", "k80", 2),
    ("8 MI250X GCDs", "mi250x", 8),
    ("MI250X module", "mi250x", 2),
    ("2 MI250X modules", "mi250x", 4),
    ("4x MI250X (8 GCDs)", "mi250x", 8),
    ("MI300X OAM", "mi300x", None),
    ("DGX-1", "DGX-1", None),
    ("DGX-1 V100", "v100-sxm2-16gb", 8),
    ("DGX-2", "v100-sxm3-32gb", 16),
    ("DGX Station A100", "a100-sxm4-80gb", 4),
    ("HGX H100 8-GPU", "H100", 8),
    ("HGX A100 4-GPU", "A100", 4),
    ("DGX A100 640GB", "A100 80GB", 8),
    ("DGX A100 320GB", "A100 40GB", 8),
    ("2x DGX A100 (16 GPUs)", "A100", 16),
    ("NVIDIA DGX B200 system", "b200", 8),
    ("GB200 NVL72", "gb200", 72),
]
WORDS = [
    ("GeForce 3080", "RTX 3080", None),
    ("3080", "RTX 3080", None),
    ("4070 Ti Super", "rtx-4070-ti-super", None),
    ("1660 Super", "gtx-1660-super", None),
    ("GeForce 1080Ti", "gtx-1080-ti", None),
    ("7900 XTX", "rx-7900-xtx", None),
    ("6000 Ada", "rtx-6000-ada", None),
    ("A1000", "rtx-a1000", None),
    ("RTX 6000 Blackwell", "rtx-pro-6000-blackwell", None),
    ("NVIDIA Ampere A100", "A100", None),
    ("RTX 4090 (Ada Lovelace)", "rtx-4090", None),
    ("T1200 Laptop", "quadro-t1200-laptop", None),
    ("RTX 4090 notebook", "rtx-4090-laptop", None),
    ("RTX 4090M", "rtx-4090-laptop", None),
    ("RTX 3070 mobile", "rtx-3070-laptop", None),
    ("RTX 2080 Super Max-Q", "rtx-2080-super-max-q", None),
    ("Apple M1 (8-core GPU)", "apple-m1", None),
    ("MacBook Pro M1", "apple-m1", None),
    ("MacBook Pro M1 Pro", "apple-m1-pro", None),
    ("Colab T4", "t4", None),
    ("Google Cloud V100", "V100", None),
    ("Graphcore IPU", "IPU", None),
    ("PVC", "PVC", None),
    ("GH200 Grace Hopper Superchip", "gh200", None),
    ("MI300A APU", "mi300a", None),
    ("AMD Instinct MI250X/MI250", "mi250x", None),
    ("GTX TITAN X", "gtx-titan-x", None),
    ("NVIDIA Corporation GA100 [A100 PCIe 40GB]", "a100-pcie-40gb", None),
    ("3D controller: NVIDIA Corporation TU104GL [Tesla T4] (rev a1)", "t4", None),
    ("TU102 [GeForce RTX 2080 Ti]", "rtx-2080-ti", None),
    ("Advanced Micro Devices, Inc. [AMD/ATI] Aldebaran [Instinct MI250X]", "mi250x", None),
]
TPUS = [
    ("TPU v2-8 (Colab)", "tpu-v2", 4),
    ("TPU v3-8 on Kaggle", "tpu-v3", 4),
    ("2x TPU v3-8", "tpu-v3", 8),
    ("TPU v3-8 x4", "tpu-v3", 16),
    ("4 x v5e-8", "tpu-v5e", 32),
    ("v3-8 TPU", "tpu-v3", 4),
    ("TPU v3-8 VM", "tpu-v3", 4),
    ("TPU v3-512 pod", "tpu-v3", 256),
    ("TPU v4-32 Pod slice", "tpu-v4", 16),
    ("256 TPU v4 chips", "tpu-v4", 256),
    ("512 TPU v3 cores", "tpu-v3", 256),
    ("TPU v3 with 8 cores", "tpu-v3", 4),
    ("TPU v5e (4x4)", "tpu-v5e", 16),
    ("TPU v4 (2x2x4)", "tpu-v4", 16),
    ("v5litepod-256", "tpu-v5e", 256),
    ("TPU v7x-8", "tpu-v7", 4),
    ("tpu7x-8", "tpu-v7", 4),
]
READ = COUNTS + MEMORY + BOARDS + WORDS + TPUS


@pytest.mark.parametrize(("text", "name", "number"), READ, ids=[case[0] for case in READ])
def test_words_around_a_name_are_read(text: str, name: str, number: int | None) -> None:
    """Each is a count, a maker, a line, a form, a size of memory or a remark; the rest is a name exactly."""
    found = HARDWARE.read_accelerator(text)

    assert (found.family.name if found.family else found.profile.id, found.number) == (name, number)


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        ("A100_1g.5gb", "a100-sxm4-40gb", 1 / 7),
        ("A100 7g.80gb", "a100-sxm4-80gb", 1),
        ("A100 4g.40gb", "a100-sxm4-80gb", 4 / 7),
        ("H100 1g.10gb+me", "h100-sxm", 1 / 7),
        ("H200 1g.18gb", "h200-sxm", 1 / 7),
        ("A30 1g.6gb", "a30", 1 / 4),
        ("gpu:a100_1g.5gb:2", "a100-sxm4-40gb", 1 / 7),
        ("RTX PRO 6000 Blackwell Server 2g.48gb", "rtx-pro-6000-blackwell-server", 2 / 4),
    ],
)
def test_a_slice_is_of_the_member_that_has_it(text: str, key: str, part: float) -> None:
    """Slices take eighths or quarters of the memory: 4g.40gb is half of 80 GB."""
    found = HARDWARE.read_accelerator(text)

    assert (found.profile.id, found.fraction) == (key, pytest.approx(part, rel=1e-12))


REFUSED = [
    ("AMD A100", "A100 is made by NVIDIA, not by AMD"),
    ("Intel A100", "A100 is made by NVIDIA, not by Intel"),
    ("Google A100", "A100 is made by NVIDIA, not by Google"),
    ("AMD H100", "H100 is made by NVIDIA, not by AMD"),
    ("Huawei T4", "NVIDIA Tesla T4 is made by NVIDIA, not by Huawei"),
    ("Nvidia TPU v3", "Google TPU v3 (chip) is made by Google, not by NVIDIA"),
    ("Hopper A100", "A100 is not hopper"),
    ("GeForce A100", "A100 is not geforce"),
    ("T4 SXM", "NVIDIA Tesla T4 is not SXM"),
    ("RTX A6000 Ada", "NVIDIA RTX A6000 is not ada"),
    ("T4 1g.5gb", "NVIDIA Tesla T4 has no MIG slices"),
    ("V100 1g.5gb", "V100 has no MIG slices"),
    ("RTX 3090 MIG 1g.5gb", "NVIDIA GeForce RTX 3090 has no MIG slices"),
    ("H100 1g.5gb", "H100 has no MIG slice 1g.5gb; it has 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb"),
    ("A30 3g.18gb", "NVIDIA A30 has no MIG slice 3g.18gb; it has 1g.6gb, 2g.12gb, 4g.24gb"),
    ("MIG 1g.5gb", "is a slice and no device; name the device before it, for example A100 1g.5gb"),
    ("TPU v3-7", "is no slice: those of v3 are named by their cores, a multiple of 8"),
    ("TPU v5e-12", "is no slice: those of v5e have 1, 4 or a multiple of 8 chips"),
    ("3 TPU v3 cores", "states half a chip: one has 2 cores"),
    ("TPU v3-8 (16 chips)", "states two counts that do not agree; name one slice and give count"),
    ("8 x A100 x 2", "states two counts, 8 and 2; name one device and give count"),
    ("A100 65GB", "A100 has 40 or 80 GB, not 65"),
    ("RTX 3090 12GB", "NVIDIA GeForce RTX 3090 has 24 GB, not 12"),
    ("a100 x", "ends in a times sign without a number; did you mean a100 or a100x?"),
    ("MI250 X", "ends in a times sign without a number; did you mean MI250 or mi250x?"),
    ("A100 or V100", "names 2 devices, A100 and V100; give one at a time, or all to compare"),
    ("T4 or P100", "names 2 devices, T4 and P100; give one at a time, or all to compare"),
    ("T4, V100 or P100", "names 3 devices, T4 and V100 and P100; give one at a time, or all to compare"),
    ("Google Colab", "is a place to compute and no device; name the accelerator that you had there"),
    ("p4d.24xlarge", "is a machine type of aws and no device; name it with instance"),
    ("n1-standard-8", "has no accelerators of its own; name those that are attached with gpu and count"),
    ("m5.xlarge", "is a machine type without accelerators; describe its CPU with cpu and cpu_cores"),
    ("L4/0", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
    ("A10.0", "unknown accelerator; did you mean a10?"),
    ("P106-100", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
    ("M5", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
    ("RX 6700 XT", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
    ("RTX 3090 Super", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
    ("Tesla T40", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue"),
    ("N/A", "unknown accelerator; 'greentrain profiles WORD' searches the catalogue; leave it out when unknown, or "
     "name a similar one"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_not_true_is_refused(text: str, message: str) -> None:
    """The message says what is wrong; no other product is suggested."""
    with pytest.raises(UnknownName) as caught:
        HARDWARE.read_accelerator(text)

    assert str(caught.value) == f"gpu {text!r}: {message}"


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("DGX Station", ("v100-dgxs", "a100-sxm4-40gb", "a100-sxm4-80gb")),
        ("M4 (Colab)", ("apple-m4", "tesla-m4")),
        ("2 x TPU v5-8", ("tpu-v5e", "tpu-v5p")),
    ],
)
def test_a_name_of_several_devices_stays_ambiguous(text: str, members: tuple[str, ...]) -> None:
    """With words around it as without."""
    with pytest.raises(AmbiguousName) as caught:
        HARDWARE.read_accelerator(text)

    assert caught.value.suggestions == members


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("8 L40s", "L40s is read as several L40; write L40S for the other card."),
        ("4 V100s", "V100s is read as several V100; write V100S for the other card."),
        ("K80 24GB", "NVIDIA Tesla K80 (one of 2 GPUs on the board): so much memory is that of a whole board, which "
         "shows as 2 devices."),
    ],
)  # fmt: skip
def test_what_may_be_read_otherwise_is_noted(text: str, note: str) -> None:
    """The run says how the words were understood."""
    assert estimate(text, hours=1).notes[0] == note


@pytest.mark.slow
def test_every_name_is_read_behind_a_count_and_before_a_noun() -> None:
    """Names that stand alone stand with a count too; L40s is a plural then."""
    lost = []
    for device in HARDWARE.accelerators:
        for name in (device.id, device.name, *device.aliases):
            try:
                found = HARDWARE.read_accelerator(f"8 x {name} GPUs")
            except GreentrainError:
                found = None
            if found is None or (found.profile.id, found.number) != (device.id, 8):
                lost.append(name)

    assert [name for name in lost if HARDWARE.read_accelerator(name).family is None] == ["l40s"]


def test_a_laptop_card_is_sold_with_more_memory_than_the_desktop_card_has() -> None:
    """The GTX 1050 Ti has 4 GB in both."""
    assert HARDWARE.accelerator("gtx-1050-ti-laptop").memory_gb == HARDWARE.accelerator("gtx-1050-ti").memory_gb == 4


def test_the_server_edition_may_be_set_to_less_power() -> None:
    """NVIDIA sells it as 400 to 600 W."""
    assert HARDWARE.accelerator("rtx-pro-6000-blackwell-server").tdp_w == (400, 600, 600)
    assert HARDWARE.accelerator("rtx-pro-6000-blackwell").tdp_w == exact(600.0)
