"""What the type checker of a user says of scripts that use greentrain."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from greentrain import track
from greentrain.tracking import TrackKeywords

HERE = Path(__file__).parent
PAGES = (HERE.parents[1] / "README.md", *sorted((HERE.parents[1] / "docs").glob("*.md")))
SCRIPTS = (HERE / "user_script.py", HERE / "user_mistakes.py")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANNOUNCED = re.compile(r"  # error: (\S+)$")
REPORTED = re.compile(r"^(.+?):(\d+): error: (.*)  \[(\S+)\]$")


def scripts_of_pages(folder: Path) -> list[Path]:
    """Write each python block of the README and of the pages in docs as the script of its own that it is."""
    scripts = []
    found = [(page, block) for page in PAGES for block in BLOCK.findall(page.read_text())]
    for number, (page, block) in enumerate(found, 1):
        scripts.append(folder / f"{page.stem.lower()}_{number}.py")
        scripts[-1].write_text(block)
    return scripts


def announced(script: Path) -> set[tuple[str, int, str]]:
    """Return file, line and code of every error that a script's comments announce."""
    lines = enumerate(script.read_text().splitlines(), 1)
    return {(script.name, number, found[1]) for number, line in lines if (found := ANNOUNCED.search(line))}


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_strict_mypy_reports_exactly_the_errors_that_are_announced(tmp_path: Path) -> None:
    """The pages and a user's script are free of errors, and every slip of the third script is found."""
    scripts = [*scripts_of_pages(tmp_path), *SCRIPTS]
    options = ["--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}", "--no-pretty", "--no-color-output"]
    options += ["--disable-error-code=import-untyped"]  # pandas has no types of its own
    command = [sys.executable, "-m", "mypy", *options, *map(str, scripts)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=300)
    reports = [found.groups() for line in done.stdout.splitlines() if (found := REPORTED.match(line))]
    expected = set().union(*map(announced, scripts))

    assert len(scripts) > len(SCRIPTS)
    assert done.stderr == ""
    assert {(Path(file).name, int(line), code) for file, line, _, code in reports} == expected, done.stdout


def test_the_keywords_for_type_checkers_are_those_of_track() -> None:
    """They are written down once more, for calls with a function; types are compared as they are spelled."""
    written = {name: note.__forward_arg__ for name, note in TrackKeywords.__annotations__.items()}
    spelled = {name: note for name, note in track.__annotations__.items() if name not in ("name", "return")}
    assert written == spelled
