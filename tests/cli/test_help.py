"""The help of the commands: one screen of 80 columns each, with what people type first on top and nothing left out."""

from collections.abc import Iterator

import pytest

from greentrain.cli import run
from greentrain.cli.help import COMMAND_GROUPS
from greentrain.cli.options import Command, Group, flag_of
from greentrain.cli.parser import MODULES, command_of

SCREEN = 40
WIDTH = 80
LONG = ("estimate", "batch", "compare", "when", "report", "card", "track")
ESTIMATE = """\
Usage: greentrain estimate [OPTIONS]

  Estimate energy, CO2e and water of a training run.

  Example: greentrain estimate --gpu V100 --hours 96 --location FR

Most used:
  --gpu NAME        Accelerator: id, alias or driver name, also 8xA100.
  --count N         Number of accelerators, or of instances. [1]
  --hours H         Wall-clock hours of one run.
  --location PLACE  Country, state or cloud region: FR, US-CA, aws:us-east-1.
  --params N        Parameters: 8e9 or 8B.
  --tokens N        Tokens trained on: 15e12 or 15T.
  --power W         Measured mean power of one accelerator, in W.
  --pue F           Power usage effectiveness of the facility.
  --explain         Show every input with its source, and the formula in
                    numbers.
  --json            Short for --format json.

More options; --help-all explains them:
  Hardware: --instance --profiles
  Time: --gpu-hours --runs --seeds --failed-share
  Language model: --active-params --flops --architecture --precision --mfu
  Power: --utilization --workload --host-factor --host-power
  Host in parts: --cpu --cpu-cores --memory-gb
  Place: --year --grid-intensity --site
  Output: --compare-methods --format --save --name --project --home
  Limit: --max-kg --max-kwh --at
"""


def commands() -> Iterator[tuple[str, Command]]:
    """Every command with the words that name it."""
    for name in MODULES:
        found = command_of(name)
        if isinstance(found, Group):
            yield from ((f"{name} {word}", command) for word, command in found.commands.items())
        else:
            yield name, found


COMMANDS = dict(commands())


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Print a help and return it."""
    assert run(words) == 0
    return capsys.readouterr().out


def test_the_help_of_an_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    """In full: ten options with their explanation, the others by name."""
    assert shown(capsys, "estimate", "--help") == ESTIMATE


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_fits_one_screen_and_leaves_nothing_out(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every option is named whole, and every argument; `--help-all` has the words of each."""
    text, whole = (shown(capsys, *name.split(), option) for option in ("--help", "--help-all"))

    assert len(text.splitlines()) <= SCREEN
    assert max(map(len, [*text.splitlines(), *whole.splitlines()])) <= WIDTH
    words, words_of_all = text.split(), " ".join(whole.split())
    for option in COMMANDS[name].options:
        assert flag_of(option.name) in words
        assert option.help in words_of_all
    for argument in COMMANDS[name].arguments:
        assert f"{argument.metavar} {argument.help}" in words_of_all


@pytest.mark.parametrize("name", COMMANDS)
def test_what_people_type_first_comes_first(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a command with many options ten stand in the first group, which a command has no option for twice."""
    table = COMMANDS[name]
    names = [option.name for option in table.options]

    assert set(table.first) <= set(names)
    assert len(set(table.first)) == len(table.first) <= 10
    assert (len(table.first) == 10) == (name in (*LONG, "import"))
    if table.first:
        first = shown(capsys, *name.split(), "-h").split("Most used:\n")[1].partition("\n\n")[0]
        rows = [line.removeprefix("  ").replace("-o, ", "") for line in first.splitlines()]
        assert [row.split()[0] for row in rows if row.startswith("--")] == [flag_of(one) for one in table.first]


def test_the_commands_are_listed_whole_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    """Each stands in one group, and no line is cut short."""
    text = shown(capsys, "--help")

    listed = [line.split()[0] for line in text.partition("\n\n")[2].splitlines() if line[:3].strip() and line[0] == " "]
    assert sorted(name for name in listed if name in MODULES) == sorted(MODULES)
    assert "..." not in text.partition("\n\n")[2]
    assert len(text.splitlines()) <= SCREEN
    assert all(f"\n{title}:\n" in text for title in COMMAND_GROUPS)


def test_the_short_help_of_a_wrapped_command_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Help that is asked of the wrapped program is for that program: `--help-all` behind its name is a word of it."""
    assert run(["track", "--meter", "none", "--quiet", "--", "true", "--help-all"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if command.arguments])
def test_arguments_stand_under_a_title_that_is_theirs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Above the most used or all options, else on their own, and in capitals: not under a group of options."""
    assert run([*name.split(), "--help-all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for argument in COMMANDS[name].arguments:
        at = next(number for number, line in enumerate(lines) if line.startswith(f"  {argument.metavar} "))
        title = next(line for line in reversed(lines[:at]) if line.endswith(":") and not line.startswith(" "))
        assert title in ("Most used:", "Options:", "Arguments:")
        assert argument.metavar == argument.metavar.upper()
