"""Reading records: ours and a user's own, blank cells, extra columns, and what is wrong with a file."""

from pathlib import Path

import pytest

from greentrain import DataError, InputError, UnknownName
from greentrain.validation import Reference, read_references

HEADER = "id,accelerator,accelerator_count,wall_hours,pue,published_energy_kwh,published_co2e_kg"


def written(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Write a CSV file."""
    file = folder / "own.csv"
    file.write_text("\n".join(lines) + "\n", encoding=encoding)
    return file


def test_the_shipped_records_read_typed() -> None:
    """Numbers are numbers, lists are tuples, blanks are None or nothing."""
    record = next(item for item in read_references() if item.id == "patterson2021-gpt3")
    assert (record.accelerator_count, record.wall_hours, record.power_w_per_accelerator) == (10000, 355.2, 330)
    assert (record.year, record.pue, record.published_energy_kwh) == (2021, 1.1, 1_287_000)
    assert record.tiers == ("T1", "T3", "T4")
    assert record.cpu_dram_power_w is None
    assert record.extra == {}


def test_hours_are_as_stated_else_count_times_wall_clock() -> None:
    """BLOOM states 1,082,990 accelerator-hours, which is not 384 x 2,837.68 h: the statement counts."""
    stated = Reference("bloom", accelerator_count=384, wall_hours=2837.68, accelerator_hours=1_082_990)
    assert stated.hours == 1_082_990
    assert Reference("x", accelerator_count=8, wall_hours=12).hours == 96
    assert Reference("x", wall_hours=12).hours is None


def test_a_users_file_keeps_extra_columns_and_blank_cells(tmp_path: Path) -> None:
    """Columns may be few, cells blank, and unknown columns stay as they are."""
    file = written(tmp_path, f"{HEADER},team", "run-1,V100,8,12,,27,,nlp", "run-2,,,,,,11.8,")
    first, second = read_references(file)
    assert (first.id, first.accelerator_count, first.wall_hours, first.pue) == ("run-1", 8, 12, None)
    assert (first.published_energy_kwh, first.published_co2e_kg, first.extra) == (27, None, {"team": "nlp"})
    assert (second.accelerator, second.hours, second.published_co2e_kg) == ("", None, 11.8)


def test_the_last_digit_is_read_as_printed(tmp_path: Path) -> None:
    """0.20 counts to the hundredth and 100 to the unit; a column states what was printed more coarsely."""
    file = written(
        tmp_path, f"{HEADER},co2e_rounded_to_kg", "a,V100,8,12,,100,0.20,", "b,V100,8,12,,1.0,300,100", "c,,,,,,7,"
    )  # fmt: skip
    units = [(item.energy_rounded_to_kwh, item.co2e_rounded_to_kg) for item in read_references(file)]
    assert units == [(1, 0.01), (0.1, 100), (None, 1)]


def test_a_byte_order_mark_and_empty_lines_do_no_harm(tmp_path: Path) -> None:
    """Spreadsheets write both."""
    file = written(tmp_path, HEADER, "", "run-1,V100,8,12,,27,", ",,,,,,", encoding="utf-8-sig")
    assert [record.id for record in read_references(file)] == ["run-1"]


def test_a_path_may_be_text(tmp_path: Path) -> None:
    """As on the command line."""
    assert read_references(str(written(tmp_path, HEADER))) == ()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("name,published_energy_kwh", "a,1"), "row 1: the column id is missing; it names each record"),
        (
            ("id,energy", "a,1"),
            "row 1: neither of the columns published_energy_kwh and published_co2e_kg is there: "
            "nothing to compare with",
        ),
        (("id,id,published_energy_kwh", "a,a,1"), "row 1, column id: the column appears twice in the header"),
        (
            (HEADER, "a,V100,8,12,,27 kWh,"),
            "row 2, column published_energy_kwh: '27 kWh' is not a number; write digits and one decimal point, "
            "without unit or comma",
        ),
        (
            (HEADER, 'a,V100,8,12,,"1,287",'),
            "row 2, column published_energy_kwh: '1,287' is not a number; write digits and one decimal point, "
            "without unit or comma",
        ),
        (
            (HEADER, "a,V100,8,12,,nan,"),
            "row 2, column published_energy_kwh: 'nan' is not a number; write digits and one decimal point, "
            "without unit or comma",
        ),
        (
            (HEADER, "a,V100,8,12,0.9,27,"),
            "row 2, column pue: 0.9 is out of range: it must be at least 1 and at most 5",
        ),
        (
            (HEADER, "", "a,V100,8,0,,27,"),
            "row 3, column wall_hours: 0 is out of range: it must be greater than 0 and at most 10,000,000 h",
        ),
        ((HEADER, ",V100,8,12,,27,"), "row 2, column id: must not be blank"),
        ((HEADER, "a,V100,8,12,,27,", "a,V100,8,12,,27,"), "row 3, column id: 'a' is in row 2 already"),
        ((HEADER, "a,V100,8"), "row 2: 3 cells under 7 columns"),
        (
            (f"{HEADER},tiers", "a,V100,8,12,,27,,T1;T5"),
            "row 2, column tiers: 'T5' is not one of T1, T2, T3, T4; separate several by ;",
        ),
        (
            (f"{HEADER},energy_boundary", "a,V100,8,12,,27,,rack"),
            "row 2, column energy_boundary: 'rack' is not one of accelerator, node, facility",
        ),
        ((f"{HEADER},year", "a,V100,8,12,,27,,2021.5"), "row 2, column year: 2021.5 is not a calendar year"),
    ],
)
def test_what_is_wrong_is_named_by_file_row_and_column(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    """The first fault is named with what would be right."""
    file = written(tmp_path, *lines)
    with pytest.raises(DataError) as caught:
        read_references(file)
    assert str(caught.value) == f"{file}, {message}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is a slip of the caller, like an unknown name."""
    with pytest.raises(UnknownName, match=r"^references 'nowhere\.csv': no such file$"):
        read_references("nowhere.csv")
    with pytest.raises(UnknownName, match=r": no such file$"):
        read_references(tmp_path / ("long" * 100))


def test_a_folder_and_an_empty_name_are_refused(tmp_path: Path) -> None:
    """Neither is a file."""
    with pytest.raises(InputError, match=r": is a folder; name a CSV file$"):
        read_references(tmp_path)
    with pytest.raises(InputError, match=r"^references '': must name a CSV file$"):
        read_references("")


def test_an_empty_file_is_damaged(tmp_path: Path) -> None:
    """Its first line would have to name the columns."""
    file = tmp_path / "own.csv"
    file.write_text("")
    with pytest.raises(DataError, match=r": the file is empty; its first line must name the columns$"):
        read_references(file)


def test_a_record_is_classified_by_its_file_or_by_us() -> None:
    """Boundary and tiers, or the reason for none; without an energy there is nothing to bound."""
    whole = Reference("x", published_energy_kwh=1.0, energy_boundary="node", tiers=("T1",))
    assert [
        item.is_classified
        for item in (whole, whole._replace(energy_boundary=""), whole._replace(tiers=()),
                     whole._replace(tiers=(), excluded="why"), Reference("y", published_co2e_kg=1.0, tiers=("T2",)))
    ] == [True, False, False, True, True]  # fmt: skip
    assert all(reference.is_classified for reference in read_references())


def test_a_stated_meter_is_a_measurement_and_a_stated_trap_is_asked_for(tmp_path: Path) -> None:
    """Without a power basis the meter decides; a trap that nothing shows is one that was missed."""
    file = tmp_path / "own.csv"
    file.write_text(
        "id,accelerator,accelerator_count,wall_hours,location,year,published_energy_kwh,meter,traps\n"
        "metered,A100-SXM4-80GB,8,100,US,2023,500,wall,\n"
        "doubted,A100-SXM4-80GB,8,100,DE,2023,500,,grid_of_another_place\n"
    )
    metered, doubted = read_references(file)
    assert metered.tiers == ("T2", "T3")
    assert doubted.tiers == ("T2", "T4")
