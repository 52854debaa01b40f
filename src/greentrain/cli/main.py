"""Where ``greentrain`` starts: the main job takes a short way, all else goes through typer.

Typer takes most of the time of a small program to start. So an ``estimate`` whose options are all spelled out plainly
is read here from the same table of options that typer's command is made of; whatever is not plain (help, a mistake in
an option's name, completion) is left to typer.
"""

import gc
import os
import sys
from collections.abc import Callable, Sequence

from greentrain.cli.options import ESTIMATE_OPTIONS, Option, flag_of
from greentrain.cli.terminal import complain
from greentrain.errors import DataError, GreentrainError, InputError

OK, FAILED, MISUSE, INTERRUPTED = 0, 1, 2, 130
_OBJECTS_BETWEEN_SEARCHES = 1_000_000
"""A command keeps nearly all that it makes: searching it for garbage costs a long history a sixth of its time."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str
        What stands after the program's name.

    Returns
    -------
    int
        Exit code: 0 done, 1 could not or a check failed, 2 misuse.
    """
    said = plain_estimate(arguments)
    if said is not None:
        from greentrain.cli.estimate import print_estimate

        return reported(lambda: print_estimate(said))
    report = plain_report(arguments)
    if report is not None:
        from greentrain.cli.report import print_report

        return reported(lambda: print_report(report))
    from greentrain.cli.app import run_app

    return reported(lambda: run_app(arguments))


def plain_estimate(arguments: Sequence[str]) -> dict[str, str] | None:
    """Read ``estimate --option value ...`` by the table of options; None leaves the arguments to typer."""
    if not arguments or arguments[0] != "estimate":
        return None
    return _plain(arguments[1:], ESTIMATE_OPTIONS)


def plain_report(arguments: Sequence[str]) -> dict[str, str] | None:
    """Read ``report [ID] --option value ...`` by the table of options; None leaves the arguments to typer."""
    if not arguments or arguments[0] != "report":
        return None
    from greentrain.cli.report_options import POSITIONAL, REPORT_OPTIONS, SHORT

    words = [SHORT.get(word, word) for word in arguments[1:]]
    has_id = bool(words) and not words[0].startswith("-")
    said = _plain(words[1:] if has_id else words, REPORT_OPTIONS)
    return said if said is None or not has_id else {POSITIONAL: words[0], **said}


def _plain(words: Sequence[str], options: Sequence[Option]) -> dict[str, str] | None:
    known = {flag_of(option.name): option for option in options}
    said: dict[str, str] = {}
    rest = list(reversed(words))
    while rest:
        flag, equals, value = rest.pop().partition("=")
        option = known.get(flag)
        if option is None or (option.is_switch and equals):
            return None
        if option.is_switch:
            value = "yes"
        elif not equals:
            if not rest or rest[-1].startswith("--"):
                return None
            value = rest.pop()
        said[option.name] = value
    return said


def reported(command: Callable[[], int]) -> int:
    """Run a command and turn what it raises into one line on stderr and an exit code."""
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone, as with `| head`; Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except InputError as error:
        return complain(error.message(flag_of), MISUSE)
    except DataError as error:
        return complain(str(error), MISUSE)
    except GreentrainError as error:
        return complain(str(error), FAILED)
    except KeyboardInterrupt:
        return complain("interrupted", INTERRUPTED)
    return code


if __name__ == "__main__":
    main()
