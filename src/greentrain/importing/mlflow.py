"""MLflow: runs of a file store (``meta.yaml`` and metrics beside it), of a database, and metrics' histories (JSON).

System metrics hold the power of each accelerator; what else a run logged is no business of ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from greentrain.errors import DataError
from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.foreign_sqlite import MARK, ForeignTables
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import amount, moment, number, words

NAME = "mlflow"
TITLE = "MLflow's runs (mlruns, mlflow.db)"
WORDS = frozenset(("artifact_uri", "experiment_id", "lifecycle_stage", "run_id", "run_uuid", "entry_point_name"))
_POWER = re.compile(r"system/(?:(.*)/)?gpu_(\d+)_power_usage_watts")
_GPU = re.compile(r"system/(?:(.*)/)?gpu_(\d+)_\w+")
_STATUSES = {"1": "running", "2": "running", "3": "completed", "4": "failed", "5": "stopped"}
_WORDS = {
    "RUNNING": "running",
    "SCHEDULED": "running",
    "FINISHED": "completed",
    "FAILED": "failed",
    "KILLED": "stopped",
}
_LINE = re.compile(r"(\w+):\s*(.*)")
_TABLES = (("key", "value", "timestamp"), ("metric", "value", "timestamp"))
_RUN_IDS = ("run_id", "run id", "run_uuid", "run")
_DEEPEST = 4
_RUN = ("run_uuid", "name", "user_id", "status", "start_time", "end_time", "experiment_id")
_DELETED = "MLflow has it as deleted; it drew power all the same."
_NO_POWER = "Without system metrics of power: hours only."


def recognises(head: str) -> bool:
    """Whether it is a run's ``meta.yaml``, a database of MLflow, or a history of system metrics."""
    if head.startswith(MARK):
        return "run_uuid" in head and "experiment" in head
    start = head.lstrip()
    if start.startswith(("{", "[")):
        return '"key"' in head and "power_usage_watts" in head
    if _columns(head) is not None:
        return "power_usage_watts" in head
    return "artifact_uri:" in head and ("run_id:" in head or "run_uuid:" in head)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield the runs of a file."""
    if file.head.startswith(MARK):
        yield from _of_database(file)
    elif file.head.lstrip().startswith(("{", "[")):
        yield from _of_json(file)
    elif (columns := _columns(file.head)) is not None:
        yield from _of_table(file, columns)
    else:
        yield _of_folder(file)


def _columns(head: str) -> tuple[str, ...] | None:
    """Return the columns of metrics' names, values and times in a table that its page writes."""
    return next((each for each in _TABLES if header_in(head, each) is not None), None)


def _of_folder(file: ForeignFile) -> ForeignRun:
    facts = _yaml(file)
    above = Path(file.path).parent
    log, gpus = PowerLog(NAME), set()
    for path in _metric_files(above / "metrics", _DEEPEST):
        name = path.relative_to(above / "metrics").as_posix()
        if found := _GPU.fullmatch(name):
            gpus.add(found.groups())
        if _POWER.fullmatch(name):
            _take_lines(ForeignFile(str(path)), log, name, file)
    experiment = above.parent / "meta.yaml"
    project = _yaml(ForeignFile(str(experiment))).get("name") if experiment.is_file() else None
    return _run(log, len(gpus), facts | {"project": project})


def _yaml(file: ForeignFile) -> dict[str, str]:
    """Read names and values at the top of a YAML file: MLflow writes nothing else there that is of use."""
    lines = (_LINE.fullmatch(line.rstrip()) for line in file.lines())
    return {found[1]: found[2].strip("'\"") for found in lines if found}


def _metric_files(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the files in a folder; links are not followed."""
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    for path in inside:
        if path.is_symlink():
            continue
        if path.is_dir():
            if depth:
                yield from _metric_files(path, depth - 1)
        elif path.is_file():
            yield path


def _take_lines(metric: ForeignFile, log: PowerLog, name: str, file: ForeignFile) -> None:
    for line, text in enumerate(metric.lines(), 1):
        if not text.strip():
            continue
        file.tally.rows += 1
        cells = text.split()
        time, watts = moment(cells[0], None), amount(cells[1]) if len(cells) > 1 else None
        if time is None or watts is None:
            file.tally.reject(line, f"{name} has no time or no power")
        else:
            log.add_power(time[0], watts, name)


def _run(log: PowerLog, gpus: int, facts: Mapping[str, Any]) -> ForeignRun:
    """Return a run with its times in milliseconds."""
    text = {name: "" if value is None else str(value) for name, value in facts.items()}
    began, ended = (_seconds(text.get(name)) for name in ("start_time", "end_time"))
    id = text.get("run_id") or text.get("run_uuid") or ""
    status = text.get("status", "")
    stated: dict[str, Any] = {
        "key": f"{NAME}:{id}",
        "name": words(text.get("run_name") or text.get("name")),
        "project": words(text.get("project")),
        "user": words(text.get("user_id")),
        "status": _STATUSES.get(status) or _WORDS.get(status.upper()),
    }
    lasted = None if began is None or ended is None else max(0.0, ended - began)
    is_deleted = text.get("lifecycle_stage") == "deleted" or status == "deleted"
    run = log.run(**stated)
    if run is None:
        run = ForeignRun(
            **stated, started=began, ended=ended, duration_seconds=lasted, notes=(_NO_POWER,),
            accelerators={"": float(gpus)} if gpus else {},
        )  # fmt: skip
    return run._replace(notes=(*run.notes, _DELETED)) if is_deleted else run


def _seconds(text: str | None) -> float | None:
    value = number(text)
    return value / 1e3 if value and value > 0 else None


def _of_database(file: ForeignFile) -> Iterator[ForeignRun]:
    tables = file.tables
    if not {"run_uuid", "status", "start_time"} <= {*tables.columns("runs")}:
        raise DataError(file.path, "is a database of MLflow without its table of runs")
    names = {}
    if {"experiment_id", "name"} <= {*tables.columns("experiments")}:
        names = {str(key): name for key, name in tables.rows("experiments", ("experiment_id", "name"))}
    columns = [name for name in _RUN if name in tables.columns("runs")]
    logs, gpus = _database_logs(file, tables)
    for row in tables.rows("runs", columns):
        facts = dict(zip(columns, row, strict=True))
        id = str(facts["run_uuid"])
        facts |= {"run_id": id, "project": names.get(str(facts.get("experiment_id")))}
        yield _run(logs.get(id, PowerLog(NAME)), len(gpus.get(id, ())), facts)


def _database_logs(
    file: ForeignFile, tables: ForeignTables
) -> tuple[dict[str, PowerLog], dict[str, set[tuple[str, ...]]]]:
    logs: dict[str, PowerLog] = {}
    gpus: dict[str, set[tuple[str, ...]]] = {}
    if not {"key", "value", "timestamp", "run_uuid"} <= {*tables.columns("metrics")}:
        return logs, gpus
    where = "key LIKE 'system/%gpu_%'"
    for id, key, time, value in tables.rows("metrics", ("run_uuid", "key", "timestamp", "value"), where, "timestamp"):
        file.tally.rows += 1
        found, seconds, watts = _GPU.fullmatch(str(key)), _seconds(str(time)), amount(value)
        if found is not None:
            gpus.setdefault(str(id), set()).add(found.groups())
        if _POWER.fullmatch(str(key)) and seconds is not None and watts is not None:
            logs.setdefault(str(id), PowerLog(NAME)).add_power(seconds, watts, str(key))
    return logs, gpus


def _of_json(file: ForeignFile) -> Iterator[ForeignRun]:
    is_list = file.head.lstrip().startswith("[")
    samples = []
    for item in file.json_items() if is_list else file.json_items("metrics"):
        file.tally.rows += 1
        if isinstance(item, dict):
            samples.append(
                (str(item.get("run_id") or ""), str(item.get("key")), item.get("timestamp"), item.get("value"))
            )
    yield from _of_samples(samples)


def _of_table(file: ForeignFile, columns: tuple[str, ...]) -> Iterator[ForeignRun]:
    """Read the table that a page of metrics writes: a row for each value of each metric and run."""
    table = CsvText(file, columns)
    ids = [name for name in _RUN_IDS if name in table.columns]
    rows = (
        (row[ids[0]].strip() if ids else "", row[columns[0]].strip(), row[columns[2]].strip(), row[columns[1]])
        for _, row in table.rows()
    )
    yield from _of_samples(rows)


def _of_samples(samples: Iterable[tuple[str, str, Any, Any]]) -> Iterator[ForeignRun]:
    """Yield the runs of samples of metrics: a run's id, a metric's name, time and value, in any order."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    for id, key, stated, value in samples:
        time, watts = moment(str(stated), None), amount(value)
        if _POWER.fullmatch(key) and time is not None and watts is not None:
            found.setdefault(id, []).append((time[0], watts, key))
    for id, readings in found.items():
        log = PowerLog(NAME)
        for seconds, watts, key in sorted(readings):
            log.add_power(seconds, watts, key)
        run = log.run(key=f"{NAME}:{id}" if id else None)
        if run is not None:
            yield run
