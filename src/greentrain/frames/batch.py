"""Batches: files of runs in, rows and sums by group out, in parts of bounded size."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import pandas as pd

from greentrain.frames.chunks import Chunk, check_columns
from greentrain.frames.columns import KEYWORDS, near_columns
from greentrain.frames.groups import NAME, STATUS, check_groups, sums_of_table
from greentrain.frames.moments import STARTS
from greentrain.frames.reading import TableFile, table_files
from greentrain.frames.sums import FrameSums
from greentrain.frames.table import Estimated, estimated, joined_frame, shared_keywords
from greentrain.progress import Telling

if TYPE_CHECKING:
    from greentrain.progress import Progress

_MOST_PROBLEMS = 20


class FailedRow(NamedTuple):
    """A row that has no result.

    Attributes
    ----------
    file : str
        Its file.
    word : str
        What ``number`` counts: ``line`` or ``row``.
    number : int
        Which, from 1 on, the header included.
    message : str
        Why.
    """

    file: str
    word: str
    number: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}, {self.word} {self.number:,}: {self.message}"


class Batch:
    """What the rows of a batch come to.

    Attributes
    ----------
    rows, failed : int
        How many rows there are, and how many of them have no result.
    sums : FrameSums
        The others, added up.
    problems : list of FailedRow
        The first rows that failed.
    near : dict of str to str
        Columns that are a letter off a keyword of `estimate`, with that keyword.
    notes : dict of str to None
        How files were understood, where that is no matter of course.
    """

    def __init__(self, by: tuple[str, ...]) -> None:
        self.rows = 0
        self.failed = 0
        self.sums = FrameSums(by, [])
        self.problems: list[FailedRow] = []
        self.near: dict[str, str] = {}
        self.notes: dict[str, None] = {}

    def merged(self, other: "Batch") -> "Batch":
        """Return what the rows of both come to; the order of merging changes the order of groups alone."""
        found = Batch(self.sums.by)
        found.rows, found.failed = self.rows + other.rows, self.failed + other.failed
        found.sums = self.sums.merged(other.sums)
        found.problems = sorted([*self.problems, *other.problems])[:_MOST_PROBLEMS]
        found.near, found.notes = self.near | other.near, self.notes | other.notes
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the object that ``greentrain batch --json`` prints."""
        total = self.sums.total()
        totals = {name: value for name, value in total.to_dict().items() if name != "by"}
        footprint = total.footprint
        totals |= {"basis": footprint.basis, "scope": footprint.scope}
        totals["breakdown"] = [part._asdict() for part in footprint.breakdown] if total.runs else []
        totals["drivers"] = [
            {"name": name, "share_of_variance": float(share), "bases": bases_of(total.footprint.inputs, name)}
            for name, share in footprint.drivers
        ]
        totals["notes"] = list(footprint.notes)
        groups = [group.to_dict() for group in self.sums.groups_found()] if self.sums.by else []
        return {"kind": "batch", "rows": self.rows, "failed": self.failed, "groups": groups, "totals": totals}


def bases_of(inputs: Iterable[Any], name: str) -> list[str]:
    """Return how the inputs of a name are known, each basis once."""
    return sorted({item.basis for item in inputs if item.name == name})


def run_batch(
    path: str,
    by: Sequence[str] = (),
    *,
    write: Callable[[pd.DataFrame], None] | None = None,
    same: Mapping[str, Any] | None = None,
    progress: "Progress" = None,
) -> Batch:
    """Estimate the runs of a file, or of the files in a folder, and add them up.

    Parameters
    ----------
    path : str
        A file, a folder, or ``-`` for standard input.
    by : sequence of str, optional
        As for `sum_frame`.
    write : callable, optional
        Takes the rows of each part with their results.
    same : mapping, optional
        Keywords of `estimate` that all rows share.
    progress : bool or callable, optional
        As for `estimate_frame`; told how many bytes of the files are read.

    Raises
    ------
    GreentrainError
        If a file cannot be read, a column of ``by`` is not there, or a value that all rows share is invalid.
    """
    found = Batch(tuple(by))
    files = table_files(path)
    wanted = None if write else frozenset((*KEYWORDS, *by, *STARTS, NAME, STATUS))
    with Telling(progress, sum(file.size_bytes for file in files) or None, "reading the table") as tell:
        for file in files:
            behind = 0
            for chunk in file.chunks(wanted):
                _add(found, file, chunk, write, same or {})
                if chunk.end_bytes > behind:
                    tell(chunk.end_bytes - behind)
                    behind = chunk.end_bytes
    return found


def _add(
    found: Batch,
    file: TableFile,
    chunk: Chunk,
    write: Callable[[pd.DataFrame], None] | None,
    same: Mapping[str, Any],
) -> None:
    """Estimate one part of a file."""
    table = nw.from_native(chunk.frame, eager_only=True)
    found.near |= near_columns(chunk.columns)
    found.notes |= {f"{file.path}: {note}": None for note in chunk.notes}
    if chunk.columns:
        check_columns(file.path, chunk.columns, same)
        check_groups(chunk.columns, found.sums.by)
    estimates = estimated(table, shared_keywords(same, chunk.columns))
    lost = _without_broken(estimates, chunk)
    found.failed += lost
    found.rows += lost
    if len(table):
        found.sums = found.sums.merged(sums_of_table(table, estimates, found.sums.by))
    found.rows += len(table)
    found.failed += len(estimates.errors)
    messages = chunk.broken | {int(chunk.numbers[row]): text for row, text in estimates.errors.items()}
    room = max(0, _MOST_PROBLEMS - len(found.problems))
    where = f"{file.path}, sheet {chunk.sheet}" if chunk.sheet else file.path
    found.problems += [
        FailedRow(where, file.word, number, text) for number, text in islice(sorted(messages.items()), room)
    ]
    if write is not None:
        write(joined_frame(table, estimates))


def _without_broken(estimates: Estimated, chunk: Chunk) -> int:
    """Take back what was estimated of broken rows; return how many of these are not even in the table."""
    places = {int(number): row for row, number in enumerate(chunk.numbers.tolist())} if chunk.broken else {}
    for number, message in chunk.broken.items():
        if number in places:
            row = places[number]
            estimates.errors[row] = message
            estimates.numbers[:, row] = float("nan")
            estimates.alone.pop(row, None)
            for part in estimates.solved:
                part.is_written[part.rows == row] = False
    return sum(number not in places for number in chunk.broken)
