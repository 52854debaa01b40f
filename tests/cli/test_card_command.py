"""``greentrain card``: what it writes, shows and refuses."""

import stat
from pathlib import Path

import pytest

from greentrain import DataError, InputError, estimate, update_card
from greentrain.cli import run
from greentrain.cli.atomic_write import replace_file

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
    card.write_text(MEASURED.format("paper"))
    assert run(["card", str(card), *RUN]) == 0
    assert capsys.readouterr() == ("", f"greentrain: {card}: replaced 300 g (paper) by 9,600 g\n")
    assert run(["card", str(card), *RUN]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_bare_number_is_replaced_too(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As old cards have it."""
    card.write_text("---\nco2_eq_emissions: 2.6e-05\n---\n")
    assert run(["card", str(card), *RUN]) == 0
    assert capsys.readouterr().err == f"greentrain: {card}: replaced 0.000026 g by 9,600 g\n"


@pytest.mark.parametrize(
    "source",
    ["CodeCarbon", "code carbon", "Carbontracker 1.1", "AutoTrain", "wall meter", '"measured by us"',
     '"greentrain 0.1.0, data 2026.11; measured in part, operational"'],
)  # fmt: skip
def test_a_measurement_does_not_give_way_to_an_estimate(
    card: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, the file untouched, until --replace is given; --check says the same and not that it will be."""
    text = MEASURED.format(source)
    card.write_text(text)
    message = (
        f"greentrain: {card}: card: states 300 g, measured ({source.strip(chr(34))}), which an estimate of 9,600 g "
        "must not replace unasked; --replace does\n"
    )
    for more in ((), ("--check",)):
        assert run(["card", str(card), *RUN, *more]) == 1
        assert capsys.readouterr() == ("", message)
        assert card.read_text() == text
    assert run(["card", str(card), *RUN, "--replace"]) == 0
    assert "replaced 300 g" in capsys.readouterr().err
    assert "  emissions: 9600\n" in card.read_text()


@pytest.mark.parametrize(
    "source", ["", "paper", '"ML CO2 Impact"', '"greentrain 0.1.0; estimated, computers without memory (not measured)"']
)
def test_an_estimate_gives_way_to_another(card: Path, source: str) -> None:
    """Or what no source is stated of."""
    card.write_text(MEASURED.format(source))
    assert run(["card", str(card), *RUN]) == 0


def test_the_library_refuses_the_same() -> None:
    """With the keyword's name."""
    result = estimate("V100-SXM2-16GB", hours=96, power=250, host_factor=1, pue=1, grid_intensity=400)
    with pytest.raises(InputError, match=r"states 300 g, measured \(CodeCarbon\).*; replace does$"):
        update_card(MEASURED.format("CodeCarbon"), result)
    assert "emissions: 9600\n" in update_card(MEASURED.format("CodeCarbon"), result, replace=True)
