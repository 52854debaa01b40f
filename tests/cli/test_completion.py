"""Completion: what bash, zsh and fish are told may come next, by the variables that typer's scripts set."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from journals_of_reports import write_run

from greentrain import load_catalogue
from greentrain.cli import run
from greentrain.cli.completion import _CONSTANTS, _LISTS, candidates
from greentrain.cli.options import Group
from greentrain.cli.parser import MODULES, command_of
from greentrain.reporting.forms import FORMS

VARIABLE = "_GREENTRAIN_COMPLETE"
H20 = ["H200", "H200 141GB", "H20", "H200-SXM", "H200-NVL"]


def in_bash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """Ask as bash does, which parts words at colons and equals signs, for the last one of them."""
    monkeypatch.setenv("COMP_WORDS", "\n".join(["greentrain", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    return asked(monkeypatch, capsys, "complete_bash")


def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], instruction: str) -> list[str]:
    """Give the lines of an answer."""
    monkeypatch.setenv(VARIABLE, instruction)
    capsys.readouterr()
    assert run([]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out.splitlines()


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["estimate", "--gpu", "H20"], [name.replace(" ", "\\ ") for name in H20]),
        (["estimate", "--gpu", "h200-"], ["h200-sxm", "h200-nvl"]),
        (["estimate", "--gpu", "=", "h200-"], ["h200-sxm", "h200-nvl"]),
        (["estimate", "--gpu", "8xH200-"], ["8xH200-SXM", "8xH200-NVL"]),
        (["compare", "--gpu", "A100,H200-"], ["A100,H200-SXM", "A100,H200-NVL"]),
        (["estimate", "--gpu", "H999"], []),
        (["estimate", "--cpu", "intel-xeon-e5-2680"], ["intel-xeon-e5-2680-v3", "intel-xeon-e5-2680-v4"]),
        (["estimate", "--instance", "p5.4"], ["p5.4xlarge", "p5.48xlarge"]),
        (["estimate", "--location", "Denm"], ["Denmark"]),
        (["estimate", "--location", "new z"], ["New\\ Zealand"]),
        (["estimate", "--location", "aws", ":", "eu-west"], ["eu-west-1", "eu-west-2", "eu-west-3"]),
        (["estimate", "--location", "aws:eu-west"], ["aws:eu-west-1", "aws:eu-west-2", "aws:eu-west-3"]),
        (["import", "x.csv", "--location", "jean"], ["jean-zay"]),
        (["import", "x.csv", "--format", "slurm"], ["slurm-json", "slurm"]),
        (["import", "--time-zone", "europe/be"], ["Europe/Belfast", "Europe/Belgrade", "Europe/Berlin"]),
        (["history", "calibrate", "--time-zone", "Asia/Tok"], ["Asia/Tokyo"]),
        (["grids", "show", "jean"], ["jean-zay"]),
        (["profiles", "h200-"], ["h200-sxm", "h200-nvl"]),
        (["profiles", "show", "h200-"], ["h200-sxm", "h200-nvl"]),
        (["compare", "--places", "cloud", ":", "a"], ["aws", "azure"]),
        (["estimate", "--workload", ""], ["pretraining", "finetuning", "inference-like", "small"]),
        (["estimate", "--format", ""], ["table", "json", "csv"]),
        (["report", "--format", ""], [*FORMS, "svg", "png"]),
        (["batch", "jobs.csv", "--by", "month,pl"], ["month,place"]),
        (["history", "--by", "user,mo"], ["user,month"]),
        (["track", "--meter", "re"], ["replay:"]),
        (["validate", "--record", "patterson2021-gpt"], ["patterson2021-gpt3"]),
        (["est"], ["estimate"]),
        (["history", "re"], ["rematch", "rename"]),
        (["estimate", "--gp"], ["--gpu", "--gpu-hours"]),
        (["estimate", "--gpu", "V100", "--gp"], ["--gpu-hours"]),
        (["estimate", "--hours", ""], []),
        (["report", "-o", ""], []),
        (["track", "--name", "x", "--", "python", "--lo"], []),
        (["no-command", "x"], []),
    ],
    ids=" ".join,
)
def test_bash_is_told(
    words: list[str], answer: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Values that go on from what was typed, in its capitals; nothing where bash itself knows files."""
    assert in_bash(monkeypatch, capsys, *words) == answer


def test_runs_and_projects_are_those_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that is named before the cursor, or else the user's own."""
    write_run(tmp_path / "here", "bert-1", name="bert", project="nlp", user="ada")
    write_run(tmp_path / "there", "gpt-1", name="gpt", project="lm")
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "here"))
    assert in_bash(monkeypatch, capsys, "history", "show", "b") == ["bert-1"]
    assert in_bash(monkeypatch, capsys, "report", "") == ["bert-1", "last"]
    assert in_bash(monkeypatch, capsys, "history", "--project", "") == ["nlp"]
    assert in_bash(monkeypatch, capsys, "history", "--user", "a") == ["ada"]
    there = ["--home", str(tmp_path / "there")]
    assert in_bash(monkeypatch, capsys, "history", "show", *there, "") == ["gpt-1", "last"]
    assert in_bash(monkeypatch, capsys, "report", *there, "--project", "") == ["lm"]


def test_zsh_and_fish_are_told_the_meaning_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Colons of values are escaped for zsh; without a value it looks for files, and fish is told to do so."""
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "greentrain estimate --location aws:eu-west-3")
    assert asked(monkeypatch, capsys, "complete_zsh") == ["""_arguments '*: :(("aws\\\\:eu-west-3":"Paris"))'"""]
    assert asked(monkeypatch, capsys, "complete_fish") == ["aws:eu-west-3\tParis"]
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "greentrain report -o ")
    assert asked(monkeypatch, capsys, "complete_zsh") == ["_files"]
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "is-args")
    monkeypatch.setenv(VARIABLE, "complete_fish")
    assert run([]) == 1


def test_a_damaged_folder_keeps_nobody_from_typing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Profiles of one's own that break a rule: no value, and no word on the prompt."""
    (tmp_path / "accelerators.csv").write_text("id,no\n1,2\n")
    assert in_bash(monkeypatch, capsys, "estimate", "--profiles", str(tmp_path), "--gpu", "H1") == []


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_every_device_is_offered_in_a_way_that_is_understood(case: "type[str]") -> None:
    """In small and in capital letters, as the shell goes on from what was typed."""
    hardware = load_catalogue().hardware
    starts = {device.id[0] for device in hardware.accelerators}
    offered = {name for start in starts for name, _ in candidates(["estimate", "--gpu"], case(start))}

    assert {device.id for device in hardware.accelerators} <= {name.lower() for name in offered}
    assert all(hardware.find_accelerator(name) for name in offered)


def test_the_tables_name_options_that_exist() -> None:
    """Each keyword is an option or an argument of the command that is named with it, or of any."""
    known = set()
    for name in MODULES:
        found = command_of(name)
        for command in found.commands.values() if isinstance(found, Group) else [found]:
            keywords = {item.name for item in (*command.options, *command.arguments)}
            known |= {*keywords, *(f"{name} {keyword}" for keyword in keywords)}
    assert set(_CONSTANTS) | set(_LISTS) <= known
    for module, constant in _CONSTANTS.values():
        __import__(module)
        assert hasattr(sys.modules[module], constant)


def test_completion_loads_nothing_heavy() -> None:
    """A prompt does not wait for typer, arrays or tables, whatever is completed."""
    lines = [
        ["estimate", "--gpu"],
        ["estimate", "--location"],
        ["report", "--format"],
        ["history", "show"],
        ["track"],
        ["import", "--format"],
    ]
    program = (
        "import sys; from greentrain.cli.completion import candidates\n"
        f"for words in {lines}: [*candidates(words, '')]\n"
        "print(*{'typer', 'click', 'rich', 'numpy', 'pandas', 'plotly', 'codecarbon', 'rapidfuzz'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "")


@pytest.mark.slow
def test_bash_itself_completes(tmp_path: Path) -> None:
    """The script that is installed, in a bash: it fills in the words that the function is given."""
    (tmp_path / "greentrain").write_text(f"#!{sys.executable}\nfrom greentrain.cli import main\n\nmain()\n")
    (tmp_path / "greentrain").chmod(0o755)
    script = """
    eval "$(env _GREENTRAIN_COMPLETE=source_bash greentrain)"
    COMP_WORDS=(greentrain estimate --location aws : eu-west) COMP_CWORD=5
    _greentrain_completion greentrain
    printf '%s\\n' "${COMPREPLY[@]}"
    """
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    bash = shutil.which("bash") or "bash"
    done = subprocess.run([bash, "-euc", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("eu-west-1\neu-west-2\neu-west-3\n", "")
