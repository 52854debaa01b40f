"""Charts of rows: headline, elsewhere and methods; numbers worked out by hand."""

import pytest
from chart_examples import TRAIN, example, line, nothing, with_footprint

from greentrain import Interval, estimate
from greentrain.interval import exact
from greentrain.reporting import report_data_of
from greentrain.reporting.charts import headline as headline_chart
from greentrain.reporting.charts import methods as methods_chart
from greentrain.reporting.charts import other_regions as elsewhere_chart
from greentrain.reporting.charts.headline import ReferencePoint, headline
from greentrain.reporting.charts.methods import methods
from greentrain.reporting.charts.other_regions import PlaceGrid, other_regions
from greentrain.validation import compare_methods

MODEL = ReferencePoint("training a model (location-based)", exact(100.0), "strubell_2019")
PLACES = (
    PlaceGrid("SE", "Sweden", Interval(20, 40, 80), "ember_2026_04"),
    PlaceGrid("FR", "France", Interval(200, 400, 800), "ember_2026_04"),
    PlaceGrid("DE", "Germany", Interval(300, 500, 700), "ember_2026_04"),
    PlaceGrid("ZZ", "ZZ", Interval(2000, 4000, 8000), "greentrain_judgement"),
)


def points(figure: object) -> dict[str, list[tuple[float, float, float]]]:
    """Return low, best and high of each group of a figure."""
    return {
        trace.name: [
            (round(x - down, 9), x, round(x + up, 9))
            for x, down, up in zip(trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True)
        ]
        for trace in figure.data  # type: ignore[attr-defined]
    }


def labels(figure: object) -> list[str]:
    """Return name and amount of each row of a figure, the source line left out."""
    words = [note.text for note in figure.layout.annotations[:-1]]  # type: ignore[attr-defined]
    return [f"{name}: {amount}" for name, amount in zip(words[::2], words[1::2], strict=True)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_headline_stands_among_its_reference_points(theme: str) -> None:
    """Sorted by size, ours bold and in a group of its own, each with its interval."""
    figure = headline(example(), (MODEL,), theme=theme)
    assert points(figure) == {
        "this report": [(200, 400, 800)],
        "everyday activity": [(1000, 1000, 1000)],
        "published training": [(100, 100, 100)],
    }
    assert labels(figure) == [
        "training a model (location-based): 100\u00a0kg",
        "<b>The estimated run</b>: <b>400\u00a0kg</b>",
        "one train ride: 1.00\u00a0t",
    ]


def test_each_group_has_a_symbol_of_its_own() -> None:
    """Colour is never alone."""
    for figure in (headline(example(), (MODEL,)), other_regions(example(), PLACES)):
        assert len({trace.marker.symbol for trace in figure.data}) == len(figure.data) == 3


def test_the_source_line_names_the_versions() -> None:
    """The sources stand in the bibliography."""
    caption = headline(example(), (MODEL,)).layout.annotations[-1].text.replace("<br>", " ")
    assert caption == "Bars are 90 % intervals. greentrain 1.2.3, data 2026.11."


def test_the_sentence_and_the_table_of_the_headline() -> None:
    """The nearest reference point is 1,000 kg, 2.5 times as much; 100 kg is a quarter."""
    found = headline_chart.summary(example(), (MODEL,))
    assert found == "The estimated run emits 400 kg CO2e (200 to 800 kg), about 0.40 times one train ride."
    assert headline_chart.table(example(), (MODEL,)) == (
        ("what", "kind", "kg CO2e", "low", "high"),
        (
            ("training a model (location-based)", "published training", "100", "100", "100"),
            ("The estimated run, operational", "this report", "400", "200", "800"),
            ("one train ride", "everyday activity", "1,000", "1,000", "1,000"),
        ),
    )


def test_the_headline_of_a_few_grams_stands_alone() -> None:
    """Nothing that people know is below a smartphone's charge of 12 g."""
    assert labels(headline(example(factor=1e-5))) == ["<b>The estimated run</b>: <b>4.00\u00a0g</b>"]
    assert len(labels(headline(example(factor=1e-4)))) == 2


def test_a_headline_without_reference_points() -> None:
    """One row needs no legend."""
    alone = example(kind="run")._replace(equivalents=())
    assert headline(alone).layout.showlegend is False
    assert headline_chart.summary(alone) == "The run emits 400 kg CO2e (200 to 800 kg)."


@pytest.mark.parametrize(("factor", "written"), [(1e9, "400\u00a0Mt"), (1e-9, "400\u00a0µg")])
def test_huge_and_tiny_emissions_keep_readable_units(factor: float, written: str) -> None:
    """From micrograms to megatonnes."""
    figure = headline(example(factor=factor))
    assert any(written in label for label in labels(figure))
    assert len(figure.layout.xaxis.ticktext) >= 3


def test_places_are_grey_unless_the_ratio_of_their_grids_leaves_out_one() -> None:
    """Ours is 400 g/kWh (200 to 800), in log space ln 2 to both sides.

    Sweden: a tenth, its ratio 0.1 x exp(+-0.98), so at most 0.267. Germany: 1.25 / exp((0.511^2 + 0.693^2)^0.5) = 0.528
    to 1.25 x exp((0.336^2 + 0.693^2)^0.5) = 2.70, which holds one. ZZ: ten times.
    """
    figure = other_regions(example(), PLACES)
    assert points(figure) == {
        "as it is": [(200, 400, 800)],
        "clearly different": [(20, 40, 80), (2000, 4000, 8000)],
        "not clearly different": [(300, 500, 700)],
    }
    assert labels(figure)[1] == "<b>as it is, France (FR)</b>: <b>400\u00a0kg</b>"
    assert figure.layout.title.text == "<b>The same energy emits 90 % less in Sweden and 10 x as much in ZZ</b>"
    assert {trace.name: trace.marker.color for trace in figure.data}["not clearly different"] == "#808080"


def test_a_place_of_direct_emissions_is_marked_and_is_no_finding() -> None:
    """Sweden's direct value is lowest; of those on the run's own basis only ZZ differs, ten times as much."""
    places = (PLACES[0]._replace(is_direct=True), *PLACES[1:])
    figure = other_regions(example(), places)
    assert figure.layout.title.text == "<b>The same energy emits 10 x as much in ZZ</b>"
    assert labels(figure)[0] == "Sweden, direct: 40.0\u00a0kg"
    below = figure.layout.annotations[-1].text.replace("<br>", " ")
    assert "Direct: only emissions of the power stations are known; the bar spans the life cycle." in below
    assert elsewhere_chart.table(example(), places)[1][0][0] == "Sweden (SE), direct"


def test_the_sentence_and_the_table_of_elsewhere() -> None:
    """One of three other places cannot be distinguished."""
    assert elsewhere_chart.summary(example(), PLACES) == (
        "The estimated run emits 400 kg CO2e where it is, and with the same energy 40.0 kg in Sweden (SE) and 4.00 t "
        "in ZZ; 1 of 3 places cannot be distinguished from it."
    )
    _, rows = elsewhere_chart.table(example(), PLACES)
    assert rows[0] == ("Sweden (SE)", "clearly different", "40.0", "20.0", "80.0", "0.100")
    assert rows[1] == ("as it is, France (FR)", "as it is", "400", "200", "800", "1.00")


def test_a_project_of_several_places_is_as_uncertain_as_its_least_certain_grid() -> None:
    """All grids here have half to twice; each of the own places is shown, since all runs could have been there."""
    other = line()._replace(location="SE")
    figure = other_regions(example(line(), other, kind="project"), PLACES)
    assert points(figure)["as it is"] == [(200, 400, 800)]
    assert "<b>as it is, 2 places</b>: <b>400\u00a0kg</b>" in labels(figure)
    assert len(labels(figure)) == 5


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (None, "as it is, grid as given"),
        ("WORLD", "as it is, no place named"),
        ("XX", "as it is, XX"),
    ],
)
def test_the_own_place_is_named(location: str | None, words: str) -> None:
    """Also where nobody named one."""
    _, rows = elsewhere_chart.table(example(line()._replace(location=location)), PLACES[:1])
    assert rows[1][0] == words


def test_no_place_that_differs_is_said_so() -> None:
    """Germany alone."""
    found = elsewhere_chart.summary(example(), PLACES[2:3])
    assert found.endswith("where it is; no other place shown differs by more than what is uncertain about the grids.")


def test_the_methods_stand_beside_our_interval() -> None:
    """A row for each method, from its lowest to its highest setting, at its usual one, which is the first."""
    result = estimate("V100", count=64, hours=79, location="US", year=2019)
    comparison = compare_methods(result)
    figure = methods(report_data_of(result), comparison)
    kg: dict[str, list[float]] = {}
    for item in comparison.methods:
        kg.setdefault(item.result.known_as, []).append(item.result.kg)
    drawn = points(figure)
    assert drawn["published method"] == [
        pytest.approx((min(found), found[0], max(found))) for found in sorted(kg.values(), key=lambda each: each[0])
    ]
    assert drawn["greentrain"] == [pytest.approx(tuple(result.operational_kg))]
    assert "nameplate power (upper bound): 1.38\u00a0t" in labels(figure)
    assert len(methods_chart.table(report_data_of(result), comparison)[1]) == 1 + len(comparison.methods)


def test_the_sentence_of_the_methods_counts_those_inside_our_interval() -> None:
    """With our interval narrowed to 500 to 700 kg around 600, three of four methods lie outside."""
    result = estimate("V100", count=64, hours=79, location="US", year=2019)
    comparison = compare_methods(result)
    four = tuple(
        item._replace(result=item.result._replace(kg=kg, known_as=name, setting=""))
        for item, kg, name in zip(comparison.methods, (400.0, 650.0, 800.0, 900.0), "abcd", strict=False)
    )
    narrow = with_footprint(example(), operational_kg=Interval(500, 600, 700))
    assert methods_chart.summary(narrow, comparison._replace(methods=four)) == (
        "For the same job, published methods give from 400 kg (a) to 900 kg CO2e (d), next to our "
        "600 kg CO2e (500 to 700 kg); our interval holds 1 of the 4."
    )


def test_nothing_to_show_is_said_and_gives_no_rows() -> None:
    """A sentence that says why, and an empty table."""
    blank = nothing()
    assert headline_chart.summary(blank) == "There are no emissions to show."
    assert headline_chart.table(blank)[1] == elsewhere_chart.table(blank, PLACES)[1] == ()
    assert methods_chart.table(blank, None)[1] == ()


def test_a_label_with_tags_is_shown_as_text() -> None:
    """An activity of a user's own profiles can be called anything."""
    activity = TRAIN._replace(label="<a href='javascript:x'>y</a>")
    comparison = example().equivalents[0]._replace(activity=activity)
    figure = headline(example()._replace(equivalents=(comparison,)))
    assert "<a" not in figure.to_json()
