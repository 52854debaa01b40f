"""Power over time; numbers worked out by hand."""

from pathlib import Path

import pytest
from chart_examples import example, nothing
from journals_of_reports import write_run

import greentrain
from greentrain import History
from greentrain.reporting import PowerSpan, ReportData
from greentrain.reporting.charts import power_over_time as chart
from greentrain.reporting.charts.power_over_time import power_over_time, spread, thinned

GPU = ((0.0, 600.0), (5400.0, 300.0), (10_800.0, 600.0))
CPU = ((0.0, 50.0), (10_800.0, 50.0))


def run(*spans: PowerSpan) -> ReportData:
    """Make a run of three hours."""
    return example(kind="run")._replace(power_series={"gpu": GPU, "cpu": CPU, "memory": ()}, spans=spans)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_component_is_a_line_in_hours_and_watts(theme: str) -> None:
    """Symbols differ; a component without a reading has no line, but is named below the chart."""
    figure = power_over_time(run(), theme=theme)
    gpu, cpu = figure.data
    assert figure.layout.annotations[-1].text.startswith("Before PUE, as the meter read it; memory not measured.")
    assert (gpu.name, list(gpu.x), list(gpu.y)) == ("accelerators", [0, 1.5, 3], [600, 300, 600])
    assert (cpu.name, list(cpu.x), list(cpu.y)) == ("CPU", [0, 3], [50, 50])
    assert (gpu.line.dash, gpu.marker.symbol) != (cpu.line.dash, cpu.marker.symbol)


def test_lines_are_named_where_they_end() -> None:
    """The scale of 320 px goes to 648 W: 50 and 60 W end 5 px apart, their names stand 16 px apart."""
    near = {"gpu": GPU, "cpu": CPU, "memory": ((0.0, 60.0), (10_800.0, 60.0))}
    layout = power_over_time(run()._replace(power_series=near)).layout
    assert not layout.showlegend
    names = [(note.text, note.x, note.y, note.yshift) for note in layout.annotations[:-1]]
    assert names == [("CPU", 1.0, 50, -6), ("memory", 1.0, 60, 6), ("accelerators", 1.0, 600, 0)]
    assert layout.yaxis.range == (0, 648)


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([], []),
        ([10.0, 50.0], [10.0, 50.0]),
        ([50.0, 50.0, 50.0], [34.0, 50.0, 66.0]),
        ([0.0, 1.0], [0.0, 16.0]),
        ([99.0, 100.0], [84.0, 100.0]),
        ([10.0, 12.0, 30.0], [52 / 3 - 16, 52 / 3, 52 / 3 + 16]),
    ],
)
def test_near_names_move_apart_as_little_as_they_have_to(wanted: list[float], placed: list[float]) -> None:
    """A group of names stays about its middle: of 10, 12 and 30 that is 52 thirds; none leaves the line of 100 px."""
    assert spread(wanted, 16.0, 100.0) == pytest.approx(placed)


@pytest.mark.parametrize(
    ("sensed", "modelled", "source", "title"),
    [
        (("accelerators",), ("processors",), "as the meter read it; CPU modelled; memory not measured.",
         "Accelerators drew 500 W on average;"),
        ((), ("accelerators", "processors"), "modelled from load and size: no sensor read it.",
         "Accelerators took 500 W on average by a model;"),
        (("accelerators", "processors"), ("processors",), "as the meter read it; memory", "Accelerators drew 500 W"),
    ],
)  # fmt: skip
def test_a_model_is_called_one(sensed: tuple[str, ...], modelled: tuple[str, ...], source: str, title: str) -> None:
    """600 W, 300 W and 600 W for as long each are 500 W on average; what one node read is no model."""
    data = run()
    data = data._replace(lines=tuple(line._replace(sensed=sensed, modelled=modelled) for line in data.lines))
    layout = power_over_time(data).layout
    assert f"Before PUE, {source}" in layout.annotations[-1].text.replace("<br>", " ")
    assert title in layout.title.text


def test_the_axes_name_their_units() -> None:
    """A thousand times the power and a hundredth of the time: kW and seconds."""
    small = run()._replace(power_series={"gpu": tuple((at / 100, 1000 * w) for at, w in GPU)})
    layout = power_over_time(small).layout
    assert layout.yaxis.title.text == "power [kW]"
    assert layout.xaxis.title.text == "time since the start [s]"


def test_overlapping_spans_lie_in_lanes_of_their_own() -> None:
    """The epoch lasts an hour from 0, the check inside it a quarter; the last one goes on to the end."""
    spans = (PowerSpan("epoch", 0, 3600), PowerSpan("<check>", 1800, 2700), PowerSpan("rest", 3600, None))
    bars = [trace for trace in power_over_time(run(*spans)).data if trace.type == "bar"]
    assert [(bar.name, bar.y[0], bar.base[0], bar.x[0]) for bar in bars] == [
        ("epoch", 0, 0, 1),
        ("rest", 0, 1, 2),
        ("&lt;check&gt;", 1, 0.5, 0.25),
    ]


def lanes(found: ReportData) -> list[tuple[str, int]]:
    """Return the names of the spans that are drawn, each with its lane."""
    return [(bar.name, bar.y[0]) for bar in power_over_time(found).data if bar.type == "bar"]


def test_spans_one_after_another_share_a_lane_whatever_the_clocks_round() -> None:
    """Two clocks: the second and the fifth of six epochs of half a second end 4 ms after the next began."""
    late = {1: 0.004, 4: 0.004}
    spans = (PowerSpan(f"{at}", 0.5 * at, 0.5 * at + 0.5 + late.get(at, 0.0)) for at in range(6))
    assert lanes(run(*spans)) == [(f"{at}", 0) for at in range(6)]


@pytest.mark.parametrize(
    ("first", "second", "lane"),
    [
        ((0, 1000.0), (990.1, 2000), 0),
        ((0, 1000.0), (989.0, 2000), 1),
        ((0, 0.5), (0.494, 1), 1),
        ((0, 0.004), (0, 0.004), 1),
        ((0, 1000.0), (500, 500.002), 1),
        ((0, 1000.0), (1000, 1000), 0),
    ],
)
def test_what_overlaps_by_more_than_a_rounding_lies_apart(
    first: tuple[float, float], second: tuple[float, float], lane: int
) -> None:
    """A rounding is 5 ms or 1 % of the shorter one, and at most half of it."""
    assert lanes(run(PowerSpan("a", *first), PowerSpan("b", *second))) == [("a", 0), ("b", lane)]


def test_lanes_follow_the_nesting_that_was_recorded() -> None:
    """By the clock a check begins 2 ms before its epoch, the next one ends 2 ms after it; both lie in one."""
    spans = (
        PowerSpan("epoch 1", 0, 1000), PowerSpan("early", -0.002, 300, depth=1),
        PowerSpan("late", 700, 1000.002, depth=1), PowerSpan("epoch 2", 1000, 2000),
        PowerSpan("alone", 2500, 2600, depth=2),
    )  # fmt: skip
    assert lanes(run(*spans)) == [("epoch 1", 0), ("epoch 2", 0), ("early", 1), ("late", 1), ("alone", 2)]


def test_of_too_many_lanes_the_deepest_are_left_out() -> None:
    """Five spans, each within the one before."""
    spans = tuple(PowerSpan(f"{depth}", depth, 100 - depth, depth=depth) for depth in range(5))
    assert lanes(run(*spans)) == [("0", 0), ("1", 1), ("2", 2), ("3", 3)]


@pytest.mark.parametrize(
    ("elapsed", "spans", "hours"),
    [
        (0.0, (), 3.0),
        (12_600.0, (PowerSpan("a", 0, 10_900),), 3.5),
        (11_000.0, (PowerSpan("a", 0, 14_400), PowerSpan("b", 10_000, 12_000)), 4.0),
        (0.0, (PowerSpan("goes on", 14_400, None),), 4.0),
    ],
)
def test_the_axis_reaches_the_end_of_the_run_and_of_its_spans(
    elapsed: float, spans: tuple[PowerSpan, ...], hours: float
) -> None:
    """The last reading is after three hours."""
    figure = power_over_time(run(*spans)._replace(elapsed_seconds=elapsed))
    assert figure.layout.xaxis.range == (0, hours)


def test_epochs_of_a_journal_lie_in_one_lane_up_to_its_end(tmp_path: Path) -> None:
    """Two epochs of half an hour, the first 4 ms too long, and a check in the second; readings end before the hour."""
    epochs = (("epoch", 0, 1800.004), ("epoch", 1800, 3600), ("check", 1800, 1900, 1))
    write_run(tmp_path, "a", spans=epochs)
    figure = greentrain.chart(History(tmp_path).get("a"), "power_over_time")
    bars = [(bar.name, bar.y[0]) for bar in figure.data if bar.type == "bar"]
    assert bars == [("epoch", 0), ("epoch", 0), ("check", 1)]
    assert (figure.layout.xaxis.title.text, figure.layout.xaxis.range) == ("time since the start [min]", (0, 60))


def test_the_longest_of_many_spans_are_shown_and_the_rest_is_said() -> None:
    """Of 100 spans 24, in words below the chart."""
    spans = tuple(PowerSpan(f"step {number}", 100.0 * number, 100.0 * number + 50 + number) for number in range(100))
    figure = power_over_time(run(*spans))
    bars = [trace.name for trace in figure.data if trace.type == "bar"]
    assert set(bars) == {f"step {number}" for number in range(76, 100)}
    assert "The 24 longest of 100 spans are shown." in figure.layout.annotations[-1].text.replace("<br>", " ")


def test_the_sentence_and_the_table_have_the_mean_of_all_steps() -> None:
    """(600 W + 300 W + 600 W) / 3 = 500 W, the first step included."""
    assert chart.summary(run()) == (
        "Mean power over 3.00 h: accelerators 500 W, CPU 50.0 W; memory not measured; the highest reading of one is "
        "600 W."
    )
    assert chart.table(run())[1] == (
        ("accelerators", "500", "300", "600", "3"), ("CPU", "50.0", "50.0", "50.0", "2"),
        ("memory", "not measured", "", "", "0"),
    )  # fmt: skip


def test_thinning_keeps_the_lowest_and_the_highest_of_each_stretch() -> None:
    """Ten points to four: two stretches of five, each with its ends, in order."""
    watts = [5.0, 1.0, 9.0, 5.0, 5.0, 5.0, 8.0, 5.0, 2.0, 5.0]
    found = thinned([(float(at), w) for at, w in enumerate(watts)], 4)
    assert found == [(1.0, 1.0), (2.0, 9.0), (6.0, 8.0), (8.0, 2.0)]


def test_a_month_of_readings_stays_small() -> None:
    """43,200 readings become at most 1,000 points, the peak among them."""
    points = tuple((60.0 * at, 900.0 if at == 20_001 else 300.0 + at % 7) for at in range(43_200))
    figure = power_over_time(run()._replace(power_series={"gpu": points}))
    assert len(figure.data[0].x) <= 1000
    assert max(figure.data[0].y) == 900


def test_a_single_reading_is_drawn() -> None:
    """Its mean is itself."""
    single = run()._replace(power_series={"gpu": ((0.0, 120.0),)})
    assert list(power_over_time(single).data[0].y) == [120]
    assert chart.table(single)[1][0] == ("accelerators", "120", "120", "120", "1")


def test_an_unknown_component_keeps_its_name() -> None:
    """A meter may tell more apart some day."""
    assert power_over_time(run()._replace(power_series={"disk_io": CPU})).data[0].name == "disk io"


def test_a_run_without_readings_says_so() -> None:
    """In the sentence and an empty table."""
    assert chart.summary(nothing("run")) == "The power of this run was not recorded."
    assert chart.table(nothing("run"))[1] == ()


def test_the_title_says_what_was_not_measured(tmp_path: Path) -> None:
    """100 W of CPU are the most that a meter saw, and not the most of all parts."""
    write_run(tmp_path, "a", gpu_w=None)
    write_run(tmp_path, "b")
    titles = [greentrain.chart(History(tmp_path).get(id), "power_over_time").layout.title.text for id in "ab"]
    assert titles == [
        "<b>CPU drew 100 W on average; accelerators not measured</b>",
        "<b>Accelerators drew 300 W on average, the most of all parts</b>",
    ]
