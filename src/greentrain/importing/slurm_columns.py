"""Jobs of Slurm's accounting as arrays: what jobs have alike is resolved once, by the code that reads single jobs.

Rows that are not plain, and all rows of jobs of which one is not, are left to that code.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.jobstats import MARK as JOBSTATS
from greentrain.importing.slurm import SacctForm
from greentrain.importing.slurm_jobs import ENDINGS, NO_VALUE, energy_kwh_of, state_of
from greentrain.importing.text_columns import (
    Codes,
    NotInColumns,
    NumberArray,
    Strings,
    TextPart,
    distinct,
    lengths_of,
    parts_of,
    read_clocks,
    read_moments,
    read_numbers,
    taken,
    truth,
    whole_numbers,
)
from greentrain.importing.values import clock_seconds, words
from greentrain.units import WATT_SECONDS_PER_KWH

_RESOURCES = ("alloctres", "reqtres", "allocgres", "ncpus", "alloccpus", "nnodes", "allocnodes")
_COLUMN_OF = {"user": "user", "account": "account", "partition": "partition", "name": "jobname", "status": "state"}
_DELIMITER = re.compile(r"[^,\w\s]|\t")
_PLAIN_ID = re.compile(r"[0-9][0-9_+]*")
_CHANGING = r"(^|,)(energy|billing)=[^,]*"
"""Of lists of resources what differs from job to job and is not read."""

_MANY = 8
_UNKNOWN_MOMENT, _UNKNOWN_MONTH = -1.0, -1


class JobRows(NamedTuple):
    """Jobs, a row each; arrays of one length.

    Attributes
    ----------
    lines : array of int
        Numbers of their lines.
    jobs : array of int
        The same for the same job.
    began : array of float
        Seconds since 1970; -1 where nothing is stated. [s]
    months : array of int
        The month of it, counted from 1970 on; -1 where nothing is stated.
    seconds, kwh : array of float
        Time and energy; NaN where nobody measured. [s], [kWh]
    kinds : array of int
        Codes of what they have alike.
    groups : array of int
        Codes of what they are grouped by, a column each.
    is_odd : array of bool
        Whether they are left to the code that reads single rows.
    """

    lines: NumberArray
    jobs: NumberArray
    began: NumberArray
    months: NumberArray
    seconds: NumberArray
    kwh: NumberArray
    kinds: NumberArray
    groups: NumberArray
    is_odd: NumberArray


class TextJobs(NamedTuple):
    """What a text holds: jobs in parts, lines that are odd, steps and jobs that wait."""

    jobs: list[JobRows]
    odd_lines: NumberArray
    steps: int
    waiting: int


class JobColumns:
    """Reads the columns of texts; codes are the same for all of them.

    Parameters
    ----------
    zone : tzinfo or None
        Of times without one.
    by : sequence of str
        What jobs are grouped by, as far as their cells say it.
    of_site : sequence of str
        Further columns that decide what a job is.

    Attributes
    ----------
    kinds : list of mapping
        By code: the cells of `JobRows.kinds`.
    """

    def __init__(self, zone: tzinfo | None, by: Sequence[str], of_site: Sequence[str]) -> None:
        self._zone, self._by = zone, tuple(by)
        self._of_kind = (*_RESOURCES, *of_site)
        self._codes: dict[str, Codes] = {}
        self.kinds: list[Mapping[str, str]] = []
        self._known_kinds: dict[tuple[Any, ...], int] = {}

    def read(self, file: ForeignFile, form: SacctForm) -> TextJobs:
        """Read a text.

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
        by = {_COLUMN_OF[name] for name in self._by}
        plain = {"jobid", "jobidraw", time, "start", "consumedenergyraw", "admincomment"} & names
        coded = ({*self._of_kind, "state", "consumedenergy"} | by) & names
        found, odd = list[JobRows](), list[NumberArray]()
        steps = waiting = 0
        for part in parts_of(file, form.names, form.delimiter, sorted(plain - coded), sorted(coded)):
            some = self._part(part, time)
            found += some.jobs
            odd += [part.odd, some.odd_lines]
            steps, waiting = steps + some.steps, waiting + some.waiting
        return TextJobs(found, np.concatenate(odd), steps, waiting)

    def _part(self, part: TextPart, time: str) -> TextJobs:
        columns = part.columns
        ids, is_plain, is_step = _ids(columns)
        state = self._coded("state", columns, len(ids))
        states = [state_of(text) for text in self._codes["state"].texts]
        is_pending = np.array([each == "PENDING" for each in states], dtype=bool)[state]
        seconds = _times(columns[time], is_raw=time == "elapsedraw")
        is_waiting = is_plain & ~is_step & (is_pending | (seconds == 0))
        rows = np.flatnonzero(~is_step & ~is_waiting & is_plain)
        is_odd = np.array([each == "REQUEUED" for each in states], dtype=bool)[state[rows]] | np.isnan(seconds[rows])
        began, months = np.full(len(rows), _UNKNOWN_MOMENT), np.full(len(rows), _UNKNOWN_MONTH, dtype=np.int32)
        if "start" in columns:
            moments, months = (each[rows] for each in read_moments(columns["start"], self._zone))
            is_odd |= np.isnan(moments)
            began = np.where(np.isnan(moments), _UNKNOWN_MOMENT, moments)
        jobs = JobRows(
            lines=part.lines[rows].astype(np.int32),
            jobs=ids[rows],
            began=np.floor(began),
            months=months,
            seconds=seconds[rows],
            kwh=self._kwh(columns, len(ids))[rows],
            kinds=self._kinds_of(columns, rows),
            groups=self._groups_of(columns, rows),
            is_odd=is_odd,
        )
        odd_lines = part.lines[~is_plain]
        return TextJobs([jobs], odd_lines, int(np.count_nonzero(is_step)), int(np.count_nonzero(is_waiting)))

    def _coded(self, name: str, columns: Mapping[str, Strings], rows: int) -> NumberArray:
        codes = self._codes.setdefault(name, Codes())
        if name not in columns:
            codes.texts = codes.texts or [""]
            return np.zeros(rows, dtype=np.int64)
        return codes.of(_settled(columns[name]) if name in ("alloctres", "reqtres") else columns[name])

    def _kinds_of(self, columns: Mapping[str, Strings], rows: NumberArray) -> NumberArray:
        names = [
            name for name in self._of_kind if name in columns and (name != "reqtres" or "alloctres" not in columns)
        ]
        has_comment = []
        if "admincomment" in columns:
            found = pc.match_substring(columns["admincomment"], JOBSTATS)
            has_comment = [truth(found)[rows].astype(np.int64)]

        def keep(values: tuple[Any, ...]) -> None:
            cells = dict(zip(names, values, strict=False))
            self.kinds.append(cells | ({"admincomment": JOBSTATS} if has_comment and values[-1] else {}))

        return self._numbered(names, columns, rows, has_comment, self._known_kinds, keep)

    def _groups_of(self, columns: Mapping[str, Strings], rows: NumberArray) -> NumberArray:
        every = len(next(iter(columns.values())))
        codes = [self._coded(_COLUMN_OF[name], columns, every)[rows].astype(np.int32) for name in self._by]
        return np.stack(codes, axis=1) if codes else np.zeros((len(rows), 0), dtype=np.int32)

    def text_of(self, place: int, code: int) -> str | None:
        """Return what a code means of the thing at this place of `by`."""
        name = self._by[place]
        text = self._codes[_COLUMN_OF[name]].texts[code]
        return ENDINGS.get(state_of(text)) if name == "status" else words(text)

    def _numbered(
        self,
        names: Sequence[str],
        columns: Mapping[str, Strings],
        rows: NumberArray,
        more: Sequence[NumberArray],
        known: dict[tuple[Any, ...], int],
        keep: Callable[[tuple[Any, ...]], None],
    ) -> NumberArray:
        """Number combinations of cells and further codes, and keep each new one."""
        if not len(rows):
            return np.zeros(0, dtype=np.int64)
        every = len(next(iter(columns.values())))
        codes = [*(self._coded(name, columns, every)[rows] for name in names), *more]
        if not codes:
            codes = [np.zeros(len(rows), dtype=np.int64)]
        first, which = distinct(*codes)
        numbers = np.zeros(len(first), dtype=np.int64)
        for place, row in enumerate(first.tolist()):
            key = (tuple(names), *(int(each[row]) for each in codes))
            if key not in known:
                known[key] = len(known)
                texts = [self._codes[name].texts[int(each[row])] for name, each in zip(names, codes, strict=False)]
                keep((*texts, *(int(each[row]) for each in more)))
            numbers[place] = known[key]
        return numbers[which].astype(np.int32)

    def _kwh(self, columns: Mapping[str, Strings], rows: int) -> NumberArray:
        found = np.full(rows, np.nan)
        if "consumedenergyraw" in columns:
            found = read_numbers(columns["consumedenergyraw"], _raw_joules)
            found[(found == 0) | np.isin(found, [float(each) for each in NO_VALUE])] = np.nan
            found /= WATT_SECONDS_PER_KWH
        if "consumedenergy" in columns:
            is_empty = np.ones(rows, dtype=bool)
            if "consumedenergyraw" in columns:
                is_empty = lengths_of(pc.utf8_trim_whitespace(columns["consumedenergyraw"])) == 0
            codes = self._coded("consumedenergy", columns, rows)
            texts = self._codes["consumedenergy"].texts
            known = np.array([energy_kwh_of({"consumedenergy": text}) or np.nan for text in texts], dtype=np.float64)
            found = np.where(is_empty, known[codes], found)
        return found


def _raw_joules(text: str) -> float | None:
    kwh = energy_kwh_of({"consumedenergyraw": text})
    return None if kwh is None else kwh * WATT_SECONDS_PER_KWH


def _times(column: Strings, *, is_raw: bool) -> NumberArray:
    return read_numbers(column, clock_seconds) if is_raw else read_clocks(column)


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
    if not len(others):
        return numbers, is_number, steps
    found, is_plain = numbers.copy(), is_number.copy()
    for row, text in zip(others.tolist(), taken(texts, others).to_pylist(), strict=True):
        job, dot, _ = text.partition(".")
        is_plain[row] = _PLAIN_ID.fullmatch(job) is not None
        steps[row] |= bool(dot)
        found[row] = hash(job)
    return found, is_plain, steps & is_plain


def job_number(job: str) -> int:
    """Return the number of a job by its id."""
    return int(job) if job.isdecimal() and job.isascii() and len(job) <= 15 else hash(job)
