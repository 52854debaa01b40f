"""The HTML report in a real browser: drawn, quiet, alone, and complete without JavaScript."""

import struct
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from journals_of_reports import FIRST_START, write_run
from page import Chromium

import greentrain
from greentrain import History, report

_CHARTS = """[...document.querySelectorAll(".chart")].map(chart => ({
  id: chart.id,
  drawn: chart.querySelectorAll(".main-svg").length > 0,
  marks: chart.querySelectorAll(".point, .js-line, .xtick, .ytick").length,
  width: chart.getBoundingClientRect().width,
  plot: chart.querySelector(".main-svg") ? chart.querySelector(".main-svg").getBoundingClientRect().width : 0,
  below: chart.querySelector(".legend")
    ? chart.querySelector(".legend").getBoundingClientRect().bottom
      - chart.querySelector(".bglayer").getBoundingClientRect().top : 0,
  left: chart._fullLayout ? chart._fullLayout._size.l - chart.layout.margin.l : 0,
  ink: chart.querySelector(".annotation-text") ? getComputedStyle(chart.querySelector(".annotation-text")).fill : "",
}))"""
_ROOM_OF_TICKS = 40
"""By which plotly may widen the left margin for the numbers of an axis. [px]"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_TOO_WIDE = """[...document.querySelectorAll("table")].filter(table => {
  const details = table.closest("details"), room = table.parentElement.getBoundingClientRect().right + 1;
  if (details) { details.open = true; }
  return [...table.querySelectorAll("caption, tbody th, td")].some(cell => cell.getBoundingClientRect().right > room);
}).map(table => table.caption.textContent)"""
_NASTY = '</script><img src=x onerror="window.injected = 1">{{ 7 * 7 }}<b>$\\alpha$'


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One browser for all tests; each opens a tab of its own."""
    with Chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One page for each kind of result; names in the project try to inject."""
    folder = tmp_path_factory.mktemp("pages")
    home = folder / "home"
    write_run(home, "a", name=_NASTY, project=_NASTY, spans=[(_NASTY, 10, 1800), ("rest", 1800, 3500)])
    write_run(home, "b", name=_NASTY, project=_NASTY, status="failed", started=FIRST_START + timedelta(days=40))
    results = {
        "estimate": greentrain.estimate("V100", hours=96, location="FR", year=2024),
        "run": History(home).get("a"),
        "project": History(home),
        "validation": greentrain.validate(claims=True),
    }
    found = {}
    for kind, result in results.items():
        found[kind] = folder / f"{kind}.html"
        found[kind].write_text(report(result, "html"), encoding="utf-8")
    return found


_EXPECTED = {
    "estimate": ["headline", "waterfall", "tornado", "elsewhere", "methods"],
    "run": ["headline", "waterfall", "tornado", "power_over_time", "elsewhere"],
    "project": ["headline", "waterfall", "tornado", "by_month", "by_run", "elsewhere"],
    "validation": ["validation"],
}


@pytest.mark.parametrize("kind", _EXPECTED)
@pytest.mark.parametrize(("width", "theme"), [(1200, "light"), (390, "dark")])
def test_charts_are_drawn_and_the_page_is_quiet_and_alone(
    browser: Chromium, pages: dict[str, Path], kind: str, width: int, theme: str
) -> None:
    """All charts of the kind, as wide as the page lets them be, in the ink of the theme.

    A legend lies above its plot and takes nothing from its width. No error, no warning, no breach of the policy;
    the only address asked for is the file itself.
    """
    found = browser.visit(pages[kind], f"[{_CHARTS}, {_OVERFLOW}]", width=width, theme=theme)
    charts, overflow = found.value
    assert [chart["id"].removeprefix("chart-") for chart in charts] == _EXPECTED[kind]
    for chart in charts:
        assert chart["drawn"], chart
        assert chart["marks"] >= 2, chart
        assert chart["plot"] == pytest.approx(chart["width"], abs=1), chart
        assert chart["below"] <= 1, chart
        assert chart["left"] <= _ROOM_OF_TICKS, chart
        assert chart["ink"] == ("rgb(27, 27, 27)" if theme == "light" else "rgb(236, 236, 236)")
    assert overflow == 0
    assert found.complaints == []
    assert found.requests == [pages[kind].as_uri()]


@pytest.mark.parametrize("width", [1280, 880, 860, 390, 320])
def test_no_table_is_wider_than_the_page(browser: Chromium, pages: dict[str, Path], width: int) -> None:
    """Nothing scrolls to the side: below 54 rem a row is its name, and each cell stands behind the head of its column.

    Cells of 15 characters beside a name of 87 without a space fit 320 px in no other way.
    """
    for path in pages.values():
        assert browser.visit(path, f"[{_OVERFLOW}, {_TOO_WIDE}]", width=width).value == [0, []]
    script = """[...document.querySelectorAll(".stacks tbody td")].every(cell => {
      const head = getComputedStyle(cell, "::before").content;
      return (head !== "none" || !cell.dataset.head) === (innerWidth <= 864);
    })"""
    assert browser.visit(pages["project"], script, width=width).value is True


def test_tables_of_a_notebook_fit_a_sheet_of_paper(browser: Chromium, tmp_path: Path) -> None:
    """As wide as a cell's output on A4: a notebook that is printed has nowhere to scroll."""
    jobs = greentrain.compare(["8xA100", "8xH100"], hours=72, location=["FR", "DE", "US-CA"], year=2024, price=0.25)
    results = (jobs, greentrain.best_start(hours=6, location="GB"), greentrain.validate())
    page = tmp_path / "notebook.html"
    cells = "".join(f"<div>{result._repr_html_()}</div>" for result in results)
    page.write_text(f"<style>body {{width: 640px; font: 13px sans-serif}} td, th {{padding: 6px}}</style>{cells}")
    assert browser.visit(page, _TOO_WIDE, width=700).value == []


@pytest.mark.parametrize("kind", ["run", "project"])
def test_names_of_users_are_shown_and_do_nothing(browser: Chromium, pages: dict[str, Path], kind: str) -> None:
    """Tags in names stand there as text; nothing of them runs, no element of theirs is there."""
    script = "[typeof window.injected, document.images.length, document.querySelector('h1').textContent]"
    injected, images, heading = browser.visit(pages[kind], script).value
    assert (injected, images) == ("undefined", 0)
    assert heading.startswith(_NASTY)


def test_without_javascript_every_table_is_open(browser: Chromium, pages: dict[str, Path]) -> None:
    """The places of moving charts take no room, still ones are there, and the numbers stand in tables that show."""
    script = """
      [[...document.querySelectorAll("details")].every(one => one.open),
       [...document.querySelectorAll("figure table")].every(one => one.getBoundingClientRect().height > 20),
       [...document.querySelectorAll(".chart")].every(one => one.getBoundingClientRect().height === 0),
       [...document.querySelectorAll(".still svg")].every(one => one.getBoundingClientRect().height > 80)]
    """
    # Scripts sent by the debugger still run where those of the page do not.
    assert browser.visit(pages["estimate"], script, scripted=False).value == [True, True, True, True]


def test_with_javascript_tables_fold_and_charts_move(browser: Chromium, pages: dict[str, Path]) -> None:
    """What stands still for those without, and for paper, is not shown."""
    script = """
      [[...document.querySelectorAll("details")].every(one => !one.open),
       [...document.querySelectorAll(".still")].every(one => one.getBoundingClientRect().height === 0),
       document.querySelectorAll(".still svg").length]
    """
    assert browser.visit(pages["estimate"], script).value == [True, True, 5]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_print_of_an_estimate_has_four_pages_and_those_of_others_a_picture(
    browser: Chromium, pages: dict[str, Path], paper: str
) -> None:
    """From a dark screen too; charts are drawn by lines that no page cuts, since a figure is on one page."""
    for kind, most in {"estimate": 4, "run": 5, "project": 6}.items():
        found = browser.visit(pages[kind], "1", printed=paper, theme="dark")
        assert found.pdf.startswith(b"%PDF-")
        assert 1 < found.pdf.count(b"/Type /Page\n") <= most, kind
        assert struct.unpack(">II", found.picture[16:24]) == (1200, 900)


def test_every_chart_and_table_can_be_named_and_reached(browser: Chromium, pages: dict[str, Path]) -> None:
    """Figures have captions, tables captions and heads, links a place to which they lead."""
    script = """
      (() => {
        const all = (query, test) => [...document.querySelectorAll(query)].every(test);
        const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
        return [
          all("figure", one => document.getElementById(one.getAttribute("aria-labelledby")).textContent.length > 20),
          all("table", one => one.caption && one.tHead && one.querySelectorAll("th[scope=row]").length > 0),
          all("a[href^='#']", one => document.getElementById(one.hash.slice(1))),
          document.documentElement.lang,
          document.querySelectorAll("h1").length,
          new Set(ids).size === ids.length,
        ];
      })()
    """
    for path in pages.values():
        assert browser.visit(path, script).value == [True, True, True, "en", 1, True]
