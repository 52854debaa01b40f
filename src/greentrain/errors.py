"""What greentrain raises: one tree, so that a caller can catch all of it or one kind.

::

    GreentrainError
    +-- InputError (also a ValueError)    an argument is invalid
    |   +-- InvalidNumber                 not a number, or outside the range that makes sense
    |   +-- UnknownName                   no such device, place, file ...; see ``.suggestions``
    |   +-- AmbiguousName                 several things have this name; see ``.suggestions``
    |   +-- Contradiction                 inputs that exclude each other, or one that is missing
    +-- DataError                         a data file is damaged or breaks a rule of its schema
    +-- BudgetExceeded                    a run has used up the energy or emissions that it was given
    +-- MeterError                        a meter cannot measure at all
    +-- GridServiceError                  a service of carbon intensity gives no usable answer

    GreentrainWarning (a UserWarning)     the training goes on, but its record lacks something
"""

import sys
from collections.abc import Callable, Sequence

_LAST_LATIN = "\u024f"
"""The last letter of Unicode's Latin Extended-B."""
_LONGEST_TEXT = 200  # a path is of no use when it is cut
_LONGEST_SHOWN = 80
_LONGEST_WORD = _LONGEST_TEXT + 10  # with quotes and dots about it
_LONGEST_MESSAGE = 1000
_PARAMETER = r"\{(\w+)\}"

_DISTRIBUTION = "greentrain-footprint"
"""What the package is called where it is installed."""
MASK = "***"
"""Stands for a secret."""

_ADDRESS = r"((?<![\w+.\-])[A-Za-z](?:[\w+.\-]*://|[\w+.\-]+:/))(?:([^\s:/@'\"]{0,500}):(?!\d+/)[^\s'\"]{1,500}|[^\s:/@'\"]{16,500})@"
_SIGNED_ADDRESS = r"(?i)((?<![\w.\-])(?:[a-z]{1,9}\+)?(?:http|ws)s?:/{1,3})(?!git@|\*)[^\s:/@'\"?#]{1,500}@"
_GIVEN_PASSWORD = (
    r"(?i)(\b\w{0,60}(?:passw|pwd|passfile|secret|token|api_?key)\w{0,60}=)(?!\d+\b)"
    r"(?:'[^']*'?|\"[^\"]*\"?|[^\s&;,)}'\"]+)"
)
_SIGNS_OF_PASSWORDS = ("@", "passw", "pwd", "passfile", "secret", "token", "key")


class GreentrainError(Exception):
    """Base class of everything that greentrain raises on purpose."""


class InputError(GreentrainError, ValueError):
    """An input that cannot be used.

    Parameters
    ----------
    parameter : str
        Name of the parameter, spelled as the keyword of the library.
    value : object
        What was given; None when nothing was.
    rule : str
        The rule that it breaks. Other parameters are named in braces, ``{gpu_hours}``, so that the command line
        can show them as its options.
    suggestions : sequence of str, optional
        The nearest valid choices, best first.

    Examples
    --------
    >>> try:
    ...     estimate("V100", hours=-1)
    ... except InputError as error:
    ...     print(error)
    hours -1: must be greater than 0 and at most 1,000,000 (hours of wall-clock time); a century has 876,000
    """

    def __init__(self, parameter: str, value: object, rule: str, suggestions: Sequence[str] = ()) -> None:
        self.parameter = parameter
        self.value = value
        self.rule = rule
        self.suggestions = tuple(suggestions)
        super().__init__(self.message())

    def message(self, spell: Callable[[str], str] = str) -> str:
        """Return the parameter, the value, the rule and the nearest valid choices in one line.

        Parameters
        ----------
        spell : callable, optional
            How a parameter is spelled for this reader; the command line turns ``gpu_hours`` into ``--gpu-hours``.
        """
        shown = "" if self.value is None else f" {_shown(self.value)}"
        return printable(f"{spell(self.parameter)}{shown}: {self.spelled_rule(spell)}{self._advice()}")

    def spelled_rule(self, spell: Callable[[str], str] = str) -> str:
        """Return the rule alone, other parameters that it names spelled for the reader as in `message`."""
        import re

        return re.sub(_PARAMETER, lambda found: spell(found[1]), self.rule)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Let the error cross from a worker process, where exceptions travel pickled."""
        return type(self), (self.parameter, self.value, self.rule, self.suggestions)

    def _advice(self) -> str:
        return f"; did you mean {either(self.suggestions)}?" if self.suggestions else ""


class InvalidNumber(InputError):
    """A value that is not a number, or lies outside the range that makes sense."""


class UnknownName(InputError):
    """A name that nothing has; ``suggestions`` holds the near misses, none of which was taken."""


class AmbiguousName(InputError):
    """A name that several things have; ``suggestions`` holds them, none of which was taken."""

    def _advice(self) -> str:
        return f"; choose {either(self.suggestions)}" if self.suggestions else ""


class Contradiction(InputError):
    """Inputs that exclude each other, or an input without which the others mean nothing."""


class DataError(GreentrainError):
    """A data file that cannot be read or breaks a rule of its schema.

    Parameters
    ----------
    file : str
        The file, or the folder when that is what is wrong.
    rule : str
        What is wrong and what would be right.
    row : int, optional
        Line of the file, the header being line 1.
    column : str, optional
        Name of the column.
    """

    def __init__(self, file: str, rule: str, row: int | None = None, column: str | None = None) -> None:
        self.file = file
        self.rule = rule
        self.row = row
        self.column = column
        where = [file]
        if row is not None:
            where.append(f"row {row}")
        if column is not None:
            where.append(f"column {column}")
        super().__init__(printable(f"{', '.join(where)}: {rule}"))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Let the error cross from a worker process, where exceptions travel pickled."""
        return type(self), (self.file, self.rule, self.row, self.column)


class BudgetExceeded(GreentrainError):
    """A run that has used up its budget, where the user wants it to end then.

    Parameters
    ----------
    used : float
        What the run has used, in `unit`.
    budget : float
        What it was given, in `unit`.
    unit : {'kWh', 'kg CO2e'}
        Unit of both.
    """

    def __init__(self, used: float, budget: float, unit: str) -> None:
        self.used = used
        self.budget = budget
        self.unit = unit
        shown, most = (f"{float(f'{each:.4g}'):,.10g} {unit}" for each in (used, budget))  # without an exponent
        super().__init__(f"the run has used {shown} of a budget of {most}")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Let the error cross from a worker process, where exceptions travel pickled."""
        return type(self), (self.used, self.budget, self.unit)


class MeterError(GreentrainError):
    """A meter that cannot measure at all."""


class GridServiceError(GreentrainError):
    """A service of carbon intensity that is not reached, refuses, or answers with something else."""


class GreentrainWarning(UserWarning):
    """Something that the training goes on without: a record that cannot be written, a budget nearly used up."""


def either(names: Sequence[str]) -> str:
    """Join names as a sentence does: ``A, B or C``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def path_text(parameter: str, path: object) -> str:
    """Return a path as text.

    Raises
    ------
    InputError
        If it is none.
    """
    import os

    if not isinstance(path, (str, bytes, os.PathLike)):
        raise InputError(parameter, path, "must be a path")
    text = os.fsdecode(path)
    if "\0" in text:
        raise InputError(parameter, path, "must be a path, which has no NUL in it")
    if "://" in text:
        raise InputError(parameter, path, "must be a path, not an address")
    return text


def printable(message: str) -> str:
    """Escape what a terminal would obey, mask passwords; cut words of over 200 characters, and the whole at 1,000."""
    message = escaped(without_passwords(message))
    if len(message) > _LONGEST_TEXT:
        words = (word if len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_TEXT]}..." for word in message.split(" "))
        message = " ".join(words)
        message = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."
    return message


def without_passwords(text: str) -> str:
    """Mask passwords and tokens in addresses, and in options of addresses of databases.

    >>> without_passwords("postgresql://me:hunter2@host/runs and host=host password=hunter2")
    'postgresql://me:***@host/runs and host=host password=***'
    """
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS_OF_PASSWORDS):
        return text
    import re

    text = re.sub(_ADDRESS, lambda found: f"{found[1]}{f'{found[2]}:' if found[2] else ''}{MASK}@", text)
    return re.sub(_GIVEN_PASSWORD, rf"\1{MASK}", re.sub(_SIGNED_ADDRESS, rf"\1{MASK}@", text))


def install_hint(extra: str) -> str:
    """Return how to get what an extra brings: from a checkout by its name, else its packages by theirs.

    The extra is not to be had from the index, which has another project's greentrain.
    """
    import re
    from importlib.metadata import PackageNotFoundError, requires

    try:
        declared = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:  # run from the files alone
        declared = []
    parted = (each.partition(";") for each in declared)
    its_own = re.compile(rf"extra == ['\"]{re.escape(extra)}['\"]")
    packages = " ".join(f"'{package.strip()}'" for package, _, marker in parted if its_own.search(marker))
    elsewhere = f"; without one, pip install {packages}" if packages else ""
    return f"in greentrain's checkout, pip install '.[{extra}]'{elsewhere}"


NO_BREAK_SPACES = "\u00a0\u202f"
"""Between a number and its unit; Python counts them as not printable, and a page shows them."""


def escaped(text: str, kept: str = "") -> str:
    """Escape what a terminal, a browser or a spreadsheet would act upon: controls, line ends, marks of direction.

    Parameters
    ----------
    text : str
        Text of anybody.
    kept : str, optional
        Characters that stay although they cannot be printed, such as line ends.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in kept else char.encode("unicode_escape").decode("ascii") for char in text
    )


def is_latin(text: str) -> bool:
    """Whether a text holds nothing but ASCII and accented Latin letters, none of which is a look-alike of another."""
    return text.isascii() or all(char < "\x80" or (char <= _LAST_LATIN and char.isalpha()) for char in text)


def _shown(value: object) -> str:
    """Show a value on one line: accented Latin letters as typed, controls and other scripts escaped, long ones cut."""
    if isinstance(value, str):
        text = without_passwords(value[:_LONGEST_MESSAGE])
        text = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."
        shown = repr(text) if is_latin(text) else ascii(text)
        return shown if len(shown) <= _LONGEST_WORD else f"{shown[:_LONGEST_TEXT]}...'"
    try:
        text = " ".join(ascii(value).split())
    except Exception as error:  # Python refuses to write out long integers, and whose value it is may do as it likes
        if is_from_handler(error):
            raise
        kind = f"of {type(value).__name__} type"
        text = f"a number {kind} too long to show" if isinstance(value, int) else f"a value {kind}"
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def is_from_outside(error: BaseException) -> bool:
    """Return whether an exception came to greentrain's code from the user's: it has to reach the user's again.

    A signal's handler raised it, or another thread set it in this one, wherever this one was. Not for what objects of
    the user's raise when they are asked; see `is_from_handler`.
    """
    if not isinstance(error, Exception):
        return True
    module = str(type(error).__module__).partition(".")[0]
    return module not in (*sys.stdlib_module_names, __package__) or is_from_handler(error)


def is_from_handler(error: BaseException) -> bool:
    """Return whether the handler of a signal raised an exception.

    That is a function that was given the frame below its own, or, where it has let go of that, one that is set.
    """
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, (StopIteration, StopAsyncIteration)):
        error = error.__cause__  # Python turns what ends iterations into another error inside of a generator
    # The first frame caught it. Asked for its names, it would keep the exception, which keeps the frame: a circle.
    trace = error.__traceback__ and error.__traceback__.tb_next
    codes = _codes_of_handlers() if trace is not None else []
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        if frame.f_code in codes:
            return True
        below = frame.f_back
        for value in list(frame.f_locals.values()) if below is not None else ():
            if value is below or (type(value) is tuple and any(item is below for item in value)):
                return True
    return False


class OwnErrors:
    """Go on after errors of greentrain's own, as `contextlib.suppress` does; what comes from outside goes on its way.

    Whatever the training's process runs uses it in place of ``except``: a handler may raise what the system does too,
    a ``TimeoutError`` say, at any moment. What Python's own loading of a module drops is beyond it.

    Parameters
    ----------
    *kinds : type
        The exceptions to go on after.

    Attributes
    ----------
    error : Exception or None
        What was raised, without its traceback.

    Examples
    --------
    >>> with OwnErrors(OSError) as trouble:
    ...     open("missing")
    >>> type(trouble.error).__name__
    'FileNotFoundError'
    """

    __slots__ = ("error", "kinds")

    def __init__(self, *kinds: type[Exception]) -> None:
        self.kinds = kinds
        self.error: Exception | None = None

    def __enter__(self) -> "OwnErrors":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None or not isinstance(error, self.kinds) or is_from_outside(error):
            return False
        self.error = error.with_traceback(None)  # which would keep the frames, and with them all that they hold
        return True


def _codes_of_handlers() -> list[object]:
    """Return the code of the functions that handle signals; none where nobody has set one."""
    signals = sys.modules.get("_signal")  # built in; `signal` itself takes time to load
    found: list[object] = []
    if signals is None:  # an interpreter below another one
        return []
    for number in range(1, signals.NSIG):
        handler = signals.getsignal(number)
        if callable(handler):
            handler = getattr(handler, "func", handler)  # of a partial function
            handler = getattr(handler, "__func__", handler)
            call = handler if hasattr(handler, "__code__") else type(handler).__call__
            found.append(getattr(call, "__code__", None))
    return [code for code in found if code is not None]
