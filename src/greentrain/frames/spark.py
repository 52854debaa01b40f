"""Tables of runs on Spark: `mapInPandas` with the schema of the results, and sums merged on the executors."""

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.types import BinaryType, DoubleType, StringType, StructField, StructType

from greentrain.frames.groups import sum_frame as _sum_frame
from greentrain.frames.sums import FrameSums, merged_sums
from greentrain.frames.table import NUMBERS, RESULT_COLUMNS
from greentrain.frames.table import estimate_frame as _estimate_frame

_LOCAL = "local[*]"
_PYTHON = "PYSPARK_PYTHON"
"""The variable that names the Python of executors; without it Spark takes the first ``python3`` of the path."""


def estimate_frame(frame: Any, **same_for_all: Any) -> Any:
    """Estimate every row of a Spark data frame; nothing is computed before it is asked for.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        As for `greentrain.estimate_frame`.
    **same_for_all
        Keywords of `estimate` that all rows share and that are no columns.
    """
    kept = [field for field in frame.schema.fields if field.name not in RESULT_COLUMNS]
    added = [StructField(name, DoubleType() if name in NUMBERS else StringType()) for name in RESULT_COLUMNS]

    def estimated(parts: Iterable[Any]) -> Iterator[Any]:
        return (_estimate_frame(part, **same_for_all) for part in parts)

    return frame.mapInPandas(estimated, StructType([*kept, *added]))


def sum_frame(frame: Any, by: str | Sequence[str] = (), **same_for_all: Any) -> FrameSums:
    """Sum the rows of a Spark data frame by groups; each partition comes back as its sums alone.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        As for `greentrain.frames.sum_frame`.
    by : str or sequence of str
        Columns whose values tell groups apart, or ``month``, ``hardware`` and ``place``.
    **same_for_all
        Keywords of `estimate` that all rows share and that are no columns.
    """

    def summed(parts: Iterable[Any]) -> Iterator[Any]:
        import pandas

        sums = [_sum_frame(part, by, **same_for_all) for part in parts]
        if sums:
            yield pandas.DataFrame({"sums": [pickle.dumps(merged_sums(sums))]})

    rows = frame.mapInPandas(summed, StructType([StructField("sums", BinaryType())])).collect()
    # Made a moment ago by the function above, on executors of this very session.
    parts = [pickle.loads(row.sums) for row in rows]
    return merged_sums(parts) if parts else _sum_frame(frame.limit(0).toPandas(), by, **same_for_all)


def run_tasks(
    task: Callable[[str], Any], paths: Iterable[str], merge: Callable[[Any, Any], Any], scheduler: str | None
) -> Any:
    """Run a task for each of several files and merge the results, both on the executors.

    Spark runs a task again whose executor was lost: it is a function of its file alone, so nothing counts twice.

    Parameters
    ----------
    scheduler : str or None
        Address of a master, ``spark://host:7077``; None, as ``local[2]``, runs on this computer.
    """
    master = scheduler or _LOCAL
    builder = SparkSession.builder.master(master).appName("greentrain batch")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    session = builder.getOrCreate()
    try:
        if master.startswith("local") and _PYTHON not in os.environ:  # else the cluster's own
            session.sparkContext.pythonExec = sys.executable
        listed = [*paths]
        return session.sparkContext.parallelize(listed, len(listed)).map(task).treeReduce(merge)
    finally:
        session.stop()
