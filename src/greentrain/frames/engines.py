"""Batches on more than one process: a file is a task, whose sums are merged where they lie."""

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from greentrain.errors import GreentrainError, InputError, either, install_hint
from greentrain.frames.batch import Batch, run_batch
from greentrain.frames.reading import table_files
from greentrain.frames.writing import rows_into

ENGINES = ("dask", "spark")
"""What a batch can run on; each is an extra of the same name."""


def run_batch_on(
    engine: str,
    path: str,
    by: Sequence[str] = (),
    *,
    scheduler: str | None = None,
    folder: str | None = None,
    same: Mapping[str, Any] | None = None,
) -> Batch:
    """Estimate the runs of the files in a folder on several processes, and add them up.

    Parameters
    ----------
    engine : {'dask', 'spark'}
        What the processes belong to.
    path : str
        A folder that all of them see, or one file.
    by : sequence of str, optional
        As for `run_batch`.
    scheduler : str, optional
        Address of a running scheduler or master. Left out, workers are started on this computer.
    folder : str, optional
        Where the rows are to be written, a parquet file for each file that is read; all of them must see it.
    same : mapping, optional
        Keywords of `estimate` that all rows share.

    Raises
    ------
    GreentrainError
        If the engine is not installed, a file cannot be read, or a column of ``by`` is not there.
    """
    if engine not in ENGINES:
        raise InputError("engine", engine, f"must be {either(ENGINES)}")
    try:
        run_tasks = import_module(f"greentrain.frames.{engine}").run_tasks
    except ImportError as error:
        raise GreentrainError(f"The engine {engine} needs {error.name}: {install_hint(engine)}.") from None
    paths = [str(Path(file.path).resolve()) for file in table_files(path)]
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
    task = partial(_tried, by=tuple(by), folder=folder and str(Path(folder).resolve()), same=dict(same or {}))
    found: Batch | GreentrainError = run_tasks(task, paths, _merged, scheduler)
    if isinstance(found, GreentrainError):
        raise found
    return found


def batch_of_file(path: str, *, by: tuple[str, ...], folder: str | None, same: Mapping[str, Any]) -> Batch:
    """Run the batch of one file; its rows replace those of an earlier try."""
    if folder is None:
        return run_batch(path, by, same=same)
    with rows_into(str(Path(folder) / f"{Path(path).stem}.parquet")) as take:
        return run_batch(path, by, write=take, same=same)


def _tried(path: str, **how: Any) -> "Batch | GreentrainError":
    """Return why a file cannot be read instead of raising it: trying again would not help."""
    try:
        return batch_of_file(path, **how)
    except GreentrainError as error:
        return error


def _merged(one: "Batch | GreentrainError", other: "Batch | GreentrainError") -> "Batch | GreentrainError":
    if isinstance(one, GreentrainError):
        return one
    return other if isinstance(other, GreentrainError) else one.merged(other)
