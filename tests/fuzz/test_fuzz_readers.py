"""What readers of strangers' text do with any text: they refuse it by a named exception, or use it."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from conftest_fuzz import FUZZ
from hypothesis import given
from hypothesis import strategies as st
from journals_of_reports import write_run

import greentrain
from greentrain import GreentrainError, History, InputError, report
from greentrain.cli import run
from greentrain.cli.options import ESTIMATE_OPTIONS, flag_of
from greentrain.cli.parser import MODULES, parse
from greentrain.reporting.model_card import find_front_matter, updated_card

ODD = st.sampled_from(
    ["", " ", "-", "--", "=", "-o", "\x1b[2J", "\udcff", "\u202e", "\uff11", "1e999", "nan", "-0", "0x10", "V100", "1",
     "9" * 400, "a" * 300, "FR", "none", "{gpu}", "%s", "\n", "--json", "--help", "x y", "/dev/null", "../..", "\ufeff"]
) | st.text(max_size=20)  # fmt: skip
FLAGS = st.sampled_from(
    [flag_of(option.name) for option in ESTIMATE_OPTIONS] + ["--nope", "--hour", "-h", "--gpu=V100"]
)
WORDS = st.lists(FLAGS | ODD, max_size=8)
PIECES = st.sampled_from(
    ["---\n", "a: 1\n", "co2_eq_emissions: 5\n", "co2_eq_emissions:\n  emissions: 1 # c\n  source: x\n", "b: &b [1]\n",
     "c: *b\n", "{d: 1}\n", "e: |\n  t\n", "\n", "# T\n", "## Environmental Impact\n", "```\n", "<!--", "-->\n",
     "===\n", "- **Hardware Type:** x\n", "\t", "\r", "\r\n", "\ufeff", "...\n", "? [x]\n", "date: 2024-13-45\n",
     "!!int x\n", "<<: *b\n", "'", '"', "[", "{", ": ", "\x01", "\u2028", "9" * 500]
) | st.text(max_size=12)  # fmt: skip
ESTIMATE = greentrain.estimate("V100", hours=1, location="FR")
TABLE = "id,gpu,count,hours,energy_kwh,co2e_kg,location\na,V100,8,10,20,5,FR\nb,A100,1,1,0.4,,\n"


def check_message(error: GreentrainError) -> None:
    """A message is one line without controls."""
    assert str(error).isprintable()


def outcome(words: list[str]) -> tuple[int, str, str]:
    """Run a command and return its code and what it wrote."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as error:
        try:
            code = run(words)
        except SystemExit as left:
            code = int(left.code or 0)
    return code, out.getvalue(), error.getvalue()


@FUZZ
@given(st.sampled_from([name for name in MODULES if name not in ("track", "watch", "serve")]), WORDS)
def test_any_command_line_ends_in_a_code(command: str, words: list[str]) -> None:
    """Misuse is 2, one line on stderr without controls, and nothing on stdout."""
    if command in ("report", "card", "history") and {"-o", "--output"} & {word.split("=")[0] for word in words}:
        words = [word for word in words if not word.startswith(("-o", "--output"))]
    code, out, error = outcome([command, *words])
    assert code in (0, 1, 2)
    if code == 2:
        assert out == ""
        assert error.startswith("greentrain: ")
        assert error.count("\n") == 1
        assert error.rstrip("\n").isprintable()


@FUZZ
@given(st.lists(st.tuples(FLAGS, ODD).map(list) | ODD.map(lambda word: [word]), max_size=4))
def test_both_readers_of_options_agree(parts: list[list[str]]) -> None:
    """What the short way reads, typer reads in the same way."""
    from greentrain.cli.app import run_app

    words = ["estimate", "--gpu", "V100", "--hours", "1", *(word for part in parts for word in part)]
    try:
        is_plain = parse(words) is not None
    except InputError:
        return
    if not is_plain:
        return
    short = outcome(words)
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as error:
        from greentrain.cli import reported

        code = reported(lambda: run_app(words))
    assert (code, out.getvalue(), error.getvalue()) == short


@FUZZ
@given(st.lists(PIECES, max_size=12), st.lists(PIECES, max_size=12), st.booleans())
def test_any_card_is_refused_or_keeps_all_that_it_had(front: list[str], body: list[str], has_front: bool) -> None:
    """Writing twice changes nothing, and what is outside of the block stays."""
    card = ("---\n" + "".join(front) + "---\n" if has_front else "") + "".join(body)
    try:
        once = greentrain.update_card(card or "\n", ESTIMATE, replace=True)
    except GreentrainError as error:
        check_message(error)
        return
    found = find_front_matter(once)
    assert found is not None
    assert "co2_eq_emissions" in found.text
    assert updated_card(once, greentrain.reporting.report_data_of(ESTIMATE)) == once


@FUZZ
@given(st.lists(st.tuples(st.integers(0, len(TABLE)), st.integers(0, 4), ODD), min_size=1, max_size=4))
def test_any_table_is_refused_or_read(tmp_path: Path, changes: list[tuple[int, int, str]]) -> None:
    """Cells, quotes, line ends and headers that are changed anywhere."""
    text = TABLE
    for place, gone, word in changes:
        text = text[:place] + word + text[place + gone :]
    path = tmp_path / "references.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        greentrain.validate(path)
    except GreentrainError as error:
        check_message(error)


@FUZZ
@given(st.data())
def test_any_journal_is_read_or_named(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Bytes changed, added and lost: the history lists the run, or names it among those that cannot be read."""
    home = tmp_path_factory.mktemp("home")
    folder = write_run(home, "a", name="n", project="p", spans=[("s", 1, 2)])
    for path in sorted(folder.iterdir()):
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(0, 3))):
            place = data.draw(st.integers(0, len(content) - 1))
            content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
            content = content or bytearray(b"\n")
        path.write_bytes(content)
    selected = History(home).select()
    for each in selected.runs:
        each.to_json()
        try:
            report(each, "text")
        except InputError as error:
            check_message(error)
    assert len(selected.runs) + len(selected.unreadable) <= 1
