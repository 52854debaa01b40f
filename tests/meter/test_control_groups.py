"""Control groups: a scheduler's job, and the limits of containers and of groups inside each other."""

import os
from pathlib import Path

from greentrain.meter.attribution import Allotment
from greentrain.meter.control_groups import allotted_cpus, allotted_memory, limiting_folders, parse_job_groups

CPUS = os.cpu_count() or 1


def test_groups_of_a_job_and_of_its_step(tmp_path: Path) -> None:
    """The job first, then the step; CPU time and memory of each, by the unified hierarchy."""
    job = tmp_path / "system.slice/slurmstepd.scope/job_42"
    for folder, micros in ((job, 2_500_000), (job / "step_0", 1_000_000)):
        folder.mkdir(parents=True)
        (folder / "cpu.stat").write_text(f"usage_usec {micros}\nuser_usec 1\n")
        (folder / "memory.stat").write_text("anon 4096\nfile 9\n")
    groups = parse_job_groups("0::/system.slice/slurmstepd.scope/job_42/step_0/user/task_0\n", str(tmp_path))

    names = ["/system.slice/slurmstepd.scope/job_42", "/system.slice/slurmstepd.scope/job_42/step_0"]
    assert [group.name for group in groups] == names
    assert [(group.cpu_seconds(), group.memory_bytes()) for group in groups] == [(2.5, 4096.0), (1.0, 4096.0)]


def test_a_job_in_the_older_hierarchies(tmp_path: Path) -> None:
    """One hierarchy per controller; what is not there is not known."""
    folder = tmp_path / "cpuacct/slurm/uid_1/job_7"
    folder.mkdir(parents=True)
    (folder / "cpuacct.usage").write_text("3000000000\n")
    (group,) = parse_job_groups("4:cpu,cpuacct:/slurm/uid_1/job_7/step_0\n1:name=systemd:/x\n", str(tmp_path))
    assert (group.name, group.cpu_seconds(), group.memory_bytes()) == ("/slurm/uid_1/job_7", 3.0, None)
    assert parse_job_groups("0::/user.slice/session-1.scope\n", str(tmp_path)) == ()


def test_limits_of_a_container(tmp_path: Path) -> None:
    """A quota of 50 ms in 100 ms is half a CPU; a limit of 1 of 4 GiB is a quarter; ``max`` and none are no limit."""
    assert allotted_cpus(os.getpid(), str(tmp_path)) == Allotment()
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert allotted_cpus(os.getpid(), str(tmp_path)) == Allotment()
    assert allotted_memory(os.getpid(), 4 * 2.0**30, str(tmp_path)) == Allotment()
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("1073741824\n")
    pool = f"group {tmp_path.stat().st_dev}:{tmp_path.stat().st_ino}"
    assert allotted_cpus(os.getpid(), str(tmp_path)) == Allotment(0.5 / CPUS, pool)
    assert allotted_memory(os.getpid(), 4 * 2.0**30, str(tmp_path)) == Allotment(0.25, pool)


def test_limits_of_the_older_hierarchies(tmp_path: Path) -> None:
    """The same quota, in files of other names; -1 is no limit, and so is more than there is."""
    for name in ("cpu", "memory"):
        (tmp_path / name).mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("-1\n")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "memory/memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert allotted_cpus(os.getpid(), str(tmp_path)) == Allotment()
    assert allotted_memory(os.getpid(), 1e9, str(tmp_path)) == Allotment()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("50000\n")
    assert allotted_cpus(os.getpid(), str(tmp_path)).part == 0.5 / CPUS


def test_groups_inside_each_other(tmp_path: Path) -> None:
    """All groups above a process's own limit it too, in the hierarchy that has the controller and the unified one."""
    text = "3:cpuset:/a\n2:cpu,cpuacct:/docker/9f\n0::/user.slice/run.scope\n"
    found = [Path(folder).relative_to(tmp_path).as_posix() for folder in limiting_folders(text, "cpu", str(tmp_path))]
    assert found == [".", "cpu", "cpu/docker", "cpu/docker/9f", "user.slice", "user.slice/run.scope"]
    assert limiting_folders("0::/../../x\n", "memory", "/r") == ["/r", "/r/memory", "/r/x"]
