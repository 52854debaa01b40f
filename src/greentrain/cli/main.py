"""Where ``greentrain`` starts: what is plainly typed takes a short way, all else goes through typer.

Nothing is loaded before it is known what is wanted: the version takes little longer than Python itself.
"""

import gc
import os
import sys

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OK, FAILED, MISUSE, INTERRUPTED = 0, 1, 2, 130
_OBJECTS_BETWEEN_SEARCHES = 1_000_000
"""A command keeps nearly all that it makes: searching it for garbage costs a long history a sixth of its time."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES)
    sys.exit(run(sys.argv[1:]))


def run(arguments: "Sequence[str]") -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str
        The arguments after the program's name.

    Returns
    -------
    int
        Exit code: 0 done, 1 could not or a check failed, 2 misuse.
    """
    return reported(lambda: _run(arguments))


def _run(arguments: "Sequence[str]") -> int:
    if [*arguments] == ["--version"]:
        from greentrain._version import VERSIONS

        sys.stdout.write(f"{VERSIONS}\n")
        return OK
    from greentrain.cli.parser import parse

    found = parse(arguments)
    if found is not None:
        command, values = found
        return command.run(values)
    from greentrain.cli.app import run_app

    return run_app(arguments)


def reported(command: "Callable[[], int]") -> int:
    """Run a command and turn what it raises into one line on stderr and an exit code."""
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone, as with `| head`; Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (Exception, KeyboardInterrupt) as error:
        code_of_error = _report_error(error)
        if code_of_error is None:
            raise
        return code_of_error
    return code


def _report_error(error: BaseException) -> int | None:
    """Write the message of an error to stderr and return its exit code; None for an error that is not ours."""
    from greentrain.cli.options import flag_of
    from greentrain.cli.terminal import error_line
    from greentrain.errors import DataError, GreentrainError, InputError

    if isinstance(error, KeyboardInterrupt):
        return error_line("interrupted", INTERRUPTED)
    if isinstance(error, InputError):
        return error_line(error.message(flag_of), MISUSE)
    if isinstance(error, GreentrainError):
        return error_line(str(error), MISUSE if isinstance(error, DataError) else FAILED)
    return None
