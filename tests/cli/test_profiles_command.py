"""What ``profiles show`` says of power, by hand from the tables: TDP x utilization, and the host's share of TDP."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from greentrain.cli import run

H100 = """\
Power in an estimate, unless you know better, W (90 % interval)
  id         TDP  draws on average   with its host
  h100-pcie  350  218 (96.6 to 350)  393 (254 to 561)
  h100-nvl   400  250 (110 to 400)   449 (291 to 641)
  h100-sxm   700  437 (193 to 700)   785 (509 to 1,120)
"""


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Show a profile."""
    assert run(["profiles", "show", *words]) == 0
    return capsys.readouterr().out


def test_a_family_shows_the_watts_of_its_members(capsys: pytest.CaptureFixture[str]) -> None:
    """350 W x 0.624 = 218.4; the host adds 0.498 x 350 W = 174.3, in all 392.7, and so on in proportion to the TDP."""
    assert shown(capsys, "H100").endswith(H100)


def test_a_device_shows_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """A workstation's card: 450 W x 0.624 = 280.8 and 0.27 x 450 W = 121.5 for the host, in all 402.3."""
    assert "  rtx-4090  450  281 (124 to 450)  402 (232 to 613)\n" in shown(capsys, "RTX 4090")
    (power,) = json.loads(shown(capsys, "RTX 4090", "--json"))["power"]
    assert power["tdp_w"]["best"] == 450
    assert power["accelerator_w"]["best"] == pytest.approx(280.8, rel=1e-12)
    assert power["with_host_w"]["best"] == pytest.approx(402.3, rel=1e-12)


def test_what_is_not_known_is_not_0(capsys: pytest.CaptureFixture[str]) -> None:
    """No power figure of the L2 is published; a CPU has no such table."""
    assert "  l2  -    not known         not known\n" in shown(capsys, "L2")
    assert json.loads(shown(capsys, "L2", "--json"))["power"] == [
        {"id": "l2", "tdp_w": None, "accelerator_w": None, "with_host_w": None}
    ]
    assert "Power in an estimate" not in shown(capsys, "intel-xeon-e5-2670")


def test_profiles_of_ones_own_are_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row of the five columns that are needed: 320 W x 0.624 = 199.68."""
    header, row = "id,name,hardware_class,tdp_w,source", "mine,My Card 9000,workstation,320,a data sheet"
    (tmp_path / "accelerators.csv").write_text(f"{header}\n{row}\n")
    (power,) = json.loads(shown(capsys, "My Card 9000", "--profiles", str(tmp_path), "--json"))["power"]
    assert power["accelerator_w"]["best"] == pytest.approx(199.68, rel=1e-12)


@pytest.mark.parametrize("words", [["profiles", "show", "H100"], ["estimate", "--help"], ["--help"]])
def test_the_module_is_the_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """``python -m greentrain`` says the same, also of its own name."""
    assert run(words) == 0
    done = subprocess.run([sys.executable, "-m", "greentrain", *words], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (capsys.readouterr().out, "")


def test_an_error_names_the_word_that_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """No option has the place of 'grids show', nor the folder of 'profiles check'; that of --profiles is one."""
    for words, named in (
        (["grids", "show", "Xland"], "PLACE 'Xland': unknown place"),
        (["profiles", "check", "/nowhere"], "DIR '/nowhere': no such folder"),
        (["grids", "show", "FR", "--profiles", "/nowhere"], "--profiles '/nowhere': no such folder"),
    ):
        assert run(words) == 2
        assert capsys.readouterr().err.startswith(f"greentrain: {named}")
