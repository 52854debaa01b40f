"""Estimated against published; numbers worked out by hand."""

import pytest
from chart_examples import nothing, validated

from greentrain import Interval, ValidationReport
from greentrain.reporting import ReportData
from greentrain.reporting.charts import validation as chart
from greentrain.reporting.charts.validation import validation
from greentrain.validation import RecordResult


def metered(number: int) -> ReportData:
    """Make a validation of metered runs of 100 kWh, the n-th estimated at n times as much, none inside."""
    rows = [
        RecordResult(f"run {ratio}", "T3", 100.0, Interval(100.0, 100.0, 100.0).scaled(ratio), covered=False)
        for ratio in range(1, number + 1)
    ]
    return nothing("validation")._replace(validation=ValidationReport(tuple(rows), (), {}))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_metered_runs_stand_first_a_row_each_and_others_below_in_a_row_for_their_tier(theme: str) -> None:
    """Our value over the published one: 2,000 / 1,000 above 150 / 100; then 700 / 1,000; then 10 / 10 and 4.4 / 4.

    T4 and what could not be compared are not drawn.
    """
    figure = validation(validated(), theme=theme)
    assert [(trace.name, list(trace.x), list(trace.y)) for trace in figure.data] == [
        ("metered, inside our interval", [1.5], [1]),
        ("metered, outside", [2.0], [0]),
        ("other records", pytest.approx([0.7, 1.0, 1.1]), [2, 3, 3]),
    ]


def test_rows_name_the_run_how_often_ours_is_the_published_figure_and_how_many_are_right() -> None:
    """Tiers other than that of meters have a count alone."""
    words = [note.text.replace("\u00a0", " ") for note in validation(validated()).layout.annotations[:-1]]
    assert list(zip(words[::2], words[1::2], strict=True)) == [
        ("twice", "2.00 x 1.00 MWh"), ("edge", "1.50 x 100 kWh"), ("from our defaults alone (T2)", "0 of 1 inside"),
        ("the arithmetic of others (T1)", "1 of 1 right"),
    ]  # fmt: skip


def test_the_intervals_of_metered_runs_are_drawn_and_no_others() -> None:
    """75 to 300 over 100 around 1.5; 1,500 to 2,500 over 1,000 around 2."""
    inside, outside, others = (trace.error_x for trace in validation(validated()).data)
    assert (list(inside.arrayminus), list(inside.array)) == ([0.75], [1.5])
    assert (list(outside.arrayminus), list(outside.array)) == ([0.5], [0.5])
    assert set(others.array) == set(others.arrayminus) == {0}


def test_the_title_counts_the_metered_runs() -> None:
    """Where there are none, the records of the tier that has some."""
    assert validation(validated()).layout.title.text == "<b>Our interval holds 1 of 2 metered runs</b>"
    without = validated()
    assert without.validation is not None
    kept = tuple(row for row in without.validation.records if row.tier != "T3")
    changed = without._replace(validation=ValidationReport(kept, (), {}))
    assert validation(changed).layout.title.text == "<b>From our defaults alone it holds 0 of 1 published figures</b>"


def test_many_metered_runs_are_the_forty_that_are_farthest_off() -> None:
    """Of 60 those from 21 to 60 times, the highest on top, and a sentence that says so."""
    figure = validation(metered(60))
    assert list(figure.data[0].x) == [float(ratio) for ratio in range(60, 20, -1)]
    assert "Of 60 metered runs the 40 that are farthest off." in figure.layout.annotations[-1].text


def test_the_sentence_counts_each_record_once() -> None:
    """By energy where that was published."""
    assert chart.summary(validated()) == (
        "Our interval holds 1 of 2 metered runs; from our defaults alone it holds 0 of 1 published figures; the "
        "published arithmetic comes out for 1 of 1 records."
    )


def test_the_table_has_one_row_per_published_figure() -> None:
    """With the ratio of ours to the published one."""
    assert chart.table(validated())[1] == (
        ("edge", "T3", "kWh", "100", "150", "75.0", "300", "1.50"),
        ("twice", "T3", "kWh", "1,000", "2,000", "1,500", "2,500", "2.00"),
        ("mass", "T2", "kg CO2e", "1,000", "700", "500", "900", "0.700"),
        ("exact", "T1", "kWh", "10.0", "10.0", "10.0", "10.0", "1.00"),
        ("exact", "T1", "kg CO2e", "4.00", "4.40", "4.40", "4.40", "1.10"),
    )


def test_nothing_compared_is_said() -> None:
    """For report data that is no validation too."""
    assert chart.summary(nothing("run")) == "No record could be compared."
    assert chart.table(nothing("run"))[1] == ()
