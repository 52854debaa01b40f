"""Every block of the README and of the pages in docs is executed, and what it shows is what comes out.

The blocks of a page run in their order, in one folder of the test's own:

- ``console``: each command runs, and the lines below it are its output;
- ``sh``: the commands run, whatever they print;
- ``python``: a script of its own;
- ``csv`` and ``jsonl``: the file that the text names last before the block;
- ``toml``, ``yaml`` and ``jinja``: not executed, but parsed.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from math import exp
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from journals_by_hand import ended, meter, reading, stopped, tracker

from greentrain import estimate, load_catalogue, validate
from greentrain.cli import run

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
UPDATE = "GREENTRAIN_UPDATE_README"
SET_UP = "python3 -m venv .venv"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEPT = {path.name for kind in ("*.md", "*.cff", "*.toml", "*.yml") for path in ROOT.glob(kind)}
"""Files of a checkout, in which readers type what the pages show."""
FILE = re.compile(r"`([\w./-]+\.(?:csv|jsonl))`")


class Block(NamedTuple):
    """A fenced block: its kind, its text, and the last file that the page names before it."""

    kind: str
    text: str
    file: str


def blocks(page: Path) -> list[Block]:
    """List the fenced blocks of a page in their order."""
    text = page.read_text()
    found = BLOCK.finditer(text)
    return [Block(block[1], block[2], (FILE.findall(text[: block.start()]) or [""])[-1]) for block in found]


def shown(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command line and return the lines that a page shows for it."""
    capsys.readouterr()
    arguments = shlex.split(command)
    assert arguments[0] == "greentrain"
    assert run(arguments[1:]) == 0, capsys.readouterr().err
    return f"$ {command}\n{capsys.readouterr().out}"


def check_console(page: Path, block: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Compare the output of each command with the page, or write it there when that is asked for."""
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    expected = "\n".join(shown(command, capsys) for command in commands)
    if os.environ.get(UPDATE):
        page.write_text(page.read_text().replace(f"```console\n{block}```", f"```console\n{expected}```"))
    else:
        assert block == expected, f"run the tests once with {UPDATE}=1 to renew {page.name}"


def run_commands(script: str, folder: Path) -> None:
    """Run shell commands as a reader would who has installed greentrain."""
    variables = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


def record_run(runs: Path, number: int) -> None:
    """Write one of the runs that the pages show: an hour on eight V100 in France that draw 250 W and more each."""
    at, gpu_kwh, cpu_kwh = 7200.0 * number, 2.0 + number / 10, 0.5
    folder = runs / f"20251122T{12 + 2 * number}0000Z-{number:06}"
    status, error = ("failed", "OutOfMemoryError") if number == 2 else ("completed", None)
    facts = {"name": f"bert-{number + 1}", "project": "nlp"}
    half = reading(at + 1800, 1800, gpu_kwh / 2, cpu_kwh / 2)
    tracker(folder, at=at, lines=[ended(at + 3600, status, error)], **facts)
    meter(folder, at=at, lines=[half, stopped(at + 3600, 3600, gpu_kwh, cpu_kwh)])


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder of a reader: the command, and the records that the pages on runs show."""
    command = tmp_path / "bin" / "greentrain"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom greentrain.cli import main\n\nmain()\n")
    command.chmod(0o755)
    for number in range(4):
        record_run(tmp_path / "home" / "runs", number)
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_blocks_are_executed(page: Path, reader: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of a page's blocks do what they show, one after the other."""
    for kind, text, file in blocks(page):
        if kind == "console":
            check_console(page, text, capsys)
        elif kind == "sh" and not text.startswith(SET_UP):
            run_commands(text, reader)
        elif kind == "python":
            exec(compile(text, str(page), "exec"), {"__name__": "__main__"})
        elif kind in ("csv", "jsonl"):
            path = reader / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        elif kind == "toml":
            tomllib.loads(text)
        elif kind == "yaml":
            yaml.safe_load(text)
        else:
            assert kind in ("sh", "jinja"), f"{page.name} has a block {kind!r}, which no rule of this test executes"
    made = {str(path.relative_to(reader)) for path in reader.rglob("*") if path.is_file()}
    assert made & KEPT == set(), f"typed in a checkout, {page.name} overwrites its files"


def test_the_five_columns_of_an_own_device_are_enough(tmp_path: Path) -> None:
    """The table that the page on data shows gives an estimate."""
    (device,) = [block.text for block in blocks(ROOT / "docs" / "data.md") if block.kind == "csv"]
    (tmp_path / "accelerators.csv").write_text(device)

    found = estimate("My Card 9000", hours=10, utilization=1, host_factor=1, pue=1, profiles=tmp_path)

    assert found.it_energy_kwh.best == pytest.approx(3.2, rel=1e-12)


def test_the_set_up_is_two_commands() -> None:
    """The README begins with the commands that continuous integration types: set up and estimate, set up and test."""
    estimating, testing, *others = [block.text for block in blocks(README) if block.kind == "sh"]

    assert estimating.strip().endswith("greentrain estimate --gpu V100 --hours 96")
    assert testing.strip().endswith("-m pytest -n 3")
    assert not any(text.startswith(SET_UP) for text in others)


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "data.md"], ids=lambda page: page.stem)
def test_counts_of_the_data_are_true(page: Path) -> None:
    """The numbers of devices, types and regions are round ones, which the tables exceed by less than fifty."""
    catalogue = load_catalogue()
    text = page.read_text().replace("\n", " ")
    counts = {
        "accelerators": len(list(catalogue.hardware.accelerators)),
        "cloud instance types": len(list(catalogue.hardware.instances)),
        "cloud regions": len(catalogue.places.regions),
    }
    for what, count in counts.items():
        (least,) = re.findall(rf"over (\d+) {what}", text)
        assert int(least) < count < int(least) + 50


def test_the_readme_states_the_validation(capsys: pytest.CaptureFixture[str]) -> None:
    """How many published runs there are, how often the interval held and the median error are what `validate` finds."""
    metered = validate().tiers["T3"]
    records = shown("greentrain validate --tier T3", capsys).split("Validation of ")[1].split()[0]
    text = README.read_text().replace("\n", " ")

    assert f"recomputes {records} published runs" in text
    assert f"{metered['covered']} of {metered['n']} lie inside our 90 % interval" in text
    assert f"the median error is a factor of {exp(metered['median_abs_log_ratio']):.2f}" in text
    at_the_wall, alone = metered["by_boundary"]["facility"], metered["by_boundary"]["accelerator"]
    inside = f"{at_the_wall['covered']} of {at_the_wall['n']} are inside, with a mean error of "
    assert f"{inside}{100 * at_the_wall['mean_abs_error']:.0f} %" in text
    assert f"of accelerators metered alone, {alone['covered']} of {alone['n']}." in text
    assert ("All are of laboratories that the fit of our defaults has seen." in text) == (
        metered["out_of_sample"]["n"] == 0
    )


def test_the_readme_is_a_page_in_the_order_of_a_first_hour() -> None:
    """At most 150 lines: what it is, set up, a result, how good that is, the decorator, a report, import, the page."""
    lines = README.read_text().splitlines()
    titles = [line.removeprefix("## ") for line in lines if line.startswith("## ")]

    assert len(lines) <= 150
    assert lines[4].startswith("![")
    assert titles == ["Set up", "First result", "How wrong is it", "Measure a run", "Report it",
                      "Import, and the page", "Documentation"]  # fmt: skip


def test_the_readme_counts_countries() -> None:
    """Aggregates, such as the EU, are no countries."""
    catalogue = load_catalogue()
    countries = [place for place in catalogue.places.by_code.values() if place.kind == "country"]

    assert f" {len(countries)} countries by year" in README.read_text()


def test_the_readme_states_what_speaks_against_us() -> None:
    """How often the published figures without a meter are met, and the one method whose median error is ours."""
    report = validate()
    text = README.read_text().replace("\n", " ")
    peers = report.tiers["T3"]["peers"].items()
    as_good = [name for name, found in peers if found["median_abs_log_ratio"] <= found["our_median_abs_log_ratio"]]

    assert as_good == ["lacoste2019"]
    error = f"{exp(report.tiers['T3']['peers']['lacoste2019']['median_abs_log_ratio']):.2f}"
    assert f"the median error is a factor of {error}, as is that of ML CO2 Impact" in text
    assert f"our interval holds {report.tiers['T2']['covered']} of {report.tiers['T2']['n']}." in text


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "validate.md"], ids=lambda page: page.stem)
def test_the_range_of_the_tools_is_that_of_the_first_result(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One job and one rule, those of the terminal: settings count, and the upper bound is no tool."""
    job = next(line for line in README.read_text().splitlines() if line.startswith("$ greentrain estimate"))
    out = shown(f"{job.removeprefix('$ ')} --compare-methods", capsys)
    (found,) = re.findall(r"The tools among them (range .* a factor of [\d.]+)\.", out)

    assert found in page.read_text().replace("\n", " ")
