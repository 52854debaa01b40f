"""Slurm's accounting as ``sacct`` prints it: ``-P`` with or without a header, whatever parts its columns, or aligned.

A row whose id has a dot is a step of a job, whose own row holds it already. A job's name may hold what parts the
columns, and so do the lists of its resources where that is a comma.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, islice
from typing import NamedTuple

from greentrain.errors import DataError
from greentrain.importing.foreign_file import ForeignFile, Tally, column_names
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.slurm_jobs import ENDINGS, Jobs, state_of
from greentrain.importing.values import clock_seconds, moment
from greentrain.numbers import counted

NAME = "slurm"
TITLE = "Slurm's accounting (sacct -P)"
WORDS = frozenset(
    ("jobid", "jobidraw", "jobname", "state", "elapsed", "elapsedraw", "alloctres", "nnodes", "alloccpus")
)
_IDS = ("jobid", "jobidraw")
_OTHERS = (WORDS - {*_IDS}) | {"admincomment"}
_BETWEEN = re.compile(r"\s*\w+(?:%-?\d+)?([^\w%]+)\w")
_WIDTH = re.compile(r"%-?\d+$")
_MARKS = re.compile(r"[^\w\s.:/=\[\]+\-]+|\t")
_JOB = re.compile(r"(?:^|\W)\d+(?:_\d+|\+\d+)?(?:\.(?:batch|extern|interactive|\d+))?(?:\W|$)")
_RESOURCE = re.compile(r"[\w/:.\-]+=\S*")
_RULE = re.compile(r"-[- ]*-\s*")
_FRAMED = re.compile(r"\s*\|.*\|\s*")
_FRAMED_RULE = re.compile(r"[|:\s-]+")
_FREE = ("jobname", "submitline", "comment", "admincomment", "systemcomment", "workdir", "reason", "extra", "wckey")
"""Columns that may hold what parts the columns."""

_MOST_TRIED, _MOST_MORE = 200, 20
_NO_TIME = {"", "unknown", "none"}
_CUT = "Lists of resources are cut off: 'sacct -P' prints them whole."
_LONGEST_MARK = 5
_LINES_LOOKED_AT = 20


def recognises(head: str) -> bool:
    """Whether there is a header with a job's id and another of Slurm's columns, or rows with ids and states."""
    lines = _first_lines(head)
    if not lines or lines[0].lstrip().startswith(("{", "[")):
        return False
    names = _header(lines[0])
    if names or _aligned(lines):
        return True
    states = "|".join(sorted(ENDINGS))
    return all(re.search(rf"(?:^|[^\w])(?:{states})(?:[^\w]|$)", line) and _JOB.search(line) for line in lines)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the jobs that ran.

    Raises
    ------
    DataError
        Of a file without a header whose columns nobody stated.
    """
    if spans := _aligned(_first_lines(file.head)):
        rows = _aligned_rows(file, spans)
    else:
        form = form_of(file, options)
        lines = enumerate(file.lines(), 1)
        rows = parted_rows(_unframed(lines) if form.is_framed else lines, file.tally, form.names, form.delimiter)
    return jobs_of(rows, file, options)


def jobs_of(
    rows: Iterable[tuple[int, Mapping[str, str]]], file: ForeignFile, options: ReadOptions
) -> Iterator[ForeignRun]:
    """Yield the jobs of rows that come with the number of their line."""
    jobs = Jobs(file.tally, options)
    for line, row in rows:
        yield from jobs.take(line, row)
    yield from jobs.rest()


class SacctForm(NamedTuple):
    """The columns of a text that something parts: their names in lower case, that, and whether it frames each line."""

    names: tuple[str, ...]
    delimiter: str
    is_framed: bool = False


def form_of(file: ForeignFile, options: ReadOptions) -> SacctForm:
    """Return the form of a text with a header, or of one whose columns somebody stated.

    Raises
    ------
    DataError
        Where nobody did, or an aligned table is none.
    """
    first = _first_lines(file.head)
    if _aligned(first):
        raise DataError(file.path, "is aligned, and nothing parts its columns")
    names = _header(first[0]) if first else ()
    if names:
        is_framed = _FRAMED.fullmatch(first[0]) is not None
        return SacctForm(names, "|" if is_framed else _between(first[0]), is_framed)
    names = tuple(_WIDTH.sub("", name) for name in column_names(options.columns))
    if not {*names} & {*_IDS}:
        rule = "has no header: state the columns as sacct's --format did, as in --format JobID,State,ElapsedRaw"
        raise DataError(file.path, rule)
    delimiter = _fitting(first, len(names), file.path)
    if all(line.rstrip().endswith(delimiter) and line.count(delimiter) == len(names) for line in first):
        names = (*names, "")  # `sacct -p` ends each line with what parts the columns
    return SacctForm(names, delimiter)


def _first_lines(head: str) -> list[str]:
    lines = head.splitlines()
    whole = lines[:-1] if len(lines) > 1 and not head.endswith("\n") else lines
    return [line for line in whole[:_LINES_LOOKED_AT] if line.strip()]


def _between(line: str) -> str:
    found = _BETWEEN.match(line.replace('"', ""))  # which other programs put around names
    return found[1] if found else ""


def _header(line: str) -> tuple[str, ...]:
    """Return the names of a header's columns; nothing of a line that is none."""
    is_framed = _FRAMED.fullmatch(line) is not None
    delimiter = "|" if is_framed else _between(line)
    if not delimiter or (delimiter.isspace() and delimiter != "\t"):
        return ()
    cells = _unquoted(line, delimiter) or line.split(delimiter)
    cells = cells[1:-1] if is_framed else cells
    names = tuple(_WIDTH.sub("", name) for name in column_names(cells))
    return names if {*names} & {*_IDS} and {*names} & _OTHERS else ()


def _unframed(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a table of Markdown as `sacct -P` prints them, without its rules."""
    for number, line in lines:
        if not _FRAMED_RULE.fullmatch(line):
            cells = (cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))
            yield number, "|".join(cells)


def _aligned(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the columns of an aligned table are, by the rule below its header; none of another text."""
    if len(lines) < 2 or not _RULE.fullmatch(lines[1]):
        return []
    spans = [found.span() for found in re.finditer("-+", lines[1])]
    names = {lines[0][begin:end].strip().casefold() for begin, end in spans}
    return spans if names & {*_IDS} and names & _OTHERS else []


def _aligned_rows(file: ForeignFile, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield line numbers and cells by column; what sacct cut off is noted."""
    names: tuple[str, ...] = ()
    for number, line in enumerate(file.lines(), 1):
        cells = [line[begin:end].strip() for begin, end in spans]
        if not any(cells) or _RULE.fullmatch(line):
            continue
        if not names or cells[0].casefold() == names[0]:
            names = column_names(cells)
            continue
        file.tally.rows += 1
        row = dict(zip(names, cells, strict=True))
        if row.get("alloctres", "").endswith("+"):
            file.tally.note(_CUT)
        yield number, row


def _fitting(lines: Sequence[str], columns: int, path: str) -> str:
    """Return what parts most lines into so many columns, the longest where several do."""
    marks = {
        run[start:end]
        for line in lines
        for run in _MARKS.findall(line[:10_000])
        for start in range(min(len(run), _LONGEST_MARK))
        for end in range(start + 1, min(len(run), start + _LONGEST_MARK) + 1)
    }
    numbers = {mark: [line.count(mark) for line in lines] for mark in marks}
    fits = {
        mark: (sum(number in (columns - 1, columns) for number in each), sum(number >= columns - 1 for number in each))
        for mark, each in numbers.items()
    }
    best = max(fits, key=lambda mark: (*fits[mark], len(mark), mark), default="")
    if not best or not any(fits[best]):
        raise DataError(path, f"has no rows of {columns} columns, which --format names")
    return best


def parted_rows(
    lines: Iterable[tuple[int, str]], tally: Tally, names: Sequence[str], delimiter: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield line numbers and cells by column; repeated headers are left out."""
    count = len(names)
    for number, line in lines:
        if not line.strip():
            continue
        cells = _unquoted(line, delimiter) if '"' in line else line.split(delimiter)
        if len(cells) != count:
            cells = line.split(delimiter)
        if len(cells) > count:
            cells = _rejoined(cells, names, delimiter)
        is_like_header = not cells[0][:1].isdigit() and len(cells) == count and cells[0].strip().casefold() == names[0]
        if is_like_header and column_names(cells) == tuple(names):
            continue
        tally.rows += 1
        if len(cells) == count:
            yield number, dict(zip(names, cells, strict=True))
        else:
            tally.reject(number, f"has {counted(len(cells), 'column')} instead of {count}")


def _unquoted(line: str, delimiter: str) -> list[str]:
    """Part a line of which other programs have quoted cells; nothing of one as sacct prints it, which quotes none."""
    if len(delimiter) != 1 or not (line.startswith('"') or f'{delimiter}"' in line):
        return []
    return next(csv.reader([line], delimiter=delimiter), [])


def _rejoined(cells: Sequence[str], names: Sequence[str], delimiter: str) -> list[str]:
    """Put together what a delimiter inside of a column parted: lists of resources and nodes, then what people write."""
    count, found = len(names), list[str]()
    for cell in cells:
        last = found[-1] if found else ""
        is_list = bool(_RESOURCE.fullmatch(cell) and _RESOURCE.fullmatch(last.rpartition(delimiter)[2]))
        if len(cells) > count and (is_list or last.count("[") > last.count("]")) and delimiter == ",":
            found[-1] = f"{last}{delimiter}{cell}"
        else:
            found.append(cell)
    more = len(found) - count
    if not 0 < more <= _MOST_MORE:
        return found
    free = [names.index(name) for name in _FREE if name in names]
    for places in islice(combinations_with_replacement(free, more), _MOST_TRIED):
        row, rest = list[str](), iter(found)
        for place in range(count):
            row.append(delimiter.join(islice(rest, 1 + places.count(place))))
        if _is_row(dict(zip(names, row, strict=True))):
            return row
    return found


def _is_row(row: Mapping[str, str]) -> bool:
    """Whether a state and times stand where they should."""
    state = state_of(row.get("state") or "COMPLETED")
    times = (row.get(name, "").strip() for name in ("start", "end"))
    took = (row.get(name, "").strip() for name in ("elapsedraw", "elapsed"))
    return (
        state in ENDINGS
        and all(cell.casefold() in _NO_TIME or moment(cell, None) for cell in times)
        and all(not cell or clock_seconds(cell) is not None for cell in took)
    )
