"""The documentation as a site: built without a warning, with all of its pages, and nothing from a foreign host."""

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
    for name in ("estimate", "compare", "track", "report", "chart", "validate"):
        assert f'id="greentrain.{name}"' in library
        assert callable(getattr(greentrain, name))
    assert "GreentrainCallback" in (tmp_path / "frameworks" / "index.html").read_text()  # the examples themselves
    commands = (tmp_path / "commands" / "index.html").read_text()
    for name in ("estimate", "track", "history", "report", "serve"):
        assert f"greentrain {name}" in commands
