"""The short way: commands read from their tables say the same as typer makes of them."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import greentrain
from greentrain.cli import run
from greentrain.cli.app import add_command, run_app
from greentrain.cli.options import Command, Group, flag_of
from greentrain.cli.parser import MODULES, command_of, parse


def commands() -> Iterator[tuple[tuple[str, ...], Command]]:
    """Every command with the words that name it."""
    for name in MODULES:
        found = command_of(name)
        if isinstance(found, Group):
            yield from (((name, word), command) for word, command in found.commands.items())
        else:
            yield (name,), found


def lines(command: Command) -> Iterator[list[str]]:
    """Ways to type a command: each option by itself in every spelling, all together, between and after arguments."""
    words = [f"<{argument.name}>" for argument in command.arguments]
    required = [f"{flag_of(option.name)}=r" for option in command.options if option.is_required]
    typed: list[str] = []
    for option in command.options:
        flag = flag_of(option.name)
        ways = [[flag]] if option.is_switch else [[flag, "a b"], [f"{flag}=x=y"], [f"{flag}="], [flag, "-5"]]
        ways += [[option.letter, "z"]] if option.letter else []
        others = [] if option.is_required else required
        for way in ways:
            yield [*others, *way, *words]
            yield [*way, *words, *others] if command.wraps else [*words, *way, *others]
        typed += ways[-1]
    yield [*typed, *words]
    yield [*required, *words[: sum(argument.is_required for argument in command.arguments)]]
    if command.wraps:
        yield [*typed, "--", "python", "x.py", "--name", "-v", "--", "y"]
        yield [*typed, "python", "x.py", "--name", "-v", "--", "y"]


def typer_says(command: Command, words: list[str]) -> dict[str, Any]:
    """Let typer read the words and give what the command would get."""
    calls: list[dict[str, Any]] = []
    app = typer.Typer(rich_markup_mode=None)
    app.callback()(lambda: None)
    add_command(app, "it", command._replace(run=lambda values: calls.append(values) or 0))  # type: ignore[func-returns-value]
    app(["it", *words], standalone_mode=False)
    (values,) = calls
    return values


COMMANDS = list(commands())


@pytest.mark.slow
@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=["-".join(path) for path, _ in COMMANDS])
def test_both_ways_read_the_same(path: tuple[str, ...], command: Command) -> None:
    """The same names with the same values, in the same order, however they are typed."""
    for words in lines(command):
        found = parse([*path, *words])
        assert found is not None, words
        assert found[0] == command
        assert list(found[1].items()) == list(typer_says(command, words).items()), words


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["profiles", "V100"], {"word": "V100"}),
        (["profiles", "--json"], {"json": True}),
        (["profiles", "list", "show"], {"word": "show"}),
        (["grids", "fr", "--profiles", "mine"], {"word": "fr", "profiles": "mine"}),
        (["history"], {}),
        (["history", "--project", "nlp", "--csv"], {"project": "nlp", "csv": True}),
    ],
)
def test_a_group_lists_where_no_command_is_named(words: list[str], values: dict[str, Any]) -> None:
    """The first word that is no option decides."""
    found = parse(words)
    group = command_of(words[0])

    assert isinstance(group, Group)
    assert found == (group.commands["list"], values)


@pytest.mark.parametrize(
    "arguments",
    [
        ["profiles", "A100"],
        ["profiles", "show", "t4", "--json"],
        ["grids", "fran"],
        ["grids", "show", "FR"],
        ["history", "--home", "{empty}"],
        ["history", "list", "--home", "{empty}", "--json"],
        ["validate", "--tier", "T4"],
        ["watch", "--home", "{empty}"],
        ["profiles", "show", "T400"],
        ["history", "show", "nope", "--home", "{empty}"],
    ],
)
def test_both_ways_print_the_same(arguments: list[str], tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Output, errors and exit codes, but for errors that `run` words, which typer passes on."""
    arguments = [word.replace("{empty}", str(tmp_path)) for word in arguments]
    assert parse(arguments) is not None
    code = run(arguments)
    short = capsys.readouterr()
    try:
        other = run_app(arguments)
    except greentrain.InputError:
        other = 2
        assert short.err.startswith("greentrain: ")
        assert short.out == ""
    else:
        assert capsys.readouterr() == short
    assert other == code


@pytest.mark.parametrize("arguments", [["profiles"], ["grids", "show", "FR"], ["history", "--json"], ["--version"]])
def test_the_short_way_loads_no_typer(arguments: list[str]) -> None:
    """Nor what typer brings with it."""
    program = (
        "import sys\nfrom greentrain.cli.main import run\n"
        f"code = run({arguments!r})\n"
        "print(code, sorted({'typer', 'click', 'pydantic', 'rich'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_the_version_is_told_before_anything_is_loaded() -> None:
    """Of greentrain's own rooms only the start and the versions."""
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom greentrain.cli.main import run\nrun(['--version'])\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    told, loaded = done.stdout.splitlines()
    assert told == f"greentrain {greentrain.__version__}, data {greentrain._version.DATA_VERSION}"
    assert (
        loaded == "['gc', 'greentrain', 'greentrain._lazy', 'greentrain._version', 'greentrain.cli', "
        "'greentrain.cli.foreign_package', 'greentrain.cli.main']"
    )
