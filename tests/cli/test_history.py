"""``greentrain history`` and ``greentrain watch``: what they print, and their exit codes."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from journals_by_hand import CPU, GPU, MEMORY, ended, line, meter, one_hour, reading, stopped, tracker

import greentrain
from greentrain import History
from greentrain.cli import run
from greentrain.journal import JournalWriter, host_name, process_started

NASTY = "=HYPERLINK(1)\x1b[2J\n\u202e" + "\u8bad" * 200


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A completed run and a failed one with a nasty name, a thousandth of a day later."""
    one_hour(tmp_path / "runs" / "20251122T120000Z-aaaaaa", estimate_inputs={"location": "FR", "year": 2024})
    folder = tmp_path / "runs" / "slurm-7"
    logged = [
        line(91, type="span_start", span=1, parent=None, name=NASTY, attributes={NASTY: NASTY}),
        ended(1800, "failed", "OSError"),
    ]
    tracker(folder, at=90, name=NASTY, project=NASTY, location=NASTY, argv=[NASTY], lines=logged)
    meter(folder, at=90, components=[{**GPU, "name": NASTY}], lines=[stopped(1800, 1710, 0.5)])
    return tmp_path


ADDRESS = "postgresql://u:hunter2@h/x"


@pytest.mark.parametrize(
    "words",
    [
        ("history", "--home", ADDRESS),
        ("history", "show", "k", "--home", ADDRESS),
        ("history", "export", "--to", "sqlite:///x.db", "--home", ADDRESS),
        ("history", "list", "--status", "host=h password=hunter2"),
        ("watch", "--once", "--home", ADDRESS),
        ("report", "--project", "p", "--home", ADDRESS),
        ("track", "--home", ADDRESS, "--", "true"),
        ("track", "--meter", f"replay:{ADDRESS}", "--", "true"),
        ("estimate", "--gpu", "V100", "--hours", "1", "--location", ADDRESS),
        ("estimate", "--gpu", "https://hunter2@h/x", "--hours", "1"),
        ("profiles", "check", ADDRESS),
        ("history", f"--nope={ADDRESS}"),
        (ADDRESS,),
    ],
)
def test_no_password_is_repeated(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """An address in the wrong place is misuse, and shown without its password."""
    code = run(list(words))
    out, err = capsys.readouterr()

    assert code == 2
    assert err.startswith("greentrain: ")
    assert "hunter2" not in out + err


def test_names_are_recorded_without_passwords(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address as a name, project, id or name of a part is kept without its password, and found by itself."""
    facts = {"project": ADDRESS, "run_id": ADDRESS, "location": "FR", "home": tmp_path, "meter": "none"}
    with greentrain.track(ADDRESS, **facts) as tracked, tracked.span(ADDRESS, source=ADDRESS):
        pass

    held = "".join(path.read_text() for path in tmp_path.rglob("*.jsonl"))
    assert "hunter2" not in held + "".join(map(str, tmp_path.rglob("*"))) + capsys.readouterr().err
    assert held.count("postgresql://u:***@h/x") == 5
    assert [found.name for found in History(tmp_path).runs(project=ADDRESS)] == ["postgresql://u:***@h/x"]


def shown(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command; gives its exit code, what it printed and what it complained of."""
    code = run([*arguments, "--home", str(home)])
    out, err = capsys.readouterr()
    return code, out, err


def fits(text: str) -> bool:
    """Whether a text is safe for a terminal and 80 columns wide at most."""
    wide = max(sum(2 if unicodedata.east_asian_width(x) in "WF" else 1 for x in row) for row in text.split("\n"))
    return wide <= 80 and all(letter.isprintable() or letter == "\n" for letter in text)


def test_the_list(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Newest first, two lines each, then all together with the share of failed runs."""
    code, out, err = shown(capsys, home, "history")
    lines = out.splitlines()

    assert (code, err) == (0, "")
    assert lines[0].startswith("slurm-7  2025-11-22  failed       28 min 30 s  =HYPERLINK(1)\\x1b[2J\\n\\u202e")
    first = next(place for place, text in enumerate(lines) if text.startswith("20251122T120000Z-aaaaaa"))
    assert lines[first] == "20251122T120000Z-aaaaaa  completed    1 h 00 min  bert"
    assert lines[first + 1 : first + 3] == [
        "    at least 3.57 kWh (3.03 to 4.62), 0.357 kg CO2e (0.271 to 0.515), FR, 8 x",
        "    Tesla V100-SXM2-32GB",
    ]
    assert lines[-4:] == [
        "2 runs (1 completed, 1 failed), 1 h 28 min",
        "  at least 4.17 kWh (3.60 to 5.28), 0.417 kg CO2e (0.320 to 0.594). In brackets:",
        "  90 % intervals.",
        "  Failed, interrupted or killed: 0.600 kWh, 14 % of the energy.",
    ]
    assert fits(out)


def test_filters_of_the_list(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As of the library."""
    for options in (["--project", "nlp"], ["--status", "completed"], ["--since", "2025-11-22", "--project", "nlp"]):
        _, out, _ = shown(capsys, home, "history", *options)
        assert out.splitlines()[-3].startswith("1 run (1 completed)")
    looked = f"greentrain: looked in {home} for --project 'nlp' --since '2025-11-23'\n"
    assert shown(capsys, home, "history", "--since", "2025-11-23", "--project", "nlp") == (0, "No runs.\n", looked)


def test_an_empty_history_says_where_it_looked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt folder is seen as such; what is read by programs is as it was."""
    folder = tmp_path / "hmoe"
    assert shown(capsys, folder, "history") == (0, "No runs.\n", f"greentrain: looked in {folder}\n")
    assert shown(capsys, folder, "history", "--csv")[2] == ""


def test_a_sum_of_whole_runs_is_no_least_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every component was measured from start to end: 1.19 x 2.5 kWh x 1.2."""
    parts = [*({**GPU, "id": f"GPU-{number}"} for number in range(8)), CPU, {**MEMORY, "quality": "modelled"}]
    energy = {"gpu": 2.0, "cpu": 0.4, "memory": 0.1}
    tracker(tmp_path / "runs" / "whole", lines=[ended(3600)])
    last = line(3600, type="end", why="stopped", elapsed_seconds=3600, energy_kwh=energy)
    meter(tmp_path / "runs" / "whole", components=parts, lines=[last])
    assert shown(capsys, tmp_path, "history")[1].splitlines()[-2].startswith("  3.57 kWh (3.")


def test_small_amounts_of_failed_runs_have_the_unit_of_the_totals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1.19 x 0.00025 kWh x 1.2, all of it failed, is 0.000357 kWh."""
    energy = {"gpu": 0.0002, "cpu": 0.00004, "memory": 0.00001}
    tracker(tmp_path / "runs" / "small", lines=[ended(3, "failed")])
    last = line(3, type="end", why="stopped", elapsed_seconds=3, energy_kwh=energy)
    meter(tmp_path / "runs" / "small", lines=[last])
    text = " ".join(shown(capsys, tmp_path, "history")[1].split())
    assert "3.0 s 357 mWh (307 to 452)" in text
    assert text.endswith(" Failed, interrupted or killed: 357 mWh, 100 % of the energy.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--status", "done"], "--status 'done': must be running, completed, failed, interrupted, killed or unknown"),
        (["--json", "--csv"], "--csv: excludes --json"),
        (["show", "nope"], "ID 'nope': no run has this id; 'greentrain history' lists them"),
        (["shwo", "slurm-7"], "history has no command 'shwo'; did you mean show?"),
        (["slurm-7"], "history has no command 'slurm-7'; 'greentrain history show ID' shows one run in full"),
        (
            ["export", "--to", "my.db"],
            "--to 'my.db': must be an address such as sqlite:///runs.db or postgresql://host/name; "
            "did you mean sqlite:///my.db?",
        ),
    ],
)
def test_mistakes(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """One line, exit code 2."""
    assert shown(capsys, home, "history", *arguments) == (2, "", f"greentrain: {message}\n")


@pytest.mark.parametrize("form", [[], ["--csv"]])
def test_what_cannot_be_read_is_left_out_aloud(home: Path, capsys: pytest.CaptureFixture[str], form: list[str]) -> None:
    """On stderr, with the folder."""
    folder = home / "runs" / "torn"
    folder.mkdir()
    (folder / "a.1.s.tracker.jsonl").write_text("{")
    code, _, err = shown(capsys, home, "history", *form)
    assert (code, err) == (0, f"greentrain: left out, since nothing in them can be read: {folder}\n")


def test_json_and_csv(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names are whole in JSON, and harmless in CSV."""
    _, out, _ = shown(capsys, home, "history", "--json")
    _, table, _ = shown(capsys, home, "history", "--csv")
    (row, _) = csv.DictReader(io.StringIO(table))

    assert json.loads(out)["runs"][0]["name"] == NASTY
    assert row["name"] == "'=HYPERLINK(1)\\x1b[2J\\n\\u202e" + "\u8bad" * 200
    assert row["status"] == "failed"
    assert fits(out.replace("\u8bad", "").replace("\\u8bad", "")[:80])


def test_one_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was measured, what follows from the profile, which is adopted; by the beginning of its id."""
    code, out, _ = shown(capsys, home, "history", "show", "2025")

    assert code == 0
    for text in (
        "20251122T120000Z-aaaaaa  bert\n  completed\n  at least 3.57 kWh (3.03 to 4.62)",
        "  gpu       2.00 kWh, measured\n  cpu       0.500 kWh, modelled\n  memory    not measured\n",
        "  PUE 1.20 (1.10 to 1.40) [default], grid 100 g CO2e/kWh (80.0 to 130)\n  [published]",
        # A V100 takes 0.624 (0.276 to 1) of 300 W: eight of them in an hour.
        "  measured accelerators 2.00 kWh (1.90 to 2.10): inside the estimate's 1.50 kWh\n  (0.649 to 2.40)",
        "  command   train.py\n",
        "mean power of an accelerator 250 W: a utilization of 0.833 of its TDP",
        "  adopted: the measurement, at least 2.97 kWh (2.59 to 3.65) before PUE\n"
        "  that is at least 0.357 kg CO2e (0.271 to 0.515)\n",
        "The memory was not measured and is not in the sum.",
        "    No sensor reads fans, network cards, switches and losses of power supplies:\n"
        "    0.190 (0.100 to 0.300) of what was recorded is added for them.\n",
    ):
        assert text in out
    assert fits(out)


def test_a_run_with_a_nasty_name_is_harmless(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of it reaches the terminal unescaped, and no line is longer than 80 columns."""
    for command in (["history", "show", "slurm-7"], ["history"], ["watch", "slurm-7"]):
        code, out, _ = shown(capsys, home, *command)
        assert code == 0
        assert fits(out)
        assert "HYPERLINK" in out


def test_one_run_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object."""
    _, out, _ = shown(capsys, home, "history", "show", "slurm-7", "--json")
    assert json.loads(out)["error"] == "OSError"


def test_calibrating(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Too few runs: exit code 1 and why; enough: what was and what is, in the home's profiles."""
    assert shown(capsys, home, "history", "calibrate") == (
        1,
        "",
        "greentrain: at least 3 measured runs of one accelerator are needed; v100-sxm2-32gb has 1. "
        "Left out: 1 run without an accelerator that is known\n",
    )
    for place in range(2):
        one_hour(home / "runs" / f"more{place}", gpu=1.9 + place / 10)
    code, out, err = shown(capsys, home, "history", "calibrate")

    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == [
        "sxm-node: mean power over TDP, from 3 runs on v100-sxm2-32gb",
        "  was  0.624 (0.276 to 1.00)",
    ]
    assert (home / "profiles" / "power_defaults.csv").exists()
    code, out, _ = shown(capsys, home, "history", "calibrate", "--output", str(tmp_path / "else"))
    assert (tmp_path / "else" / "power_defaults.csv").exists()


def test_exporting(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How many rows of each table, and the choice of runs counts here too."""
    to = f"sqlite:///{tmp_path / 'x.db'}"
    assert shown(capsys, home, "history", "export", "--to", to)[:2] == (0, "2 runs, 2 nodes, 1 span, 0 logs\n")
    assert shown(capsys, home, "history", "export", "--to", to, "--status", "failed")[1].startswith("1 run, 1 node, ")


UNHEARD = {**GPU, "name": "Unheard accelerator"}
"""A device of which no table says anything, so that there is no estimate beside what was measured."""


def running(home: Path, pid: int, **start: object) -> Path:
    """Write a run of this computer whose process has this id."""
    folder = home / "runs" / "live"
    facts = {"host": host_name(), "pid": pid, "pid_started": process_started(pid), "total_steps": 1000}
    logged = [line(60, type="log", values={"step": 250})]
    tracker(folder, lines=logged, **(facts | start))  # type: ignore[arg-type]
    return meter(folder, host=host_name(), components=[UNHEARD, CPU, MEMORY], lines=[reading(60, 60, 0.1, 0.01)])


def test_watching_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Power and energy by component, the sum, the forecast and the budget, in one frame."""
    running(tmp_path, os.getpid(), budget={"kwh": 1.0, "kg": None, "action": "warn"})
    code, out, err = shown(capsys, tmp_path, "watch", "--once")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "live  running  1 min 00 s  bert",
        "                       W           kWh",
        "  gpu                300         0.100  measured",
        "  cpu               40.0        0.0100  modelled",
        "  memory               -             -  not measured",
        "  at least 0.152 kWh (0.132 to 0.189), 15.2 g CO2e (11.6 to 21.4)",
        "  step 250 of 1,000 (25 %); 3 min 00 s to go, 0.607 kWh and 60.7 g CO2e at the",
        "  end",
        "  budget of 1 kWh: 15 % used",
    ]


@pytest.mark.timing
def test_watching_ends_with_the_run(tmp_path: Path) -> None:
    """A process of its own watches another one, which is then killed."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    running(tmp_path, child.pid)
    command = [sys.executable, "-m", "greentrain", "watch", "--interval", "0.1", "--home", str(tmp_path)]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    first = watching.stdout.readline()
    time.sleep(0.3)
    still = watching.poll()
    child.kill()
    child.communicate()
    rest, _ = watching.communicate(timeout=120)

    assert first == "live  running  1 min 00 s  bert\n"
    assert still is None
    assert watching.returncode == 0
    assert re.findall(r"^live  (\w+)", rest, re.MULTILINE)[-1] == "killed"


@pytest.mark.timing
def test_watching_in_a_narrow_terminal(tmp_path: Path) -> None:
    """Its lines are as wide as the terminal, and each frame goes back over all that the one before took."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    running(tmp_path, child.pid)
    terminal, inside = pty.openpty()
    environment = {**os.environ, "COLUMNS": "40", "TERM": "xterm"}
    command = [sys.executable, "-m", "greentrain", "watch", "--interval", "0.1", "--home", str(tmp_path)]
    watching = subprocess.Popen(command, stdout=inside, env=environment)
    os.close(inside)
    text = ""
    while text.count("\x1b[J") < 3:
        text += os.read(terminal, 4096).decode()
    child.kill()
    child.communicate()
    watching.kill()
    watching.wait()
    os.close(terminal)

    frame = re.sub(r"\x1b\[[0-9;]*[mF]", "", text.partition("\x1b[J")[0]).splitlines()
    back = re.findall(r"\x1b\[(\d+)F", text)
    assert 30 < max(map(len, frame)) <= 40
    assert int(back[0]) == sum(-(-len(line) // 40) or 1 for line in frame)


def test_watching_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No run goes on: exit code 1; an unknown id or interval is misuse."""
    message = "greentrain: no run goes on; 'greentrain history' lists those that ended\n"
    assert shown(capsys, home, "watch") == (1, "", message)
    assert shown(capsys, home, "watch", "x")[0] == 2
    limits = "must be at least 0.1 and at most 3,600 (seconds between two looks)"
    assert shown(capsys, home, "watch", "--interval", "0") == (2, "", f"greentrain: --interval '0': {limits}\n")
    code, _, err = shown(capsys, home, "watch", "--interval", "often")
    assert (code, err[:53]) == (2, "greentrain: --interval 'often': must be a number (sec")


def test_a_watched_run_may_write_meanwhile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A real writer, half a line included."""
    folder = tmp_path / "runs" / "live"
    running(tmp_path, os.getpid())
    journal = JournalWriter(str(folder), "meter")
    journal.write({"type": "start", "session": "s1", "host": host_name(), "components": []})
    with Path(journal.path).open("ab") as file:
        file.write(b'{"v":1,"type":"sample","elapsed')
    assert shown(capsys, tmp_path, "watch", "live", "--once")[0] == 0


def test_names_of_folders_are_escaped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Others may choose them: none controls the terminal."""
    folder = tmp_path / "runs" / "\x1b]0;strange\a"
    folder.mkdir(parents=True)
    (folder / "h.1.abcdef.tracker.jsonl").write_text("{garbage")
    named = f"{tmp_path}/runs/\\x1b]0;strange\\x07"

    left_out = f"greentrain: left out, since nothing in them can be read: {named}\n"
    assert shown(capsys, tmp_path, "history") == (0, "No runs.\n", f"greentrain: looked in {tmp_path}\n{left_out}")
    for command in (["show", folder.name], ["show", "\x1b"]):
        _, _, err = shown(capsys, tmp_path, "history", *command)
        assert not set(err) & {"\x1b", "\a"}


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root is any user")
def test_links_of_others_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One line each; JSON holds them itself."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "k").symlink_to("..")
    os.lchown(tmp_path / "runs" / "k", 1, 1)
    left_out = f"{tmp_path}/runs/k is left out: it is another user's link"

    code, out, err = shown(capsys, tmp_path, "history", "--json")
    assert (code, json.loads(out)["left_out"], err) == (0, [left_out], "")
    assert shown(capsys, tmp_path, "history", "--csv")[2] == f"greentrain: {left_out}\n"


def test_what_was_modelled_is_not_called_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run on a CPU whose energy follows from its load: the words say so, beside ``estimated``."""
    folder = tmp_path / "runs" / "k"
    tracker(folder, lines=[ended(3600)])
    meter(folder, components=[CPU], lines=[stopped(3600, 3600, None, 0.5)])
    _, out, _ = shown(capsys, tmp_path, "history", "show", "k")
    assert "Modelled before PUE\n" in out
    assert "  adopted: the model" in out
    assert "easured computers" not in out
    assert "the measurement" not in out
