"""Runs in the workers of a pool, all at once: ``pooled.py KIND COUNT SECONDS BUSY DONE``, see `pool_task.fit`."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pool_task import fit

KIND, COUNT = sys.argv[1], int(sys.argv[2])
REST = (float(sys.argv[3]), int(sys.argv[4]), sys.argv[5])


def by_joblib() -> Sequence[int]:
    """Run in joblib's processes."""
    from joblib import Parallel, delayed

    found: list[int] = Parallel(n_jobs=COUNT)(delayed(fit)(number, *REST) for number in range(COUNT))
    return found


def by_loky() -> Sequence[int]:
    """Run in loky's processes."""
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=COUNT)
    return [task.result() for task in [executor.submit(fit, number, *REST) for number in range(COUNT)]]


def by_dask() -> Sequence[int]:
    """Run in Dask's workers, one in each."""
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=COUNT, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as on:
        workers = sorted(on.scheduler_info(n_workers=-1)["workers"])
        tasks = [on.submit(fit, number, *REST, workers=[worker]) for number, worker in enumerate(workers)]
        found: list[int] = on.gather(tasks)
        return found


def by_ray() -> Sequence[int]:
    """Run in Ray's workers."""
    import ray

    folders = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {"env_vars": {"PYTHONPATH": folders}}
    with TemporaryDirectory(dir="/tmp") as short:  # the paths of its sockets may have a hundred letters
        ray.init(num_cpus=COUNT, include_dashboard=False, runtime_env=environment, _temp_dir=short)
        remote = ray.remote(num_cpus=1)(fit)
        found: list[int] = ray.get([remote.remote(number, *REST) for number in range(COUNT)])
        ray.shutdown()
    return found


def by_xdist() -> Sequence[int]:
    """Run in the workers of pytest, which each run the one test."""
    from subprocess import run

    words = ", ".join(map(repr, REST))
    lines = ["import os, sys", f"sys.path.insert(0, {str(Path(__file__).parent)!r})", "from pool_task import fit"]
    lines += ["def test_fit():", f"    fit(int(os.environ['PYTEST_XDIST_WORKER'][2:]), {words})"]
    Path("test_fit.py").write_text("\n".join(lines))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--dist=each", f"--tx={COUNT}*popen"]
    return list(range(COUNT)) if run([*command, "test_fit.py"], check=False).returncode == 0 else []


if __name__ == "__main__":
    ways: dict[str, Callable[[], Sequence[int]]] = {
        "joblib": by_joblib, "loky": by_loky, "dask": by_dask, "ray": by_ray, "xdist": by_xdist,
    }  # fmt: skip
    sys.exit(list(ways[KIND]()) != list(range(COUNT)))
