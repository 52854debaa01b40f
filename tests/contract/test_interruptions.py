"""What a user's handler of a signal raises reaches the training: no part of a tracked run drops it as its own."""

import ast
import builtins
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import greentrain

SOURCE = Path(greentrain.__file__).parent
TRACKED = """
import sys, time
import greentrain
with greentrain.track("all", location="FR", budget_kwh=1, quiet=True, home=sys.argv[1]) as run:
    run.log(step=1)
    with run.span("epoch"):
        time.sleep(0.01)
print(run)
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("greentrain")), sep="\\n")
"""
ELSEWHERE = {
    ("meter/backends.py", "make_meter"),  # in the meter's process
    ("tracking/live.py", "_show_safely"),  # in a thread, where no handler runs
}
GUARDS = ("is_from_handler", "is_from_outside")


def drops(tree: ast.Module) -> Iterator[str]:
    """Yield the functions that go on after an error of the system's without asking where it came from."""
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for part in ast.walk(function):
                if isinstance(part, ast.ExceptHandler) and could_be_the_systems(part.type) and not asks(part):
                    yield function.name
                if isinstance(part, ast.With) and "suppress(" in "".join(ast.unparse(item) for item in part.items):
                    yield function.name


def could_be_the_systems(kinds: ast.expr | None) -> bool:
    """Return whether a clause catches errors of the system's, among which time limits like to be."""
    names = "BaseException" if kinds is None else ast.unparse(kinds).strip("()")
    found = [getattr(builtins, name.strip(), None) for name in names.split(",")]
    return any(isinstance(kind, type) and (issubclass(kind, OSError) or issubclass(OSError, kind)) for kind in found)


def asks(clause: ast.ExceptHandler) -> bool:
    """Return whether a clause asks where an exception came from, raises it again or keeps it for who does."""
    text = ast.unparse(clause)
    raises = any(isinstance(part, ast.Raise) and part.exc is None for part in ast.walk(clause))
    return raises or "values.throw" in text or "values.athrow" in text or any(guard in text for guard in GUARDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("try: f()\n    except OSError: pass", ["g"]),
        ("try: f()\n    except (ValueError, TimeoutError): pass", ["g"]),
        ("try: f()\n    except Exception as e:\n        if is_from_handler(e): raise\n", []),
        ("try: f()\n    except ValueError: pass", []),
        ("with suppress(OSError): f()", ["g"]),
        ("with OwnErrors(OSError): f()", []),
    ],
)
def test_a_dropped_error_is_found(text: str, expected: list[str]) -> None:
    """The check below sees what it is to see."""
    assert list(drops(ast.parse(f"def g():\n    {text}"))) == expected


def test_what_a_tracked_run_loads_drops_no_error_of_a_handlers(tmp_path: Path) -> None:
    """Each clause that catches errors of the system's asks where they came from, as `greentrain.errors` can tell."""
    command = [sys.executable, "-c", TRACKED, str(tmp_path)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split("\n")
    files = [Path(line) for line in loaded if line.endswith(".py") and Path(line).is_file()]
    assert {"writer.py", "lifecycle.py", "launch.py", "site.py"} <= {file.name for file in files}
    found = {
        (file.relative_to(SOURCE).as_posix(), function)
        for file in files
        for function in drops(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found - ELSEWHERE == set()
