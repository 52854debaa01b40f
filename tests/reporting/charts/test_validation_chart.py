"""Estimated against published; numbers worked out by hand."""

import pytest
from chart_examples import nothing, validated

from greentrain.reporting.charts import validation as chart
from greentrain.reporting.charts.validation import is_close, validation


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_records_are_points_by_tier_energy_above_emissions_below(theme: str) -> None:
    """A record with both figures is in both panels; T4 and what could not be compared are in none."""
    figure = validation(validated(), theme=theme)
    drawn = [
        (trace.name, trace.xaxis, list(trace.x), list(trace.y)) for trace in figure.data if trace.mode == "markers"
    ]
    assert drawn == [
        ("T1 arithmetic", "x", [10], [10]),
        ("T3 metered", "x", [100, 1000], [150, 2000]),
        ("T1 arithmetic", "x2", [4], [4.4]),
        ("T2 defaults", "x2", [1000], [700]),
    ]
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert shown == ["factor of 1.5", "equal", "T1 arithmetic", "T3 metered", "T2 defaults"]


def test_the_intervals_are_drawn_from_the_best_value() -> None:
    """75 to 300 around 150, 1,500 to 2,500 around 2,000."""
    metered = next(trace for trace in validation(validated()).data if trace.name == "T3 metered")
    assert list(metered.error_y.arrayminus) == [75, 500]
    assert list(metered.error_y.array) == [150, 500]


def test_the_band_is_a_factor_of_one_and_a_half_to_both_sides() -> None:
    """At the left edge x of the panel from x / 1.5 to 1.5 x."""
    band = validation(validated()).data[0]
    left = [y for x, y in zip(band.x, band.y, strict=True) if x == band.x[0]]
    assert sorted(left) == pytest.approx([band.x[0] / 1.5, band.x[0] * 1.5])


@pytest.mark.parametrize(
    ("ratio", "close"), [(1.5, True), (1 / 1.5, True), (1.0, True), (1.501, False), (0.666, False), (100.0, False)]
)
def test_the_edge_of_the_band_belongs_to_it(ratio: float, close: bool) -> None:
    """Both edges, in spite of rounding."""
    assert is_close(ratio) is close


def test_the_sentence_counts_each_record_once() -> None:
    """By energy where it was published: 10/10, 150/100; 2,000/1,000 is outside; by emissions 700/1,000, inside."""
    assert chart.summary(validated()) == (
        "Within a factor of 1.5 of the published figure lie 1 of 1 in T1, 1 of 1 in T2, 1 of 2 in T3."
    )


def test_the_table_has_one_row_per_published_figure() -> None:
    """With the ratio of ours to the published one."""
    assert chart.table(validated())[1] == (
        ("exact", "T1", "kWh", "10.0", "10.0", "10.0", "10.0", "1.00"),
        ("edge", "T3", "kWh", "100", "150", "75.0", "300", "1.50"),
        ("twice", "T3", "kWh", "1,000", "2,000", "1,500", "2,500", "2.00"),
        ("exact", "T1", "kg CO2e", "4.00", "4.40", "4.40", "4.40", "1.10"),
        ("mass", "T2", "kg CO2e", "1,000", "700", "500", "900", "0.7"),
    )


def test_nothing_compared_is_said() -> None:
    """For report data that is no validation too."""
    assert validation(nothing("validation")).layout.annotations[0].text == "No record could be compared."
    assert chart.summary(nothing("run")) == "No record could be compared."
    assert chart.table(nothing("run"))[1] == ()
