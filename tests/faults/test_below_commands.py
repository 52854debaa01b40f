"""Runs below a wrapped command, and after one program has replaced another: each has what it names, and its end."""

import sys
from collections.abc import Sequence
from itertools import pairwise

import pytest
from fault_room import ALONE, GREENTRAIN, KWH_PER_SECOND, PROGRAMS, Outcome, Room, journals

from greentrain import Run

PYTHON = f"{sys.executable} {PROGRAMS}"
BEGUN = "until grep -q ready begun; do sleep 0.1; done"


def wrapped(room: Room, script: str, *words: str, **settings: object) -> Outcome:
    """Run a script of the shell below ``greentrain track``."""
    return command(room, ["bash", "-c", script], *words, **settings)


def command(room: Room, program: Sequence[str], *words: str, **settings: object) -> Outcome:
    """Run a program below ``greentrain track``."""
    track = [*GREENTRAIN, "track", "--quiet", "--meter", room.environment["METER"], *words, "--", *program]
    return room.launch(track, **settings).end()


def facts(room: Room) -> list[tuple[str | None, str | None, str, str | None, int]]:
    """Return name, project, status, error and ranks of the runs by name."""
    found = [(run.name, run.project, run.status, run.error, run.ranks) for run in room.runs()]
    return sorted(found, key=str)


def metered_seconds(run: Run) -> float:
    """Return how long the recorded computer was metered, by the energy that it drew. [s]"""
    assert run.it_energy_kwh is not None
    return run.it_energy_kwh.best / (ALONE * KWH_PER_SECOND)


def check_metered(runs: Sequence[Run]) -> None:
    """Check that each was measured, from its start to its end."""
    assert all(run.duration_seconds >= 0.5 for run in runs)
    assert [metered_seconds(run) for run in runs] == pytest.approx([run.duration_seconds for run in runs], abs=0.3)


@pytest.mark.parametrize("job", [{}, {"SLURM_JOB_ID": "900"}], ids=["alone", "slurm"])
@pytest.mark.parametrize("end", ["", " &"], ids=["in a row", "at once"])
def test_a_loop_below_a_wrapper(room: Room, job: dict[str, str], end: str) -> None:
    """Fault 46: each seed of a wrapped loop is on record by its own name, project and status, and so is the loop."""
    script = f"for s in 1 2 3; do {PYTHON}/in_job.py seed$s 0.5 $([ $s = 2 ] && echo raises){end or ';'} done; wait"
    outcome = wrapped(room, script, environment=job)
    assert (outcome.code, outcome.out) == (0, "ready\n" * 3)
    assert facts(room) == [
        ("bash", None, "completed", None, 1),
        ("seed1", "project of seed1", "completed", None, 1),
        ("seed2", "project of seed2", "failed", "ArithmeticError", 1),
        ("seed3", "project of seed3", "completed", None, 1),
    ]
    check_metered([run for run in room.runs() if run.name != "bash"])


def test_names_in_the_command_itself(room: Room) -> None:
    """Fault 46: what the command itself tracks first names its run; what it names otherwise after that is its own."""
    assert command(room, [sys.executable, f"{PROGRAMS}/named.py", '["a", "b", "a"]']).code == 0
    assert facts(room) == [("a", "a", "completed", None, 1), ("b", "b", "completed", None, 1)]
    first = next(run for run in room.runs() if run.name == "a")
    assert (first.location, first.year, first.site.g_per_kwh is not None) == ("FR", 2024, True)
    assert [log.values["a"] for log in first.logs] == [0.5, 0.5]
    assert len(journals(room.home, "meter")) == 2


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), ["train"]), (("--name", "train"), ["train"]), (("--project", "project of train"), ["train"]),
        (("--name", "other"), ["other", "train"]), (("--project", "other"), ["in_job.py", "train"]),
        (("--location", "FR"), ["train"]), (("--pue", "1.0"), ["train"]), (("--pue", "1.1"), ["in_job.py", "train"]),
    ],
)  # fmt: skip
def test_what_the_wrapper_names(room: Room, words: tuple[str, ...], names: list[str]) -> None:
    """Fault 46: what the command tracks is the wrapper's run, unless the two name something otherwise."""
    assert command(room, [sys.executable, f"{PROGRAMS}/in_job.py", "train", "0.3"], *words).code == 0
    assert sorted(str(run.name) for run in room.runs()) == names
    project = {run.project for run in room.runs() if run.name == "train"}
    assert project == {"project of train"}


def test_a_failure_that_the_command_catches(room: Room) -> None:
    """Fault 46: the command ends well, but what it tracked did not: the run has failed, with exit code 0."""
    code = "import runpy, sys\nsys.argv = ['x', 'train', '0.2', 'raises']\n"
    code += f"try: runpy.run_path('{PROGRAMS}/in_job.py')\nexcept ArithmeticError: pass"
    assert command(room, [sys.executable, "-c", code], environment={"PYTHONPATH": str(PROGRAMS)}).code == 0
    run = room.run_alone()
    assert (run.name, run.status, run.error, run.exit_code) == ("train", "failed", "ArithmeticError", 0)


@pytest.mark.parametrize("way", ["env", "script", "shell", "last"])
def test_which_process_is_the_command(room: Room, way: str) -> None:
    """Fault 46: the program that was named, also by another that it takes the place of; not what a shell ends with."""
    train = f"{PYTHON}/in_job.py train 0.3"
    script = room.work / "train"
    script.write_text(f"#!{sys.executable}\nimport runpy\nrunpy.run_path('{PROGRAMS}/in_job.py')\n")
    script.chmod(0o755)
    words = {
        "env": ["env", "KIND=x", *train.split()], "script": [str(script), "train", "0.3"],
        "shell": ["bash", "-c", train], "last": ["bash", "-c", f"{train}; {train.replace(' train', ' other')}"],
    }[way]  # fmt: skip
    assert command(room, words, environment={"PYTHONPATH": str(PROGRAMS)}).code == 0
    names = {"env": ["train"], "script": ["train"], "shell": ["bash", "train"], "last": ["bash", "other", "train"]}
    assert sorted(str(run.name) for run in room.runs()) == names[way]


@pytest.mark.timing
def test_a_training_that_outlives_the_command(room: Room) -> None:
    """Fault 42: the wrapper's end is the command's, and the training that goes on has a record of its own time."""
    script = f"(setsid {PYTHON}/in_job.py late 2.0 > begun &); {BEGUN}; exit 3"
    assert wrapped(room, script).code == 3
    first, second = sorted(room.runs(), key=lambda run: str(run.name))
    assert (first.name, first.status, first.exit_code) == ("bash", "failed", 3)
    assert (second.name, second.project, second.status) == ("late", "project of late", "completed")
    check_metered([second])


@pytest.mark.timing
def test_a_part_that_outlives_the_command(room: Room) -> None:
    """Fault 42: what names nothing is the wrapper's: that is measured to its end, and is what the command was."""
    script = f"(setsid {PYTHON}/replaced.py '' 2.0 > begun &); {BEGUN}; exit 3"
    assert wrapped(room, script).code == 3
    run = room.run_alone()
    assert (run.name, run.status, run.exit_code, run.gaps) == ("bash", "failed", 3, ())
    assert metered_seconds(run) >= 1.9


@pytest.mark.parametrize(
    ("names", "runs"),
    [("a,b", ["a", "b"]), ("a,b,c", ["a", "b", "c"]), ("a,a", ["a"]), (",a", ["None", "a"]), ("a,", ["a"])],
)  # fmt: skip
def test_programs_in_each_others_place(room: Room, names: str, runs: list[str]) -> None:
    """Fault 45: a program that replaces itself by one which names another run ends its own, at that moment."""
    assert room.run("replaced", names, 0.6) == (0, "ready\n", "")
    found = room.runs()
    assert [str(run.name) for run in found] == runs
    assert {run.status for run in found} == {"completed"}
    assert [run.journal_flags for run in found] == [()] * len(runs)
    if len(runs) == len(names.split(",")):
        check_metered(found)
        ends = [(run.started, run.started + run.duration_seconds) for run in found]
        assert all(end <= start + 0.05 for (_, end), (start, _) in pairwise(ends))


def test_two_programs_of_one_id(room: Room) -> None:
    """Fault 46: two processes of one ``run_id`` at once, of which one fails, are one run, which has failed."""
    environment = {"RUN_ID": "both"}
    fails = room.start("one_id", "run", 0.5, "raises", environment=environment)
    lasts = room.start("one_id", "run", 1.5, environment=environment)
    assert [fails.end().code, lasts.end().code] == [1, 0]
    run = room.run_alone()
    assert (run.id, run.status, run.error, run.ranks) == ("both", "failed", "ArithmeticError", 2)
    # Started again after both have ended, it is what its newest session is.
    assert room.run("one_id", "run", 0.2, environment=environment).code == 0
    assert room.run_alone().status == "completed"
