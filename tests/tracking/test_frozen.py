"""Programs that are no Python: none is started again as its own meter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tracked import environment, journals, program, run, tracker

BODY = """
open("starts", "a").write("x")
sys.executable, sys.frozen = os.path.abspath({app!r}), {frozen}
with track("app", quiet=True):
    time.sleep(0.4)
"""


def run_app(folder: Path, frozen: bool, path: str, name: str = "app") -> str:
    """Run the program as an application that starts itself when its Python is asked for; give its stderr."""
    script = program(folder, BODY.format(frozen=frozen, app=name))
    app = folder / name
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
    assert [record["type"] for record in tracker(tmp_path / "home")] == ["start", "warning", "end", "inputs"]
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


@pytest.mark.slow
@pytest.mark.parametrize("name", ["python3", "python3.11", "pythonic", "my-python-app", "pypy-trainer.sh", "python3-x"])
@pytest.mark.parametrize("frozen", [True, False])
def test_an_application_with_the_name_of_a_python_starts_once(tmp_path: Path, name: str, frozen: bool) -> None:
    """What is a script may start anything: the Python that it has started runs the meter, or nothing does."""
    warned = run_app(tmp_path, frozen, str(tmp_path), name)

    assert (tmp_path / "starts").read_text() == "x"
    is_measured = not frozen and name not in ("pythonic", "my-python-app")
    assert (len(journals(tmp_path / "home", "meter")), warned.count("GreentrainWarning")) == (
        is_measured,
        not is_measured,
    )


@pytest.mark.slow
@pytest.mark.parametrize("content", [None, "", "nothing that runs", "folder"])
def test_a_python_that_cannot_be_started_is_told_of_at_once(tmp_path: Path, content: str | None) -> None:
    """Its file is gone, empty, no program, or a folder: one line before the training goes on, and no meter."""
    other = tmp_path / "other" / "python3"
    other.parent.mkdir()
    if content == "folder":
        other.mkdir()
    elif content is not None:
        other.write_text(content)
    body = f"""
    sys.executable = {str(other)!r}
    with track("fit", quiet=True):
        print("trains", file=sys.stderr, flush=True)
    """
    done = run(tmp_path, body, PATH=str(tmp_path))
    warning, *_, last = done.stderr.splitlines()
    cause = f"{other} is not there, or cannot be run"
    assert warning.endswith(f"GreentrainWarning: greentrain: the meter could not be started: {cause}")
    assert (done.returncode, last, done.stderr.count("GreentrainWarning")) == (0, "trains", 1)
    assert journals(tmp_path / "home", "meter") == []


@pytest.mark.slow
def test_a_meter_that_ends_before_it_reads_is_told_of(tmp_path: Path) -> None:
    """Its Python cannot load it: one line at the end of the run, and a record with the estimate."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import os, sys\nif any('greentrain.meter' in word for word in sys.orig_argv): os._exit(1)\n"
    )
    body = "with track('fit', gpu='V100'): time.sleep(1.5)"
    done = run(tmp_path, body, PYTHONPATH=str(tmp_path / "site"))
    assert done.stderr.count("GreentrainWarning: greentrain: the meter ended before it read anything") == 1
    assert (done.returncode, journals(tmp_path / "home", "meter")) == (0, [])
