"""Programs that are no Python: none is started again as its own meter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tracked import environment, journals, program, tracker

BODY = """
open("starts", "a").write("x")
sys.executable, sys.frozen = os.path.abspath("app"), {frozen}
with track("app", quiet=True):
    time.sleep(0.4)
"""


def run_app(folder: Path, frozen: bool, path: str) -> str:
    """Run the program as an application that starts itself when its Python is asked for; give its stderr."""
    script = program(folder, BODY.format(frozen=frozen))
    app = folder / "app"
    app.write_text(f"#!/bin/sh\nexec {sys.executable} {script}\n")
    app.chmod(0o755)
    env = environment(folder / "home") | {"PATH": path}
    done = subprocess.run(["/bin/sh", str(app)], cwd=folder, env=env, capture_output=True, text=True, check=True)
    return done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("frozen", [True, False])
def test_an_application_starts_once_and_says_that_nothing_measures(tmp_path: Path, frozen: bool) -> None:
    """With no greentrain on the PATH, the run is recorded without a meter, and one line says why."""
    warned = run_app(tmp_path, frozen, str(tmp_path))

    assert (tmp_path / "starts").read_text() == "x"
    assert [record["type"] for record in tracker(tmp_path / "home")] == ["start", "warning", "end"]
    assert journals(tmp_path / "home", "meter") == []
    expected = (
        "GreentrainWarning: greentrain: the meter could not be started: this program is no Python that could run it, "
        "and no greentrain on the PATH has one"
    )
    assert warned.count(expected) == 1


@pytest.mark.slow
@pytest.mark.parametrize("head", ["#!{python}\n", '#!/bin/sh\n\'\'\'exec\' "{python}" "$0" "$@"\n'])
def test_an_application_is_measured_by_the_greentrain_on_the_path(tmp_path: Path, head: str) -> None:
    """The Python that its script names runs the meter, and the application starts once."""
    script = tmp_path / "greentrain"
    script.write_text(head.format(python=sys.executable))
    script.chmod(0o755)

    assert run_app(tmp_path, True, f"{tmp_path}{os.pathsep}/usr/bin") == ""
    assert (tmp_path / "starts").read_text() == "x"
    assert journals(tmp_path / "home", "meter")[0][-1]["why"] == "stopped"
