"""Tables of runs on Dask: one partition is estimated as one frame, and sums are merged on the workers."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from dask import delayed
from distributed import Client, LocalCluster

from greentrain.frames.groups import sum_frame as _sum_frame
from greentrain.frames.sums import FrameSums
from greentrain.frames.table import estimate_frame as _estimate_frame

_RETRIES = 5
"""Times that a task is tried again, of which a worker that ends takes one. [1]"""


def estimate_frame(frame: Any, **same_for_all: Any) -> Any:
    """Estimate every row of a Dask data frame, partition by partition; nothing is computed before it is asked for.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        As for `greentrain.estimate_frame`.
    **same_for_all
        Keywords of `estimate` that all rows share and that are no columns.
    """
    meta = _estimate_frame(frame._meta, **same_for_all)
    return frame.map_partitions(_estimate_frame, meta=meta, **same_for_all)


def sum_frame(frame: Any, by: str | Sequence[str] = (), **same_for_all: Any) -> FrameSums:
    """Sum the rows of a Dask data frame by groups: each partition where it lies, then in pairs.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        As for `greentrain.frames.sum_frame`.
    by : str or sequence of str
        Columns whose values tell groups apart, or ``month``, ``hardware`` and ``place``.
    **same_for_all
        Keywords of `estimate` that all rows share and that are no columns.
    """
    parts = [delayed(_sum_frame)(part, by, **same_for_all) for part in frame.to_delayed()]
    found: FrameSums = merged_in_pairs(parts, delayed(FrameSums.merged)).compute()
    return found


def merged_in_pairs(parts: list[Any], merge: Callable[[Any, Any], Any]) -> Any:
    """Merge in pairs, and the pairs again, so that no worker waits for all others."""
    while len(parts) > 1:
        rest = parts[len(parts) & ~1 :]
        parts = [merge(one, other) for one, other in zip(parts[::2], parts[1::2], strict=False)] + rest
    return parts[0]


def run_tasks(
    task: Callable[[str], Any], paths: Iterable[str], merge: Callable[[Any, Any], Any], scheduler: str | None
) -> Any:
    """Run a task for each of several files and merge the results, both on the workers.

    A task whose worker ends runs again on another: it is a function of its file alone, so nothing counts twice.

    Parameters
    ----------
    scheduler : str or None
        Address of a running scheduler, ``tcp://host:8786``; None starts workers on this computer.
    """
    with Client(scheduler) if scheduler else _local_client() as client:
        futures = client.map(task, [*paths], pure=False, retries=_RETRIES)
        submit = partial(client.submit, merge, pure=False, retries=_RETRIES)
        return merged_in_pairs(futures, submit).result()


def _local_client() -> Client:
    return Client(LocalCluster(threads_per_worker=1, dashboard_address=None))
