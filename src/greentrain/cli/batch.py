"""``greentrain batch``: a table of runs in, its rows with their results and its sums by group out."""

from __future__ import annotations

import sys
from contextlib import nullcontext

from greentrain.cli.gate import GATE_NAMES, GATE_OPTIONS, gate_of
from greentrain.cli.options import ESTIMATE_OPTIONS, OUTPUT, Argument, Command, Option, OptionValues
from greentrain.cli.terminal import bar_if_wanted, bold_if_wanted, error_line, write_json, write_lines
from greentrain.errors import Contradiction, InputError, either
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from greentrain.frames import Batch

FORMATS = ("table", "json", "csv", "jsonl")
_ROWS = ("csv", "jsonl")
_BATCH = "Batch"
_BATCH_OPTIONS = (
    Option("by", "COLUMNS", "Groups, by commas: any columns, month, hardware, place.", _BATCH),
    Option("output", "FILE", "Write the rows with results: .csv, .jsonl, .parquet, .xlsx.", _BATCH,
           letter="-o"),
    Option("format", "KIND", "table or json of the sums; csv or jsonl of the rows. [table]", _BATCH),
    Option("json", "", "Short for --format json.", _BATCH),
    Option("engine", "NAME", "dask or spark: the files of a folder on several processes. [this process]", _BATCH),
    Option("scheduler", "ADDRESS", "Of the engine: tcp://host:8786, spark://host:7077. [workers on this computer]",
           _BATCH),
    Option("explain", "", "Name the assumptions that drive the total.", _BATCH),
)  # fmt: skip
_OWN = tuple(option.name for option in _BATCH_OPTIONS)
SHARED_OPTIONS = tuple(option for option in ESTIMATE_OPTIONS if option.group != OUTPUT)


def batch(values: OptionValues) -> int:
    """Estimate a table of runs (csv, tsv, xlsx, jsonl, parquet) and add them up, with the doubt that they share.

    Columns have the names of the options of estimate, such as gpu, hours and location; other columns are kept. What
    all rows share is given as an option. Exit code: 1 if any row failed; all others are written.

    Example: greentrain batch runs.csv --by user,month -o results.csv
    """
    kind, limits = _format(values), gate_of(values)
    found = _run({name: value for name, value in values.items() if name not in GATE_NAMES}, kind)
    if kind == "json":
        write_json(found.to_dict())
    elif kind == "table":
        from greentrain.reporting.terminal.batch import batch_text

        write_lines(batch_text(found, bold_if_wanted(), explain="explain" in values))
    _report(found)
    # Rows that failed are not in the sum: a sum within the limit says nothing then.
    code = limits.code(found.sums.total().footprint) if limits else 0
    return code or (1 if found.failed else 0)


def _format(values: OptionValues) -> str:
    kind: str = values.get("format", "json" if "json" in values else "table")
    if kind not in FORMATS:
        rule = f"must be {either(FORMATS)}; a file has the format of its ending, {{output}} rows.parquet"
        raise InputError("format", kind, rule)
    if kind in _ROWS and "output" in values:
        raise Contradiction("format", kind, "is of rows, which {output} writes to a file already")
    if kind != "table" and "explain" in values:
        raise Contradiction("explain", None, "has no place in rows or JSON, whose totals have drivers; leave it out")
    return kind


def _run(values: OptionValues, kind: str) -> Batch:
    from greentrain.errors import GreentrainError, install_hint

    try:
        from greentrain.frames import format_of, rows_into, rows_to_stdout, run_batch
    except ImportError as error:
        raise GreentrainError(f"A table of runs needs {error.name}: {install_hint('frames')}.") from None
    output = values.get("output")
    by = [name.strip() for name in values.get("by", "").split(",") if name.strip()]
    same = {name: value for name, value in values.items() if name not in (*_OWN, "file")}
    if "engine" in values:
        return _run_on_engine(values, kind, by, same)
    if "scheduler" in values:
        raise Contradiction("scheduler", values["scheduler"], "needs {engine}")
    sink: Any = nullcontext()
    if output is not None:
        format_of(output)
        _refuse_input(values["file"], output)
        sink = rows_into(output)
    elif kind in _ROWS:
        sink = rows_to_stdout(kind)
    with sink as take:
        # Rows that go to the terminal show by themselves how far it is.
        is_silent = kind in _ROWS and sys.stdout.isatty()
        return run_batch(values["file"], by, write=take, same=same, progress=not is_silent and bar_if_wanted())


def _run_on_engine(values: OptionValues, kind: str, by: list[str], same: OptionValues) -> Batch:
    from pathlib import Path

    from greentrain.frames import run_batch_on

    output = values.get("output")
    if kind in _ROWS:
        raise Contradiction("format", kind, "has no place with {engine}; {output} takes a folder for the rows")
    if output is not None and Path(output).is_file():
        raise InputError("output", output, "is a file; with {engine} rows go into a folder")
    return run_batch_on(
        values["engine"], values["file"], by, scheduler=values.get("scheduler"), folder=output, same=same
    )


def _refuse_input(file: str, output: str) -> None:
    from pathlib import Path

    if Path(output).exists() and Path(file).exists() and Path(output).samefile(file):
        raise InputError("output", output, "is the file that is read; name another")


def _report(found: Batch) -> None:
    """Name on stderr how files were understood, what failed, and columns that are nearly keywords."""
    for note in found.notes:
        error_line(note, 0)
    for column, keyword in found.near.items():
        error_line(f"column {column!r} is no option of estimate and counts for nothing; did you mean {keyword!r}?", 0)
    for problem in found.problems:
        error_line(str(problem), 0)
    if found.failed > len(found.problems):
        error_line(f"and {found.failed - len(found.problems):,} more rows without a result", 0)


_FILE = Argument("file", "FILE", "The table: a file, a folder of files, or - for standard input.", is_required=True)
_FIRST = ("by", "output", "format", "json", "explain", "gpu", "hours", "location", "pue", "max_kg")
_SHORT = "Estimate a table of runs and add them up."
COMMAND = Command(batch, (*_BATCH_OPTIONS, *GATE_OPTIONS, *SHARED_OPTIONS), (_FILE,), short_help=_SHORT, first=_FIRST)
