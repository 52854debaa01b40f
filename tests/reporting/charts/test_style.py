"""The look: themes, safe text, the source line."""

import pytest

from greentrain import InputError, Interval
from greentrain.interval import exact
from greentrain.numbers import scale_for
from greentrain.reporting.charts import layout, style
from greentrain.reporting.charts.interval_dots import RowLabel, placed
from greentrain.reporting.charts.style import drawable, log_axis


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("theme", "page"), [("light", "#ffffff"), ("dark", "#121212")])
def test_the_ink_is_easy_to_read_on_the_page(theme: str, page: str) -> None:
    """Contrast of 7 and more, on a background that is the page's own."""
    shared = style.template(theme)["layout"]
    assert contrast(shared["font"]["color"], page) > 7
    assert (shared["paper_bgcolor"], shared["plot_bgcolor"]) == (style.CLEAR, style.CLEAR)


@pytest.mark.parametrize(("theme", "page"), [("light", "#ffffff"), ("dark", "#121212")])
def test_the_source_line_is_easy_to_read_in_both_themes(theme: str, page: str) -> None:
    """Contrast of 4.5 and more, which small text needs: the ink of the theme, three quarters of it."""
    figure = layout.finished((), {}, title="t", source="Source: x.", wide=layout.Frame(100), theme=theme)
    (note,) = figure.layout.annotations
    assert (note.opacity, note.font.color) == (style.SOURCE_OPACITY, None)
    ink = style.template(theme)["layout"]["font"]["color"]
    parts = [(int(ink[at : at + 2], 16), int(page[at : at + 2], 16)) for at in (1, 3, 5)]
    seen = "#" + "".join(f"{round(0.75 * over + 0.25 * under):02x}" for over, under in parts)
    assert contrast(seen, page) >= 4.5


@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
@pytest.mark.parametrize("colour", [style.ACCENT, style.QUIET, style.GREY])
def test_the_colours_of_points_and_lines_stand_out_in_both_themes(colour: str, page: str) -> None:
    """Contrast of 3 and more, which graphics need."""
    assert contrast(colour, page) >= 3


def test_an_unknown_theme_is_refused() -> None:
    """With the two that there are."""
    with pytest.raises(InputError, match=r"^theme 'blue': must be light or dark$"):
        style.template("blue")


@pytest.mark.parametrize(
    ("words", "safe"),
    [
        ("<b>x</b> & <a href='y'>", "&lt;b&gt;x&lt;/b&gt; &amp; &lt;a href='y'&gt;"),
        ("$x^2$", "&#36;x^2&#36;"),
        ("a\x00\u202eb\nc", "a b c"),
        ("x" * 200, "x" * 157 + "..."),
    ],
)
def test_text_of_users_is_shown_as_it_is(words: str, safe: str) -> None:
    """No tags, formulas, control characters or reordering; long text is cut."""
    assert style.text(words) == safe


def test_a_label_breaks_between_words_but_not_inside_a_number_with_its_unit() -> None:
    """A space that keeps words together survives."""
    assert style.lines(f"{'a' * 38} {style.unbroken('1 kg')}") == ["a" * 38, "1\u00a0kg"]


def test_a_figure_has_its_title_above_and_its_source_below() -> None:
    """The height is 30, title 12 + 21, plot 100, axis 56 and a line of 16; a page has the title in its caption."""
    figure = layout.finished((), {}, title="A & B", source="Source: x.", wide=layout.Frame(100), theme="light")
    assert figure.layout.title.text == "<b>A &amp; B</b>"
    assert figure.layout.annotations[-1].text == "Source: x."
    assert figure.layout.height == 30 + 33 + 100 + 56 + 16
    page = style.for_page(figure.to_dict()["layout"])
    assert (page["title"]["text"], page["height"], page["meta"]["narrow"]["height"]) == ("", 202, 202)


def test_a_legend_that_breaks_on_a_telephone_gets_its_lines() -> None:
    """Three entries of 17 letters need 180 px each: in 302 px three lines of 21, in 560 px one."""
    traces = [{"type": "scatter", "name": "x" * 17} for _ in range(3)]
    figure = layout.finished(traces, {"showlegend": True}, title="A", source="S", wide=layout.Frame(100), theme="dark")
    narrow = figure.layout.meta["narrow"]
    assert (figure.layout.margin.t, narrow["margin"]["t"]) == (63 + 21, 63 + 3 * 21)
    assert narrow["height"] - figure.layout.height == 2 * 21


def test_an_amount_axis_names_its_unit() -> None:
    """In square brackets, with what else there is to say behind."""
    assert style.amount_axis(scale_for(2500.0, "kg"), "CO2e", "; x")["title"]["text"] == "CO2e [t]; x"


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([100.0, 200.0], ["100 kg", "200 kg"]),
        ([100.0, 10_000.0], ["100 kg", "300 kg", "1 t", "3 t", "10 t"]),
        ([1.0, 100_000.0], ["1 kg", "10 kg", "100 kg", "1 t", "10 t", "100 t"]),
        ([0.01, 1e8], ["10 g", "1 kg", "100 kg", "10 t", "1 kt", "100 kt"]),
        ([1e-6, 1e12], ["100 mg", "1 kg", "10 t", "100 kt", "1 Gt"]),
        ([5.0], ["5 kg"]),
    ],
)
def test_a_logarithmic_axis_has_few_round_ticks_with_units(values: list[float], ticks: list[str]) -> None:
    """Steps of 1, 2 and 5, of 1 and 3, or powers of ten, by how far it reaches."""
    assert log_axis(values, "kg", "CO2e")["ticktext"] == ticks


def test_an_end_at_zero_is_drawn_at_a_thousandth() -> None:
    """A logarithmic axis has no zero."""
    assert drawable(Interval(0.0, 5.0, 6.0)) == Interval(0.005, 5.0, 6.0)
    assert drawable(exact(5.0)) == exact(5.0)


@pytest.mark.parametrize(("theme", "background"), [("light", "#ffffff"), ("dark", "#222222")])
def test_a_picture_has_a_background_of_its_own(theme: str, background: str) -> None:
    """On a page it is clear."""
    figure = layout.finished((), {}, title="A", source="S", wide=layout.Frame(100), theme=theme)
    assert figure.layout.paper_bgcolor is None
    assert style.as_picture(figure, theme).layout.paper_bgcolor == background


def test_labels_stand_beside_the_plot_and_on_a_telephone_above_their_rows() -> None:
    """In "a <b> & c" are four characters of 8 px, three blanks of 5 and two signs of 9.6; bold ones need 1.13 times.

    "2.0 kg" has four of 8 and two of 5. Each side has 20 px of room; nothing crosses the plot.
    """
    place = placed([RowLabel("a <b> & c", "1.0 kg"), RowLabel("ours", "2.0 kg", is_chosen=True)])
    assert (place.wide.left_px, place.wide.right_px) == (pytest.approx(86.2), pytest.approx(67.46))
    beside = [(note["x"], note["xanchor"], note["text"]) for note in place.wide.annotations]
    assert beside == [
        (0.0, "right", "a &lt;b&gt; &amp; c"), (1.0, "left", "1.0 kg"),
        (0.0, "right", "<b>ours</b>"), (1.0, "left", "<b>2.0 kg</b>"),
    ]  # fmt: skip
    assert [note["text"] for note in place.narrow.annotations] == [
        "a &lt;b&gt; &amp; c: 1.0 kg", "<b>ours: 2.0 kg</b>",
    ]  # fmt: skip
    assert [frame.more["yaxis"]["range"] for frame in place] == [[1.5, -0.5], [1.5, -0.9]]


def test_a_long_label_is_cut() -> None:
    """At 44 characters, not in the middle of punctuation."""
    (name, _) = placed([RowLabel("x" * 40 + ", more words", "1 kg")]).wide.annotations
    assert name["text"] == "x" * 40 + "..."


@pytest.mark.parametrize(
    ("values", "room_px", "ticks"),
    [
        ([20.0, 12_000.0], 0, ["30 kg", "100 kg", "300 kg", "1 t", "3 t", "10 t"]),
        ([20.0, 12_000.0], 400, ["30 kg", "100 kg", "300 kg", "1 t", "3 t", "10 t"]),
        ([20.0, 12_000.0], 200, ["100 kg", "1 t", "10 t"]),
        ([20.0, 12_000.0], 110, ["100 kg", "10 t"]),
        ([5.0], 200, ["4 kg", "6 kg"]),
    ],
)
def test_ticks_do_not_touch(values: list[float], room_px: float, ticks: list[str]) -> None:
    """As many as have room, and two where a short axis has but one round value."""
    assert log_axis(values, "kg", "CO2e", room_px)["ticktext"] == ticks
