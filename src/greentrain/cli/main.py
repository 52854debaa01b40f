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
    from sys import UnraisableHookArgs
    from typing import TextIO

OK, FAILED, MISUSE, INTERRUPTED = 0, 1, 2, 130
_OBJECTS_BETWEEN_SEARCHES = 1_000_000
"""A command keeps nearly all that it makes: searching it for garbage costs a long history a sixth of its time."""
_MOMENT_SECONDS = 0.01
_COMPLETE = "_GREENTRAIN_COMPLETE"
"""By this variable a shell asks what may be typed next; the scripts of typer set it."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        sys.unraisablehook = _interrupted_later
        gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES)
        if None in (sys.stdin, sys.stdout, sys.stderr) or getattr(sys.stdout, "write_through", False):
            _mend_streams()
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # before `run` looks after it, or once more while it does
        _ignore_interrupts()
        sys.exit(_interrupted())


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
        from greentrain.cli.foreign_package import foreign_package

        sys.stdout.write(f"{VERSIONS}\n")
        if foreign := foreign_package():
            from greentrain.cli.terminal import error_line

            error_line(foreign, OK)
        return OK
    if _COMPLETE in os.environ:
        from greentrain.cli.completion import complete

        answer = complete(os.environ[_COMPLETE])
        if answer is not None:
            return answer
    from greentrain.cli.parser import parse

    found = parse(arguments)
    if found is not None:
        command, values = found
        return command.run_as_typed(values)
    from greentrain.cli.app import run_app

    return run_app(arguments)


def reported(command: "Callable[[], int]") -> int:
    """Run a command and turn what it raises, and output that does not arrive, into one line on stderr and a code."""
    try:
        code = command()
    except (Exception, KeyboardInterrupt) as error:
        code_of_error = _report_error(error)
        if code_of_error is None:
            raise
        code = code_of_error
    loss = _flushed(sys.stdout)
    if loss is not None:
        code = code or _report_error(loss) or FAILED
    _flushed(sys.stderr)
    return code


def _flushed(stream: "TextIO") -> OSError | None:
    """Write what a stream still holds; what cannot be written is given up, and the reason returned."""
    try:
        stream.flush()
    except OSError as error:
        from greentrain.cli.terminal import silence

        silence(stream)
        return error
    return None


def _report_error(error: BaseException) -> int | None:
    """Write the message of an error to stderr and return its exit code; None for an error that is not ours."""
    from greentrain.cli.options import flag_of
    from greentrain.cli.terminal import error_line
    from greentrain.errors import DataError, GreentrainError, InputError

    if isinstance(error, InputError):
        return error_line(error.message(flag_of), MISUSE)
    if isinstance(error, GreentrainError):
        return error_line(str(error), MISUSE if isinstance(error, DataError) else FAILED)
    if _is_interrupt(error):
        return _interrupted()
    if isinstance(error, BrokenPipeError):
        return FAILED  # the reader has gone, as with `| head`, and wants no word about it
    if isinstance(error, OSError):
        return _report_system_error(error)
    return error_line("there is not enough memory", FAILED) if isinstance(error, MemoryError) else None


def _report_system_error(error: OSError) -> int:
    """Report what the system refuses: a file that was named, or else the output."""
    from greentrain.cli.terminal import error_line

    reason = error.strerror or type(error).__name__
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return error_line("the current folder has been removed", MISUSE)
    if error.filename is None:
        return error_line(f"the output cannot be written: {reason}", FAILED)
    name = error.filename if isinstance(error.filename, int) else os.fsdecode(error.filename)
    return error_line(f"{name}: {reason}", MISUSE)


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether an error is Ctrl-C, or was made of it: code that is loaded at that moment turns it into other errors."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _interrupted() -> int:
    from greentrain.cli.terminal import error_line

    return error_line("interrupted", INTERRUPTED)


def _interrupted_later(problem: "UnraisableHookArgs") -> None:
    """Let Ctrl-C come again a moment later, where it came while Python could only ignore it."""
    if problem.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(problem)
        return
    import _thread
    import time

    def interrupt() -> None:
        time.sleep(_MOMENT_SECONDS)
        _thread.interrupt_main()

    _thread.start_new_thread(interrupt, ())


def _ignore_interrupts() -> None:
    """Let nothing disturb the last steps: they take no time, and the code is known."""
    import _signal  # type: ignore[import-not-found]  # what `signal` is made of, and a fiftieth of its cost

    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)


def _mend_streams() -> None:
    """Make streams that say when they fail: of those that are closed, and of one without a buffer.

    Without a buffer, Python takes no notice of the part of a text that did not fit. A closed stdout becomes one that
    can only be read, so that nothing but writing to it fails; the numbers of closed streams go to no other file.
    """
    for number, way in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, way)  # it takes the lowest number that is free
    if sys.stdout is None or getattr(sys.stdout, "write_through", False):
        sys.stdout = _line_buffered(1, sys.stdout)
    if sys.stderr is None:
        sys.stderr = _line_buffered(2, None)


def _line_buffered(number: int, like: "TextIO | None") -> "TextIO":
    encoding, errors = (like.encoding, like.errors) if like else ("utf-8", "backslashreplace")
    return open(number, "w", 1, encoding, errors, closefd=False)
