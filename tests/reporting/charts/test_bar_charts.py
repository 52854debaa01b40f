"""Charts of bars: waterfall, tornado and months; numbers worked out by hand."""

from datetime import UTC, datetime

import pytest
from chart_examples import example, history, line, nothing, with_footprint

from greentrain import estimate
from greentrain.footprint import Factor
from greentrain.inputs import Input, Inputs
from greentrain.interval import Interval, exact
from greentrain.reporting import report_data_of
from greentrain.reporting.charts import by_month as months_chart
from greentrain.reporting.charts import charts_of
from greentrain.reporting.charts import headline as headline_chart
from greentrain.reporting.charts import tornado as tornado_chart
from greentrain.reporting.charts import waterfall as waterfall_chart
from greentrain.reporting.charts.by_month import by_month
from greentrain.reporting.charts.style import ACCENT
from greentrain.reporting.charts.tornado import tornado
from greentrain.reporting.charts.waterfall import waterfall

EMPTY = "Every input that counts is exact, so there is no interval."


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_parts_stand_on_each_other(theme: str) -> None:
    """200 + 120 + 80 = 400 kg, 100 kg embodied on top; the whole is 500 - (200^2 + 50^2)^0.5 = 293.8 at least."""
    figure = waterfall(example(), theme=theme)
    bars = [(trace.base[0], trace.x[0]) for trace in figure.data if trace.type == "bar"]
    assert bars == [(0, 200), (200, 120), (320, 80), (0, 400), (400, 100), (0, 500)]
    errors = [
        (round(trace.error_x.arrayminus[0], 1), round(trace.error_x.array[0], 1))
        for trace in figure.data
        if trace.type == "bar" and trace.error_x.array is not None
    ]
    assert errors == [(200, 400), (206.2, 403.1)]
    assert figure.layout.xaxis.title.text == "CO2e [kg]"
    beside = [note.text for note in figure.layout.annotations[:2]]
    assert beside == ["accelerators", "200\u00a0kg (40\u00a0%)"]
    assert figure.layout.title.text == "<b>40 % of 500 kg CO2e is accelerators</b>"


def test_the_unit_of_the_waterfall_follows_its_largest_value() -> None:
    """The whole reaches 903 kg; ten times that is tonnes."""
    figure = waterfall(example(factor=10.0))
    assert figure.layout.xaxis.title.text == "CO2e [t]"
    assert [trace.x[0] for trace in figure.data if trace.type == "bar"] == [2.0, 1.2, 0.8, 4.0, 1.0, 5.0]


def test_patterns_tell_neighbouring_parts_apart() -> None:
    """What was emitted before is hatched; sums have the accent."""
    marks = [trace.marker for trace in waterfall(example()).data if trace.type == "bar"]
    assert [mark.pattern.shape for mark in marks] == ["", "", "", "", "/", ""]
    assert [mark.color == ACCENT for mark in marks] == [False, False, False, True, False, True]


def test_the_sentence_and_the_table_of_the_waterfall() -> None:
    """Accelerators are 200 of 500 kg."""
    assert waterfall_chart.summary(example()) == (
        "The estimated run emits 500 kg CO2e (294 to 903 kg), the embodied share included; "
        "the largest part, 40 %, is accelerators."
    )
    _, rows = waterfall_chart.table(example())
    assert rows[0] == ("accelerators", "200", "", "", "500")
    assert rows[3] == ("operational, in all", "400", "200", "800", "1,000")
    assert rows[5] == ("operational and embodied", "500", "294", "903", "")


def test_a_run_without_embodied_emissions_ends_with_the_operational_ones() -> None:
    """Not known is not zero."""
    found = with_footprint(example(kind="run"), embodied_kg=None)
    assert len(waterfall_chart.table(found)[1]) == 4
    assert waterfall_chart.summary(found).startswith("The run emits 400 kg CO2e (200 to 800 kg), operational alone;")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_input_alone_moves_the_emissions(theme: str) -> None:
    """Of 400 kg: utilization x 0.5 and x 1.5; MFU divides, x 2 and x 0.8; a tenth is memory, x 0.95 and x 1.2."""
    low, high = tornado(example(), theme=theme).data
    assert [round(base + x, 6) for base, x in zip(low.base, low.x, strict=True)] == [200, 800, 380]
    assert [round(base + x, 6) for base, x in zip(high.base, high.x, strict=True)] == [600, 320, 480]
    assert (low.marker.pattern.shape, high.marker.pattern.shape) == ("/", "")


def test_a_swing_is_what_the_estimate_itself_gives_at_that_end() -> None:
    """Estimating again with one input at its end gives the same emissions, for a factor and for MFU."""
    said = {"count": 8, "params": 7e9, "tokens": 1e12, "location": "FR", "year": 2024}
    first = estimate("H100", **said)
    values = {item.name: item.value for item in first.inputs}
    _, rows = tornado_chart.table(report_data_of(first))
    table = {row[0]: row for row in rows}
    for keyword, words in (("mfu", "model FLOPs utilization (MFU)"), ("pue", "PUE")):
        again = estimate("H100", **said, **{keyword: values[keyword].high}).operational_kg.best
        assert float(table[words][4].replace(",", "")) == pytest.approx(again, rel=5e-3)


def test_the_sentence_and_the_table_of_the_tornado() -> None:
    """The first driver, from its smaller to its larger end."""
    assert tornado_chart.summary(example()) == (
        "60 % of the variance comes from one input, utilization: alone it moves the emissions of the estimated run "
        "from 200 kg to 600 kg CO2e."
    )
    assert tornado_chart.table(example())[1][1] == (
        "model FLOPs utilization (MFU)", "0.400 (0.200 to 0.500)", "", "800", "320", "30 %",
    )  # fmt: skip


def test_an_input_of_a_sum_moves_no_more_than_the_interval() -> None:
    """Grids of two places are two values; the squares of what all inputs do add up to those of both sides."""
    runs = [estimate("V100", hours=hours, location=place, power=250) for hours, place in ((10, "FR"), (40, "DE"))]
    data = report_data_of(runs)
    low, high = tornado(data).data
    below, above = ([abs(x) for x in bars.x] for bars in (low, high))
    best = data.operational_kg
    assert sum(x**2 for x in below) == pytest.approx((best.best - best.low) ** 2, rel=1e-3)
    assert sum(x**2 for x in above) == pytest.approx((best.high - best.best) ** 2, rel=1e-3)
    rows = {row[0]: row[1] for row in tornado_chart.table(data)[1]}
    assert (rows["grid intensity"], rows["PUE"]) == ("2 values", "1.52 (1.00 to 1.89)")


def test_an_exact_result_has_no_tornado() -> None:
    """Nothing drives an interval that is not there."""
    found = with_footprint(example(), summed_factors={})
    assert tornado_chart.summary(found) == EMPTY
    assert tornado_chart.table(found)[1] == ()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_months_are_stacked_by_outcome(theme: str) -> None:
    """January holds 3 t completed and 0.5 t failed, March 1.5 t killed, February nothing; all in tonnes."""
    figure = by_month(history(), theme=theme)
    assert {trace.name: list(trace.y) for trace in figure.data} == {
        "completed": [3.0, 0.0, 0.0],
        "failed, interrupted or killed": [0.5, 0.0, 1.5],
    }
    assert list(figure.data[0].x) == ["2026-01", "2026-02", "2026-03"]
    assert figure.layout.yaxis.title.text == "CO2e [t]"
    assert [trace.marker.pattern.shape for trace in figure.data] == ["", "/"]
    assert figure.layout.title.text.startswith("<b>5.00 t CO2e, 40 % of it by runs that failed")


def test_runs_of_a_project_that_are_described_ended_well() -> None:
    """Final and preliminary ones are no open ones."""
    first = history().lines[0]
    found = by_month(example(*(first._replace(status=status) for status in ("final", "preliminary")), kind="project"))
    assert [trace.name for trace in found.data] == ["completed"]


def test_an_end_that_no_file_states_is_a_word_of_its_own() -> None:
    """A measured run of another tool is neither running nor estimated; one that runs is."""
    first = history().lines[0]
    lines = (first._replace(status=status) for status in ("unknown", "running", "estimated"))
    found = by_month(example(*lines, kind="project"))
    assert [trace.name for trace in found.data] == ["end not stated", "running or estimated"]
    assert [trace.marker.pattern.shape for trace in found.data] == ["-", "."]
    assert "<br>1 run<br>" in found.data[0].hovertext[0]


def test_the_sentence_and_the_table_of_the_months() -> None:
    """2 of 5 t were wasted; a run without a date is not counted and said so."""
    assert months_chart.summary(history()) == (
        "4 runs of 2026-01 to 2026-03 emitted 5.00 t CO2e, 40 % of it by runs that failed, were interrupted or killed."
    )
    assert months_chart.table(history())[1] == (
        ("2026-01", "completed", "2", "7,500", "3,000"),
        ("2026-01", "failed", "1", "1,250", "500"),
        ("2026-03", "killed", "1", "3,750", "1,500"),
    )
    said = by_month(history()).layout.annotations[-1].text.replace("<br>", " ")
    assert "1 of 5 runs have no date or no figure." in said


def test_one_run_is_one_month() -> None:
    """Singular and without a range; a report does not draw a single bar."""
    only = example(history().lines[3], kind="project")
    assert "by_month" not in [item.name for item in charts_of(only)]
    found = months_chart.summary(only)
    assert found.startswith("1 run of 2026-03 emitted 1.50 t CO2e, 100 % of it by runs")


def test_at_most_five_months_are_named_below_many_bars() -> None:
    """Fourteen months are named in steps of three."""
    first = history().lines[0]
    assert first.started is not None
    lines = [
        first._replace(started=first.started.replace(year=2025)),
        first._replace(started=first.started.replace(month=2)),
    ]
    ticks = by_month(example(*lines, kind="project")).layout.xaxis.tickvals
    assert list(ticks) == ["2025-01", "2025-04", "2025-07", "2025-10", "2026-01"]


def test_runs_without_figures_make_no_months() -> None:
    """And nothing known makes no waterfall either."""
    failed = line("failed")
    failed = failed._replace(footprint=failed.footprint._replace(operational_kg=None))
    unknown = example(failed, kind="project")
    assert months_chart.table(unknown)[1] == ()
    assert months_chart.summary(unknown) == "No run has both a date and a figure."
    assert waterfall_chart.summary(nothing()) == "The parts of the emissions are not known."


def test_runs_that_emitted_nothing_waste_nothing() -> None:
    """A share of zero is not computed."""
    free = history().lines[2]
    free = free._replace(footprint=free.footprint._replace(operational_kg=exact(0.0), facility_energy_kwh=None))
    found = months_chart.summary(example(free, kind="project"))
    assert found == "1 run of 2026-01 emitted 0 kg CO2e."


def test_tables_of_small_runs_have_units_of_their_size() -> None:
    """A millionth of the example: 400 mg of 1 kWh's parts; a column has the unit of its largest amount."""
    small = example(factor=1e-6)
    assert waterfall_chart.table(small)[0] == ("part", "mg CO2e", "low", "high", "Wh")
    assert waterfall_chart.table(small)[1][-1] == ("operational and embodied", "500", "294", "903", "")
    assert tornado_chart.table(small)[0][3:5] == ("mg CO2e at its low end", "mg CO2e at its high end")
    assert headline_chart.table(small) == (
        ("what", "kind", "mg CO2e", "low", "high"),
        (("The estimated run, operational", "this report", "400", "200", "800"),),
    )
    run = line(kg=4e-4, started=datetime(2026, 5, 1, tzinfo=UTC))
    assert months_chart.table(example(run, kind="project")) == (
        ("month", "outcome", "runs", "Wh", "mg CO2e"), (("2026-05", "completed", "1", "1.00", "400"),)
    )  # fmt: skip


def test_months_in_which_nothing_was_wasted_are_told_by_their_largest() -> None:
    """3 t in January and 1.5 t in March, all completed: 67 % of 4.5 t; "0 % failed" would be no finding."""
    runs = [found._replace(status="completed") for found in history().lines if found.started]
    whole = example(*runs[:2], runs[3], kind="project")
    assert by_month(whole).layout.title.text == "<b>4.50 t CO2e, 67 % of it in 2026-01</b>"
    assert months_chart.summary(whole) == "3 runs of 2026-01 to 2026-03 emitted 4.50 t CO2e, 67 % of it in 2026-01."


def test_no_line_crosses_a_label_of_a_telephone() -> None:
    """Bars of parts are joined on a page, where their labels stand beside them, and not where labels stand between."""
    layout = waterfall(example()).layout
    assert [(shape.x0, shape.y0, shape.y1) for shape in layout.shapes][:2] == [(200, 0.25, 0.75), (320, 1.25, 1.75)]
    assert len(layout.shapes) == 5
    assert layout.meta["narrow"]["shapes"] == []


def test_the_values_of_an_input_are_not_cut() -> None:
    """A long name gives way."""
    share = Input("unmetered_share", Interval(0.08, 0.15, 0.25), "1", "assumed", "greentrain_judgement")
    found = with_footprint(
        example(), inputs=Inputs((share,)), summed_factors={"operational_kg": (Factor(share.name, "", 1.0, 1.0),)}
    )
    words = tornado(found).layout.annotations[0].text.replace("\u00a0", " ")
    assert words == "share that no sensor reads 0.150 (0.0800 to 0.250)"


def test_the_interval_of_a_bar_is_of_the_ink_of_the_page() -> None:
    """A grey line cannot be told from the bar that it lies on; ink can, on the bar and beside it, in both themes."""
    for theme, ink in (("light", "#1b1b1b"), ("dark", "#ececec")):
        figure = waterfall(example(), theme=theme)
        assert figure.layout.template.data.bar[0].error_x.color == ink
        assert {trace.error_x.color for trace in figure.data} == {None}
    assert waterfall(example()).to_svg(theme=None).count('stroke="currentColor" stroke-width="2"') == 6


def test_an_input_of_no_weight_has_no_bar() -> None:
    """Memory has 0.4 % of the variance, which would be written as 0 %."""
    shares = (Factor("utilization", "", 0.996, 0.996), Factor("memory_gb", "", 0.004, 0.004))
    found = with_footprint(example(), summed_factors={"operational_kg": shares})
    assert [row[0] for row in tornado_chart.table(found)[1]] == ["utilization"]
