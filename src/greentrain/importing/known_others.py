"""Files of which no run can be made, but whose form is known: what they are, and what to do instead."""

import re
from itertools import pairwise
from statistics import median

from greentrain.importing.dates import read_date
from greentrain.importing.foreign_file import DELIMITERS, column_names
from greentrain.importing.values import amount

_LOOKED_AT = 4000
"""Characters of a file that tell its form. [1]"""

_STARTS = (
    ("PK\x03\x04", "a ZIP file or a spreadsheet: export the table as CSV"),
    ("\x1f", "a compressed file: unpack it first"),
    ("%PDF", "a PDF: export the data behind it"),
)
_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), sentence)
    for pattern, sentence in (
        (
            r"brain\.Event:\d",
            "events of TensorBoard, whose scalars have no units: export that of a power as CSV with the columns "
            "timestamp and gpu_power_w",
        ),
        (
            r"^\s*Wall time,Step,Value",
            "a scalar of TensorBoard, which has no unit: if it is watts of an accelerator, call its columns "
            "timestamp,step,gpu_power_w",
        ),
        (r"^\s*<!doctype html|^\s*<html", "a page of the web: download the file itself"),
        (
            r"used_gpu_memory|^#.*\bpid\b.*\btype\b|\bpid,.*used_memory",
            "nvidia-smi's list of processes, which has no power: run nvidia-smi "
            "--query-gpu=timestamp,index,uuid,name,power.draw --format=csv -l 5",
        ),
        (
            r"\A(?![^\n]*time)[^\n]*\bpower\.draw\b",
            "nvidia-smi's CSV without times: add timestamp to --query-gpu",
        ),
        (
            r"\A(?:\s*\d+(?:\.\d+)?(?: *W)?[ \r]*\n){3}",
            "numbers alone, without times: log powers with the time of each, as --query-gpu=timestamp,power.draw does",
        ),
        (r"^# *gpu +pwr", "nvidia-smi dmon without times: add -o DT"),
        (
            r"^# ?Entity\b",
            "dcgmi dmon, which prints no times: put one into each line, or export DCGM's metrics from Prometheus",
        ),
        (
            r"Graphics Package Power \(W\)",
            "rocm-smi, which prints no times: put a column timestamp beside it, or use amd-smi metric --power --csv "
            "--watch 5",
        ),
        (r'"socket_power"', "amd-smi without times: add --watch 5"),
        (
            r'"job_state"|^JobId=\d+|^Job ID: \d+',
            "squeue, scontrol or seff: export the accounting with sacct -P",
        ),
        (r'^"?Step"?,.*powerWatts', "a chart of W&B by step: export it over relative or wall time"),
        (
            r"\A\s*1\d{12} [-+\d.eE]+ \d+\s*$",
            "the values of one of MLflow's metrics: give the folder of its run, or mlruns, which holds what it is of",
        ),
        (
            r'"energy_consumed"',
            "a record of codecarbon as JSON: import its emissions.csv",
        ),
        (r"\bPkgWatt\b", "turbostat without times: add --show Time_Of_Day_Seconds,PkgWatt,RAMWatt"),
        (r"PowerTOP", "a report of powertop, which models powers of parts without times"),
        (r"_usage_kwh", "sums of CEEMS: ask its API for /units, which has each job"),
        (
            r"\A\s*\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d[^,]*, *\d",
            "a log whose columns have neither names nor units: state them, as in --format timestamp,index,power.draw",
        ),
    )
)


def looks_like(head: str) -> str:
    """Return what the beginning of a file looks like and what to do instead, or nothing."""
    head = head[:_LOOKED_AT]
    starts = (sentence for start, sentence in _STARTS if head.startswith(start))
    return next(starts, "") or next((sentence for words, sentence in _WORDS if words.search(head)), "")


OF_RUNS = (
    "is a table of runs, a row for each with how long it took and its energy, and no log of readings: name its columns "
    "gpu or cpu_cores, count, hours and power for greentrain batch"
)
_MOMENT = re.compile(r"(?:.*[ _])?(?:timestamp|datetime|date|time|start|started)(?:[ _](?:at|time|utc))?")
_LASTED = re.compile(
    r"(?:.*[ _.])?(?:duration|runtime|run_?time|elapsed|latency|seconds|time)"
    r"(?:[ _]?[\[(]?(?:m?s|secs?|seconds?|min|minutes?|h|hours?)[\])]?)?"
)
_USED = re.compile(r".*(?:energy|joule|kwh|(?:^|[ _(\[])wh).*")
_ROWS_LOOKED_AT, _APART = 50, 0.1
"""How many rows tell it [1]; a log's elapsed time grows as its moments do, up to this part of the step [1]."""


def rows_are_runs(head: str) -> bool:
    """Whether each row states when a run was, how long it took and its energy.

    The time that has elapsed in a log grows as its moments do, or it is that since the row before.
    """
    lines = [line for line in head.splitlines()[: _ROWS_LOOKED_AT + 1] if line.strip()]
    mark = max(DELIMITERS, key=lines[0].count) if lines else ","
    names = column_names(lines[0].split(mark)) if lines else ()
    moment = next((place for place, name in enumerate(names) if _MOMENT.fullmatch(name)), None)
    lasted = next((place for place, name in enumerate(names) if place != moment and _LASTED.fullmatch(name)), None)
    if moment is None or lasted is None or not any(map(_USED.fullmatch, names)):
        return False
    rows = [cells for line in lines[1:] if len(cells := line.split(mark)) == len(names)]
    dates = [read_date(cells[moment].strip()) for cells in rows]
    known = [
        (date.timestamp(), seconds)
        for date, cells in zip(dates, rows, strict=True)
        if date is not None and (seconds := amount(cells[lasted])) is not None
    ]
    steps = [(later[0] - before[0], later[1] - before[1], later[1]) for before, later in pairwise(known)]
    differences = [min(abs(step - grown), abs(step - each)) / step for step, grown, each in steps if step > 0]
    return bool(differences) and median(differences) > _APART
