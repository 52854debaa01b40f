"""Jobs of a file: sums, changes by hand, changes within the doubt, files that are none; the Action and the hook."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from greentrain import DataError
from greentrain.cli import run
from greentrain.planning import plan_jobs

ROOT = Path(__file__).parents[2]
KNOWN = 'gpu = "V100"\npower = 250\nhost_factor = 1\npue = 1.5\ngrid_intensity = 400\n'
"""A V100 of 250 W at PUE 1.5 and 400 g/kWh: 0.15 kg an hour, exactly."""


def write_jobs(path: Path, **hours: float) -> Path:
    """Write jobs that are known exactly, by their hours."""
    path.write_text("".join(f"[jobs.{name}]\nhours = {value}\n{KNOWN}" for name, value in hours.items()))
    return path


def test_a_change_by_hand(tmp_path: Path) -> None:
    """10 and 20 h become 20 h and 5 new ones: 4.5 kg become 3.75, x0.8333, exactly."""
    base = write_jobs(tmp_path / "base.toml", a=10, b=20)
    found = plan_jobs(write_jobs(tmp_path / "jobs.toml", b=20, c=5), base=base)

    assert [job.name for job in found.jobs] == ["b", "c", "a"]
    assert [job.ratio for job in found.jobs] == [(1, 1, 1), None, None]
    assert found.operational_kg == pytest.approx((3.75, 3.75, 3.75))
    assert found.ratio == pytest.approx((5 / 6, 5 / 6, 5 / 6))
    assert found.is_clear


def test_what_both_versions_share_is_no_doubt_of_the_change(tmp_path: Path) -> None:
    """Twice the hours on the same device in the same place are twice, but for what a year hides from a longer run."""
    for name, hours in (("base", 10), ("jobs", 20)):
        (tmp_path / f"{name}.toml").write_text(
            f'[jobs.a]\ngpu = "A100"\nhours = {hours}\nlocation = "PL"\nyear = 2024\n'
        )
    found = plan_jobs(tmp_path / "jobs.toml", base=tmp_path / "base.toml")

    assert found.ratio == pytest.approx((2, 2, 2), rel=0.05)
    assert found.operational_kg is not None
    assert found.operational_kg.high / found.operational_kg.low > 3


def test_a_change_within_the_doubt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From Sweden to France nobody can tell; the Markdown says so, and names are no Markup."""
    for name, place in (("base", "SE"), ("jobs", "FR")):
        (tmp_path / f"{name}.toml").write_text(f'[jobs."a|b <i>"]\ngpu = "A100"\nhours = 10\nlocation = "{place}"\n')
    command = ["jobs", str(tmp_path / "jobs.toml"), "--base", str(tmp_path / "base.toml"), "--format", "markdown"]
    assert run(command) == 0
    shown = capsys.readouterr().out

    assert "a change within the doubt: what is not known is larger." in shown
    assert "<i>" not in shown
    assert shown.startswith("| job | CO2e | energy | change |\n| --- | --- | --- | --- |\n")


def test_forms_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """TOML, JSON and CSV with the same job give the same sum; JSON of the command has it."""
    toml = write_jobs(tmp_path / "a.toml", a=10)
    keywords = {"gpu": "V100", "power": 250, "host_factor": 1, "pue": 1.5, "grid_intensity": 400, "hours": 10}
    (tmp_path / "a.json").write_text(json.dumps({"jobs": [keywords | {"name": "a"}]}))
    (tmp_path / "a.csv").write_text(f"name,{','.join(keywords)}\na,{','.join(map(str, keywords.values()))}\n")

    for path in (toml, tmp_path / "a.json", tmp_path / "a.csv"):
        assert plan_jobs(path).operational_kg == pytest.approx((1.5, 1.5, 1.5))
    assert run(["jobs", str(toml), "--format", "json", "--max-kg", "1"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["totals"]["operational_kg"]["best"] == pytest.approx(1.5)
    assert err == "greentrain: 1.50 kg CO2e is more than --max-kg 1 allows\n"
    assert run(["jobs", str(toml)]) == 0
    assert "All jobs: 1.50 kg CO2e." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[jobs.a]\ngpuu = 3\n", "job 'a': 'gpuu' is no keyword of estimate"),
        ('[jobs.a]\ngpu = "T400"\nhours = 1\n', "job 'a': gpu 'T400': "),
        ("jobs = 3\n", "must hold jobs: a table [jobs.NAME] with keywords of estimate for each"),
        ("[jobs\n", "cannot be read: "),
        ("", "must hold jobs: "),
    ],
)
def test_files_that_hold_no_jobs(tmp_path: Path, text: str, message: str) -> None:
    """The file, the job and the rule."""
    path = tmp_path / "jobs.toml"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        plan_jobs(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.fixture
def github() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Serve the part of GitHub's API that the Action asks: the comments of a pull request."""
    comments: list[dict[str, Any]] = [{"id": 1, "body": "a colleague's"}]
    asked: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}").get("body", "")
            asked.append((self.command, self.path, body))
            if self.command == "POST":
                comments.append({"id": len(comments) + 1, "body": body})
            answer = json.dumps(comments if self.command == "GET" else {}).encode()
            self.send_response(200 if self.headers["Authorization"] == "Bearer token" else 403)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 -- the names that the server calls

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()
    thread.join()


class Runner:
    """Runs the steps of the Action as GitHub does, in a checkout of a pull request."""

    def __init__(self, folder: Path, api: str, **inputs: str) -> None:
        self.action = yaml.safe_load((ROOT / "action.yml").read_text())
        defaults = {name: str(value.get("default", "")) for name, value in self.action["inputs"].items()}
        self.inputs = defaults | {"token": "token"} | inputs
        self.folder, self.temp, self.outputs = folder, folder.parent / "temp", {"code": ""}
        binaries = folder.parent / "bin"
        for each in (self.temp, binaries):
            each.mkdir(exist_ok=True)
        command = binaries / "greentrain"
        command.write_text(f"#!{sys.executable}\nfrom greentrain.cli import main\n\nmain()\n")
        command.chmod(0o755)
        self.variables = os.environ | {
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_API_URL": api, "GITHUB_REPOSITORY": "me/models",
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"), "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_BASE_REF": "main",
        }  # fmt: skip

    def value(self, text: str) -> str:
        """Fill in what the Action takes from the workflow."""
        known = {f"inputs.{name}": value for name, value in self.inputs.items()}
        known |= {"steps.estimate.outputs.code": self.outputs["code"], "github.event.pull_request.number": "7"}
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: known[found[1]], text)

    def run(self) -> list[int]:
        """Run every step, and return their exit codes."""
        codes = []
        for step in self.action["runs"]["steps"]:
            assert step["shell"] == "bash"
            own = {name: self.value(value) for name, value in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step["run"]], cwd=self.folder, env=self.variables | own, check=False,
                capture_output=True, text=True, timeout=120,
            )  # fmt: skip
            codes.append(done.returncode)
            output = self.temp / "output"
            if output.exists():
                self.outputs["code"] = re.findall(r"^code=(\d+)$", output.read_text(), re.MULTILINE)[-1]
        return codes


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a repository whose branch doubles the hours that are on main."""
    origin, folder = tmp_path / "origin", tmp_path / "checkout"
    origin.mkdir()
    who = ["-c", "user.name=me", "-c", "user.email=me@example.org"]

    def git(*words: str, where: Path) -> None:
        subprocess.run(["git", *who, *words], cwd=where, check=True, capture_output=True, timeout=60)

    git("init", "--quiet", "--initial-branch=main", where=origin)
    write_jobs(origin / "jobs.toml", a=10)
    git("add", ".", where=origin)
    git("commit", "--quiet", "-m", "jobs", where=origin)
    git("clone", "--quiet", str(origin), str(folder), where=tmp_path)
    write_jobs(folder / "jobs.toml", a=20)
    return folder


@pytest.mark.slow
def test_the_steps_of_the_action(checkout: Path, github: tuple[str, list[tuple[str, str, str]]]) -> None:
    """Doubled hours are x2.00 in the comment; above the limit the last step alone fails; the comment is renewed."""
    api, asked = github
    runner = Runner(checkout, api, **{"max-kg": "2", "at": "best"})
    assert runner.run() == [0, 0, 0, 3]
    method, path, body = asked[-1]

    assert (method, path) == ("POST", "/repos/me/models/issues/7/comments")
    assert body.startswith("<!-- greentrain -->\n| job | CO2e | energy | change |\n")
    assert "| a | 3.00 kg | 7.50 kWh | x2.00 |" in body
    assert "3.00 kg CO2e is more than --max-kg 2 allows" in body
    assert body.removeprefix("<!-- greentrain -->\n") == (runner.temp / "summary").read_text()

    assert Runner(checkout, api, **{"max-kg": "4"}).run() == [0, 0, 0, 0]
    assert asked[-1][:2] == ("PATCH", "/repos/me/models/issues/comments/2")


@pytest.mark.slow
def test_the_action_without_a_limit_or_a_base(checkout: Path, github: tuple[str, list[tuple[str, str, str]]]) -> None:
    """A file that main does not have yet is all new; a token that may not write is a warning, and no failure."""
    api, _ = github
    (checkout / "more.toml").write_text((checkout / "jobs.toml").read_text())
    runner = Runner(checkout, api, jobs="more.toml", token="reader")

    assert runner.run() == [0, 0, 0, 0]
    assert "All jobs: 3.00 kg CO2e.\n" in (runner.temp / "summary").read_text()


def test_the_hook_checks_a_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its entry with the arguments of a project and the card behind: 1 where the card is old, 0 where it is not."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\n# My model\n")
    name, *words = hook["entry"].split()
    described = ["--gpu", "V100", "--hours", "96", "--location", "FR"]

    assert (name, hook["language"]) == ("greentrain", "python")
    assert re.search(hook["files"], "README.md")
    assert run([*words, *described, str(card)]) == 1
    assert run(["card", *described, str(card)]) == 0
    assert run([*words, *described, str(card)]) == 0
    capsys.readouterr()
