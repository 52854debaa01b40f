"""The folder of examples: what needs no framework is run here, what needs a service is checked as text."""

import json
import os
import re
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyter_client.manager import start_new_kernel

from greentrain import History
from greentrain.cli import run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SLURM = sorted((EXAMPLES / "slurm").glob("*.sh"))
NVIDIA_SMI = """\
#!/bin/bash
echo "$*" > "$SEEN"
echo "timestamp, index, uuid, name, power.draw [W]"
for minute in 00 01 02; do echo "2026/03/01 08:$minute:00.000, 0, GPU-1, NVIDIA A100-SXM4-40GB, 300.00 W"; done
exec sleep 600
"""
JOB = {
    "JobID": "7", "JobIDRaw": "7", "JobName": "bert", "User": "ada", "Account": "nlp", "Cluster": "c1",
    "Partition": "gpu", "State": "COMPLETED", "Start": "2026-03-01T08:00:00", "End": "2026-03-01T18:00:00",
    "ElapsedRaw": "36000", "NNodes": "1", "NCPUS": "64", "AllocTRES": "cpu=64,gres/gpu:a100=8,node=1",
    "ConsumedEnergyRaw": "", "NodeList": "n1",
}  # fmt: skip
SACCT = f"""\
#!/bin/bash
echo "$TZ $*" > "$SEEN"
echo "{"|".join(JOB)}"
echo "{"|".join(JOB.values())}"
"""


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of programs that come first on the path: greentrain's command, and those that the test writes."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder / "greentrain", f"#!{sys.executable}\nfrom greentrain.cli import main\n\nmain()\n")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    monkeypatch.chdir(tmp_path)
    return folder


def program(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(text)
    path.chmod(0o755)


def test_every_example_is_listed() -> None:
    """In the folder's own page, each under its name."""
    listed = re.findall(r"\]\((.*?)\)", (EXAMPLES / "README.md").read_text())
    assert sorted(listed) == sorted(path.name for path in EXAMPLES.iterdir() if path.name != "README.md")


@pytest.mark.parametrize("script", SLURM, ids=lambda path: path.name)
def test_scripts_are_bash(script: Path) -> None:
    """Bash reads each to its end."""
    subprocess.run(["bash", "-n", script], check=True)


def test_a_job_is_a_run(stand_ins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the job's name; the exit code is the training's."""
    monkeypatch.setenv("SLURM_JOB_NAME", "tiny")
    monkeypatch.setenv("TRAIN", "false")
    assert subprocess.run(["bash", EXAMPLES / "slurm" / "job.sh"], capture_output=True, check=False).returncode == 1
    assert [(one.name, one.status) for one in History().runs()] == [("tiny", "failed")]


@pytest.mark.parametrize(
    ("gpus", "asked"), [("0,2", "-i 0,2 --query-gpu="), ("", "--query-gpu="), (None, "--query-gpu=")]
)
def test_prolog_and_epilog_leave_the_power_of_the_gpus(
    stand_ins: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gpus: str | None,
    asked: str,
) -> None:
    """What the prolog starts for the job's boards, the epilog ends; two minutes at 300 W are 10 Wh for `import`."""
    program(stand_ins / "nvidia-smi", NVIDIA_SMI)
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.delenv("SLURM_JOB_GPUS", raising=False)
    if gpus is not None:
        monkeypatch.setenv("SLURM_JOB_GPUS", gpus)
    monkeypatch.setenv("POWER_FOLDER", str(tmp_path / "power"))
    # With its output away from pipes, which what it leaves running would hold.
    subprocess.run(["bash", EXAMPLES / "slurm" / "prolog.sh"], stdout=subprocess.DEVNULL, check=True)
    reader = int((tmp_path / "power" / "4711.pid").read_text())
    readings = tmp_path / "power" / "4711.csv"
    while not readings.exists() or readings.read_text().count("\n") < 4:  # the stand-in writes them at once
        os.kill(reader, 0)
    assert (tmp_path / "seen").read_text().startswith(asked)
    subprocess.run(["bash", EXAMPLES / "slurm" / "epilog.sh"], check=True)
    assert [path.name for path in (tmp_path / "power").iterdir()] == ["4711.csv"]
    assert run(["import", str(tmp_path / "power"), "--location", "FR", "--dry-run", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["runs"]
    assert found["measured_energy_kwh"] == pytest.approx(0.3 * 2 / 60, rel=1e-9)


def test_the_month_is_imported(stand_ins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of all users, without steps, in UTC; a second night adds nothing."""
    program(stand_ins / "sacct", SACCT)
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    month = ["bash", EXAMPLES / "slurm" / "month.sh"]
    monkeypatch.delenv("SITE_LOCATION", raising=False)
    missing = subprocess.run(month, capture_output=True, text=True, check=False)
    assert (missing.returncode != 0, "the place of the cluster, such as FR or US-CA" in missing.stderr) == (True, True)
    monkeypatch.setenv("SITE_LOCATION", "FR")
    for _ in range(2):
        subprocess.run(month, capture_output=True, check=True)
    assert [(one.name, one.user, one.account) for one in History().runs()] == [("bert", "ada", "nlp")]
    assert (tmp_path / "seen").read_text().startswith("UTC --allusers --allocations --parsable2 --noconvert ")


def test_the_tables_are_estimated(capsys: pytest.CaptureFixture[str]) -> None:
    """Every row and every job."""
    assert run(["batch", str(EXAMPLES / "runs.csv"), "--by", "team,status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["failed"]) == (5, 0)
    assert run(["jobs", str(EXAMPLES / "jobs.toml"), "--format", "json"]) == 0
    jobs = json.loads(capsys.readouterr().out)["jobs"]
    assert {job["name"] for job in jobs} == tomllib.loads((EXAMPLES / "jobs.toml").read_text())["jobs"].keys()


def test_the_action_is_asked_what_it_takes() -> None:
    """The inputs of the step are inputs of `action.yml`, and the permission for its comment is there."""
    workflow = yaml.safe_load((EXAMPLES / "github_action.yml").read_text())
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (step,) = [step for step in workflow["jobs"]["estimate"]["steps"] if "with" in step and "jobs" in step["with"]]

    assert step["with"].keys() <= action["inputs"].keys()
    assert workflow["permissions"]["pull-requests"] == "write"


def test_the_pod_sets_what_greentrain_reads() -> None:
    """Its variables stand in the documentation, its folders are mounted, and its command is one of ours."""
    pod = yaml.safe_load((EXAMPLES / "pod.yaml").read_text())
    (container,) = pod["spec"]["containers"]
    known = re.findall(r"`(GREENTRAIN_\w+)`", (ROOT / "docs" / "install.md").read_text())
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}

    assert {variable["name"] for variable in container["env"]} <= set(known)
    assert {variable["value"] for variable in container["env"] if "value" in variable} == mounted
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["spec"]["volumes"]
    }
    assert container["command"][:2] == ["greentrain", "track"]


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path) -> None:
    """Every cell, in a kernel; the last line of each shows something, most of them more than text."""
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    shown = run_cells(code, tmp_path)

    assert all(shown)
    assert sum("text/html" in kinds or "application/vnd.plotly.v1+json" in kinds for kinds in shown) >= 4
    assert (tmp_path / "energy.tex").read_text().startswith("%")
    assert all(cell.get("outputs", []) == [] for cell in cells)


def run_cells(cells: list[str], folder: Path) -> list[set[str]]:
    """Run the cells of a notebook, and give in which forms each showed something."""
    environment = {**os.environ, "GREENTRAIN_HOME": str(folder / "home")}
    manager, client = start_new_kernel(startup_timeout=120, cwd=str(folder), env=environment)
    shown: list[set[str]] = []
    try:
        for cell in cells:
            kinds: set[str] = set()
            hook = partial(note_forms, kinds)
            reply = client.execute_interactive(cell, output_hook=hook, timeout=240)["content"]
            assert reply["status"] == "ok", reply
            shown.append(kinds)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
    return shown


def note_forms(kinds: set[str], message: dict[str, Any]) -> None:
    """Take down in which forms a message shows something."""
    kinds.update(message["content"].get("data", ()))
