"""Jobs of Slurm's accounting as arrays: what jobs have alike is resolved once, by the code that reads single jobs.

Rows that are not plain, and all rows of jobs of which one is not, are left to that code.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.jobstats import MARK as JOBSTATS
from greentrain.importing.limits import limit
from greentrain.importing.same_jobs import FURTHEST_ZONE, QUARTER_HOUR
from greentrain.importing.slurm import SacctForm
from greentrain.importing.slurm_jobs import (
    ENDINGS,
    NO_VALUE,
    NO_VALUE_FROM,
    SLACK,
    energy_kwh_of,
    energy_not_read,
    resources_not_read,
    state_of,
)
from greentrain.importing.text_columns import (
    codes_of,
    distinct,
    is_nothing,
    lengths_of,
    moments,
    month_text,
    read_moments,
    read_numbers,
    taken,
    truth,
    whole_numbers,
)
from greentrain.importing.text_parts import (
    CODES,
    COUNTS,
    MOMENTS,
    TEXT,
    NotInColumns,
    NumberArray,
    PlacedPart,
    Stretch,
    Strings,
    TextPart,
    first_line,
    lines_at,
    parts_of,
)
from greentrain.importing.values import clock_seconds, words
from greentrain.units import WATT_SECONDS_PER_KWH

_RESOURCES = ("alloctres", "reqtres", "allocgres", "ncpus", "alloccpus", "nnodes", "allocnodes")
_COLUMN_OF = {name: name for name in ("user", "account", "partition", "cluster")}
_COLUMN_OF |= {"name": "jobname", "status": "state"}
_seconds_of = lru_cache(maxsize=1 << 17)(clock_seconds)
_DELIMITER = re.compile(r"[^,\w\s]|\t")
_PLAIN_ID = re.compile(r"[0-9][0-9_+]*")
_CHANGING = r"(^|,)(energy|billing)=[^,]*"
"""Of lists of resources what differs from job to job and is not read."""

_MANY = 8
_MOST_DIGITS = 15
_LARGEST = (1 << 62) - 1
_KIND, _MONTH = "kind", "month"
_NO_VALUES = np.array(sorted(map(float, NO_VALUE)))


class JobRows(NamedTuple):
    """Jobs of a part of a text, a row each; arrays of one length but for what is said below.

    Attributes
    ----------
    rows : array of int
        Numbers of their rows in the part.
    jobs : array of int
        The same for the same job; its id where that is a number, else one below 0.
    began : array of int
        Whole seconds since 1970; 0 where nothing is stated. [s]
    months : array of int
        The month of it, counted from 1970 on; -1 where nothing is stated.
    seconds, kwh : array of float
        Time and energy; NaN where nobody measured. [s], [kWh]
    kinds, groups : array of int
        Which of those below they have.
    is_odd : array of bool
        Whether they are left to the code that reads single rows.
    cells : list of mapping
        By kind: the cells that jobs of it have alike.
    values : list of tuple
        By group: what jobs of it have alike, as it is written; months as numbers, kinds by theirs.
    odd, waiting, waiting_jobs : array of int
        The part's rows that are odd, those of jobs that wait, and which jobs these are.
    steps : int
        How many rows are steps. [1]
    """

    rows: NumberArray
    jobs: NumberArray
    began: NumberArray
    months: NumberArray
    seconds: NumberArray
    kwh: NumberArray
    kinds: NumberArray
    groups: NumberArray
    is_odd: NumberArray
    cells: list[Mapping[str, str]]
    values: list[tuple[str | int, ...]]
    odd: NumberArray
    waiting: NumberArray
    waiting_jobs: NumberArray
    steps: int


class JobPart(NamedTuple):
    """Jobs of a part of a text, judged; arrays of one length but for the lines that are odd.

    Attributes
    ----------
    text : int
        Number of the text.
    stretch : Stretch
        Where the part is.
    odd_lines, odd_rows : array of int
        Lines and rows of the part that are no jobs, from 0 on.
    waiting, waiting_jobs, waits_left : array
        Rows of jobs that wait, which jobs these are, and which of them are left to be read one by one, set later.
    steps : int
        How many rows are steps. [1]
    rows, jobs, began, seconds : array
        As those of `JobRows`.
    kwh : array of float
        Energy; 0 where none counts. [kWh]
    kinds, groups : array of int
        Numbers of kinds and groups over all texts.
    footprints : array of int
        Numbers of footprints that others follow from.
    is_flagged, is_suspect, is_usable : array of bool
        What is in doubt, what is suspect, and whose energy counts.
    is_stored : array of bool
        What the history holds already.
    is_left : array of bool
        Which are left to be read one by one; set later for more of them.
    """

    text: int
    stretch: Stretch
    odd_lines: NumberArray
    odd_rows: NumberArray
    waiting: NumberArray
    waiting_jobs: NumberArray
    waits_left: NumberArray
    steps: int
    rows: NumberArray
    jobs: NumberArray
    began: NumberArray
    seconds: NumberArray
    kwh: NumberArray
    kinds: NumberArray
    groups: NumberArray
    footprints: NumberArray
    is_flagged: NumberArray
    is_suspect: NumberArray
    is_usable: NumberArray
    is_stored: NumberArray
    is_left: NumberArray

    def lines(self, *, is_every: bool) -> list[int]:
        """Return the lines of odd rows, or of every row that is left, from 0 on in the part."""
        left = [self.rows[self.is_left], self.waiting[self.waits_left]] if is_every else []
        rows = np.concatenate([self.odd_rows, *left])
        places = np.sort(rows)
        # A line that is left out moves all rows behind it.
        behind = np.searchsorted(self.odd_lines - np.arange(len(self.odd_lines)), places, side="right")
        return sorted({*self.odd_lines.tolist(), *(places + behind).tolist()})


class JobColumns:
    """Reads the columns of texts.

    Parameters
    ----------
    zone : tzinfo or None
        Of times without one.
    by : sequence of str
        What jobs are grouped by: what their cells say, ``month``, and ``kind`` for what their kind decides.
    of_site : sequence of str
        Further columns that decide what a job is.
    """

    def __init__(self, zone: tzinfo | None, by: Sequence[str], of_site: Sequence[str]) -> None:
        self._zone, self._by = zone, tuple(by)
        self._of_kind = (*_RESOURCES, *of_site)

    def read(self, file: ForeignFile, form: SacctForm) -> Iterator[PlacedPart[JobRows]]:
        """Yield the jobs of a text, part by part.

        Raises
        ------
        NotInColumns
            Where it has to be read row by row.
        """
        names = {*form.names}
        if not file.is_utf8 or not _DELIMITER.fullmatch(form.delimiter) or ("start" not in names and "end" in names):
            raise NotInColumns
        time = next((name for name in ("elapsedraw", "elapsed") if name in names), None)
        if time is None:
            raise NotInColumns
        id = "jobidraw" if "jobidraw" in names else "jobid"
        of_cells = {_COLUMN_OF[name] for name in self._by if name in _COLUMN_OF}
        kinds = dict.fromkeys(("jobid", "admincomment", "consumedenergyraw"), TEXT)
        kinds |= {"start": MOMENTS, "end": MOMENTS, id: COUNTS, time: COUNTS if time == "elapsedraw" else TEXT}
        if "consumedenergy" not in names:
            kinds["consumedenergyraw"] = COUNTS
        kinds |= dict.fromkeys((*self._of_kind, "state", "consumedenergy", *of_cells), CODES)
        wanted = {name: kinds[name] for name in sorted(kinds) if name in names}
        return parts_of(file, form.names, form.delimiter, wanted, lambda part: self._jobs(part, time))

    def _jobs(self, part: TextPart, time: str) -> JobRows:
        columns = part.columns
        ids, is_plain, is_step = _ids(columns)
        is_plain &= ~_is_unclear(part, ids, is_plain, is_step)
        is_step &= is_plain
        state, texts = _coded("state", columns, part.rows)
        states = [state_of(text) for text in texts]
        seconds = read_numbers(columns[time], _seconds_of)
        is_waiting = is_plain & ~is_step & (_are(states, "PENDING", state) | (seconds == 0))
        is_job = ~is_step & ~is_waiting & is_plain
        rows = np.flatnonzero(is_job)
        every = slice(None) if len(rows) == part.rows else rows
        began, months, is_odd = self._began(columns, part.rows)
        is_odd = is_odd | _are(states, "REQUEUED", state) | ~(seconds >= limit("least_checked_s"))
        is_odd |= _energy_not_read(columns, part.rows)
        is_odd = (is_odd | self._ends_oddly(columns, began + seconds))[every]
        months = months[every]
        kinds, cells = self._kinds(columns, part.rows, every)
        is_odd |= np.array([bool(resources_not_read(each)) for each in cells] or [False])[kinds]
        groups, values = self._groups(columns, part.rows, every, months, kinds)
        kwh = _kwh(columns, part.rows)[every]
        of_jobs = (ids[every], began[every], months, seconds[every], kwh, kinds, groups, is_odd, cells, values)
        return JobRows(
            rows.astype(np.int32),
            *of_jobs,
            odd=np.flatnonzero(~is_plain),
            waiting=np.flatnonzero(is_waiting),
            waiting_jobs=ids[is_waiting],
            steps=int(np.count_nonzero(is_step)),
        )

    def _began(self, columns: Mapping[str, Strings], rows: int) -> tuple[NumberArray, NumberArray, NumberArray]:
        """Return when jobs began and in which month, as `JobRows` has them, and where a cell is no time."""
        if "start" not in columns:
            return np.zeros(rows, dtype=np.uint32), np.full(rows, -1, dtype=np.int16), np.zeros(rows, dtype=bool)
        moments, months = read_moments(columns["start"], self._zone)
        is_unknown = np.isnan(moments)
        return np.where(is_unknown, 0.0, moments).astype(np.uint32), months, is_unknown

    def _ends_oddly(self, columns: Mapping[str, Strings], ends: NumberArray) -> NumberArray:
        """Return where a job's end is no time, or is before that at which its time is over."""
        if "end" not in columns:
            return np.zeros(len(ends), dtype=bool)
        ended = moments(columns["end"], self._zone)
        found: NumberArray = (np.isnan(ended) & ~is_nothing(columns["end"])) | (ends - ended > SLACK - 1)
        return found

    def _kinds(
        self, columns: Mapping[str, Strings], rows: int, every: NumberArray | slice
    ) -> tuple[NumberArray, list[Mapping[str, str]]]:
        """Number what decides what a job is, and return it."""
        names = [
            name for name in self._of_kind if name in columns and (name != "reqtres" or "alloctres" not in columns)
        ]
        coded = [_coded(name, columns, rows) for name in names]
        codes = [each[every] for each, _ in coded]
        if "admincomment" in columns:
            found = pc.match_substring(columns["admincomment"], JOBSTATS)
            names.append("admincomment")
            coded.append((truth(found).astype(np.int64), ["", JOBSTATS]))
            codes.append(coded[-1][0][every])
        which, values = _numbered(codes or [np.zeros(rows, dtype=np.int64)[every]], [texts for _, texts in coded])
        return which.astype(np.int32), [dict(zip(names, each, strict=True)) for each in values]

    def _groups(
        self,
        columns: Mapping[str, Strings],
        rows: int,
        every: NumberArray | slice,
        months: NumberArray,
        kinds: NumberArray,
    ) -> tuple[NumberArray, list[tuple[str | int, ...]]]:
        """Number what jobs are grouped by, and return it."""
        codes, texts = list[NumberArray](), list[Sequence[str | int]]()
        for name in self._by:
            if name == _MONTH:
                first = int(months.min()) if len(months) else 0
                codes.append(months - np.int16(first))
                texts.append(range(first, int(months.max(initial=first)) + 1))
            elif name == _KIND:
                codes.append(kinds)
                texts.append(range(int(kinds.max(initial=0)) + 1))
            else:
                found, of_column = _coded(_COLUMN_OF[name], columns, rows)
                codes.append(found[every])
                texts.append(of_column)
        which, values = _numbered(codes or [np.zeros_like(kinds)], texts)
        return which.astype(np.int32), [tuple(each) for each in values]


def _numbered(codes: Sequence[NumberArray], texts: Sequence[Sequence[Any]]) -> tuple[NumberArray, list[Any]]:
    """Number combinations of codes, and return what these codes mean."""
    if not len(codes[0]):
        return np.zeros(0, dtype=np.int64), []
    first, which = distinct(*codes)
    meant = [[of[code] for code in each[first].tolist()] for each, of in zip(codes, texts, strict=False)]
    return which, [*zip(*meant, strict=True)] if meant else [()]


def value_of(name: str, written: str | int) -> str | None:
    """Return what a job is grouped by, of what its cell or month is."""
    if isinstance(written, int):
        return month_text(written) if written >= 0 else None
    return ENDINGS.get(state_of(written)) if name == "status" else words(written)


def _coded(name: str, columns: Mapping[str, Strings], rows: int) -> tuple[NumberArray, list[str]]:
    """Return the codes of a column, and the texts that they stand for."""
    if name not in columns:
        return np.zeros(rows, dtype=np.int32), [""]
    column = _settled(columns[name]) if name in ("alloctres", "reqtres") else columns[name]
    return codes_of(column), column.dictionary.to_pylist()


def _are(states: Sequence[str], state: str, codes: NumberArray) -> NumberArray:
    """Return which rows have this state."""
    return np.array([each == state for each in states] or [False])[codes]


def _kwh(columns: Mapping[str, Strings], rows: int) -> NumberArray:
    found = np.full(rows, np.nan)
    if "consumedenergyraw" in columns:
        found = read_numbers(columns["consumedenergyraw"], _raw_joules)
        is_none = (found == 0) | (found >= NO_VALUE_FROM)
        for each in _NO_VALUES:
            is_none |= found == each
        found = np.where(is_none, np.nan, found / WATT_SECONDS_PER_KWH)
    if "consumedenergy" in columns:
        is_empty = np.ones(rows, dtype=bool)
        if "consumedenergyraw" in columns:
            is_empty = lengths_of(pc.utf8_trim_whitespace(columns["consumedenergyraw"])) == 0
        codes, texts = _coded("consumedenergy", columns, rows)
        known = np.array([energy_kwh_of({"consumedenergy": text}) or np.nan for text in texts], dtype=np.float64)
        found = np.where(is_empty, known[codes], found)
    return found


def _energy_not_read(columns: Mapping[str, Strings], rows: int) -> NumberArray:
    """Return where the cell of an energy may state something else."""
    found = np.zeros(rows, dtype=bool)
    if "consumedenergyraw" in columns and columns["consumedenergyraw"].type != COUNTS:
        found |= np.isnan(read_numbers(columns["consumedenergyraw"], _readable))
    if "consumedenergy" in columns:
        codes, texts = _coded("consumedenergy", columns, rows)
        found |= np.array([bool(energy_not_read({"consumedenergy": text})) for text in texts] or [False])[codes]
    return found


def _readable(text: str) -> float | None:
    return None if energy_not_read({"consumedenergyraw": text}) else 0.0


def _raw_joules(text: str) -> float | None:
    kwh = energy_kwh_of({"consumedenergyraw": text})
    return None if kwh is None else kwh * WATT_SECONDS_PER_KWH


def _settled(column: Strings) -> Strings:
    """Return lists of resources, without what differs from job to job where they are nearly all of them different."""
    if len(column.dictionary) * _MANY < len(column.indices):
        return column
    texts = pc.replace_substring_regex(column.dictionary, _CHANGING, "").dictionary_encode()
    return type(column).from_arrays(texts.indices.take(column.indices), texts.dictionary)


def _ids(columns: Mapping[str, Strings]) -> tuple[NumberArray, NumberArray, NumberArray]:
    """Return a number for each job, the same for the same job; where an id is plain, and where it is a step's."""
    name = "jobidraw" if "jobidraw" in columns else "jobid"
    texts = columns[name]
    numbers, is_number = whole_numbers(texts)
    steps = np.zeros(len(numbers), dtype=bool)
    if "jobid" in columns and name == "jobidraw":
        steps = truth(pc.match_substring(columns["jobid"], "."))
    others = np.flatnonzero(~is_number)
    if not len(others) or texts.type == COUNTS:
        return numbers, is_number, steps & is_number
    found, is_plain = numbers.copy(), is_number.copy()
    for row, text in zip(others.tolist(), taken(texts, others).to_pylist(), strict=True):
        job, dot, _ = text.partition(".")
        is_plain[row] = _PLAIN_ID.fullmatch(job) is not None
        steps[row] |= bool(dot)
        found[row] = job_number(job)
    return found, is_plain, steps & is_plain


def _is_unclear(part: TextPart, ids: NumberArray, is_plain: NumberArray, is_step: NumberArray) -> NumberArray:
    """Return which steps may not follow their jobs, and the rows of jobs behind which it takes reading to know."""
    if not is_step.any():
        return np.zeros(part.rows, dtype=bool)
    rows = np.arange(part.rows)
    last, of_plain = (np.maximum.accumulate(np.where(is_one, rows, -1)) for is_one in (~is_step, ~is_step & is_plain))
    found: NumberArray = is_step & ((last < 0) | (ids[last] != ids))
    if len(part.odd):
        # How many rows are before the odd line that is the closest: it may be of a job.
        before = part.odd - np.arange(len(part.odd))
        before = np.concatenate([[-1], before])[np.searchsorted(before, rows, side="right")]
        found |= is_step & (before > last)
    jobs = of_plain[found]
    found[jobs[jobs >= 0]] = True
    found[of_plain[-1:][of_plain[-1:] >= 0]] = True  # the next part may begin with a step
    return found


def job_number(job: str) -> int:
    """Return the number of a job by its id; one below 0 of an id that is no number."""
    is_plain = job.isdecimal() and job.isascii() and len(job.lstrip("0")) <= _MOST_DIGITS
    return int(job.lstrip("0") or "0") if is_plain else ~(hash(job) & _LARGEST)


def leave(parts: Sequence[JobPart], odd: NumberArray) -> None:
    """Leave jobs to be read one by one, with all rows of each, if one is, if a line is odd, or if it may come twice."""
    if not parts:
        return
    jobs = np.unique(np.concatenate([odd, *(part.jobs[part.is_left] for part in parts), _twice(parts)]))
    for part in parts if len(jobs) else ():
        part.is_left[:] = np.isin(part.jobs, jobs)
        part.waits_left[:] = np.isin(part.waiting_jobs, jobs)


def _twice(parts: Sequence[JobPart]) -> NumberArray:
    """Return jobs that may come twice: without a start, or by the clock of the same or another zone."""
    jobs, began = (np.concatenate([getattr(part, name) for part in parts]) for name in ("jobs", "began"))
    ordered = np.sort(jobs)
    some = np.flatnonzero(np.isin(jobs, ordered[1:][ordered[1:] == ordered[:-1]]))
    some = some[np.lexsort((began[some], jobs[some]))]
    jobs, began = jobs[some], began[some]
    apart = np.diff(began)
    may_be = (began[:-1] == 0) | ((apart % QUARTER_HOUR == 0) & (apart <= FURTHEST_ZONE))
    found: NumberArray = jobs[1:][(np.diff(jobs) == 0) & may_be]
    return found


def lines_of(file: ForeignFile, parts: Sequence[JobPart], *, is_every: bool) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a text that are no jobs, or all that are left to be read one by one."""
    yield from lines_at(file, first_line(file), [0])
    for part in parts:
        wanted = part.lines(is_every=is_every)
        if wanted:
            yield from lines_at(file, part.stretch, wanted)
