"""``greentrain card``: what it writes, shows and refuses."""

import os
import stat
from pathlib import Path

import pytest

from greentrain import DataError, InputError, estimate, update_card
from greentrain.cli import run
from greentrain.cli.atomic_write import replace_file
from greentrain.reporting.model_card import BEGIN, END

RUN = ("--gpu", "V100-SXM2-16GB", "--hours", "96", "--power", "250", "--host-factor", "1", "--pue", "1",
       "--grid-intensity", "400")  # fmt: skip
TEXT = "---\r\nlicense: mit\r\n---\r\n# T\r\n"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """Make a card with line ends of Windows."""
    path = tmp_path / "README.md"
    path.write_bytes(TEXT.encode())
    return path


def expected() -> bytes:
    """Return the card as it ought to be."""
    result = estimate("V100-SXM2-16GB", hours=96, power=250, host_factor=1, pue=1, grid_intensity=400)
    return update_card(TEXT, result).encode()


def test_the_card_is_written_in_place(card: Path) -> None:
    """9,600 g; permissions stay, nothing is left beside it, and a second time changes nothing."""
    card.chmod(0o640)
    assert run(["card", str(card), *RUN]) == 0
    assert card.read_bytes() == expected()
    assert b"  emissions: 9600\r\n" in expected()
    assert stat.S_IMODE(card.stat().st_mode) == 0o640
    before = card.stat().st_mtime_ns
    assert run(["card", str(card), *RUN]) == 0
    assert card.stat().st_mtime_ns == before
    assert [path.name for path in card.parent.iterdir()] == ["README.md"]


def test_a_link_stays_one(card: Path, tmp_path: Path) -> None:
    """The file behind it is written."""
    link = tmp_path / "link.md"
    link.symlink_to(card)
    assert run(["card", str(link), *RUN]) == 0
    assert link.is_symlink()
    assert card.read_bytes() == expected()


def test_check_writes_nothing(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 until the card is up to date, as continuous integration wants it."""
    assert run(["card", str(card), *RUN, "--check"]) == 1
    message = f"greentrain: {card} is not up to date; the same command without --check writes it\n"
    assert capsys.readouterr() == ("", message)
    assert card.read_bytes() == TEXT.encode()
    card.write_bytes(expected())
    assert run(["card", str(card), *RUN, "--check"]) == 0


def test_diff_shows_and_writes_nothing(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a unified diff on stdout; nothing once the card is up to date."""
    assert run(["card", str(card), *RUN, "--diff"]) == 0
    shown = capsys.readouterr().out.split("\n")
    assert shown[:4] == ["--- a/README.md", "+++ b/README.md", "@@ -1,4 +1,21 @@", " ---"]
    assert "+  emissions: 9600" in shown
    assert card.read_bytes() == TEXT.encode()
    card.write_bytes(expected())
    assert run(["card", str(card), *RUN, "--diff", "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_diff_obeys_nothing_in_the_card(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Controls and marks of direction beside the changed lines are shown as escapes; a tab stays."""
    card.write_text("# T\n\x1b[2J\u202e\tx\n")
    assert run(["card", str(card), *RUN, "--diff"]) == 0
    shown = capsys.readouterr().out
    assert " \\x1b[2J\\u202e\tx\n" in shown
    assert [char for char in shown if not char.isprintable() and char not in "\n\t"] == []


def test_a_diff_of_a_long_card_shows_the_changes_alone(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 200,000 lines, the last three before each change, and the three behind it, numbered as they are."""
    lines = [f"x{number % 101}" for number in range(200_000)]
    card.write_text("---\nlicense: mit\n---\n" + "\n".join(lines) + "\n")
    assert run(["card", str(card), *RUN, "--diff"]) == 0
    shown = capsys.readouterr().out.splitlines()
    added = [number for number, line in enumerate(shown) if line.startswith("+")][1:]
    front = added.index(next(number for number in added if number - 1 not in added and number > added[0]))
    assert shown[2:5] == [f"@@ -1,5 +1,{5 + front} @@", " ---", " license: mit"]
    assert shown[added[front] - 4] == f"@@ -200001,3 +{200001 + front},{3 + len(added) - front} @@"
    assert sum(line.startswith("-") for line in shown) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--run", "x", "--project", "y"], 2, "--project 'y': excludes --run"),
        (["--run", "x", "--gpu", "V100"], 2, "--gpu 'V100': describes a run, and so excludes --run"),
        (
            ["--project", "y", "--home", "HOME"],
            2,
            "--project 'y': no tracked run belongs to it; 'greentrain history' lists them",
        ),
        (["--run", "x", "--home", "HOME"], 2, "ID 'x': no run has this id; 'greentrain history' lists them"),
        ([*RUN, "--training-type", "x"], 2, "--training-type 'x': must be pre-training or fine-tuning"),
        ([], 2, "--gpu: name the hardware with --gpu or --instance, or --cpu and --cpu-cores"),
    ],
)
def test_what_is_refused(
    card: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on stderr, the card untouched."""
    home = str(card.parent / "home")
    assert run(["card", str(card), *(home if word == "HOME" else word for word in arguments)]) == code
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(f"greentrain: {message}")
    assert card.read_bytes() == TEXT.encode()


def test_a_card_that_cannot_be_edited(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is named, and what is wrong with it."""
    card.write_text("---\na: [1\n---\n")
    assert run(["card", str(card), *RUN]) == 1
    assert capsys.readouterr().err == f"greentrain: {card}: card: the front matter is not YAML, line 3\n"


def test_a_missing_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """None is made."""
    path = tmp_path / "no.md"
    assert run(["card", str(path), *RUN]) == 2
    assert capsys.readouterr().err == f"greentrain: {path}: cannot be read: No such file or directory\n"
    assert not path.exists()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """In words, with the file's name."""
    path = tmp_path / "no" / "README.md"
    with pytest.raises(DataError, match=r"README\.md: cannot be written: No such file or directory$"):
        replace_file(str(path), b"")


def test_links_are_followed_and_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Own ones, also to a file that is not there yet, through folders and upward; a loop leads nowhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "to_b").symlink_to("a/b")
    (tmp_path / "a" / "b" / "x").symlink_to("../../to_b/../y")
    replace_file("to_b/x", b"text")
    (tmp_path / "loop").symlink_to("loop")

    assert (tmp_path / "a" / "y").read_bytes() == b"text"
    assert (tmp_path / "a" / "b" / "x").is_symlink()
    with pytest.raises(DataError, match=r"^loop: cannot be written: Too many levels of symbolic links$"):
        replace_file("loop", b"text")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root is any user")
@pytest.mark.parametrize(("owner", "mode", "is_followed"), [(1, 0o1777, False), (0, 0o1777, True), (1, 0o755, True)])
def test_links_of_others_where_they_can_write(tmp_path: Path, owner: int, mode: int, is_followed: bool) -> None:
    """They would have this user write what that other one cannot; in a folder of one's own somebody meant it."""
    (tmp_path / "all").mkdir()
    (tmp_path / "all").chmod(mode)
    link, victim = tmp_path / "all" / "report.html", tmp_path / "victim"
    link.symlink_to(victim)
    os.lchown(link, owner, owner)
    if is_followed:
        replace_file(str(link), b"text")
    else:
        with pytest.raises(DataError, match=r"report\.html is another user's link$"):
            replace_file(str(link), b"text")

    assert victim.exists() == is_followed


def test_a_new_file_gets_the_permissions_of_one(tmp_path: Path) -> None:
    """Those that any program would give it, not those of a temporary file."""
    usual, ours = tmp_path / "usual", tmp_path / "ours"
    usual.write_bytes(b"")
    replace_file(str(ours), b"text")
    assert ours.read_bytes() == b"text"
    assert ours.stat().st_mode == usual.stat().st_mode


MEASURED = "---\nco2_eq_emissions:\n  emissions: 300\n  source: {}\n---\n# T\n\n0.30 kg CO2e\n"


def test_what_is_replaced_is_named(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figure and source, on stderr; a second time there is nothing to replace."""
    card.write_text(MEASURED.format("ML CO2 Impact"))
    assert run(["card", str(card), *RUN]) == 0
    beside = f'greentrain: {card}: these words stay beside the new figure: "0.30 kg CO2e"\n'
    assert capsys.readouterr() == (
        "",
        f"greentrain: {card}: replaced 300 g (ML CO2 Impact) by 9,600 g\n{beside}",
    )
    assert run(["card", str(card), *RUN]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_bare_number_is_replaced_too(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As old cards have it."""
    card.write_text("---\nco2_eq_emissions: 2.6e-05\n---\n")
    assert run(["card", str(card), *RUN]) == 0
    assert capsys.readouterr().err == f"greentrain: {card}: replaced 26.0 ug by 9,600 g\n"


METERS = (
    "CodeCarbon", "code carbon", "Carbontracker 1.1", "AutoTrain", "wall meter", "measured by us",
    "greentrain 0.1.0, data 2026.11; measured in part, operational", "energy metered at the PDU", "read from the PDU",
    "metered at the rack", "electricity meter", "smart plug", "Kill A Watt", "Shelly plug", "measurements on site",
    "energy counter of the GPU", "rocm-smi", "HPE Cray PM counters", "slurm ConsumedEnergy", "Kepler exporter",
    "perf stat power/energy-pkg", "power logs of our cluster", "W&B system metrics (GPU power)",
    "gemessen mit Stromzaehler", "estimated from measured power", "not estimated, metered by the landlord",
)  # fmt: skip
ESTIMATES = (
    "", "ML CO2 Impact", "mlco2.github.io", "Machine Learning Impact calculator", "Green Algorithms v2.2", "estimated",
    "our own estimate from TDP and hours, not measured", "estimated from the number of parameters", "estimation faite",
    "Lacoste et al. 2019", "rough guess; no meter was read",
    "greentrain 0.1.0; estimated, computers without memory (not measured)",
)  # fmt: skip
"""Sources that say plainly that nobody measured, and none."""
UNCLEAR = ("paper", "our technical report", "the cluster's operator", "calculated by the data centre", "energy bureau")


@pytest.mark.parametrize("source", METERS)
def test_a_measurement_does_not_give_way_to_an_estimate(
    card: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, the file untouched, until --replace is given; --check says the same and not that it will be."""
    text = MEASURED.format(f'"{source}"')
    card.write_text(text)
    message = (
        f"greentrain: {card}: card: states 300 g, measured ({source}), which an estimate of 9,600 g "
        "must not replace unasked; --replace does\n"
    )
    for more in ((), ("--check",)):
        assert run(["card", str(card), *RUN, *more]) == 1
        assert capsys.readouterr() == ("", message)
        assert card.read_text() == text
    assert run(["card", str(card), *RUN, "--replace"]) == 0
    assert "replaced 300 g" in capsys.readouterr().err
    assert "  emissions: 9600\n" in card.read_text()


@pytest.mark.parametrize("source", ESTIMATES)
def test_an_estimate_gives_way_to_another(card: Path, source: str) -> None:
    """Or what no source is stated of."""
    card.write_text(MEASURED.format(f'"{source}"'))
    assert run(["card", str(card), *RUN]) == 0


@pytest.mark.parametrize("source", UNCLEAR)
def test_what_is_not_said_to_be_an_estimate_does_not_give_way(
    card: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be a measurement; --replace decides."""
    text = MEASURED.format(source)
    card.write_text(text)
    assert run(["card", str(card), *RUN]) == 1
    assert capsys.readouterr().err == (
        f"greentrain: {card}: card: states 300 g ({source}), which does not say that it is an estimate and which an "
        "estimate of 9,600 g must not replace unasked; --replace does\n"
    )
    assert card.read_text() == text
    assert run(["card", str(card), *RUN, "--replace"]) == 0


@pytest.mark.parametrize(
    "front",
    [
        "co2_eq_emissions:\n  emissions: 300 # measured by wall meter",
        "co2_eq_emissions:\n  # metered at the PDU\n  emissions: 300\n  source: ''",
        "co2_eq_emissions: 300 # CodeCarbon",
        "co2_eq_emissions: {emissions: 300, tool: NVML}",
        "co2_eq_emissions:\n  emissions: 300 g, measured\n",
        "tags:\n- autotrain\nco2_eq_emissions: 300",
    ],
)
def test_a_measurement_may_be_said_beside_the_figure(card: Path, front: str) -> None:
    """In a comment, a key of its own, the value itself, or the tag of a tool that measures."""
    card.write_text(f"---\nlicense: mit # as measured by lawyers\n{front}\n---\n# T\n")
    assert run(["card", str(card), *RUN]) == 1
    assert run(["card", str(card), *RUN, "--replace"]) == 0


@pytest.mark.parametrize("comment", ["in grams of CO2eq", "a comment", "TODO", "not measured"])
def test_other_comments_are_none(card: Path, comment: str) -> None:
    """Of units and plans; of another key too."""
    card.write_text(f"---\nlicense: mit # as measured\nco2_eq_emissions: 300 # {comment}\nx: 1 # metered\n---\n# T\n")
    assert run(["card", str(card), *RUN]) == 0


BODY = "# T\n\n## Environmental Impact\n\n- **Hardware Type:** V100\n- **Hours used:** [More Information Needed]\n"


@pytest.mark.parametrize(
    "value",
    ["300 g, measured by codecarbon", "34 kg, measured with CodeCarbon", "2.1 tCO2eq (smart plug)", "300 g (NVML)",
     "34 kg CO2 from the power logs"],
)  # fmt: skip
def test_a_measurement_in_the_section_does_not_give_way(
    card: Path, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though the front matter states nothing; with --replace it does, and is named."""
    text = f"{BODY}- **Carbon Emitted:** {value}\n"
    card.write_text(text)
    assert run(["card", str(card), *RUN]) == 1
    assert capsys.readouterr().err == (
        f'greentrain: {card}: card: states "{value}", measured, which an estimate of 9,600 g must not replace unasked; '
        "--replace does\n"
    )
    assert card.read_text() == text
    assert run(["card", str(card), *RUN, "--replace"]) == 0
    named = f"replaced in the section: Hardware Type: V100; Carbon Emitted: {value}"
    assert capsys.readouterr().err == f"greentrain: {card}: {named}\n"


@pytest.mark.parametrize(
    "value",
    ["300 g", "0.3 kg CO2eq", "~300 gCO2e", "about 2.1 metric tons of CO2 equivalents", "300 g (estimated)", "2 lbs",
     "1,200 kg CO₂ (ML CO2 Impact calculator)"],
)  # fmt: skip
def test_a_bare_figure_in_the_section_is_replaced_and_named(
    card: Path, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the other facts that somebody filled in; a second time nothing is said."""
    card.write_text(f"{BODY}- **Carbon Emitted:** {value}\n")
    assert run(["card", str(card), *RUN]) == 0
    named = f"replaced in the section: Hardware Type: V100; Carbon Emitted: {value}"
    assert capsys.readouterr().err == f"greentrain: {card}: {named}\n"
    assert run(["card", str(card), *RUN]) == 0
    assert capsys.readouterr() == ("", "")


def test_words_of_a_measurement_below_a_bare_figure_count(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence is quoted."""
    card.write_text(f"{BODY}- **Carbon Emitted:** 300 g\n\nMetered at the wall.\n")
    assert run(["card", str(card), *RUN]) == 1
    assert 'states "300 g", measured (Metered at the wall.), which' in capsys.readouterr().err


def test_a_measured_block_of_ours_does_not_give_way_either(card: Path) -> None:
    """Where somebody took the front matter away."""
    block = "- **Carbon Emitted:** 300 g CO2e = 0.300 kg CO2e\n\nEnergy was measured. Boundary: x."
    card.write_text(f"# T\n\n## Environmental Impact\n\n{BEGIN}\n{block}\n{END}\n")
    assert run(["card", str(card), *RUN]) == 1
    card.write_text(card.read_text().replace("was measured", "was estimated"))
    assert run(["card", str(card), *RUN]) == 0


def test_figures_that_stay_are_named(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Amounts of CO2e and energy in the text, not the intensity of a grid, code or other weights."""
    card.write_text(
        "---\nco2_eq_emissions:\n  emissions: 300 # wall meter\n---\n# T\n\nIt took 0.30 kg CO2e and 0.6 kWh.\n"
        "The grid has 56 g CO2/kWh. The robot weighs 5 kg.\n\n```\n3 kWh\n```\n"
    )
    assert run(["card", str(card), *RUN, "--replace"]) == 0
    assert capsys.readouterr().err == (
        f"greentrain: {card}: replaced 300 g by 9,600 g\n"
        f'greentrain: {card}: these words stay beside the new figure: "It took 0.30 kg CO2e and 0.6 kWh.", '
        '"# wall meter"\n'
    )


def test_the_library_refuses_the_same() -> None:
    """With the keyword's name."""
    result = estimate("V100-SXM2-16GB", hours=96, power=250, host_factor=1, pue=1, grid_intensity=400)
    with pytest.raises(InputError, match=r"states 300 g, measured \(CodeCarbon\).*; replace does$"):
        update_card(MEASURED.format("CodeCarbon"), result)
    assert "emissions: 9600\n" in update_card(MEASURED.format("CodeCarbon"), result, replace=True)
