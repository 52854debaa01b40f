"""The charts of a result: which there are, what they look up, and the public function."""

import inspect
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from math import isclose, log10
from pathlib import Path
from typing import Any

import pytest
from chart_examples import example, history, nothing, validated, with_footprint
from journals_of_reports import FIRST_START, write_run
from plotly.graph_objects import Figure

import greentrain
from greentrain import History, InputError, chart, compare, estimate, report, validate
from greentrain.reporting import report_data_of
from greentrain.reporting.charts import charts_of
from greentrain.reporting.charts.reference_data import PLACES, comparison_places, published_runs

BERT = {"gpu": "V100", "count": 64, "hours": 79.0, "location": "US", "year": 2019}


def test_an_estimate_has_five_charts_in_the_order_of_a_report() -> None:
    """How much, of what, how sure, elsewhere, by others."""
    made = charts_of(estimate(**BERT))
    assert [item.name for item in made] == ["headline", "waterfall", "tornado", "elsewhere", "methods"]
    assert all(item.summary.endswith(".") and len(item.table.header) == len(item.table.rows[0]) for item in made)


def test_charts_that_have_nothing_to_show_are_left_out() -> None:
    """A project of exact inputs without dates has no tornado and no months."""
    exact = with_footprint(example(kind="project"), summed_factors={})
    assert [item.name for item in charts_of(exact)] == ["headline", "waterfall", "elsewhere"]
    assert charts_of(nothing()) == ()


def test_projects_have_months_and_validations_their_own_chart() -> None:
    """By the kind of the data."""
    assert "by_month" in [item.name for item in charts_of(history())]
    assert [item.name for item in charts_of(validated())] == ["validation"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_are_deterministic(theme: str) -> None:
    """The same result gives the same JSON."""
    first, second = ([item.draw(theme).to_json() for item in charts_of(estimate(**BERT))] for _ in range(2))
    assert first == second


def test_themes_differ_in_the_template_alone() -> None:
    """So that a page can switch them by relayout."""
    for item in charts_of(estimate(**BERT)):
        light, dark = item.draw("light").to_dict(), item.draw("dark").to_dict()
        assert light["data"] == dark["data"]
        assert light["layout"].pop("template") != dark["layout"].pop("template")
        assert light["layout"] == dark["layout"]


@pytest.mark.slow
def test_every_record_of_the_shipped_validation_is_drawn() -> None:
    """A metered run is one point, any other record one for each figure; the size is that of a page."""
    report = validate()
    figure = chart(report, "validation")
    drawn = sum(len(trace.x) for trace in figure.data if trace.mode == "markers")
    rows = [row for row in report.records if row.tier != "T4" and row.is_placed]
    energies = [row for row in rows if row.published_kwh and row.estimated_kwh]
    emissions = [row for row in rows if row.published_kg and row.estimated_kg]
    twice = [row for row in energies if row in emissions and row.tier == "T3"]
    assert drawn == len(energies) + len(emissions) - len(twice)
    assert len(figure.to_json()) < 60_000


def test_chart_is_public_and_takes_all_but_the_result_and_the_kind_by_keyword() -> None:
    """The name of the library."""
    assert greentrain.chart is chart
    parameters = inspect.signature(chart).parameters
    assert list(parameters) == ["result", "kind", "theme"]
    assert parameters["theme"].kind is inspect.Parameter.KEYWORD_ONLY


def test_an_unknown_kind_is_refused_with_the_choice() -> None:
    """Before anything is looked up."""
    with pytest.raises(
        InputError, match=r"^kind 'pie': must be headline, .*, by_run, by_place, by_hardware or by_user$"
    ):
        chart(estimate(**BERT), "pie")


SEVERAL = "several runs: a history, a list of runs or a table"
OF_AN_ESTIMATE = "an estimate has headline, waterfall, tornado, elsewhere or methods"
OF_RUNS = "these runs have headline, waterfall, tornado, elsewhere, by_month, by_run, by_place or by_hardware"


@pytest.mark.parametrize(
    ("of", "kind", "rule"),
    [
        ("estimate", "by_month", f"needs runs with a date: tracked, imported or of a table; {OF_AN_ESTIMATE}"),
        ("estimate", "by_run", f"needs {SEVERAL}; {OF_AN_ESTIMATE}"),
        ("estimate", "power_over_time", f"needs one tracked run whose power was recorded; {OF_AN_ESTIMATE}"),
        ("history", "by_user", f"needs {SEVERAL}, and that users are stated; {OF_RUNS}"),
        ("history", "methods", f"needs one estimate of a job that published methods apply to; {OF_RUNS}"),
        ("validation", "headline", "needs emissions that are known; a validation report has validation"),
        ("nothing", "waterfall", "needs emissions whose parts are known; these runs have no chart"),
        ("comparison", "tornado", "cannot be chosen: a comparison has one chart, which needs no kind"),
    ],
)
def test_a_chart_that_a_result_has_not_is_refused_with_those_that_it_has(of: str, kind: str, rule: str) -> None:
    """By parameter, value and what it needs; no chart is empty."""
    subjects: dict[str, Callable[[], Any]] = {
        "estimate": lambda: estimate(**BERT),
        "history": history,
        "validation": validated,
        "nothing": nothing,
        "comparison": lambda: compare(gpu=["T4", "V100"], hours=1, location="FR"),
    }
    with pytest.raises(InputError) as raised:
        chart(subjects[of](), kind)
    assert str(raised.value) == f"kind '{kind}': {rule}"


def test_without_a_kind_a_result_has_the_first_of_its_charts() -> None:
    """Of an estimate how much it is, of a validation the only one there is."""
    assert chart(estimate(**BERT)) == chart(estimate(**BERT), "headline")
    assert chart(validated()) == chart(validated(), "validation")


@pytest.mark.parametrize(
    ("of", "kind"),
    [("estimate", kind) for kind in ("headline", "waterfall", "tornado", "elsewhere", "methods")]
    + [("history", kind) for kind in ("by_month", "by_run", "by_place", "by_hardware")]
    + [("validation", "validation")],
)
def test_a_figure_shows_itself_in_a_notebook(of: str, kind: str) -> None:
    """As plotly's figure where that is known, else as a picture, as text where nothing else is."""
    subjects: dict[str, Any] = {"estimate": estimate(**BERT), "history": history(), "validation": validated()}
    figure = chart(subjects[of], kind)
    assert isinstance(figure, Figure)
    shown = figure._repr_mimebundle_()
    assert list(shown) == ["application/vnd.plotly.v1+json", "text/html", "text/plain"]
    assert shown["text/html"].startswith('<img src="data:image/svg+xml;base64,')
    assert shown["text/html"] == figure._repr_html_()
    assert figure._ipython_display_ is None


def test_comparison_places_of_a_country_are_the_choice_of_countries_in_the_same_year() -> None:
    """Each with the carbon intensity that an estimate there would use."""
    found = {place.code: place for place in comparison_places(report_data_of(estimate(**BERT)))}
    assert tuple(found) == PLACES
    there = estimate(**{**BERT, "location": "FR"})
    intensity = next(item.value for item in there.inputs if item.name == "grid_intensity")
    assert found["FR"].g_per_kwh == intensity


def test_comparison_places_of_a_country_that_is_not_among_them_hold_it_too() -> None:
    """So that it can be named."""
    found = comparison_places(report_data_of(estimate(**{**BERT, "location": "IS"})))
    assert [place.code for place in found] == [*PLACES, "IS"]


def test_comparison_places_of_a_cloud_region_are_regions_of_the_same_provider() -> None:
    """At most sixteen, the cleanest, the dirtiest and the run's own among them."""
    found = comparison_places(report_data_of(estimate(**{**BERT, "location": "aws:us-east-1"})))
    codes = [place.code for place in found]
    assert all(code.startswith("aws:") for code in codes)
    assert "aws:us-east-1" in codes
    assert 10 <= len(codes) <= 16
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("location", [None, "WORLD-9"])
def test_comparison_places_of_no_place_or_one_that_is_gone_are_the_countries(location: str | None) -> None:
    """A history may name a place of profiles that are not there today."""
    found = example()
    found = found._replace(lines=(found.lines[0]._replace(location=location),))
    assert tuple(place.code for place in comparison_places(found)) == PLACES


def test_published_runs_are_the_two_nearest_that_are_location_based() -> None:
    """Around 8,930 t the published 8,930 t of Llama 3.1 405B is the first."""
    kilotonnes = example(factor=8_930_000 / 400)
    first, second = published_runs(kilotonnes)
    assert isclose(first.kg.best, 8_930_000)
    assert first.label == "training Llama 3.1 405B, Meta 2024, published figure (location-based)"
    assert isclose(second.kg.best, 2_040_000)
    assert published_runs(nothing()) == ()


def test_no_two_charts_say_the_same() -> None:
    """Of one estimate as of a project: each has a finding, a sentence and a table of its own."""
    for result in (estimate(**BERT), history()):
        found = charts_of(result)
        assert len({item.draw().layout.title.text for item in found}) == len(found)
        assert len({item.summary for item in found}) == len(found)
        assert len({tuple(tuple(cell.text for cell in row) for row in item.table.rows) for item in found}) == len(found)


def test_the_runs_of_a_project_are_compared() -> None:
    """60 estimates of 1 to 60 h: the longest is the first, 60 of 1,830 h, which is 3 %, and twenty are shown."""
    runs = [
        estimate("V100", hours=hours, power=250, host_factor=1, pue=1, grid_intensity=400) for hours in range(1, 61)
    ]
    figure = chart(runs, "by_run")
    assert ", 60 h, grid as given: 3 % of the" in figure.layout.title.text
    assert [(trace.name, len(trace.x)) for trace in figure.data] == [("largest", 1), ("others", 19)]


def test_the_interval_of_a_sure_run_fills_its_chart() -> None:
    """1 kg before a PUE of 1.084 to 1.896: 15 % of that width stand at each side, and nothing goes down to zero."""
    run = estimate("V100", hours=10, power=250, host_factor=1, grid_intensity=400, year=2024)
    low, high = chart(run, "tornado").layout.xaxis.range
    assert (low, high) == pytest.approx((1.084 - 0.1218, 1.896 + 0.1218), rel=1e-3)


def test_runs_of_one_name_are_told_apart_by_their_day(tmp_path: Path) -> None:
    """Two of a name have their day, the other has none."""
    for key, name, days in (("a", "bert", 0), ("b", "bert", 3), ("c", "gpt", 5)):
        write_run(tmp_path, key, name=name, started=FIRST_START + timedelta(days=days))
    found = next(item for item in charts_of(History(tmp_path)) if item.name == "by_run")
    assert [row[0].text for row in found.table.rows] == ["bert, 2026-03-01", "bert, 2026-03-04", "gpt"]


def test_ticks_stay_inside_a_picture() -> None:
    """The text at the end of an axis of a telephone is moved inwards where it would be cut."""
    run = estimate("8xA100", hours=112.2464396, location="FR", year=2024)
    drawn = chart(run, "methods").to_svg(width_px=390)
    ticks = re.findall(r'<text x="([\d.]+)" y="[\d.]+" font-size="12" text-anchor="middle">([^<]+)</text>', drawn)
    assert ticks
    assert all(3 * len(words) <= float(x) <= 390 - 3 * len(words) for x, words in ticks)


def test_a_project_is_compared_by_place_and_hardware_without_being_asked() -> None:
    """100 kWh of each at 40, 40 and 340 g/kWh: 8 kg in France, 34 kg in Germany; one kind of hardware has no chart."""
    same = {"gpu": "V100", "hours": 400, "power": 250, "host_factor": 1, "pue": 1, "year": 2024}
    runs = [
        estimate(**same, location=place, grid_intensity=grid) for place, grid in (("FR", 40), ("FR", 40), ("DE", 340))
    ]
    found = {item.name: item for item in charts_of(runs) if item.name.startswith("by_")}
    assert [*found] == ["by_run", "by_place"]
    assert [tuple(cell.text for cell in row)[:4] for row in found["by_place"].table.rows] == [
        ("Germany (DE)", "1", "100", "34.0"),
        ("France (FR)", "2", "200", "8.00"),
    ]
    assert found["by_place"].summary == "Of 2 places, Germany (DE) emitted most: 34.0 kg CO2e in 1 run, 81 % of all."


def test_charts_of_groups_share_their_axis() -> None:
    """Of 1, 2 and 4 kg, and of places of 3 and 4 kg, in a report: one scale, and labels that take the same room."""
    same = {"gpu": "V100", "power": 250, "host_factor": 1, "pue": 1, "grid_intensity": 40}
    runs = [estimate(**same, hours=hours, location=place) for hours, place in ((100, "FR"), (200, "FR"), (400, "DE"))]
    by_run, by_place = (item.draw("light").layout for item in charts_of(runs) if item.name in ("by_run", "by_place"))
    assert by_run.xaxis == by_place.xaxis
    assert by_run.xaxis.range == pytest.approx((0 - 0.2, log10(4) + 0.2))
    for room in ("l", "r"):
        assert by_run.margin[room] == by_place.margin[room]
        assert by_run.meta["narrow"]["margin"][room] == by_place.meta["narrow"]["margin"][room] == 16
    assert chart(runs, "by_place").layout.xaxis.range == pytest.approx((log10(3) - 0.2, log10(4) + 0.2))


def test_the_line_below_a_chart_begins_at_its_left() -> None:
    """Under the labels beside the plot, which take the left margin but for the 16 px at every side."""
    for layout in (chart(estimate(**BERT), kind).layout for kind in ("headline", "waterfall")):
        line = layout.annotations[-1]
        assert (line.xanchor, line.align, line.x, line.xshift) == ("left", "left", 0.0, 16 - layout.margin.l)
    assert chart(history(), "by_month").layout.annotations[-1].xshift == -56


def test_runs_of_the_history_have_sums_by_place_and_hardware(tmp_path: Path) -> None:
    """No option asks for them: four of 201.6 g and 19 % are 960 g. A minute tells runs of a day apart, and stays."""
    for key, name, hours in (
        ("a", "bert", 0),
        ("b", "bert", 2),
        ("c", "a run with a name of more than fifty letters", 0),
    ):
        write_run(tmp_path, key, name=name, started=FIRST_START + timedelta(hours=hours))
    write_run(
        tmp_path, "d", name="a run with a name of more than fifty letters", started=FIRST_START - timedelta(days=1)
    )
    runs = History(tmp_path)
    assert [note.text for note in chart(runs, "by_hardware").layout.annotations[:2]] == [
        "<b>NVIDIA Tesla V100 SXM2 16GB</b>", "<b>960\u00a0g</b>"
    ]  # fmt: skip
    names = [note.text for note in chart(runs, "by_run").layout.annotations[:-1:2]]
    assert sorted(name.removeprefix("<b>").removesuffix("</b>") for name in names) == [
        "a run with a name of more than fifty..., 2026-02-28",
        "a run with a name of more than fifty..., 2026-03-01",
        "bert, 2026-03-01 00:00",
        "bert, 2026-03-01 02:00",
    ]


def test_a_chart_of_a_single_mark_is_left_out_of_a_report(tmp_path: Path) -> None:
    """Of a run of a few grams the amount stands alone, of two readings no line is drawn; the words remain."""
    small = estimate("T4", hours=0.001, location="FR", year=2024)
    assert "headline" not in [item.name for item in charts_of(small)]
    assert chart(small).data[0].name == "this report"
    write_run(tmp_path, "a")
    data = report_data_of(History(tmp_path).get("a"))
    short = data._replace(power_series={"gpu": ((1.0, 300.0), (3.0, 300.0))})
    assert "power_over_time" in [item.name for item in charts_of(data)]
    assert "power_over_time" not in [item.name for item in charts_of(short)]
    text = report(short, "text")
    assert "Mean power over 3.00 s: accelerators 300 W; CPU not measured; memory not measured;" in " ".join(
        text.split()
    )
    only = data._replace(footprint=data.footprint._replace(breakdown=data.footprint.breakdown[:1], embodied_kg=None))
    assert "waterfall" not in [item.name for item in charts_of(only)]


def test_a_notebook_without_trust_shows_a_chart_and_its_numbers() -> None:
    """There elements of SVG are taken away and pictures stay: it is one, with its title and a table of its numbers."""
    figure = chart(estimate(**BERT), "waterfall")
    drawn, _, numbers = figure._repr_html_().partition("<details>")
    found = re.fullmatch(
        '<img src="data:image/svg\\+xml;base64,([^"]+)" width="720" alt="([^"]+)" style="[^"]+">', drawn
    )
    assert found is not None
    assert b64decode(found[1]).decode() == figure.to_svg()
    title = figure.layout.title.text
    assert f"<b>{found[2]}</b>" == title.replace("</b><br><b>", " ")
    assert figure._repr_mimebundle_()["text/plain"] == found[2]
    assert numbers.startswith("<summary>Numbers of this chart</summary><table>")
    assert numbers.count("<tr>") == 1 + 6
