"""Charts as SVG drawn without a browser: where things lie, and that nothing but a picture is in them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from chart_examples import example, history, line, validated

from greentrain import chart, estimate
from greentrain.reporting import PowerSpan
from greentrain.reporting.charts import charts_of
from greentrain.reporting.charts.axes import axis_of
from greentrain.reporting.charts.headline import headline
from greentrain.reporting.charts.layout import Frame, finished
from greentrain.reporting.charts.style import text
from greentrain.reporting.charts.svg import svg
from greentrain.reporting.charts.waterfall import waterfall

NS = "{http://www.w3.org/2000/svg}"
NASTY = '</svg><script>alert(1)</script><img src=x onerror="1">\x00\u202e & $x^2$'


def drawn(traces: list[dict[str, Any]], layout: dict[str, Any], **options: Any) -> ElementTree.Element:
    """Draw traces in a plot from 16 to 704 px and from 63 px on, 100 px high."""
    figure = finished(traces, layout, title="A", source="S", wide=Frame(100), theme="light")
    return ElementTree.fromstring(svg(figure, **options))


def figures() -> dict[str, Any]:
    """Draw charts of every kind of result."""
    points = tuple((60.0 * at, 300.0 + at % 7) for at in range(43_200))
    spans = (PowerSpan(NASTY, 0, 3600), PowerSpan("rest", 3600, None))
    run = example(kind="run")._replace(power_series={"gpu": points, "cpu": points, "memory": points}, spans=spans)
    results = {"estimate": estimate("V100", hours=96, location="FR"), "run": run, "project": history()}
    results["validation"] = validated()
    return {f"{kind} {item.name}": item.draw("light") for kind, result in results.items() for item in charts_of(result)}


@pytest.mark.parametrize("width_px", [720, 340])
def test_every_chart_is_a_small_picture_without_script_or_reference(width_px: int) -> None:
    """Elements are those of drawings, and the only address is that of SVG itself."""
    for name, figure in figures().items():
        found = svg(figure, width_px=width_px)
        assert len(found.encode()) < 60_000, name
        assert found == svg(figure, width_px=width_px)
        root = ElementTree.fromstring(found)
        kinds = {item.tag.removeprefix(NS) for item in root.iter()}
        assert kinds <= {"svg", "rect", "line", "path", "circle", "polygon", "text", "title", "pattern"}, name
        assert found.count("://") == 1, name
        assert found.replace("\n", " ").isprintable()
        assert not {key for item in root.iter() for key in item.attrib if "href" in key or key.startswith("on")}


def test_points_lie_where_the_axes_say() -> None:
    """On a plot of 688 by 100 px: 10 is the middle of 1 to 100 on a logarithmic axis, 3 three quarters of 0 to 4."""
    trace = {"type": "scatter", "mode": "markers", "name": "a", "x": [10], "y": [3], "marker": {"color": "red"}}
    trace["error_x"] = {"array": [90], "arrayminus": [9], "thickness": 2, "width": 0}
    axes = {
        "xaxis": {"type": "log", "range": [0, 2], "tickvals": [1, 100], "ticktext": ["1 kg", "100 kg"]},
        "yaxis": {"range": [0, 4], "visible": False},
    }
    root = drawn([trace], axes)
    (point,) = root.iter(f"{NS}circle")
    assert (point.get("cx"), point.get("cy")) == ("360", "88")
    whisker = [item for item in root.iter(f"{NS}line") if item.get("stroke") == "red"]
    assert [(item.get("x1"), item.get("x2")) for item in whisker] == [("16", "704")]
    assert [item.text for item in root.iter(f"{NS}text")] == ["1 kg", "100 kg", "S", "A"]


def test_bars_stand_on_those_before_them() -> None:
    """1 and 3 of a month reach 1 / 4.2 and 4 / 4.2 of 100 px, since 5 % are left above the highest."""
    traces = [
        {"type": "bar", "name": name, "x": ["2026-01"], "y": [high], "marker": {"color": colour}}
        for name, high, colour in (("a", 1, "red"), ("b", 3, "blue"))
    ]
    layout = {"barmode": "stack", "xaxis": {"type": "category"}, "yaxis": {"visible": False}}
    bars = [(item.get("fill"), item.get("y"), item.get("height")) for item in drawn(traces, layout).iter(f"{NS}rect")]
    assert bars == [("red", "139.2", "23.8"), ("blue", "67.8", "71.4")]


def test_a_line_of_steps_has_gaps() -> None:
    """Along, then up; a missing value parts it."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [start + timedelta(hours=hour) for hour in range(5)]
    trace = {"type": "scatter", "mode": "lines", "name": "a", "x": times, "y": [0, 1, None, 1, 1]}
    trace["line"] = {"color": "red", "width": 2, "shape": "hv"}
    layout = {"xaxis": {"type": "date"}, "yaxis": {"range": [0, 1], "visible": False}}
    (path,) = drawn([trace], layout).iter(f"{NS}path")
    assert path.get("d") == "M16 163H188L188 63M532 63H704L704 63"


@pytest.mark.parametrize(
    ("layout", "values", "ticks"),
    [
        ({"range": [0, 8]}, [], ["0", "1", "2", "3", "4", "5", "6", "7", "8"]),
        ({}, [0.0, 250.0], ["0", "50", "100", "150", "200", "250"]),
        ({}, [12_000.0], ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]),
        ({}, [], ["0"]),
        ({"type": "category", "tickvals": ["b"]}, ["a", "b"], ["b"]),
    ],
)
def test_ticks_are_round(layout: dict[str, Any], values: list[Any], ticks: list[str]) -> None:
    """1, 2 or 5 with zeros, at least 70 of 700 px apart."""
    assert [words for _, words in axis_of(layout, values, 0.0, 700.0).ticks][: len(ticks)] == ticks


def test_hours_have_round_ticks() -> None:
    """48 hours on 700 px: every six hours."""
    start = datetime(2026, 1, 1, 1, tzinfo=UTC)
    found = axis_of({"type": "date"}, [start, start + timedelta(hours=48)], 0.0, 700.0).ticks
    assert [words.split("<br>")[0] for _, words in found] == ["06:00", "12:00", "18:00", "00:00"] * 2


def test_text_of_users_is_text() -> None:
    """Tags, controls, marks of direction and entities stand there as they were written, cut where they are long."""
    named = line(name=NASTY)
    root = ElementTree.fromstring(svg(headline(example(named)._replace(title=NASTY))))
    assert root.tag == f"{NS}svg"
    trace = {"type": "bar", "name": text(NASTY), "x": ["m"], "y": [1], "marker": {"color": "red"}}
    trace["hovertext"] = [f"{text(NASTY)}<br>1 kg"]
    layout = {"xaxis": {"type": "category"}, "yaxis": {"visible": False}, "showlegend": True}
    root = drawn([trace], layout)
    shown = '</svg><script>alert(1)</script><img src=x onerror="1"> & $x^2$'
    assert shown in [item.text for item in root.iter(f"{NS}text")]
    assert next(root.iter(f"{NS}title")).text == f"{shown}\n1 kg"


def test_the_ink_is_that_of_the_text_around_it_unless_a_theme_is_wanted() -> None:
    """On a page in the page's colour, in a file on a ground of its own."""
    figure = waterfall(example())
    around, dark = (ElementTree.fromstring(svg(figure, theme=theme)) for theme in (None, "dark"))
    assert (around.get("fill"), around[0].tag) == ("currentColor", f"{NS}pattern")
    assert (dark.get("fill"), dark[0].get("fill")) == ("#ececec", "#222222")


def test_ids_begin_with_the_name_of_the_chart() -> None:
    """So that patterns of two charts on a page are not confused."""
    found = svg(waterfall(example()), name="parts")
    assert 'id="parts-0"' in found
    assert found.count("url(#parts-0)") == 1


def test_a_chart_on_a_page_has_no_title() -> None:
    """It stands in the caption; what it took is cut off, and so is the room for buttons."""
    figure = headline(example())
    whole, without = (ElementTree.fromstring(svg(figure, has_title=has_title)) for has_title in (True, False))
    assert int(whole.get("height", "")) - int(without.get("height", "")) == figure.layout.meta["title_px"] + 22
    words = [item.text for item in without.iter(f"{NS}text")]
    assert figure.layout.title.text.removeprefix("<b>").removesuffix("</b>") not in words


def test_a_chart_draws_itself_with_a_method() -> None:
    """As in `greentrain.chart(...).to_svg()`; the file is on white."""
    found = chart(estimate("V100", hours=96, location="FR"), "elsewhere").to_svg(width_px=500)
    root = ElementTree.fromstring(found)
    assert (root.get("width"), root[0].get("fill")) == ("500", "#ffffff")
