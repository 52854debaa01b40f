"""The table of spans in reports: what the parts of a training took, by name."""

import json
from pathlib import Path

import pytest
from journals_of_reports import write_run

from greentrain import History, report
from greentrain.reporting import PowerSpan, ReportData, report_data_of
from greentrain.reporting.document import MOST_NAMES, spans_blocks

SPANS = [("epoch", 0, 1800), ("check", 900, 1080, 0), ("epoch", 1800, 3600)]


def run(tmp_path: Path) -> ReportData:
    """Make an hour at 420 W with two epochs, one of them with a check inside."""
    write_run(tmp_path, "a", spans=SPANS)
    return report_data_of(History(tmp_path).get("a"))


def rows(data: ReportData) -> list[list[str]]:
    """Return the cells of the table, the last block."""
    *_, table = spans_blocks(data)
    return [[cell.text for cell in row] for row in table.rows]  # type: ignore[union-attr]


def test_spans_of_one_name_are_added_up(tmp_path: Path) -> None:
    """420 Wh in the hour of both epochs, 21 Wh in the three minutes of the check."""
    assert rows(run(tmp_path)) == [
        ["epoch", "2", "60.0 min", "420 Wh", "100 %"],
        ["check", "1", "3.00 min", "21.0 Wh", "5 %"],
    ]


def test_what_goes_on_or_was_not_measured_is_said_so(tmp_path: Path) -> None:
    """Nothing is made up for it."""
    spans = (
        PowerSpan("epoch", 0, 60, 0.1), PowerSpan("epoch", 60, None), PowerSpan("last", 70, None),
        PowerSpan("before the meter", 0, 1, None),
    )  # fmt: skip
    assert rows(run(tmp_path)._replace(spans=spans)) == [
        ["epoch", "2, 1 not ended", "60.0 s", "100 Wh", "24 %"],
        ["before the meter", "1", "1.00 s", "not measured", ""],
        ["last", "1", "not ended", "not measured", ""],
    ]


def test_a_long_table_names_the_longest(tmp_path: Path) -> None:
    """And says that there are more."""
    spans = tuple(PowerSpan(f"step {number}", 0, 1 + number, None) for number in range(60))
    data = run(tmp_path)._replace(spans=spans)
    words, *_ = spans_blocks(data)
    assert words.text == (  # type: ignore[union-attr]
        "The 50 names of spans that took longest, of 60; the form json holds all."
    )
    assert len(rows(data)) == MOST_NAMES
    assert rows(data)[0][0] == "step 59"


def test_nested_spans_are_said_to_be(tmp_path: Path) -> None:
    """The check lies in an epoch; epochs follow one another."""
    data = run(tmp_path)
    words, _ = spans_blocks(data)
    assert words.text == "Some spans lie inside others; what they took is in both."  # type: ignore[union-attr]
    (_,) = spans_blocks(data._replace(spans=tuple(span for span in data.spans if span.name == "epoch")))


def test_the_recorded_parent_tells_what_lies_inside_another(tmp_path: Path) -> None:
    """The step lies in the check in the epoch; the thread beside them began while both went on, and lies in none."""
    write_run(tmp_path, "a", spans=[("epoch", 0, 1800), ("check", 900, 1080, 0), ("step", 910, 920, 1)])
    write_run(tmp_path, "b", spans=[("epoch", 0, 1800), ("thread", 900, 1080)])
    nested, beside = (report_data_of(History(tmp_path).get(key)) for key in "ab")
    assert [(span.name, span.depth) for span in nested.spans] == [("epoch", 0), ("check", 1), ("step", 2)]
    assert [span["depth"] for span in json.loads(report(nested, "json"))["spans"]] == [0, 1, 2]
    assert [(span.name, span.depth) for span in beside.spans] == [("epoch", 0), ("thread", 0)]
    (_,) = spans_blocks(beside)


@pytest.mark.parametrize(
    ("parents", "depths"), [((7, 0), [0, 1]), ((0, 0), [0, 1]), ((1, 0), [1, 1])], ids=["gone", "itself", "in a circle"]
)
def test_a_damaged_parent_ends_the_count(tmp_path: Path, parents: tuple[int, int], depths: list[int]) -> None:
    """One that is not there is none, and no span is counted twice."""
    write_run(tmp_path, "a", spans=[("one", 0, 1800, parents[0]), ("two", 900, 1080, parents[1])])
    assert [span.depth for span in report_data_of(History(tmp_path).get("a")).spans] == depths


def test_no_spans_no_table(tmp_path: Path) -> None:
    """Nor any word of it."""
    assert list(spans_blocks(run(tmp_path)._replace(spans=()))) == []
