"""The recipes of CONTRIBUTING.md: what they say is done, in a copy of the checkout, and does what they promise."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PARTS = ("src", "hardware_profiles")
COUNTED = re.compile(r"^\| ([^|]+) \| (\d+) \|", re.MULTILINE)


def files_of(title: str) -> int:
    """Return how many files the page on the architecture counts for a recipe."""
    table = (ROOT / "docs" / "architecture.md").read_text().partition("## Files to touch")[2]
    (count,) = [int(number) for change, number in COUNTED.findall(table) if change.strip() == title]
    return count


def blocks(title: str, kind: str) -> list[str]:
    """List the fenced blocks of one kind in one section."""
    (section,) = re.findall(rf"^##+ {re.escape(title)}$(.*?)(?=^##+ |\Z)", CONTRIBUTING, re.MULTILINE | re.DOTALL)
    return [text for found, text in BLOCK.findall(section) if found == kind]


class Checkout(NamedTuple):
    """A copy of what greentrain runs from, which a recipe may change."""

    folder: Path

    def follow(self, title: str) -> None:
        """Do what a recipe says: write its files and make its changes."""
        for text in blocks(title, "python"):
            path = self.folder / text.partition("\n")[0].removeprefix("# ")
            assert not path.exists()
            path.write_text(text.partition("\n")[2])
        for text in blocks(title, "diff"):
            name, *lines = text.splitlines()
            self._change(self.folder / name.removeprefix("+++ "), lines)

    def _change(self, path: Path, lines: list[str]) -> None:
        old = path.read_text()
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        assert old.count(before) == 1, f"{path.name} has no such place:\n{before}"
        path.write_text(old.replace(before, after))

    def run(self, script: str, **environment: str) -> str:
        """Run a block of commands as a reader would and give what it prints."""
        paths = [self.folder / "src", *filter(None, [environment.pop("packages", "")])]
        variables = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "GREENTRAIN_HOME": str(self.folder / "home"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            ["bash", "-euc", script], cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def assert_touched(self, title: str, *expected: str) -> None:
        """See that the recipe touches these files, and as many as the page on the architecture counts."""
        assert self.touched() == set(expected)
        assert len(expected) == files_of(title)

    def touched(self) -> set[str]:
        """List the files that are not those of the original."""
        files = (path for part in PARTS for path in (self.folder / part).rglob("*") if path.is_file())
        return {name for path in files if _differs(path, ROOT / (name := str(path.relative_to(self.folder))))}


def _differs(path: Path, original: Path) -> bool:
    return not original.exists() or path.read_bytes() != original.read_bytes()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Copy the checkout, with a command ``greentrain`` that runs the copy."""
    left_out = shutil.ignore_patterns("__pycache__", "*.index")
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=left_out)
    command = tmp_path / "bin" / "greentrain"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom greentrain.cli import main\n\nmain()\n")
    command.chmod(0o755)
    return Checkout(tmp_path)


def test_an_accelerator(checkout: Checkout) -> None:
    """A profile of five columns is accepted and used; the same cells in the shipped table are found without it."""
    (rows,) = blocks("An accelerator", "csv")
    (script,) = blocks("An accelerator", "sh")
    own = checkout.folder / "my_profiles" / "accelerators.csv"
    own.parent.mkdir()
    own.write_text(rows)

    printed = checkout.run(script)
    assert printed.startswith("my_profiles: no problems\n")
    assert "1 x Example X1 96GB, 10 h" in printed

    (record,) = csv.DictReader(io.StringIO(rows))
    record |= {"devices_per_board": "1", "tdp_low_w": "350", "tdp_high_w": "350", "tdp_basis": "board"}
    shipped = checkout.folder / "hardware_profiles" / "accelerators.csv"
    with shipped.open("r+", newline="") as file:
        header = next(csv.reader(file))
        file.seek(0, io.SEEK_END)
        csv.writer(file, lineterminator="\n").writerow((record | {"verified": "yes"}).get(name, "") for name in header)
    estimate = "greentrain estimate --gpu 'Example X1 96GB' --hours 10 --utilization 1 --host-factor 1 --pue 1 --json"
    assert json.loads(checkout.run(estimate))["it_energy_kwh"]["best"] == pytest.approx(3.5, rel=1e-12)
    checkout.assert_touched("An accelerator", "hardware_profiles/accelerators.csv")


def test_a_column(checkout: Checkout) -> None:
    """A row of columns.csv lets a user's table have the column, within its limits; the shipped table has it too."""
    (rows,) = blocks("A column", "csv")
    (script,) = blocks("A column", "sh")
    own = checkout.folder / "my_profiles" / "memory.csv"
    own.parent.mkdir()
    own.write_text(rows)

    assert "column channels: unknown column" in checkout.run(f"! {script}")
    checkout.follow("A column")
    assert checkout.run(script).startswith("my_profiles: no problems\n")
    own.write_text(rows.replace(",8,", ",65,"))
    assert "channels: 65 is out of range: it must be at least 1 and at most 64" in checkout.run(f"! {script}")

    shipped = checkout.folder / "hardware_profiles" / "memory.csv"
    header, *records = csv.reader(shipped.read_text().splitlines())
    place = header.index("high_w_per_gb") + 1
    for row in (header, *records):
        row.insert(place, "channels" if row is header else "")
    with shipped.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *records])
    assert "no problems" in checkout.run("greentrain profiles check hardware_profiles")
    checkout.assert_touched("A column", "src/greentrain/catalogue/schema/columns.csv", "hardware_profiles/memory.csv")


def test_a_default(checkout: Checkout) -> None:
    """One row of one table changes the PUE of all who state none."""
    (script,) = blocks("A default", "sh")
    before = checkout.run(script)
    checkout.follow("A default")
    after = checkout.run(script)

    assert [float(re.search(r"PUE +([\d.]+)", text)[1]) for text in (before, after)] == [1.67, 1.6]
    checkout.assert_touched("A default", "src/greentrain/data/facilities.csv")


def test_a_report_form(checkout: Checkout) -> None:
    """Module, line and row make a form that the command knows; its unit is that of the row."""
    checkout.follow("A report form")
    (script,) = blocks("A report form", "sh")

    kg = json.loads(checkout.run("greentrain estimate --gpu V100 --hours 96 --location FR --json"))["operational_kg"]
    title, _, emissions = checkout.run(script).rpartition(": ")
    assert title.startswith("1 x NVIDIA Tesla V100")
    assert emissions == f"{kg['best'] / 1000:#.3g} t CO2e\n"
    checkout.assert_touched(
        "A report form",
        "src/greentrain/reporting/forms/tally.py",
        "src/greentrain/reporting/forms/__init__.py",
        "src/greentrain/data/form_units.csv",
    )


def test_a_command(checkout: Checkout) -> None:
    """Module and line make a command with help, which refuses what makes no sense."""
    checkout.follow("A command")
    (script,) = blocks("A command", "sh")

    printed = checkout.run(script)
    assert printed.startswith("14.07\n")
    assert "Multiply energy by a tariff." in printed
    refused = checkout.run("! greentrain cost --kwh -1 --tariff 0.3 2>&1")
    assert refused == "greentrain: --kwh '-1': must be greater than 0 and at most 1e+12 (kWh)\n"
    checkout.assert_touched("A command", "src/greentrain/cli/cost.py", "src/greentrain/cli/parser.py")


def test_a_meter(checkout: Checkout) -> None:
    """Module and line make a meter by name, which measures a command."""
    checkout.follow("A meter")
    (script,) = blocks("A meter", "sh")

    assert "trial" in checkout.run(script)
    assert_bench_measured(checkout, "1")
    checkout.assert_touched("A meter", "src/greentrain/meter/bench.py", "src/greentrain/meter/backends.py")


def test_a_meter_in_a_package_of_its_own(checkout: Checkout, tmp_path: Path) -> None:
    """The entry point is enough, and the journal has the package's version."""
    (code,) = blocks("A meter", "python")
    (settings,) = blocks("A meter in a package of its own", "toml")
    (script,) = blocks("A meter", "sh")
    packages = tmp_path / "packages"
    facts = packages / "bench_meter-2.5.dist-info"
    facts.mkdir(parents=True)
    (packages / "bench_meter.py").write_text(code)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-meter\nVersion: 2.5\n")
    ((group, points),) = tomllib.loads(settings)["project"]["entry-points"].items()
    lines = [f"{name} = {target}\n" for name, target in points.items()]
    (facts / "entry_points.txt").write_text(f"[{group}]\n{''.join(lines)}")

    assert "trial" in checkout.run(script, packages=str(packages))
    assert_bench_measured(checkout, "2.5")
    checkout.assert_touched("A meter in a package of its own")


def assert_bench_measured(checkout: Checkout, version: str) -> None:
    """See that the journal of the meter names it, and that it read 120 W."""
    (journal,) = (checkout.folder / "runs").rglob("*.meter.jsonl")
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    names = {(record.get("meter_name"), record.get("meter_version")) for record in records if "meter_name" in record}
    assert names == {("bench", version)}
    watts = [record["power_w"]["cpu"] for record in records if record["type"] == "sample"]
    # A meter of others is not waited for: its first reading may come after the first sample.
    assert {*watts} <= {None, 120.0}
    assert watts[-1] == 120.0


def test_set_up_is_that_of_the_readme() -> None:
    """One command sets up and tests, in both documents."""
    (command,) = blocks("Set up and test", "sh")
    assert f"```sh\n{command}```" in (ROOT / "README.md").read_text()


def test_linters_are_those_of_the_continuous_integration() -> None:
    """The same commands stand here, in `.ci/run` and in the hooks before a commit."""
    (script,) = blocks("Style", "sh")
    step = (ROOT / ".ci" / "run").read_text().partition("lint, format")[2].partition("step ")[0]
    hooks = re.findall(r"^ +entry: (.*)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)

    assert script.splitlines() == [line.strip() for line in step.splitlines() if ".venv/" in line] == hooks
