"""What a report reads of described runs: the lines of estimates, and of tables of runs, in a frame or in a file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import InputError, OwnErrors, UnknownName
from greentrain.estimation import Estimate, estimate
from greentrain.estimation.labels import device_label, hardware_label, run_label
from greentrain.footprint import Footprint
from greentrain.numbers import counted
from greentrain.reporting.report_data import STATUSES, GroupLine, RunLine
from greentrain.summation import counted_texts, total_of

if TYPE_CHECKING:
    from greentrain.frames import FrameSums
    from greentrain.history.found_runs import Summaries
    from greentrain.reporting.reported_runs import ReportedRun

PLACE, HARDWARE, USER, MONTH = "place", "hardware", "user", "month"
DIMENSIONS = (MONTH, PLACE, HARDWARE, USER)
"""By which runs of any origin are grouped; those of a table also by its columns."""
UNSTATED = "not stated"
_MOST_NAMED = 5
_OF_LINE: dict[str, Callable[[RunLine], str | None]] = {
    MONTH: lambda line: f"{line.started:%Y-%m}" if line.started else None,
    PLACE: lambda line: line.location,
    HARDWARE: lambda line: line.gpu or line.hardware,
    USER: lambda line: line.user,
}
_NAME, _STATUS = "name", "status"
_STARTS = ("started", "start", "start_time", "started_at", "date", "day", "submitted")
_ENDS = ("ended", "end", "end_time", "ended_at")


def line_of_estimate(estimate: Estimate) -> RunLine:
    """Return the one line of an estimate."""
    run = estimate.run
    runs: int = run["runs"]
    hours = estimate.wall_clock_hours
    return RunLine(
        id="",
        name=run_label(estimate),
        status="estimated",
        hardware=hardware_label(estimate),
        gpu=run["gpu"],
        count=run["count"] if run["gpu"] else 0,
        runs=runs,
        hours=None if hours is None else hours * runs,
        accelerator_hours=run["gpu_hours"] * runs if run["gpu"] else None,
        location=run["location"],
        year=run["year"],
        started=None,
        ended=None,
        footprint=estimate.footprint,
        gpu_name=device_label(estimate) if run["gpu"] else None,
        stated_year=run["year"] if run["year_basis"] == "given" else None,
        flops=run["flops"] * runs if run.get("flops") is not None else None,
    )


class TableSource(NamedTuple):
    """A table of runs with what all of them share: keywords of `estimate`; and where its rows stood in a file."""

    table: Any
    same: Mapping[str, Any]
    places: Sequence[str] | None = None


class TableOfRuns:
    """A table of runs that is to be reported.

    Attributes
    ----------
    title : str
        What it is called.
    lines : list of RunLine
        Its runs, those of one name as one.
    footprint : Footprint
        Their sum.
    estimates : list of Estimate
        One for each row that could be estimated.
    groups : dict of str to tuple of GroupLine
        Sums by place, hardware, user where there is such a column, and what else was asked for.
    failed : list of str
        Rows that are in no sum: where each stands, and why.
    warnings : tuple of str
        What doubts an input, each once with the number of its rows.
    """

    def __init__(self, table: Any, by: Sequence[str] = ()) -> None:
        source = table if isinstance(table, TableSource) else TableSource(table, {})
        self.estimates: list[Estimate] = []
        self.title = ""
        rows: list[tuple[RunLine, str | None]] = []
        self.failed: list[str] = []
        sums: dict[str, FrameSums] = {}
        for part in _parts(source):
            self.title = part.title
            rows += part.lines
            self.estimates += part.found
            self.failed += part.failed
            sums = {name: sums[name].merged(own) if name in sums else own for name, own in part.sums(by).items()}
        if not rows:
            reason = f"; {self.failed[0]}" if self.failed else ""
            raise InputError("result", None, f"there is no run to report in it{reason}")
        self.lines = [*_joined_by_name(rows)]
        self.footprint: Footprint = next(iter(sums.values())).total().footprint
        self.groups = {name: tuple(_groups(each)) for name, each in sums.items()}
        self.warnings = tuple(counted_texts(text for run in self.estimates for text in run.footprint.warnings))


class _Part:
    """Some rows of a table: their lines with their estimates, and the messages of those that have none."""

    def __init__(self, title: str, frame: Any, same: Mapping[str, Any], places: Sequence[str] | None) -> None:
        from greentrain.frames.columns import KEYWORDS, coded, given, read_columns
        from greentrain.frames.moments import with_years
        from greentrain.frames.table import estimated, read_frame, shared_keywords

        self.title = title
        self.table = read_frame(frame)
        shared = shared_keywords(same, self.table.columns)
        self.estimates = estimated(self.table, shared)
        errors = self.estimates.errors
        self.failed = [f"{places[row] if places else f'row {row + 1:,}'}: {text}" for row, text in errors.items()]
        self.found: list[Estimate] = []
        self.lines: list[tuple[RunLine, str | None]] = []
        columns = with_years(read_columns(self.table), self.table, shared)
        others = {name: coded(self.table[name]) for name in self.table.columns if name not in KEYWORDS}
        for row in range(len(self.table)):
            if row not in errors:
                run = estimate(**(shared | given(columns, KEYWORDS, row)))
                cells = {name: column.at(row) for name, column in others.items()}
                self.found.append(run)
                self.lines.append((_line(run, cells), None if cells.get(_NAME) is None else str(cells[_NAME])))

    def sums(self, by: Sequence[str]) -> "dict[str, FrameSums]":
        """Sum the rows by place, hardware, user where there is such a column, and other columns."""
        from greentrain.frames.groups import sums_of_table

        names = (PLACE, HARDWARE, *([USER] if USER in self.table.columns else []), *by)
        return {name: sums_of_table(self.table, self.estimates, (name,)) for name in dict.fromkeys(names)}


def _parts(source: TableSource) -> Iterator[_Part]:
    table, same, given_places = source
    if not isinstance(table, (str, PathLike)):
        yield _Part("", table, same, given_places)
        return
    from greentrain.frames.chunks import check_columns
    from greentrain.frames.reading import table_files

    files = table_files(fspath(table))
    for file in files:
        name = Path(file.path).name
        of_file = f"{name}, " if len(files) > 1 else ""
        for chunk in file.chunks(None):
            if chunk.columns:
                check_columns(file.path, chunk.columns, same)
            good, place = chunk.without_broken(), chunk.place(file.word)
            part = _Part(name, good.frame, same, [f"{of_file}{place(number)}" for number in good.numbers.tolist()])
            part.failed += [f"{of_file}{place(number)}: {text}" for number, text in chunk.broken.items()]
            yield part


def _line(run: Estimate, cells: Mapping[str, Any]) -> RunLine:
    """Return the line of a row: what was estimated, under the name, times and outcome that the row states."""
    line = line_of_estimate(run)
    status = str(cells.get(_STATUS) or "").strip().casefold()
    started, ended = _times(run, *(_moment(cells, names) for names in (_STARTS, _ENDS)))
    texts = {name: str(cells[name]) for name in ("id", "name", "project", "user") if cells.get(name) is not None}
    return line._replace(**texts, status=status if status in STATUSES else line.status, started=started, ended=ended)


def _times(run: Estimate, started: datetime | None, ended: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Return start and end of one run; the one that is not stated follows from the other and its wall-clock time."""
    hours = run.wall_clock_hours
    if hours is not None and run.run["runs"] == 1:
        with OwnErrors(OverflowError):  # of an end in no year that there is
            if ended is None and started is not None:
                ended = started + timedelta(hours=hours)
            elif started is None and ended is not None:
                started = ended - timedelta(hours=hours)
    return started, ended


def _moment(cells: Mapping[str, Any], names: Iterable[str]) -> datetime | None:
    from greentrain.frames.moments import moment

    value = next((cells[name] for name in names if cells.get(name) is not None), None)
    return None if value is None else moment(value)


def _joined_by_name(rows: Iterable[tuple[RunLine, str | None]]) -> Iterator[RunLine]:
    """Make one line of those of one name and outcome: parts of one run on several kinds of hardware."""
    named: dict[tuple[str | int, str], list[RunLine]] = {}
    for number, (line, name) in enumerate(rows):
        named.setdefault((number if name is None else name, line.status), []).append(line)
    for parts in named.values():
        yield parts[0] if len(parts) == 1 else _as_one(parts)


def _as_one(parts: Sequence[RunLine]) -> RunLine:
    whole = total_of([part.footprint for part in parts])
    hours = [part.hours for part in parts if part.hours is not None]
    of_devices = [part.accelerator_hours for part in parts if part.accelerator_hours is not None]
    flops = [part.flops for part in parts if part.flops is not None]
    starts = [part.started for part in parts if part.started is not None]
    ends = [part.ended for part in parts if part.ended is not None]
    return parts[0]._replace(
        hardware=" + ".join(dict.fromkeys(part.hardware for part in parts)),
        gpu=parts[0].gpu if len({part.gpu for part in parts}) == 1 else None,
        gpu_name=None,
        count=sum(part.count for part in parts),
        hours=max(hours, default=None),
        accelerator_hours=sum(of_devices) if of_devices else None,
        started=min(starts, default=None),
        ended=max(ends, default=None),
        footprint=whole,
        flops=sum(flops) if flops else None,
    )


def _groups(sums: "FrameSums") -> Iterator[GroupLine]:
    for group in sums.groups_found():
        if group.runs:
            (value,) = group.by.values()
            yield GroupLine(UNSTATED if value is None else str(value), group.runs, group.footprint)


def failed_notes(failed: Sequence[str]) -> Iterator[str]:
    """State how many rows of a table are in no sum, and what is wrong with the first of them."""
    if failed:
        more = f"; and {len(failed) - _MOST_NAMED:,} more" if len(failed) > _MOST_NAMED else ""
        shown = "; ".join(failed[:_MOST_NAMED])
        yield f"{counted(len(failed), 'row')} of the table cannot be estimated and are in no sum: {shown}{more}."


def grouped_lines(lines: Sequence[RunLine], by: Iterable[str]) -> dict[str, tuple[GroupLine, ...]]:
    """Sum lines of any origin by place, hardware, user or month.

    Raises
    ------
    UnknownName
        For anything else, which only a table has.
    """
    return {name: tuple(_of_dimension(lines, name)) for name in by}


def _of_dimension(lines: Sequence[RunLine], name: str) -> Iterator[GroupLine]:
    if name not in _OF_LINE:
        raise UnknownName("by", name, "is no column; runs without a table have month, place, hardware and user")
    found: dict[str, list[RunLine]] = {}
    for line in lines:
        found.setdefault(_OF_LINE[name](line) or UNSTATED, []).append(line)
    for label in sorted(found):
        group = found[label]
        whole = group[0].footprint if len(group) == 1 else total_of([line.footprint for line in group])
        is_least = any(line.is_least for line in group)
        yield GroupLine(label, sum(line.runs for line in group), whole, is_least)


def is_table(result: object) -> bool:
    """Whether a result is a frame of pandas, polars or another library, or the path of a file of runs."""
    if isinstance(result, (TableSource, PathLike)):
        return True
    return all(hasattr(result, name) for name in ("columns", "shape", "__getitem__")) and hasattr(result, "__len__")


def split_table(source: TableSource, column: str) -> Iterator[tuple[str, TableSource]]:
    """Part a table by the values of a column; rows without one are the last.

    Raises
    ------
    GreentrainError
        If a file cannot be read, or there is no such column.
    """
    import pandas

    from greentrain.frames.columns import coded
    from greentrain.frames.groups import check_groups
    from greentrain.frames.reading import table_files
    from greentrain.frames.table import read_frame

    frame, places = source.table, source.places
    if isinstance(frame, (str, PathLike)):
        # Rows that are broken are named by a report of the whole table; their cells may stand in the wrong columns.
        read = [(file, chunk.without_broken()) for file in table_files(fspath(frame)) for chunk in file.chunks(None)]
        frame = pandas.concat([part.frame for _, part in read], ignore_index=True) if read else pandas.DataFrame()
        places = [place for file, part in read for place in map(part.place(file.word), part.numbers.tolist())]
    whole = read_frame(frame)
    if column not in whole.columns:
        check_groups(whole.columns, (column,), "each")
        raise InputError("each", column, "must be a column of the table")
    codes = coded(whole[column])
    labels = sorted((str(value), code) for code, value in enumerate(codes.values))
    for label, code in (*labels, (UNSTATED, -1)):
        rows = (codes.codes == code).nonzero()[0]
        if len(rows):
            of_rows = places and [places[row] for row in rows]
            yield label, TableSource(whole[rows.tolist()].to_native(), source.same, of_rows)


def split_runs(found: "Summaries", name: str) -> Iterator[tuple[str, "list[ReportedRun]"]]:
    """Part runs of the history by month, place, hardware or user.

    Raises
    ------
    UnknownName
        For anything else.
    """
    from greentrain.reporting.reported_runs import reported_runs

    if name not in _OF_LINE:
        raise UnknownName("each", name, "is none of month, place, hardware and user, by which tracked runs are parted")
    groups: dict[str, list[ReportedRun]] = {}
    for run in reported_runs(found):
        groups.setdefault(_OF_LINE[name](run.line) or UNSTATED, []).append(run)
    yield from sorted(groups.items())
