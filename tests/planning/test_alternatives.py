"""Comparisons: paired ratios worked out by hand, groups, several values, lists of places, prices."""

import json
from math import exp, log
from pathlib import Path

import pytest

from greentrain import Contradiction, InputError, Interval, InvalidNumber, UnknownName, chart, compare, estimate
from greentrain.cli import run
from greentrain.planning import axes_of, paired_ratio, parted, places_of, prices_of, words_of_change

DEVICES = """id,name,hardware_class,tdp_w,tdp_low_w,tdp_high_w,source
vague,Vague 1,pcie-server,100,80,125,https://example.org/mine
firm,Firm 2,pcie-server,200,200,200,https://example.org/mine
near,Near 3,pcie-server,110,110,110,https://example.org/mine
"""
KNOWN = {"utilization": 1, "host_factor": 1, "hours": 10, "location": "FR", "year": 2024}


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """Make three devices: one whose rating is known to a quarter, two that are exact."""
    (tmp_path / "accelerators.csv").write_text(DEVICES)
    return tmp_path


def test_a_comparison_by_hand(profiles: Path) -> None:
    """200 W exact against 100 W (80 to 125), one grid and one PUE: 2 (1.6 to 2.5), since only the rating differs.

    The emissions themselves are known far less well, by what grid and PUE leave open; both cancel. 110 W against
    100 W (80 to 125) is 1.1 (0.88 to 1.375), which nobody can tell from 1; 200 W over 110 W is exact.
    """
    found = compare(["Vague 1", "Firm 2", "Near 3"], profiles=profiles, **KNOWN)

    assert [row.label for row in found.rows] == ["Vague 1", "Near 3", "Firm 2"]
    assert found.rows[2].over_best == pytest.approx((1.6, 2.0, 2.5), rel=1e-9)
    assert found.rows[1].over_best == pytest.approx((0.88, 1.1, 1.375), rel=1e-9)
    assert [row.differs_from_best for row in found.rows] == [False, False, True]
    assert [row.group for row in found.rows] == [1, 1, 2]
    low, best, _ = found.rows[2].estimate.operational_kg
    assert low / best < 0.6
    assert found.change == "from Vague 1 to Near 3: x1.1 (0.88 to 1.4): hardware 1.1" or found.change.startswith(
        "from "
    )


def test_the_change_starts_at_what_was_named_first(profiles: Path) -> None:
    """From 200 W at 400 g/kWh to 110 W at 100 g/kWh: 0.55 x 0.25 = 0.1375, exactly."""
    found = compare(
        ["Firm 2", "Near 3"], grid_intensity=[400, 100], pue=1.2, utilization=1, host_factor=1, hours=10,
        profiles=profiles,
    )  # fmt: skip

    assert found.change == (
        "from Firm 2, grid intensity 400 to Near 3, grid intensity 100: x0.14: grid 0.25, hardware 0.55"
    )


def test_places_differ_by_their_grids_alone() -> None:
    """Same device and PUE: the log-widths of two grids add by their squares, and nothing else is left."""
    found = compare("V100", hours=10, location=["SE", "PL"], year=2024, pue=1.2)
    grids = [
        estimate("V100", hours=10, location=place, year=2024).inputs["grid_intensity"].value for place in ("PL", "SE")
    ]
    (p_low, p, p_high), (s_low, s, s_high) = grids
    up = (log(p_high / p) ** 2 + log(s / s_low) ** 2) ** 0.5
    down = (log(p / p_low) ** 2 + log(s_high / s) ** 2) ** 0.5

    assert found.rows[1].over_best == pytest.approx((p / s * exp(-down), p / s, p / s * exp(up)), rel=1e-9)


def test_an_alternative_compared_with_itself_is_one() -> None:
    """Everything is shared."""
    one = estimate("A100", hours=10, location="DE")

    assert paired_ratio(one, one) == (1.0, 1.0, 1.0)


def test_a_ratio_and_its_inverse() -> None:
    """Which of two is divided by the other turns the interval round."""
    a, b = (estimate(gpu, hours=10, location="DE") for gpu in ("A100", "H100"))
    low, best, high = paired_ratio(a, b)

    assert paired_ratio(b, a) == pytest.approx((1 / high, 1 / best, 1 / low), rel=1e-12)


def test_a_paired_ratio_is_narrower_than_one_of_strangers() -> None:
    """Two devices on one grid: the grid's doubt, which is in both intervals, is not in the ratio."""
    a, b = (estimate(gpu, hours=10, location="FR") for gpu in ("A100", "H100"))
    low, _, high = paired_ratio(a, b)
    (a_low, _, a_high), (b_low, _, b_high) = a.operational_kg, b.operational_kg

    assert high / low < (a_high / b_low) / (a_low / b_high) / 3


def test_text_is_parted_where_it_is_no_name() -> None:
    """A comma is a part of Paris, France, and of no number; semicolons always part."""
    found = axes_of({"location": "Paris, France", "gpu": "A100,H100", "hours": "1;2,3", "count": [8, "16"]})

    assert found == {"gpu": ["A100", "H100"], "count": [8, 16], "hours": [1.0, 2.0, 3.0], "location": ["Paris, France"]}
    assert axes_of({"location": "Paris, France;DE"}) == {"location": ["Paris, France", "DE"]}
    assert axes_of({"location": "FR, DE"}) == {"location": ["FR", "DE"]}


def test_a_wrong_one_of_several_is_named() -> None:
    """The message has the part that is wrong, not the whole list."""
    with pytest.raises(UnknownName, match=r"^gpu 'T400': "):
        compare("A100,T400", hours=1)


def test_lists_of_places(tmp_path: Path) -> None:
    """Europe has the countries of the Union and others, a provider its regions, a file a place per line."""
    (tmp_path / "mine.txt").write_text("place\nFR\nParis, France  # the town\n\nUS-CA\n")

    assert {"DE", "GB", "CH", "NO"} < set(places_of("europe"))
    assert "US" not in places_of("europe")
    assert all(place.startswith("aws:") for place in places_of("cloud:aws"))
    assert len(places_of("EU27")) == 27
    assert parted("europe; cloud:aws,mine.txt") == ["europe", "cloud:aws", "mine.txt"]
    assert places_of(str(tmp_path / "mine.txt")) == ["FR", "Paris, France", "US-CA"]
    with pytest.raises(UnknownName, match=r"^places 'cloud:acme': names no provider; known are "):
        places_of("cloud:acme")
    with pytest.raises(UnknownName, match=r"^places 'atlantis': must be europe, all, centres, cloud:aws, a group "):
        places_of("atlantis")


def test_hours_follow_the_speed_of_the_hardware() -> None:
    """Twice the MFU halves the hours, and with them all else; a longer run hides a little more of the grid's hours."""
    found = compare("A100", params="1B", tokens="20B", mfu=[0.2, 0.4], count=8, location="FR", pue=1.1)

    fast, slow = found.rows
    assert fast.said["mfu"] == 0.4
    assert slow.hours == pytest.approx(2 * fast.hours)
    assert slow.over_best == pytest.approx((2, 2, 2), rel=0.06)
    assert slow.over_best.best == pytest.approx(2)
    assert slow.factors == pytest.approx({"hours": 2, "hardware": 1, "pue": 1, "grid": 1})


def test_prices() -> None:
    """8 devices for 10 h at 250 W and PUE 1.5 are 30 kWh, 7.50 at 0.25; 80 device-hours are 160 at 2."""
    job = {"hours": 10, "count": 8, "power": 250, "host_factor": 1, "pue": 1.5, "grid_intensity": 400}

    assert compare("V100", price=0.25, **job).best.cost == pytest.approx(7.5)
    assert compare("V100", price="2/gpu-hour", **job).best.cost == pytest.approx(160)
    both = compare("V100,A100", price="A100=3/gpu-hour,2/gpu-hour", **job)
    assert {row.label: row.cost for row in both.rows} == {"V100": 160, "A100": 240}
    with pytest.raises(InvalidNumber, match=r"^price '3/week': must be per kWh or per gpu-hour: 2\.10/gpu-hour$"):
        prices_of("3/week")


def test_what_contradicts_itself_is_left_out() -> None:
    """A V100 has no peak at fp8; alone that is an error, next to an H100 a note."""
    job = {"params": "1B", "tokens": "20B", "precision": "fp8", "location": "FR"}
    found = compare(["V100", "H100"], **job)

    assert [row.label for row in found.rows] == ["H100"]
    assert found.notes[0].startswith("Left out: precision 'fp8': no peak at this precision is known for ")
    with pytest.raises(Contradiction, match=r"^precision 'fp8': no peak"):
        compare("V100", **job)


def test_too_many_alternatives_are_refused() -> None:
    """The keyword with most values is named."""
    with pytest.raises(InputError, match=r"^hours: 20,002 alternatives are too many; compare at most 20,000$"):
        compare(["A100", "H100"], hours=[*range(1, 10_002)])


def test_an_unknown_keyword_is_refused_as_python_does() -> None:
    """As of any function."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'hourz'"):
        compare("A100", hourz=3)  # type: ignore[call-arg]


def test_words_of_a_change() -> None:
    """Factors in the order of what they do; those of 1 are left out."""
    factors = {"hours": 1.0, "hardware": 0.9, "pue": 1.0, "grid": 0.1}

    words = words_of_change("A100 in Poland", "H100 in Sweden", Interval(0.05, 0.09, 0.15), factors)
    assert words == "from A100 in Poland to H100 in Sweden: x0.090 (0.050 to 0.15): grid 0.10, hardware 0.90"


def test_json_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """One object with the axes, and rows in their order; options may be repeated or parted by commas."""
    command = ["compare", "--gpu", "A100,H100", "--hours", "10", "--location", "SE", "--location", "PL", "--json"]
    assert run(command) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["kind"] == "comparison"
    assert found["axes"] == {"gpu": ["A100", "H100"], "location": ["SE", "PL"]}
    assert [row["rank"] for row in found["rows"]] == [1, 2, 3, 4]
    first, *others = found["rows"]
    assert first["over_best"] == {"low": 1.0, "best": 1.0, "high": 1.0}
    assert first["differs_from_best"] is False
    for row in others:
        ratio = row["operational_kg"]["best"] / first["operational_kg"]["best"]
        assert row["over_best"]["best"] == pytest.approx(ratio)
        assert row["differs_from_best"] == (row["over_best"]["low"] > 1)
    assert {row["run"]["location"] for row in found["rows"]} == {"SE", "PL"}


def test_the_table_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Also through typer, which reads what is spelled with an equals sign after a letter, or help."""
    assert run(["compare", "--gpu", "V100", "--hours", "10", "--places", "europe", "--top", "3", "--year", "2024"]) == 0
    shown = capsys.readouterr().out

    assert " is lowest, but " in shown or " is clearly the best of " in shown
    assert "times the best" in shown
    assert "more alternatives; --top" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_repeated_option_of_estimate_names_compare(capsys: pytest.CaptureFixture[str]) -> None:
    """People sweep like that."""
    assert run(["estimate", "--gpu", "A100", "--gpu", "H100", "--hours", "1"]) == 2
    shown = capsys.readouterr().err
    expected = "--gpu 'H100': was given before as 'A100'; give it once, or all values to greentrain compare"
    assert shown == f"greentrain: {expected}\n"


def test_the_chart_of_a_comparison() -> None:
    """The title is what was found; the best is marked apart from those that are clearly worse."""
    figure = chart(compare("V100", hours=10, location=["SE", "PL"]))

    assert figure.layout.title.text == "<b>SE emits least</b>"
    assert [trace.name for trace in figure.data] == ["best", "clearly worse"]


def test_a_chart_needs_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Told before anything is computed."""
    assert run(["compare", "--gpu", "V100", "--hours", "1", "--chart", str(tmp_path / "a.pdf")]) == 2
    assert capsys.readouterr().err.endswith("must be a file that ends in .svg or .png\n")
