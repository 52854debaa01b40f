"""Rank, launcher and job of a process: what launchers and batch systems state in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from greentrain.journal.paths import host_name
from greentrain.journal.process_alive import command_line, process_started
from greentrain.journal.writer import utc_text
from greentrain.light_typing import NamedTuple
from greentrain.meter.settings import ranks_on_node, whole_number

_OPENMPI = "OMPI_COMM_WORLD_"
_LAUNCHERS = (
    # launcher, rank, local rank, number of ranks, rank of the node
    ("torchrun", "RANK", "LOCAL_RANK", "WORLD_SIZE", "GROUP_RANK"),
    ("openmpi", f"{_OPENMPI}RANK", f"{_OPENMPI}LOCAL_RANK", f"{_OPENMPI}SIZE", ""),
    ("mpi", "PMI_RANK", "MPI_LOCALRANKID", "PMI_SIZE", ""),
    ("slurm", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NTASKS", "SLURM_NODEID"),
    ("mvapich", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_SIZE", ""),
    ("jsrun", "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_LOCAL_RANK", "JSM_NAMESPACE_SIZE", ""),
    ("pals", "PALS_RANKID", "PALS_LOCAL_RANKID", "PALS_SIZE", "PALS_NODEID"),
    ("flux", "FLUX_TASK_RANK", "FLUX_TASK_LOCAL_ID", "FLUX_JOB_SIZE", ""),
)  # fmt: skip
_BATCH_SYSTEMS = (
    # prefix of the id, job, task of an array, restarts, variable without which the job's is not this system's
    ("slurm", "SLURM_JOB_ID", "", "SLURM_RESTART_COUNT", ""),
    ("flux", "FLUX_JOB_ID", "", "", ""),
    ("pbs", "PBS_JOBID", "PBS_ARRAY_INDEX", "", ""),
    ("lsf", "LSB_JOBID", "LSB_JOBINDEX", "", ""),
    ("sge", "JOB_ID", "SGE_TASK_ID", "RESTARTED", "SGE_TASK_ID"),
    ("oar", "OAR_JOB_ID", "", "", ""),
    ("cobalt", "COBALT_JOBID", "", "", ""),
    ("pjm", "PJM_JOBID", "PJM_BULKNUM", "", ""),
    ("aws-batch", "AWS_BATCH_JOB_ID", "", "AWS_BATCH_JOB_ATTEMPT", ""),
)
_ONLY_WHETHER = "sge-"
"""Grid Engine states that it started a job again, and not how often."""
_NO_TASK = ("", "0", "undefined")
"""What the variable of the task holds in a job that is no array."""
_ARRAY_JOB, _ARRAY_TASK = "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"
_ELASTIC_ID, _ELASTIC_RESTARTS = "TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT"
_AGENTS = (b"torchrun", b"torch.distributed", b"accelerate", b"deepspeed")
"""Programs that start ranks again themselves, by words of their command line."""
_NO_ELASTIC_ID = ("", "none")
"""``none`` is what torchrun calls every run that was given no id."""
_OPENMPI_JOB_KEY = "OMPI_MCA_orte_precondition_transports"
"""Open MPI 4 gives all ranks of a job one random key."""
_NAMESPACE = "PMIX_NAMESPACE"
_OWN_NAMESPACE = "prterun-"
"""Open MPI 5 names a job by the host and the process id of its ``mpirun``."""


class Ranks(NamedTuple):
    """The place of a process in a distributed run; None where its launcher does not state it."""

    rank: int | None = None
    local_rank: int | None = None
    world_size: int | None = None
    node_rank: int | None = None
    launcher: str | None = None

    @property
    def meters(self) -> bool:
        """Whether this process is the one of its node that starts the meter."""
        return not self.local_rank

    @property
    def are_several(self) -> bool:
        """Whether a launcher started this process as one of several."""
        return self.local_rank is not None and (self.world_size or 1) > 1


class Launch(NamedTuple):
    """What a launcher or a batch system states of the start of a process.

    Attributes
    ----------
    job : str or None
        The place to run in, such as a batch job or the meeting point of a torchrun: many trainings may have the same.
    batch : str or None
        The batch job alone.
    token : str or None
        What only the processes of one start have in common, such as a step of a batch job.
    attempt : tuple of int
        How often the batch system, and then the launcher, have started it again.
    agent : str or None
        The process that started this one and starts it again when it fails, by its id and start.
    execution : str or None
        What the processes of one start of a batch job have in common, where their number of restarts is not stated.
    cluster : str or None
        The cluster whose job it is, as Slurm names it.
    batch_raw : str or None
        The batch job by the number that a task of an array has of its own.
    """

    job: str | None = None
    batch: str | None = None
    token: str | None = None
    attempt: tuple[int, ...] = (0, 0)
    agent: str | None = None
    execution: str | None = None
    cluster: str | None = None
    batch_raw: str | None = None


def ranks_of(environment: Mapping[str, str]) -> Ranks:
    """Read the ranks from the environment; the first launcher that names a local rank counts."""
    for launcher, *variables in _LAUNCHERS:
        rank, local_rank, world_size, node_rank = (whole_number(environment.get(name)) for name in variables)
        if local_rank is not None:
            return Ranks(rank, local_rank, world_size, node_rank, _launcher(launcher, environment))
    return Ranks()


def launch_of(environment: Mapping[str, str], ranks: Ranks) -> Launch:
    """Read job, step and restarts from the environment."""
    batch, batch_restarts = batch_job(environment)
    job, token = _named_job(environment, ranks), _start_token(environment, ranks)
    if job is None and ranks.are_several:
        job = token = _parent_of_ranks(environment)
    elastic_restarts = whole_number(environment.get(_ELASTIC_RESTARTS)) or 0
    agent = _agent() if _ELASTIC_ID in environment else None
    execution = _execution() if batch_restarts and (batch or "").startswith(_ONLY_WHETHER) else None
    names = ("SLURM_CLUSTER_NAME", "SLURM_JOB_ID") if (batch or "").startswith("slurm-") else ("", "")
    cluster, raw = (environment.get(name) or None for name in names)
    attempt, raw = (batch_restarts, elastic_restarts), raw and f"slurm-{raw}"
    return Launch(job, batch, token, attempt, agent, execution, cluster, None if raw == batch else raw)


def separate_runs_warning(run_id: str | None, environment: Mapping[str, str], ranks: Ranks) -> str | None:
    """Return a warning that the nodes of a job are recorded as a run each, where nothing identifies them as one job.

    Parameters
    ----------
    run_id : str or None
        The id that the user gave.
    environment : mapping of str to str
        Where launchers leave their ids.
    ranks : Ranks
        Of this process; one of each node warns.
    """
    here = ranks_on_node(environment)
    if not here or not ranks.meters or not ranks.world_size or ranks.world_size <= here:
        return None
    if run_id is not None or _named_job(environment, ranks) is not None:
        return None
    return (
        f"this node has {here} of {ranks.world_size} ranks and the launcher gives the job no id: each node is recorded "
        "as a run of its own. The same run_id= on all of them makes them one"
    )


def _named_job(environment: Mapping[str, str], ranks: Ranks) -> str | None:
    """Return what a job is called on all its nodes and after a restart."""
    if environment.get(_ELASTIC_ID, "") not in _NO_ELASTIC_ID:
        return f"elastic-{environment[_ELASTIC_ID]}"
    return batch_job(environment)[0] or (_mpi_job(environment) if ranks.are_several else None)


def _start_token(environment: Mapping[str, str], ranks: Ranks) -> str | None:
    step = environment.get("SLURM_STEP_ID") or environment.get("SLURM_STEPID")
    if ranks.launcher == "slurm" and step:
        return f"slurm-{environment.get('SLURM_JOB_ID', '')}.{step}"
    return _mpi_job(environment) if ranks.launcher in ("openmpi", "mpi") else None


def batch_job(environment: Mapping[str, str]) -> tuple[str | None, int]:
    """Return the id of the batch job, with the task of an array, and how often it was started again."""
    for system, job, task, restarts, mark in _BATCH_SYSTEMS:
        if environment.get(job) and (not mark or mark in environment):
            again = whole_number(environment.get(restarts)) or 0
            return f"{system}-{_array_task(environment, environment[job], environment.get(task, ''))}", again
    return None, 0


def _array_task(environment: Mapping[str, str], job: str, task: str) -> str:
    """Write the job as its batch system shows it, ``2_1`` for task 1 of the array 2."""
    if environment.get(_ARRAY_JOB) and environment.get(_ARRAY_TASK):
        return f"{environment[_ARRAY_JOB]}_{environment[_ARRAY_TASK]}"
    if "[" in job or task in _NO_TASK:  # PBS writes 4711[2].server; Flux begins its ids with a letter of its own
        return job.replace("[", "_").replace("]", "").replace(":", "_").replace("ƒ", "f")
    number, dot, server = job.partition(".")
    return f"{number}_{task}{dot}{server}"


def _mpi_job(environment: Mapping[str, str]) -> str | None:
    """Return what Open MPI calls the job on all its nodes."""
    if environment.get(_OPENMPI_JOB_KEY):
        return f"openmpi-{environment[_OPENMPI_JOB_KEY]}"
    namespace = environment.get(_NAMESPACE, "")
    # Process ids come again: the day keeps jobs of other days apart.
    return f"openmpi-{namespace}-{utc_text()[:10]}" if namespace.startswith(_OWN_NAMESPACE) else None


def _parent_of_ranks(environment: Mapping[str, str]) -> str:
    """Name ranks of a launcher without an id by their parent, which they have in common on their node."""
    from hashlib import sha256

    parent = os.getppid()
    facts = (host_name(), parent, process_started(parent), environment.get(_NAMESPACE))
    return f"ranks-{sha256(repr(facts).encode()).hexdigest()[:16]}"


def _agent() -> str | None:
    parent = os.getppid()
    # A shell that holds such a word in its script is no agent: only whole words count.
    words = [word for word in command_line(parent)[:4] if b" " not in word]
    is_agent = any(word.rpartition(b"/")[2].startswith(_AGENTS) for word in words)
    return f"{host_name()}:{parent}:{process_started(parent)}" if is_agent else None


def _execution() -> str:
    """Name the session of processes that a batch system opens for each start of a job."""
    leader = os.getsid(0)
    return f"{host_name()}:{leader}:{process_started(leader)}"


def _launcher(name: str, environment: Mapping[str, str]) -> str:
    if name != "torchrun" or "TORCHELASTIC_RUN_ID" in environment:
        return name
    return "accelerate" if "ACCELERATE_MIXED_PRECISION" in environment else "environment"
