"""Pages of runs with any names, in Chromium: nothing of a name runs, loads or gets out of its place."""

import random
from collections.abc import Iterator
from pathlib import Path

import conftest_fuzz
import pytest
from journals_of_reports import write_run
from page import Chromium

from greentrain import History, report

PIECES = (
    "<",
    ">",
    "&",
    '"',
    "'",
    "`",
    "</script>",
    "<script>window.injected=1</script>",
    "<img src=x onerror=window.injected=1>",
    "<svg onload=window.injected=1>",
    "javascript:window.injected=1",
    "]]>",
    "<!--",
    "-->",
    "{{",
    "}}",
    "{%",
    "%}",
    "\\",
    "\u202e",
    "\x1b",
    "\x00",
    "\u2028",
    "&lt;",
    "&#60;",
    "<style>*{display:none}</style>",
    "<base href=//x>",
    "$\\alpha$",
    "%3Cscript%3E",
    "<a href='//evil.example'>",
    "\ufeff",
    "<math><mi xlink:href=x>",
    "<iframe src=//x>",
    "\ud800",
)
PAGES = max(1, conftest_fuzz.EXAMPLES // 30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One browser for all pages."""
    with Chromium() as opened:
        yield opened


@pytest.mark.parametrize("seed", range(PAGES))
def test_no_name_does_anything(browser: Chromium, tmp_path: Path, seed: int) -> None:
    """Names of run, project and span are random pieces of markup, scripts and templates."""
    draw = random.Random(seed)

    def name() -> str:
        return "".join(draw.choices(PIECES, k=draw.randint(1, 8)))

    home = tmp_path / "home"
    for key in ("a", "b"):
        write_run(home, key, name=name(), project="p", spans=[(name(), 10, 1800), (name(), 1800, 3500)])
    for kind, result in (("run", History(home).get("a")), ("project", History(home))):
        path = tmp_path / f"{kind}.html"
        path.write_text(report(result, "html", title=name()), encoding="utf-8")
        visit = browser.visit(path, "[window.injected || 0, document.querySelectorAll('main section').length > 2]")
        assert visit.value == [0, True]
        assert visit.complaints == []
        assert [each for each in visit.requests if not each.startswith(("file:", "data:", "blob:"))] == []
