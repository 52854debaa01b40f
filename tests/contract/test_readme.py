"""Every block of the README is run, and what it shows is what comes out."""

import os
import re
import shlex
from pathlib import Path

import pytest

from greentrain import estimate
from greentrain.cli.main import run

README = Path(__file__).parents[2] / "README.md"
UPDATE = "GREENTRAIN_UPDATE_README"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """List the README's fenced blocks of one kind."""
    return [text for found, text in BLOCK.findall(README.read_text()) if found == kind]


def shown(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command line and give the block that the README shows for it."""
    capsys.readouterr()
    arguments = shlex.split(command)
    assert arguments[0] == "greentrain"
    assert run(arguments[1:]) == 0
    return f"$ {command}\n{capsys.readouterr().out}"


@pytest.mark.parametrize("block", blocks("console"))
def test_console_blocks_show_what_the_command_prints(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The output below each command is its output; the README is rewritten instead when that is asked for."""
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    expected = "\n".join(shown(command, capsys) for command in commands)

    if os.environ.get(UPDATE):
        README.write_text(README.read_text().replace(block, expected))
    else:
        assert block == expected, f"run the tests once with {UPDATE}=1 to renew the README"


@pytest.mark.parametrize("block", blocks("python"))
def test_python_blocks_run(
    block: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The library's examples run as they stand, recording into a folder of the test."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path))
    exec(compile(block, str(README), "exec"), {})

    assert "kg CO2e" in capsys.readouterr().out


def test_the_device_of_the_readme_works(tmp_path: Path) -> None:
    """The five columns shown are enough to estimate with one's own device."""
    (device,) = blocks("csv")
    (tmp_path / "accelerators.csv").write_text(device)

    found = estimate("My Card 9000", hours=10, utilization=1, host_factor=1, pue=1, profiles=tmp_path)

    assert found.it_energy_kwh.best == pytest.approx(3.2, rel=1e-12)


def test_the_set_up_is_two_commands() -> None:
    """The README has the two commands that the continuous integration types: set up and estimate, set up and test."""
    estimating, testing = blocks("sh")

    assert estimating.strip().endswith("greentrain estimate --gpu V100 --hours 96")
    assert testing.strip().endswith("-m pytest -n 3")


def test_counts_in_the_readme_are_those_of_the_catalogue() -> None:
    """The numbers of devices, types and regions in the text are those of the tables."""
    from greentrain import load_catalogue

    catalogue = load_catalogue()
    text = README.read_text().replace("\n", " ")

    assert f"{len(list(catalogue.hardware.accelerators))} accelerators" in text
    assert f"{len(list(catalogue.hardware.instances))} cloud instance types" in text
    assert f"{len(catalogue.places.regions)} cloud regions" in text
