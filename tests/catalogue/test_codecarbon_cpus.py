"""codecarbon's table of CPUs, read without importing codecarbon."""

import subprocess
import sys

import pytest

from greentrain.catalogue.hardware import codecarbon_cpu, codecarbon_cpu_tdp_w


def test_the_table_is_read_and_holds_thousands() -> None:
    """Only positive powers, by folded name."""
    table = codecarbon_cpu_tdp_w()
    assert len(table) > 4000
    assert all(tdp_w > 0 for _, tdp_w in table.values())


@pytest.mark.parametrize("name", ["AMD A4-3300", "amd a4 3300", "AMD-A4-3300"])
def test_a_cpu_by_its_name_in_any_case(name: str) -> None:
    """65 W, whatever the punctuation."""
    cpu = codecarbon_cpu(name)
    assert cpu is not None
    assert (cpu.name, cpu.tdp_w and cpu.tdp_w.best, cpu.verified) == ("AMD A4-3300", 65.0, "partial")


def test_a_near_name_is_not_taken() -> None:
    """As the library itself would."""
    assert codecarbon_cpu("AMD A4-330") is None


def test_codecarbon_itself_stays_unloaded() -> None:
    """Importing it takes longer than the whole estimate."""
    program = (
        "import sys\n"
        "from greentrain.catalogue.hardware import codecarbon_cpu\n"
        "assert codecarbon_cpu('AMD A4-3300')\n"
        "assert 'codecarbon' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
