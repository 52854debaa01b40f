"""The library in every way of starting Python: it loads, says nothing, and writes nothing that nobody asked for."""

import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import greentrain
from greentrain import DataError, GreentrainError, InputError

SOURCE = str(Path(greentrain.__file__).parents[1])
USE = """
import greentrain
run = greentrain.estimate("V100", hours=1, location="FR")
assert round(run.facility_energy_kwh.best, 6) == {kwh}
for form in ("text", "json", "html", "csv"):
    assert greentrain.report(run, form)
"""
KWH = round(greentrain.estimate("V100", hours=1, location="FR").facility_energy_kwh.best, 6)
IN_THREADS = """
import threading
errors = []
def work():
    try:
        exec({use!r}, {{}})
    except BaseException as error:
        errors.append(error)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert errors == [], errors
"""
IN_A_SUBINTERPRETER = """
import _xxsubinterpreters as interpreters, sys
inner = interpreters.create(isolated=False)
interpreters.run_string(inner, "import sys; sys.path[:] = " + repr(sys.path) + {use!r})
interpreters.destroy(inner)
"""


def used(folder: Path, program: str, *options: str, **environment: str) -> None:
    """Run a program in a home of its own, and see that it is quiet and leaves nothing."""
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    variables = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, *options, "-c", program]
    done = subprocess.run(command, cwd=work, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [*home.rglob("*"), *work.rglob("*")] == []


@pytest.mark.slow
@pytest.mark.parametrize("options", [["-I"], ["-W", "error"], ["-O"], ["-OO"], ["-X", "utf8=0"], ["-bb"], ["-P"]])
def test_it_works_under_any_option_of_python(tmp_path: Path, options: list[str]) -> None:
    """Isolated, with warnings as errors, without docstrings, in another encoding."""
    used(tmp_path, USE.format(kwh=KWH), *options)


@pytest.mark.slow
def test_it_works_without_the_module_site(tmp_path: Path) -> None:
    """With a path that was set by hand."""
    path = f"import sys; sys.path[:] = {sys.path!r}\n"
    used(tmp_path, path + USE.format(kwh=KWH), "-S", "-I", "-W", "error")


@pytest.mark.slow
def test_it_works_in_threads(tmp_path: Path) -> None:
    """Eight of them load it at once."""
    used(tmp_path, IN_THREADS.format(use=USE.format(kwh=KWH)), "-W", "error")


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python 3.13 gave the module another name")
def test_it_works_in_a_subinterpreter(tmp_path: Path) -> None:
    """One that shares the process with the main one."""
    estimate = "\nimport greentrain\n" + USE.format(kwh=KWH).partition("for form")[0]
    used(tmp_path, IN_A_SUBINTERPRETER.format(use=estimate))


@pytest.mark.slow
def test_a_template_works_where_the_path_was_set_by_hand(tmp_path: Path) -> None:
    """Its process finds what this one found."""
    template = tmp_path / "t.txt"
    template.write_text("{{ subject.kind }}")
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\nimport greentrain\n"
        f"run = greentrain.estimate('V100', hours=1)\n"
        f"assert greentrain.report(run, 'text', template={str(template)!r}) == 'estimate'\n"
    )
    used(tmp_path, program, "-S", "-I")


class Unspeakable:
    """Something that raises where a message would show it."""

    def __repr__(self) -> str:
        raise RuntimeError


ODD = [
    None,
    "",
    "x" * 5000,
    "x " * 5000,
    "\udcff",
    "\x1b[2J",
    "a\0b",
    float("nan"),
    float("inf"),
    -1,
    10**400,
    b"x",
    object(),
    [],
    {},
    lambda: 1,
    date(1, 1, 1),
    Decimal("sNaN"),
    range(10**9),
    Unspeakable(),
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_bad_input_raises_what_is_documented(value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The named exceptions and no other, nothing on stdout."""
    run = greentrain.estimate("V100", hours=1)
    calls = (
        lambda: greentrain.estimate(value, hours=1),
        lambda: greentrain.estimate("V100", hours=value),
        lambda: greentrain.estimate("V100", hours=1, location=value),
        lambda: greentrain.estimate("V100", hours=1, pue=value),
        lambda: greentrain.estimate("V100", hours=1, profiles=value),
        lambda: greentrain.report(run, value),
        lambda: greentrain.report(run, made_at=value),
        lambda: greentrain.report(run, title=value),
        lambda: greentrain.report(run, "text", template=value),
        lambda: greentrain.report(run, "latex", memory=value),
        lambda: greentrain.report(run, "latex", final=value),
        lambda: greentrain.report(run, "ghg", market_based_kg=value),
        lambda: greentrain.report(run, "ghg", scope=value),
        lambda: greentrain.report(run, "sci", functional_unit=value),
        lambda: greentrain.report(run, "spdx", activity=value),
        lambda: greentrain.report(run, "spdx", namespace=value),
        lambda: greentrain.report(run, "spdx", package_version=value),
        lambda: greentrain.report(run, "boamps", task_family=value),
        lambda: greentrain.report(run, "cyclonedx", spec_version=value),
        lambda: greentrain.chart(run, value),
        lambda: greentrain.update_card(value, run),
        lambda: greentrain.validate(value),
        lambda: greentrain.History(tmp_path).get(value),
        lambda: greentrain.History(tmp_path).select(project=value, since=value),
        lambda: greentrain.History(value if value is not None else tmp_path).runs(),
        lambda: greentrain.total(value),
        lambda: greentrain.total([value]),
        lambda: greentrain.compare(value, hours=1),
        lambda: greentrain.compare("V100", hours=1, places=value),
        lambda: greentrain.best_start("V100", hours=1, location="GB", deadline=value),
        lambda: greentrain.best_start("V100", hours=1, location="GB", grid_series=value),
        lambda: greentrain.track(location=value),
    )
    for call in calls:
        try:
            call()
        except (InputError, DataError, GreentrainError) as error:
            shown = str(error)
            json.dumps(shown)
            check(shown)
    assert capsys.readouterr().out == ""


def check(message: str) -> None:
    """A message is one line of bounded length."""
    assert message.isprintable()
    assert len(message) < 1100
