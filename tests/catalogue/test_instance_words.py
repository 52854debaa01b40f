"""Cloud machine types as people write them, and one resolver for every verb."""

import pytest

from greentrain import Contradiction, UnknownName, estimate, load_catalogue

HARDWARE = load_catalogue().hardware
READ = [
    ("aws:p4d.24xlarge", "p4d.24xlarge", None),
    ("AWS p3.8xlarge", "p3.8xlarge", None),
    ("EC2 p4d.24xlarge", "p4d.24xlarge", None),
    ("Amazon EC2 p3.8xlarge", "p3.8xlarge", None),
    ("SageMaker ml.p3.8xlarge", "p3.8xlarge", None),
    ("gcp:a2-highgpu-1g", "a2-highgpu-1g", None),
    ("Google Cloud a2-highgpu-1g", "a2-highgpu-1g", None),
    ("Azure NC24ads_A100_v4", "Standard_NC24ads_A100_v4", None),
    ("Azure Standard_NC6s_v3", "Standard_NC6s_v3", None),
    ("NC24ads A100 v4", "Standard_NC24ads_A100_v4", None),
    ("lambda gpu_1x_a100", "gpu_1x_a100", None),
    ("2x p4d.24xlarge", "p4d.24xlarge", 2),
    ("p4d.24xlarge x2", "p4d.24xlarge", 2),
    ("4 p3.8xlarge instances", "p3.8xlarge", 4),
    ("p4d.24xlarge (8x A100)", "p4d.24xlarge", None),
    ("p4d.24xlarge with 8x A100", "p4d.24xlarge", None),
    ("TPU v3-8", "v3-8", None),
    ("a2-megagpu-16g", "a2-megagpu-16g", None),
    ("ct4p-hightpu-4t", "ct4p-hightpu-4t", None),
    ("BM.GPU.H100.8", "BM.GPU.H100.8", None),
    ("OCI BM.GPU4.8", "BM.GPU4.8", None),
]


@pytest.mark.parametrize(("text", "name", "number"), READ, ids=[case[0] for case in READ])
def test_a_machine_type_is_read_with_provider_count_and_remark(text: str, name: str, number: int | None) -> None:
    """The provider and what is said of its devices have to be true."""
    found, counted = HARDWARE.read_instance(text)

    assert (found.instance, counted) == (name, number)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("azure p4d.24xlarge", "p4d.24xlarge is a type of aws, not of azure"),
        ("p4d.24xlarge (8x H100)", "says '8x H100' of p4d.24xlarge, which has 8 x NVIDIA A100 SXM4 40GB"),
        ("p4d.24xlarge (4x A100)", "says '4x A100' of p4d.24xlarge, which has 8 x NVIDIA A100 SXM4 40GB"),
        ("n1-standard-8", "has no accelerators of its own; name those that are attached with gpu and count"),
        ("m5.xlarge", "is a machine type without accelerators; describe its CPU with cpu and cpu_cores"),
        ("Standard_D8s_v3", "is a machine type without accelerators; describe its CPU with cpu and cpu_cores"),
        ("A100", "is an accelerator and no machine type; name it with gpu"),
        ("TPU v3-32", "is an accelerator and no machine type; name it with gpu"),
        ("a2-highgpu-16g", "unknown cloud instance type; did you mean a2-highgpu-1g, a2-highgpu-2g, a2-highgpu-4g, "
         "a2-highgpu-8g or a2-megagpu-16g?"),
        ("p7.48xlarge", "unknown cloud instance type; 'greentrain profiles WORD' searches the catalogue"),
    ],
)  # fmt: skip
def test_what_is_no_machine_type_with_accelerators_is_refused(text: str, message: str) -> None:
    """The message says what it is, and suggests the same series alone."""
    with pytest.raises(UnknownName) as caught:
        HARDWARE.read_instance(text)

    assert str(caught.value) == f"instance {text!r}: {message}"


def test_machines_are_counted_once() -> None:
    """Two machines of eight devices are sixteen; a count beside them contradicts."""
    assert estimate(instance="2x p4d.24xlarge", hours=1).count == 16
    with pytest.raises(Contradiction, match=r"^count 3: contradicts instance '2x p4d.24xlarge', which means 2$"):
        estimate(instance="2x p4d.24xlarge", count=3, hours=1)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("8x A100", "A100"),
        ("A100-40G", "A100 40GB"),
        ("NVIDIA H100 80GB SXM5 GPU", "NVIDIA H100 SXM5 80GB"),
        ("ml.p4d.24xlarge", "p4d.24xlarge"),
        ("NC24ads_A100_v4", "Standard_NC24ads_A100_v4"),
        ("TPU v3-8", "Google TPU v3 (chip)"),
        ("Intel Xeon Gold 6248 x2", "Intel Xeon Gold 6248"),
    ],
)
def test_any_profile_is_found_as_an_estimate_reads_it(text: str, name: str) -> None:
    """``profiles show`` knows no fewer spellings."""
    found = HARDWARE.find(text)

    assert getattr(found, "instance", None) or getattr(found, "name", None) == name
