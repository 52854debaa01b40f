"""Static pictures: SVG drawn here, PNG through kaleido."""

import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from chart_examples import example

from greentrain import InputError
from greentrain.reporting.charts.headline import headline
from greentrain.reporting.charts.pictures import PicturesUnavailable, pictures
from greentrain.reporting.charts.waterfall import waterfall

NO_SKIPS = bool(os.environ.get("GREENTRAIN_NO_SKIPS"))
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)


@pytest.fixture
def _browser() -> None:
    """Skip where pictures cannot be drawn, unless that is a failure here."""
    missing = "no browser" if BROWSER is None else None
    try:
        import kaleido  # noqa: F401
    except ImportError:
        missing = "no kaleido"
    if missing and not NO_SKIPS:
        pytest.skip(missing)


def test_svg_needs_no_browser_and_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """720 px wide, as high as the figure, on white, with ids that name the chart, byte for byte the same."""
    monkeypatch.setenv("BROWSER_PATH", "/no/such/browser")
    figures = {"headline": headline(example()), "parts of it": waterfall(example())}
    first, second = (pictures(figures) for _ in range(2))
    assert first == second
    for name in figures:
        root = ElementTree.fromstring(first[name])
        assert (root.get("width"), root.get("height")) == ("720", str(figures[name].layout.height))
        assert root[0].get("fill") == "#ffffff"
    assert b'id="parts-of-it-0"' in first["parts of it"]


@pytest.mark.usefixtures("_browser")
def test_png_has_twice_the_size() -> None:
    """Width and height stand in bytes 16 to 24 of a PNG."""
    figure = headline(example())
    png = pictures({"a": figure}, format="png", width_px=500)["a"]
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 1000
    assert int.from_bytes(png[20:24], "big") == 2 * figure.layout.height


def test_a_browser_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install and which variable names it."""
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", "/no/such/browser")
    with pytest.raises(PicturesUnavailable, match="environment variable BROWSER_PATH") as caught:
        pictures({"a": headline(example())}, format="png")
    assert "/no/such/browser" in str(caught.value)


def test_missing_kaleido_says_what_to_install() -> None:
    """In an interpreter that has none."""
    program = (
        "import sys; sys.modules['kaleido'] = None\n"
        "from greentrain import chart, estimate\n"
        "from greentrain.reporting.charts.pictures import pictures\n"
        "pictures({'a': chart(estimate('V100', hours=1))}, format='png')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    where = "in greentrain's checkout, pip install '.[images]'; without one, pip install 'kaleido>="
    assert f"PNG pictures need kaleido: {where}" in done.stderr.splitlines()[-1]


def test_an_unknown_format_is_refused_and_nothing_needs_no_browser() -> None:
    """Before anything is started."""
    with pytest.raises(InputError, match=r"^chart_format 'gif': must be svg or png$"):
        pictures({}, format="gif")
    assert pictures({}) == {}
