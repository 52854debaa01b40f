"""trackio's database: system metrics of each run, an energy counter and the power of each accelerator."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from greentrain.errors import DataError
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.foreign_sqlite import MARK
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import amount, words

NAME = "trackio"
TITLE = "trackio's database"
WORDS = frozenset(("system_metrics", "run_name", "configs", "run_id", "gpu"))
_TABLES = ("system_metrics", "metrics")
_POWER = re.compile(r"(gpu/\d+)/(power|energy_consumed)")


def recognises(head: str) -> bool:
    """Whether it is SQLite with trackio's tables."""
    return head.startswith(MARK) and "run_name" in head and ("system_metrics" in head or "configs" in head)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the runs of a database; runs of one name are one where it has no ids."""
    tables = file.tables
    logs: dict[tuple[str, str], PowerLog] = {}
    seen = False
    for table in _TABLES:
        columns = tables.columns(table)
        if not {"timestamp", "run_name", "metrics"} <= {*columns}:
            continue
        seen = True
        id = "run_id" if "run_id" in columns else "run_name"
        for row in tables.rows(table, (id, "run_name", "timestamp", "metrics"), order="timestamp"):
            _take(file, options, logs, row)
    if not seen:
        raise DataError(file.path, "is a database of trackio without its table of metrics")
    project = words(Path(file.path).stem)
    for (id, name), log in logs.items():
        run = log.run(key=f"{NAME}:{project}:{id}", name=words(name), project=project)
        if run is not None:
            yield run


def _take(file: ForeignFile, options: ReadOptions, logs: dict[tuple[str, str], PowerLog], row: tuple[Any, ...]) -> None:
    id, name, stated, packed = row
    try:
        found = json.loads(packed)
    except (ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        file.tally.rows += 1
        file.tally.reject(file.tally.rows, "its metrics are no JSON object")
        return
    readings = [(match[1], match[2], amount(value)) for key, value in found.items() if (match := _POWER.fullmatch(key))]
    if not readings:
        return
    file.tally.rows += 1
    time = options.moment(str(stated))
    if time is None:
        file.tally.reject(file.tally.rows, "has no time")
        return
    log = logs.setdefault((str(id), str(name)), PowerLog(NAME))
    for device, what, value in readings:
        if value is None:
            continue
        if what == "power":
            log.add_power(time[0], value, device)
        else:
            log.add_counter(time[0], value, device)
