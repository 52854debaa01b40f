"""What can be wrong with a folder of a user's own profiles, and the exact messages."""

from pathlib import Path

import pytest
from profile_folders import GOOD, HEADER, ONE_THING, OUT_OF_RANGE, problems_of, write

from greentrain import DataError, InputError, UnknownName, estimate, load_catalogue
from greentrain.catalogue import check_profiles

PLAIN = "write digits and at most one decimal point, without unit, thousands separator or exponent"
CLASSES = "sxm-node, pcie-server, workstation, laptop, tpu, superchip, soc, system, chip"
NO_SLUG = "is not lower-case letters and digits joined by hyphens"
NEAR_SOURCES = "techpowerup or techpowerup_cpu"
NO_SOURCE = "is no id of sources.csv, ours or yours, nor a URL, a DOI, an arXiv number or a title of several words"


# A row of a user's accelerators.csv, and its message after "accelerators.csv, row 2, ".
DEVICES = [
    ("my-card,My card,workstation,-300,a b", f"column tdp_w: -300 {OUT_OF_RANGE} greater than 0 and at most 30,000 W"),
    ("my-card,My card,workstation,0,a b", f"column tdp_w: 0 {OUT_OF_RANGE} greater than 0 and at most 30,000 W"),
    (
        "my-card,My card,workstation,30001,a b",
        f"column tdp_w: 30001 {OUT_OF_RANGE} greater than 0 and at most 30,000 W",
    ),
    ('my-card,My card,workstation,"1,300",a b', f"column tdp_w: '1,300' is not a plain number; {PLAIN}"),
    ("my-card,My card,workstation,300 W,a b", f"column tdp_w: '300 W' is not a plain number; {PLAIN}"),
    ("my-card,My card,workstation,nan,a b", f"column tdp_w: 'nan' is not a plain number; {PLAIN}"),
    ("my-card,My card,workstation,inf,a b", f"column tdp_w: 'inf' is not a plain number; {PLAIN}"),
    ("my-card,My card,workstation,3e2,a b", f"column tdp_w: '3e2' is not a plain number; {PLAIN}"),
    ("my-card,My card,workstation,1_000,a b", f"column tdp_w: '1_000' is not a plain number; {PLAIN}"),
    # Arabic-Indic digits, which Python would read.
    ("my-card,My card,workstation,\u0663\u0660,a b", f"column tdp_w: '\u0663\u0660' is not a plain number; {PLAIN}"),
    (f"my-card,My card,workstation,{400 * '9'},a b", "column tdp_w: the number is not finite"),
    ("my-card,My card,workstaton,300,a b", f"column hardware_class: 'workstaton' is not one of {CLASSES}"),
    ("my-card,My card,gpu,300,a b", f"column hardware_class: 'gpu' is not one of {CLASSES}"),
    ("my-card,My card,,300,a b", "column hardware_class: must not be blank"),
    (",My card,workstation,300,a b", "column id: must not be blank"),
    ("my-card,My card,workstation,300,", "column source: must not be blank"),
    ("My Card,My card,workstation,300,a b", f"column id: 'My Card' {NO_SLUG}; did you mean my-card?"),
    ("my-card,---,workstation,300,a b", "column name: '---' has no letter or digit"),
    ("my-card,A100,workstation,300,a b", f"column name: 'A100' is a name of the shipped A100; {ONE_THING}"),
    ("my-card,tesla t4,workstation,300,a b", f"column name: 'tesla t4' is a name of the shipped t4; {ONE_THING}"),
    (
        "my-card,My card,workstation,300,techpowerp",
        f"column source: 'techpowerp' {NO_SOURCE}; did you mean {NEAR_SOURCES}?",
    ),
    ("my-card,My card,workstation,300", "4 cells where the header has 5"),
    (
        "my-card,My card,workstation,300,a, b",
        "6 cells where the header has 5; put a cell that holds a comma in double quotes",
    ),
]


@pytest.mark.parametrize(("row", "message"), DEVICES)
def test_a_bad_device(tmp_path: Path, row: str, message: str) -> None:
    """One fault gives one problem, and the catalogue refuses the folder with the same message."""
    write(tmp_path, accelerators=f"{HEADER}\n{row}")
    separator = ", " if message.startswith("column") else ": "
    assert problems_of(tmp_path) == [f"accelerators.csv, row 2{separator}{message}"]
    with pytest.raises(DataError) as caught:
        load_catalogue(profiles=tmp_path)
    assert str(caught.value) == f"{tmp_path}/accelerators.csv, row 2{separator}{message}"


def test_columns_separated_by_semicolons(tmp_path: Path) -> None:
    """What European spreadsheets write is named for what it is."""
    write(tmp_path, accelerators="id;name;hardware_class;tdp_w;source\nmy-card;My card;workstation;300;x")
    assert problems_of(tmp_path)[0] == (
        "accelerators.csv, row 1, column id;name;hardware_class;tdp_w;source: "
        "unknown column; separate columns by commas"
    )


def test_not_utf_8(tmp_path: Path) -> None:
    """The first byte that is not UTF-8 is named."""
    (tmp_path / "accelerators.csv").write_bytes(f"{HEADER}\n".encode() + b"card,Karte gro\xdf,workstation,300,a b\n")
    assert problems_of(tmp_path) == ["accelerators.csv: not UTF-8: byte 50 is 0xdf"]


def test_every_problem_is_listed_and_the_first_is_raised(tmp_path: Path) -> None:
    """The check goes on after a fault; the refusal says how many more there are and how to see them."""
    write(
        tmp_path,
        accelerators=f"{HEADER}\nMy Card,My card,gpu,-1,a b\n\nd,MY CARD,chip,5,a b\nc,C,chip,x,a b",
        cpus="id,name,tdp_w,cores,source\nmine,Mine,0,8,a b",
    )
    found = check_profiles(tmp_path)
    assert [(problem.file, problem.row, problem.column) for problem in found] == [
        ("accelerators.csv", 2, "id"),
        ("accelerators.csv", 2, "hardware_class"),
        ("accelerators.csv", 2, "tdp_w"),
        ("accelerators.csv", 4, "name"),
        ("accelerators.csv", 5, "tdp_w"),
        ("cpus.csv", 2, "tdp_w"),
    ]
    with pytest.raises(DataError) as caught:
        estimate("T4", hours=1, profiles=tmp_path)
    error = caught.value
    assert (error.file, error.row, error.column) == (f"{tmp_path}/accelerators.csv", 2, "id")
    assert error.rule == (
        "'My Card' is not lower-case letters and digits joined by hyphens; did you mean my-card? "
        f"(and 5 more; 'greentrain profiles check {tmp_path}' lists them)"
    )


def test_row_numbers_are_lines_of_the_file(tmp_path: Path) -> None:
    """Blank lines and cells of several lines count as the lines that they are."""
    rows = 'a,"A\nB",chip,1,a b\n\n,,,,\nb,B,chip,none,a b'
    write(tmp_path, accelerators=f"{HEADER}\n{rows}")
    assert problems_of(tmp_path) == [f"accelerators.csv, row 6, column tdp_w: 'none' is not a plain number; {PLAIN}"]


def test_no_such_folder(tmp_path: Path) -> None:
    """The folders next to it with near names are suggested, none is taken."""
    (tmp_path / "profiles").mkdir()
    missing = tmp_path / "profles"
    with pytest.raises(UnknownName) as caught:
        load_catalogue(profiles=missing)
    assert str(caught.value) == f"profiles '{missing}': no such folder; did you mean {tmp_path}/profiles?"
    assert caught.value.suggestions == (f"{tmp_path}/profiles",)


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    """The folder around it is what is asked for."""
    file = write(tmp_path, accelerators=HEADER) / "accelerators.csv"
    with pytest.raises(InputError) as caught:
        load_catalogue(profiles=file)
    assert str(caught.value) == f"profiles '{file}': is a file; name the folder that holds it"


def test_no_name_of_a_folder() -> None:
    """An empty name does not mean the current folder."""
    with pytest.raises(InputError) as caught:
        load_catalogue(profiles="")
    assert str(caught.value) == "profiles '': must name a folder"


def test_a_folder_with_nothing_known_in_it(tmp_path: Path) -> None:
    """The known files are named; other kinds of file do not count."""
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_catalogue(profiles=tmp_path)
    known = "accelerators.csv, families.csv, cpus.csv, "
    assert str(caught.value).startswith(
        f"profiles '{tmp_path}': holds no file that greentrain knows; known are {known}"
    )


def test_a_folder_with_only_a_misspelt_file_in_it(tmp_path: Path) -> None:
    """The near known name is suggested; a brace in the file's name does no harm."""
    (tmp_path / "acelerators{}.csv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_catalogue(profiles=tmp_path)
    assert str(caught.value).startswith(
        f"profiles '{tmp_path}': holds no file that greentrain knows "
        "(acelerators{}.csv may be meant as accelerators.csv); known are accelerators.csv, "
    )


def test_other_kinds_of_file_are_left_alone(tmp_path: Path) -> None:
    """Notes, hidden files and folders next to the tables are left alone."""
    write(tmp_path, accelerators=f"{HEADER}\n{GOOD}")
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    (tmp_path / ".accelerators.csv").write_text("half a save", encoding="utf-8")
    (tmp_path / "old").mkdir()
    assert problems_of(tmp_path) == []
