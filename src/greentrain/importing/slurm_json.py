"""Slurm's accounting as ``sacct --json`` prints it, of all versions so far: read as the rows of ``sacct -P``."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from greentrain.errors import DataError
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.slurm_jobs import Jobs
from greentrain.importing.values import number, words

NAME = "slurm-json"
TITLE = "Slurm's accounting (sacct --json)"
WORDS = frozenset(("jobs", "job_id", "association", "tres", "steps", "allocation_nodes", "meta"))
_KEYS = ('"jobs"', '"association"', '"job_id"')
_NO_JOB = re.compile(r'"jobs"\s*:\s*\[\s*\]')
_OF_SLURM = re.compile(r'"meta"\s*:.*"slurm', re.IGNORECASE | re.DOTALL)


def recognises(head: str) -> bool:
    """Whether it is a JSON object that lists jobs with an association, or that of Slurm lists none."""
    if not head.lstrip().startswith("{"):
        return False
    return all(key in head for key in _KEYS) or bool(_NO_JOB.search(head) and _OF_SLURM.search(head))


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the jobs that ran, one after the other."""
    jobs = Jobs(file.tally, options)
    try:
        for number, item in enumerate(file.json_items("jobs"), 1):
            file.tally.rows += 1
            if isinstance(item, dict):
                yield from jobs.take(number, _row(item))
            else:
                file.tally.reject(number, "is no job")
    except DataError:  # jobs before the damage are whole
        yield from jobs.rest()
        raise
    yield from jobs.rest()
    if not file.tally.rows and (errors := [*islice(file.json_items("errors"), 1)]):
        facts = _object(errors[0])
        stated = words(facts.get("description")) or words(facts.get("error")) or "unknown"
        raise DataError(file.path, f"holds no jobs, since Slurm had an error: {stated}")


def _row(item: Mapping[str, Any]) -> dict[str, str]:
    """Return a job as a row of ``sacct -P``."""
    time, association, array = (_object(item.get(name)) for name in ("time", "association", "array"))
    state = _object(item.get("state")).get("current")
    allocated = _resources(_object(item.get("tres")).get("allocated"))
    job_id, task = _text(item.get("job_id")), _text(array.get("task_id"))
    return {
        "jobid": f"{_text(array.get('job_id'))}_{task}" if task else job_id,
        "jobidraw": job_id,
        "jobname": _text(item.get("name")),
        "user": _text(association.get("user") or item.get("user")),
        "account": _text(association.get("account") or item.get("account")),
        "cluster": _text(item.get("cluster") or association.get("cluster")),
        "partition": _text(item.get("partition")),
        "state": _text(state[0] if isinstance(state, list) and state else state),
        "start": _moment(time.get("start")),
        "end": _moment(time.get("end")),
        "elapsedraw": _text(time.get("elapsed")),
        "totalcpu": _cpu_seconds(_object(time.get("total"))),
        "nodelist": _text(item.get("nodes")),
        "nnodes": _text(item.get("allocation_nodes")),
        "alloctres": ",".join(f"{name}={count}" for name, count in allocated.items() if name != "energy"),
        "consumedenergyraw": _energy(item, allocated),
        "admincomment": _text(_object(item.get("comment")).get("administrator")),
    }


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Write text or a number, which later versions wrap in ``{set, infinite, number}``; nothing of anything else."""
    if isinstance(value, dict):
        value = value.get("number") if value.get("set") and not value.get("infinite") else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value)


def _moment(value: object) -> str:
    text = _text(value)
    return "" if text == "0" else text


def _cpu_seconds(total: Mapping[str, Any]) -> str:
    """Write the CPU time of all steps of a job. [s]"""
    seconds, microseconds = (number(_text(total.get(name))) or 0.0 for name in ("seconds", "microseconds"))
    return str(seconds + microseconds / 1e6)


def _resources(value: object) -> dict[str, str]:
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    found = {}
    for item in items:
        count = _text(item.get("count"))
        if count and not count.startswith("-"):
            memory = "M" if item.get("type") == "mem" else ""
            found["/".join(filter(None, (_text(item.get("type")), _text(item.get("name")))))] = f"{count}{memory}"
    return found


def _energy(item: Mapping[str, Any], allocated: Mapping[str, str]) -> str:
    """Return the job's energy, else that of the step that has most of it: each one is of the whole node. [J]"""
    steps = item.get("steps")
    statistics = [_object(_object(step).get("statistics")) for step in (steps if isinstance(steps, list) else ())]
    read = [allocated.get("energy", ""), *(_text(_object(each.get("energy")).get("consumed")) for each in statistics)]
    known = [text for text in read if text.isdecimal() and len(text) < len("18446744073709551614")]
    return max(known, key=int, default="")
