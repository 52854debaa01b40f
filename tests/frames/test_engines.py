"""The same batch on one process, on Dask with two workers, and on Spark: one result, whatever is lost on the way."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from greentrain import DataError, estimate_frame
from greentrain.footprint import QUANTITIES
from greentrain.frames import Batch, run_batch, run_batch_on, sum_frame

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("default")]

FILES, ROWS = 12, 20_000


def runs(first: int, number: int) -> pd.DataFrame:
    """Make runs of three devices at four places, one in a thousand of which is none."""
    each = pd.Series(range(first, first + number))
    gpus = pd.Series(["A100", "H100", "V100"])[each % 3].to_numpy()
    return pd.DataFrame({
        "user": "u" + (each % 7).astype(str), "gpu": gpus, "hours": 1.0 + each % 50,
        "location": pd.Series(["FR", "DE", "US-CA", None])[each % 4].to_numpy(),
    }).assign(gpu=lambda table: table["gpu"].where(each % 1000 != 999, "none"))  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _ended_with_the_module(_no_process_left: None) -> Iterator[None]:
    """End what Dask and Spark keep for the whole life of a process: a tracker of resources, and Java."""
    yield
    context = sys.modules.get("pyspark.core.context")
    gateway = context and context.SparkContext._gateway
    if gateway:
        gateway.shutdown()
        gateway.proc.stdin.close()  # at whose end Java ends
        gateway.proc.wait(60)
        context.SparkContext._gateway = context.SparkContext._jvm = None
    resource_tracker._resource_tracker._stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder of parquet files."""
    path = tmp_path_factory.mktemp("runs")
    for number in range(FILES):
        runs(number * ROWS, ROWS).to_parquet(path / f"part-{number:02}.parquet")
    return path


def assert_same(found: Batch, wanted: Batch) -> None:
    """Compare counts, groups and totals."""
    assert (found.rows, found.failed) == (wanted.rows, wanted.failed) == (FILES * ROWS, FILES * ROWS // 1000)
    groups = [[*batch.sums.groups_found(), batch.sums.total()] for batch in (found, wanted)]
    pairs = zip(*groups, strict=True)
    for one, other in pairs:
        assert (one.by, one.runs, one.failed) == (other.by, other.runs, other.failed)
        for name in QUANTITIES:
            ends, wanted_ends = getattr(one.footprint, name), getattr(other.footprint, name)
            assert [*ends] == pytest.approx([*wanted_ends], rel=1e-9)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start a scheduler and two workers, each a process."""
    distributed = pytest.importorskip("distributed")
    found = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    yield found
    found.close(timeout=60)


def test_dask(folder: Path, cluster: Any, tmp_path: Path) -> None:
    """Groups by user, and rows into a folder, a file for each."""
    found = run_batch_on(
        "dask", str(folder), ["user"], scheduler=cluster.scheduler_address, folder=str(tmp_path / "out")
    )
    assert_same(found, run_batch(str(folder), ["user"]))
    written = [pd.read_parquet(path) for path in sorted((tmp_path / "out").iterdir())]
    assert [len(frame) for frame in written] == [ROWS] * FILES
    wanted = estimate_frame(runs(0, ROWS))["operational_kg_best"].sum()
    assert written[0]["operational_kg_best"].sum() == pytest.approx(wanted)


def test_a_killed_worker_loses_nothing(folder: Path, cluster: Any) -> None:
    """It is killed while it works: its files are read again elsewhere, and none counts twice."""
    distributed = pytest.importorskip("distributed")
    with distributed.Client(cluster.scheduler_address) as client:
        (victim, *_) = client.run(os.getpid).values()
    killer = threading.Timer(0.5, os.kill, (victim, signal.SIGKILL))
    killer.start()
    found = run_batch_on("dask", str(folder), ["user"], scheduler=cluster.scheduler_address)
    killer.join()
    assert_same(found, run_batch(str(folder), ["user"]))
    with distributed.Client(cluster.scheduler_address) as client:
        deadline = time.monotonic() + 60
        while victim in client.run(os.getpid).values() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert victim not in client.run(os.getpid).values()


def test_dask_frames(folder: Path, cluster: Any) -> None:
    """A Dask frame in, the same kind out; its sums are those of the whole."""
    dask_frame = pytest.importorskip("dask.dataframe")
    from greentrain.frames import dask

    distributed = pytest.importorskip("distributed")
    with distributed.Client(cluster.scheduler_address):
        frame = dask_frame.read_parquet(str(folder))
        found = dask.estimate_frame(frame, year=2024)["operational_kg_best"].sum().compute()
        total = dask.sum_frame(frame, by="user", year=2024).total()
    assert total.runs == FILES * ROWS - FILES * ROWS // 1000
    assert total.footprint.operational_kg is not None
    assert total.footprint.operational_kg.best == pytest.approx(found)


def test_spark(folder: Path, tmp_path: Path) -> None:
    """A real local Spark: the same groups; a Spark frame in, the same kind out."""
    pyspark = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    from greentrain.frames import spark

    found = run_batch_on("spark", str(folder), ["user"], scheduler="local[2]", folder=str(tmp_path / "out"))
    assert_same(found, run_batch(str(folder), ["user"]))
    assert len([*(tmp_path / "out").iterdir()]) == FILES
    session = pyspark.SparkSession.builder.master("local[2]").getOrCreate()
    session.sparkContext.pythonExec = sys.executable
    try:
        frame = session.read.parquet(str(folder / "part-00.parquet"))
        rows = spark.estimate_frame(frame, year=2024).select("operational_kg_best", "error").toPandas()
        total = spark.sum_frame(frame, by="user", year=2024).total()
    finally:
        session.stop()
    wanted = sum_frame(runs(0, ROWS), by="user", year=2024).total()
    assert (total.runs, total.failed) == (wanted.runs, wanted.failed)
    assert total.footprint.operational_kg is not None
    assert [*total.footprint.operational_kg] == pytest.approx([*(wanted.footprint.operational_kg or ())])
    assert rows["operational_kg_best"].sum() == pytest.approx(total.footprint.operational_kg.best)
    assert (rows["error"] != "").sum() == total.failed


@pytest.mark.parametrize("engine", ["dask", "spark"])
def test_a_file_that_cannot_be_read(engine: str, tmp_path: Path, cluster: Any) -> None:
    """Is said in a line, as on one process."""
    if engine == "spark" and shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing more")
    scheduler = cluster.scheduler_address if engine == "dask" else "local[1]"
    with pytest.raises(DataError, match=r"a\.parquet: is no parquet file: "):
        run_batch_on(engine, str(tmp_path), scheduler=scheduler)
