"""Templates of the user's: filled in by a process of its own, which has plain values, and little memory and time.

A sandbox keeps a template from objects; it does not keep ``"a" * 10**10`` from the memory, nor a loop from going on. So
the process has limits, an empty environment, no file that it could write, and ends with its template.
"""

import os
import pickle
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greentrain.bounded_file import read_regular
from greentrain.errors import InputError, escaped, path_text
from greentrain.reporting.document.blocks import Document
from greentrain.reporting.document.build import document_of
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from jinja2 import BaseLoader

LONGEST_SECONDS = 10
"""What filling in takes at most. [s]"""
MOST_MEMORY_BYTES = 512 * 2**20
"""What filling in needs at most, in addition to the result that is reported. [B]"""
MOST_TEXT_BYTES = 32 * 2**20
"""Length of what a template makes. [B]"""
LONGEST_TEMPLATE_BYTES = 2**20
"""Length of a template, and of each file that it includes. [B]"""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")
"""What a terminal or a reader's eye would be led by: whoever wrote the template, it is not what it shows."""
_PATIENCE_SECONDS = 120
_DESCRIPTORS = 64
_LONGEST_REASON = 200
_FILLED, _REFUSED = b"filled\n", b"refused\n"
_TOO_LONG = f"makes more than {MOST_TEXT_BYTES // 2**20} MiB of text"
_TOO_SLOW = f"takes longer than {LONGEST_SECONDS} s"
_TOO_BIG = f"needs more than {MOST_MEMORY_BYTES // 2**20} MiB of memory"
_NO_PYTHON = "is filled in by a Python of its own, which could not be started here"
_PROGRAM = (
    "import sys; from ast import literal_eval; sys.path[:] = literal_eval(sys.argv[1]); "
    "from greentrain.reporting.own_template import fill_in; fill_in()"
)


def render_document(
    data: ReportData,
    template: str | os.PathLike[str] | None,
    escape: Callable[[str], str],
    write: Callable[[Document], str],
) -> str:
    """Write report data by a template of the user's, or else as a document; only a template loads Jinja2."""
    return write(document_of(data)) if template is None else own_template(template, data, escape=escape)


def own_template(
    path: str | os.PathLike[str],
    data: ReportData,
    escape: Callable[[str], str] | None = None,
    more: dict[str, Any] | None = None,
) -> str:
    """Fill in a template of the user's.

    Parameters
    ----------
    path : path
        The template.
    data : ReportData
        What is reported.
    escape : callable, optional
        How text is made harmless, a function of a module; HTML by default.
    more : dict, optional
        What the form adds to the context.

    Raises
    ------
    InputError
        If the template cannot be read, or is none, or needs more than a template may.
    """
    from greentrain.reporting.templating import context

    name = path_text("template", path)
    try:
        source = _source(name)
        handed_over = pickle.dumps((name, source, escape, context(data, more=more)))
        return _answer(handed_over)
    except ValueError as error:
        raise InputError("template", name, str(error)) from None


def _source(path: str) -> str:
    """Read a template, or what one includes; the mark that some editors put before a text is none of it."""
    try:
        return read_regular(path, LONGEST_TEMPLATE_BYTES).removeprefix("\ufeff")
    except FileNotFoundError:
        raise ValueError("there is no such file") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(error.strerror) from None


def _answer(handed_over: bytes) -> str:
    """Start the process, hand over what it needs, and return its text."""
    program = Path(sys.executable or "").name.lower()
    if getattr(sys, "frozen", False) or not program.startswith(("python", "pypy")):
        raise ValueError(_NO_PYTHON)
    command = [sys.executable, "-I", "-B", "-X", "utf8", "-W", "ignore", "-c", _PROGRAM, ascii([*map(str, sys.path)])]
    environment = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(
            command,
            input=handed_over,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except OSError:
        raise ValueError(_NO_PYTHON) from None
    except subprocess.TimeoutExpired:
        raise ValueError(_TOO_SLOW) from None
    answer = done.stdout.removeprefix(_FILLED)
    if len(answer) < len(done.stdout):
        return _CONTROLS.sub(lambda found: escaped(found[0]), answer.decode("utf-8"))
    if done.stdout.startswith(_REFUSED):
        raise ValueError(done.stdout.removeprefix(_REFUSED).decode("utf-8"))
    raise ValueError(_of_ending(done.returncode))


def _of_ending(code: int) -> str:
    """Say why a process ended without an answer."""
    if code in (-getattr(signal, "SIGALRM", 0), -getattr(signal, "SIGXCPU", 0)):
        return _TOO_SLOW
    return _TOO_BIG if code < 0 else _NO_PYTHON


def fill_in() -> None:
    """Fill in the template that stdin holds; the process that the template has for itself."""
    path, source, escape, context = pickle.load(sys.stdin.buffer)
    from jinja2 import TemplateSyntaxError

    from greentrain.reporting.templating import environment

    made = environment(_loader(path), escape)
    _limit_process()
    try:
        text = _filled(made.from_string(source).generate(context))
        answer = _FILLED + text.encode("utf-8", "backslashreplace")
    except TemplateSyntaxError as error:
        answer = _refusal(f"line {error.lineno}: {error.message}")
    except MemoryError:
        answer = _refusal(_TOO_BIG)
    except Exception as error:  # of whatever a template does
        answer = _refusal(_reason(error))
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    os._exit(0)


def _filled(parts: Any) -> str:
    """Join the parts of a text that has an end."""
    found, length = [], 0
    for part in parts:
        length += len(part)
        if length > MOST_TEXT_BYTES:
            raise ValueError(_TOO_LONG)
        found.append(part)
    return "".join(found)


def _refusal(reason: str) -> bytes:
    shown = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
    return _REFUSED + shown.encode("utf-8", "backslashreplace")


def _reason(error: Exception) -> str:
    from jinja2 import TemplateError

    ours = isinstance(error, TemplateError) or (type(error) is ValueError and error.args == (_TOO_LONG,))
    return str(error) if ours and str(error) else f"{type(error).__name__}: {error}"


def _limit_process() -> None:
    """Set the limits of what a template may use; where the system has none, the time alone is limited by the parent."""
    with suppress(ImportError):
        import resource

        limits = {
            resource.RLIMIT_AS: _size_bytes() + MOST_MEMORY_BYTES,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_CPU: LONGEST_SECONDS + 5,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_NOFILE: _DESCRIPTORS,
            resource.RLIMIT_NPROC: 0,
        }
        for kind, most in limits.items():
            with suppress(OSError, ValueError):
                resource.setrlimit(kind, (most, most))
        signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)


def _size_bytes() -> int:
    """Return the address space that this process has by now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return MOST_MEMORY_BYTES
    return pages * os.sysconf("SC_PAGE_SIZE")


def _loader(path: str) -> "BaseLoader":
    """Load what a template includes: visible files of its own folder, and none that a link leads out of it."""
    from jinja2 import FunctionLoader

    folder = Path(path).resolve().parent

    def load(name: str) -> str | None:
        parts = name.split("/")
        if any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        found = folder.joinpath(*parts).resolve()
        return _source(str(found)) if found.is_relative_to(folder) and found.is_file() else None

    return FunctionLoader(load)
