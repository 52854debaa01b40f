"""The pages of the service in a real browser: quiet, alone, usable by keyboard, by telephone and without JavaScript."""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from journals_of_reports import FIRST_START, write_run
from page import Chromium

sys.path.append(str(Path(__file__).parents[1] / "web"))
from served import Service, service

AXE = os.environ.get("GREENTRAIN_AXE")
"""Where ``axe.min.js`` of the npm package axe-core lies."""

RESULT = "/?gpu=8xA100&hours=96&location=LUMI&year=2024&if_gpu=H100&if_location=Poland"
PAGES = ("/", RESULT, "/?gpu=V100&hours=96&location=Frence", "/runs", "/runs?by=project", "/runs/a", "/api")
_NASTY = '</script><img src=x onerror="window.injected = 1">{{ 7 * 7 }}'
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_BEST = 'document.querySelector(".amount.main strong").textContent'


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One browser for all tests; each opens a tab of its own."""
    with Chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with two runs, whose names try to inject."""
    home = tmp_path_factory.mktemp("home")
    write_run(home, "a", name=_NASTY, project=_NASTY, spans=[(_NASTY, 10, 1800)])
    write_run(home, "b", name="second", project="b", status="failed", started=FIRST_START + timedelta(days=40))
    with service(home=home) as found:
        yield found


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_pages_are_quiet_and_alone_and_fit(
    browser: Chromium, served: Service, path: str, width: int, theme: str
) -> None:
    """No error, no warning, no breach of the policy; nothing asked of another host; no scrolling to the side."""
    found = browser.visit(f"{served.address}{path}", f"[{_OVERFLOW}, typeof window.injected]", width=width, theme=theme)
    assert found.value == [0, "undefined"]
    assert found.complaints == []
    assert found.requests[0] == f"{served.address}{path}"
    assert {url.partition("/static/")[0] for url in found.requests[1:]} == {served.address}


@pytest.mark.parametrize("path", PAGES)
def test_text_has_the_ink_of_the_theme(browser: Chromium, served: Service, path: str) -> None:
    """Light on dark where the reader's system is dark."""
    script = "getComputedStyle(document.body).color"
    inks = [browser.visit(f"{served.address}{path}", script, theme=theme).value for theme in ("light", "dark")]
    assert inks == ["rgb(28, 35, 33)", "rgb(230, 236, 233)"]


def test_without_javascript_the_form_answers(browser: Chromium, served: Service) -> None:
    """By keyboard alone: skip link, brand, three pages, then hardware, number and hours; Enter sends the form."""
    keys = ["Tab"] * 6 + ["V100", "Tab", "Tab", "96", "Enter"]
    script = f"[location.search, {_BEST}, document.title, document.querySelectorAll('.copy').length]"
    search, best, title, copies = browser.visit(f"{served.address}/", script, scripted=False, keys=keys).value

    assert "gpu=V100&count=&hours=96" in search
    assert float(best) > 1
    assert title.startswith("1 x NVIDIA Tesla V100")
    assert copies == 0


def test_with_javascript_the_result_follows_the_typing(browser: Chromium, served: Service) -> None:
    """The address holds what is typed, without blanks; the field's fault goes when it is mended; focus stays."""
    script = """
      (async () => {
        const field = name => document.getElementById(name);
        const type = (name, value) => {
          field(name).value = value;
          field(name).dispatchEvent(new Event("input", {bubbles: true}));
        };
        const until = async test => {
          for (let turn = 0; turn < 400 && !test(); turn += 1) {
            await new Promise(done => setTimeout(done, 50));
          }
        };
        field("hours").focus();
        type("gpu", "V100");
        type("hours", "96");
        type("location", "Frence");
        await until(() => document.getElementById("fault"));
        const faulty = [field("location").getAttribute("aria-invalid"),
                        document.getElementById("location-error").textContent];
        type("location", "France");
        await until(() => document.querySelector(".amount.main"));
        return [faulty, field("location").getAttribute("aria-invalid"),
                document.getElementById("location-error").textContent, location.search,
                document.activeElement.id, document.getElementById("said").textContent,
                document.querySelectorAll(".copy").length];
      })()
    """
    faulty, invalid, words, search, focus, said, copies = browser.visit(f"{served.address}/", script).value

    assert faulty == ["true", "unknown place"]
    assert (invalid, words, search, focus) == (None, "", "?gpu=V100&hours=96&location=France", "hours")
    assert said.startswith("1 \N{MULTIPLICATION SIGN} NVIDIA Tesla V100 (taken as SXM2 16GB), 96 h, FR")
    assert copies == 4


def test_names_are_offered_while_typing(browser: Chromium, served: Service) -> None:
    """Towns too, which are not in the page."""
    script = """
      (async () => {
        const place = document.getElementById("location");
        const before = document.getElementById("places").children.length;
        place.value = "grenob";
        place.dispatchEvent(new Event("input", {bubbles: true}));
        for (let turn = 0; turn < 200 && document.getElementById("places").children.length === before; turn += 1) {
          await new Promise(done => setTimeout(done, 50));
        }
        return [...document.getElementById("places").children].map(one => one.value);
      })()
    """
    assert browser.visit(f"{served.address}/", script).value == ["Grenoble, France"]


def test_a_fault_has_the_focus_and_leads_to_its_field(browser: Chromium, served: Service) -> None:
    """A screen reader starts there; the link is the next stop."""
    address = f"{served.address}/?gpu=V100&hours=96&location=Frence"
    assert browser.visit(address, "document.activeElement.id").value == "fault"
    script = "[document.activeElement.textContent, document.activeElement.hash]"
    assert browser.visit(address, script, keys=["Tab"]).value == ["Place", "#location"]


def test_everything_can_be_reached_and_named(browser: Chromium, served: Service) -> None:
    """Fields have labels, tables captions and heads; ids are there once, and links within the page lead somewhere.

    What is touched is 24 px high at least.
    """
    script = """
      (() => {
        const all = (query, test) => [...document.querySelectorAll(query)].filter(one => !test(one)).length;
        const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
        return [
          all("input:not([type=hidden]), select", one => one.labels.length === 1),
          all("table", one => one.caption && one.tHead && one.querySelectorAll("th[scope=row]").length > 0),
          all("a[href^='#']", one => document.getElementById(one.hash.slice(1))),
          all("button, input:not([type=hidden]), select, summary, .files a, .chips a, nav a",
              one => !one.checkVisibility() || one.getBoundingClientRect().height >= 24),
          all("svg", one => one.getAttribute("aria-hidden") === "true"),
          document.documentElement.lang,
          document.querySelectorAll("h1").length,
          new Set(ids).size === ids.length,
        ];
      })()
    """
    for path in PAGES:
        for width in (1280, 360):
            value = browser.visit(f"{served.address}{path}", script, width=width).value
            assert value == [0, 0, 0, 0, 0, "en", 1, True], (path, width)


def test_the_print_has_the_result_without_the_form(browser: Chromium, served: Service) -> None:
    """Of two to four pages, in light colours although the reader's system is dark."""
    found = browser.visit(f"{served.address}{RESULT}", "1", printed="A4", theme="dark")
    assert found.pdf.startswith(b"%PDF-")
    assert 2 <= found.pdf.count(b"/Type /Page\n") <= 4


@pytest.mark.heavy
@pytest.mark.skipif(not AXE, reason="GREENTRAIN_AXE names no axe.min.js")
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (360, "light")])
def test_axe_finds_nothing(browser: Chromium, served: Service, path: str, width: int, theme: str) -> None:
    """Neither breaches of WCAG 2.2 AA nor of what is good practice; folded parts are opened first."""
    axe = Path(str(AXE)).read_text()
    script = f"""
      (async () => {{
        for (const one of document.querySelectorAll("details")) one.open = true;
        {axe};
        const found = await axe.run(document, {{resultTypes: ["violations"]}});
        return found.violations.map(one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 200)).join(" | "));
      }})()
    """
    assert browser.visit(f"{served.address}{path}", script, width=width, theme=theme).value == []
