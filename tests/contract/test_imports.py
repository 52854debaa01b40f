"""What an import and an estimate may load: next to nothing, since a training script pays for it too."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from greentrain.reporting.forms import FORMS

HEAVY = (
    "numpy", "pandas", "plotly", "codecarbon", "pydantic", "typer", "rich", "rapidfuzz", "dataclasses", "inspect",
    "asyncio", "socket", "urllib.request", "requests",
)  # fmt: skip
_ESTIMATE = 'import greentrain; greentrain.estimate("V100", hours=96)'
_PROGRAM = """
import json, sys
before = set(sys.modules)
{body}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(body: str) -> set[str]:
    """Run a program in an interpreter of its own and list what it loaded."""
    program = [sys.executable, "-c", _PROGRAM.format(body=body)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    return set(json.loads(done.stdout))


def test_importing_greentrain_loads_none_of_its_rooms() -> None:
    """Public names load on first use."""
    ours = {name for name in loaded_by("import greentrain") if name.startswith("greentrain")}
    assert ours == {"greentrain", "greentrain._lazy", "greentrain._version"}


def test_an_estimate_loads_nothing_heavy() -> None:
    """No array, table, chart or validation library, and nothing that could reach the network."""
    loaded = loaded_by(_ESTIMATE)
    assert sorted(loaded & set(HEAVY)) == []


def test_an_estimate_loads_only_the_rooms_that_it_needs() -> None:
    """Neither the checks of data files nor reports nor commands."""
    loaded = loaded_by(_ESTIMATE)
    rooms = {name.split(".")[1] for name in loaded if name.startswith("greentrain.")}
    # Tables are read as files only where no index of them is there.
    assert rooms - {"bounded_file"} == {
        "_lazy", "_version", "catalogue", "elementwise", "errors", "estimation", "footprint", "inputs", "formulas",
        "interval", "light_typing", "record", "units",
    }  # fmt: skip


_REPORT = """
import contextlib, io
from greentrain.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    assert run(["report", "--gpu", "V100", "--hours", "96", "--format", {form!r}, *{options!r}]) == 0
"""
_OPTIONS = {"spdx": ["--made-at", "2026-11-22T11:00Z"]}


@pytest.mark.parametrize("form", [name for name in FORMS if name != "html"])
def test_a_report_but_for_the_page_loads_nothing_heavy(form: str) -> None:
    """Plainly spelled options are read without typer, and text is made without an engine of templates."""
    loaded = loaded_by(_REPORT.format(form=form, options=_OPTIONS.get(form, [])))
    assert sorted(loaded & {*HEAVY, "jinja2", "markupsafe"}) == []


_RUN = """
import greentrain
run = greentrain.track("t", location="FR", meter="none", quiet=True, home={home!r}).start()
"""


def test_the_start_of_a_run_loads_nothing_heavy(tmp_path: Path) -> None:
    """A training waits for what its run loads: `typing`, rules and tables are left to the end or to who needs them."""
    loaded = loaded_by(_RUN.format(home=str(tmp_path)))
    assert sorted(loaded & {*HEAVY, "typing", "warnings", "csv", "datetime", "hashlib", "pathlib", "tempfile"}) == []
    rooms = {name for name in loaded if name.startswith(("greentrain.estimation", "greentrain.catalogue"))}
    assert rooms == {"greentrain.catalogue", "greentrain.catalogue.user_folder"}


@pytest.mark.parametrize("body", ["import greentrain", f"{_ESTIMATE}.to_json()"])
def test_nothing_is_printed_and_no_log_handler_appears(body: str) -> None:
    """A library leaves the terminal and the root logger alone."""
    check = "import logging; assert logging.getLogger().handlers == []"
    loaded_by(f"import logging\n{body}\n{check}")
