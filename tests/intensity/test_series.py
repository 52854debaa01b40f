"""Series: files and their faults, slots and gaps, means over a time, conversion by a stated factor."""

from pathlib import Path

import pytest

from greentrain import DataError, InputError, Interval
from greentrain.intensity import Series, Slot, Timeline, converted, read_series, utc_text

HEADER = "timestamp,g_per_kwh\n"


@pytest.fixture
def series(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Write a file and read it."""

    def read(text: str, **more: str) -> Series:
        path = tmp_path / "grid.csv"
        path.write_text(text)
        return read_series(path, **more)

    return read


def hours(*values: object, day: str = "2026-03-01") -> str:
    """Write hourly rows from midnight on; None leaves a row out."""
    rows = (f"{day}T{hour:02}:00Z,{value}\n" for hour, value in enumerate(values) if value is not None)
    return HEADER + "".join(rows)


def test_a_plain_file(series) -> None:  # type: ignore[no-untyped-def]
    """Three hours from midnight UTC on, mean 200; a file that does not say is neither forecast nor on a basis."""
    found = series(hours(100, 200, 300))

    assert [slot.g_per_kwh for slot in found.slots] == [100, 200, 300]
    assert found.to_dict() == {
        "source": "grid.csv", "basis": "not stated", "from": "2026-03-01T00:00:00Z", "to": "2026-03-01T03:00:00Z",
        "slots": 3, "missing": 0, "forecast": 0.0, "zone": "", "accounting": "", "slot_seconds": 3600.0, "licence": "",
    }  # fmt: skip
    assert found.mean == 200


def test_times_without_a_zone_are_utc_and_order_does_not_matter(series) -> None:  # type: ignore[no-untyped-def]
    """01:00+01:00 is midnight; rows may come in any order; a repeated row counts once."""
    text = HEADER + "2026-03-01 01:00,2\n2026-03-01T01:00+01:00,1\n2026-03-01T01:00Z,2\n"
    found = series(text)

    assert [(utc_text(slot.start), slot.g_per_kwh) for slot in found.slots] == [
        ("2026-03-01T00:00:00Z", 1), ("2026-03-01T01:00:00Z", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_may_be_parted_by_what_spreadsheets_write(series, delimiter: str) -> None:  # type: ignore[no-untyped-def]
    """Commas, semicolons and tabs, told by the header."""
    text = hours(100, 200).replace(",", delimiter)

    assert [slot.g_per_kwh for slot in series("\ufeff" + text).slots] == [100, 200]


def test_an_hour_that_the_clocks_repeat_is_two(series) -> None:  # type: ignore[no-untyped-def]
    """On the day on which summer time ends, 02:00 comes twice, with other zones: 25 hours of UTC stay 25."""
    rows = [f"2026-10-25T{hour:02}:00+02:00,{hour}" for hour in range(3)]
    rows += [f"2026-10-25T{hour:02}:00+01:00,{hour}" for hour in range(2, 24)]
    found = series(HEADER + "\n".join(rows))

    assert (len(found.slots), found.missing, found.end - found.start) == (25, 0, 25 * 3600)


def test_missing_slots_are_counted(series) -> None:  # type: ignore[no-untyped-def]
    """Of 00 to 09, hours 2, 5 and 6 are not there: empty, NaN, or no row at all."""
    found = series(hours(1, 1, "", 1, 1, "NaN", None, 1, 1, 1))

    assert (len(found.slots), found.missing) == (7, 3)


def test_slots_may_change_their_length(series) -> None:  # type: ignore[no-untyped-def]
    """Six hours, then eight quarters: no slot is missing."""
    rows = [f"2026-03-01T{hour:02}:00Z,1" for hour in range(6)]
    rows += [f"2026-03-01T{6 + place // 4:02}:{15 * (place % 4):02}Z,2" for place in range(8)]
    found = series(HEADER + "\n".join(rows))

    assert found.missing == 0
    assert [slot.end - slot.start for slot in found.slots] == [3600.0] * 6 + [900.0] * 8


def test_both_ends_may_be_stated(series) -> None:  # type: ignore[no-untyped-def]
    """A single slot of half an hour, with its kind and basis."""
    text = "from,to,g_per_kwh,kind,basis\n2026-03-01T00:00Z,2026-03-01T00:30Z,50,forecast,direct\n"
    found = series(text)

    assert found.slots == (Slot(found.start, found.start + 1800, 50.0, "forecast"),)
    assert (found.basis, found.forecast_share) == ("direct", 1.0)


FAULTS = {
    "no column": ("time,g\n1,2\n", "row 1, column g_per_kwh: must have the columns timestamp,g_per_kwh"),
    "no time": ("g_per_kwh\n2\n", "row 1, column timestamp: must have the column timestamp, or from and to"),
    "a word": (HEADER + "2026-03-01,many\n", "row 2, column g_per_kwh: 'many' is not a number"),
    "negative": (HEADER + "2026-03-01,-1\n", "row 2, column g_per_kwh: -1 is negative"),
    "pounds": (HEADER + "2026-03-01,1\n2026-03-02,5000\n", "row 3, column g_per_kwh: 5000 is above 3,000 g/kWh; give "),
    "endless": (HEADER + "2026-03-01,inf\n", "row 2, column g_per_kwh: inf is not a number"),
    "no date": (HEADER + "yesterday,1\n", "row 2, column timestamp: 'yesterday' is no time; write 2026-03-01T02:00Z"),
    "two values": (HEADER + "2026-03-01,1\n2026-03-01,2\n", "row 3, column g_per_kwh: has two values for this time"),
    "nothing": (HEADER, "holds no value"),
    "only gaps": (HEADER + "2026-03-01,\n", "holds no value"),
    "kind": ("timestamp,g_per_kwh,kind\n2026-03-01,1,guess\n", "row 2, column kind: 'guess' is no kind of slot; known"),
    "bases": (
        "timestamp,g_per_kwh,basis\n2026-03-01,1,direct\n2026-03-02,1,marginal\n",
        "column basis: must be direct,",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_files_are_named_with_their_row(series, fault: str) -> None:  # type: ignore[no-untyped-def]
    """File, row, column and rule."""
    text, message = FAULTS[fault]
    with pytest.raises(DataError) as caught:
        series(text)
    assert f"grid.csv, {message}" in str(caught.value) or f"grid.csv: {message}" in str(caught.value)


def test_means_count_partial_slots_by_their_part(series) -> None:  # type: ignore[no-untyped-def]
    """From half past midnight to 02:30 over 100, 200, 400: (50 + 200 + 200) / 2 = 225."""
    found = series(hours(100, 200, 400))
    start = found.start

    assert Timeline(found).mean(start + 1800, start + 9000) == (225.0, 1.0)
    assert Timeline(found).mean(start - 3600, start + 3600) == (100.0, 0.5)


def test_short_gaps_carry_the_slot_before_on(series) -> None:  # type: ignore[no-untyped-def]
    """Two missing hours behind 100 count as 100; three stay a gap."""
    two = Timeline(series(hours(100, 100, None, None, 400)))
    start = two.slots[0].start
    assert two.mean(start, start + 5 * 3600) == (160.0, 1.0)
    assert two.kinds(start, start + 5 * 3600) == {"given": 10800.0, "filled": 7200.0}

    three = Timeline(series(hours(100, 100, None, None, None, 400)))
    assert three.mean(start, start + 6 * 3600) == (200.0, 0.5)


def test_a_conversion_says_by_what(series) -> None:  # type: ignore[no-untyped-def]
    """Direct x 1.25 is life-cycle, and the note has the factor; marginal values are converted to nothing."""
    direct = series(hours(100, 200), basis="direct")
    found = converted(direct, Interval(1.1, 1.25, 1.5), "life-cycle", "emaps_2025")

    assert [slot.g_per_kwh for slot in found.slots] == [125, 250]
    (note,) = found.notes
    assert note == "Converted from direct to life-cycle by a factor of 1.25 (1.1 to 1.5), source: emaps_2025."
    with pytest.raises(InputError, match=r"marginal intensities are no averages, and no factor makes them any$"):
        converted(series(hours(1, 2), basis="marginal"), Interval(1, 1, 1), "life-cycle", "x")
    with pytest.raises(InputError, match=r"^grid_basis 'marginal': contradicts the file, which says direct$"):
        series("timestamp,g_per_kwh,basis\n2026-03-01,1,direct\n", basis="marginal")
