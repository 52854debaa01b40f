"""The documentation as a site: built without a warning, with all of its pages, and nothing from a foreign host."""

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

import greentrain

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)=["']?(https?:)?//[^"'>]+""")


@pytest.mark.slow
def test_the_site_is_built_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Strict: a link that leads nowhere fails. Every public function has an entry, every command its help."""
    pytest.importorskip("material", reason="needs mkdocs-material: it comes with the extra dev")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for page in tmp_path.rglob("*.html"):
        assert FOREIGN.findall(page.read_text()) == [], page
    library = (tmp_path / "library" / "index.html").read_text()
    for name in set(greentrain.__all__) - {"__version__"}:
        assert f'id="greentrain.{name}"' in library or f'id="greentrain.errors.{name}"' in library, name
    assert "one of &#39;pretraining&#39;, &#39;finetuning&#39;, &#39;inference-like&#39;, &#39;small&#39;" in library
    for signature in re.findall(r'<div class="doc-signature.*?</div>', library, re.DOTALL):
        assert max(map(len, _text(signature).splitlines())) <= 88, _text(signature)
    for page in (*tmp_path.glob("*/index.html"), tmp_path / "index.html"):
        _check_blocks(page)
    assert "GreentrainCallback" in (tmp_path / "frameworks" / "index.html").read_text()  # the examples themselves
    commands = (tmp_path / "commands" / "index.html").read_text()
    for name in ("estimate", "track", "history", "report", "serve"):
        assert f"greentrain {name}" in commands


def _check_blocks(page: Path) -> None:
    """A block with a line longer than the page is wide is marked for the style that breaks it; no other is."""
    for classes, block in re.findall(
        r'<div class="([^"]*\bhighlight\b[^"]*)">(.*?)</div>', page.read_text(), re.DOTALL
    ):
        if "doc-signature" not in classes:
            longest = max(map(len, _text(block).splitlines()), default=0)
            assert ("long-lines" in classes) == (longest > 100), (page, longest)


def _text(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def test_the_page_of_the_library_names_everything_public() -> None:
    """Each name of the package has an entry of its own there; errors are named in one."""
    text = (ROOT / "docs" / "library.md").read_text()
    (errors,) = re.findall(r"members: \[(.*)\]", text)
    named = [*re.findall(r"^::: greentrain\.([A-Za-z_]+)$", text, re.MULTILINE), *errors.split(", ")]

    assert sorted([*named, "__version__"]) == sorted([*greentrain.__all__, "errors"])
