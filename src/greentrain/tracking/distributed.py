"""Rank, launcher and run id of a process in a distributed run, and the tracked process above it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from greentrain.journal.paths import host_name, new_run_key, safe_name
from greentrain.journal.process_alive import is_process_alive, process_started
from greentrain.journal.writer import utc_text
from greentrain.light_typing import NamedTuple
from greentrain.meter.settings import ranks_on_node, whole_number

SESSION_VARIABLE = "GREENTRAIN_SESSION"
"""Set while a run is tracked: ``<session>:<process id>:<its start>:<role>:<host>:<run folder>``."""

WRAPPER, TRACKER = "wrapper", "tracker"
_OPENMPI = "OMPI_COMM_WORLD_"
_LAUNCHERS = (
    # launcher, rank, local rank, number of ranks, rank of the node
    ("torchrun", "RANK", "LOCAL_RANK", "WORLD_SIZE", "GROUP_RANK"),
    ("openmpi", f"{_OPENMPI}RANK", f"{_OPENMPI}LOCAL_RANK", f"{_OPENMPI}SIZE", ""),
    ("mpi", "PMI_RANK", "MPI_LOCALRANKID", "PMI_SIZE", ""),
    ("slurm", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NTASKS", "SLURM_NODEID"),
)  # fmt: skip
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


class Ancestor(NamedTuple):
    """The process above this one that tracks already."""

    session: str
    pid: int
    started: int | None
    role: str
    host: str
    folder: str

    def text(self) -> str:
        """Format it as the environment variable holds it."""
        return f"{self.session}:{self.pid}:{self.started or ''}:{self.role}:{self.host}:{self.folder}"

    @property
    def is_joined_by_runs(self) -> bool:
        """Whether a run below has a journal of its own: below the command wrapper, and after an ``exec``."""
        return bool(self.folder) and (self.role == WRAPPER or self.pid == os.getpid())


def ranks_of(environment: Mapping[str, str]) -> Ranks:
    """Read the ranks from the environment; the first launcher that names a local rank counts."""
    for launcher, *variables in _LAUNCHERS:
        rank, local_rank, world_size, node_rank = (whole_number(environment.get(name)) for name in variables)
        if local_rank is not None:
            return Ranks(rank, local_rank, world_size, node_rank, _launcher(launcher, environment))
    return Ranks()


def run_key(run_id: str | None, environment: Mapping[str, str], ranks: Ranks) -> str:
    """Return the key of a run: the same for all its nodes, ranks and restarts wherever they have an id in common.

    Parameters
    ----------
    run_id : str or None
        The id that the user gave.
    environment : mapping of str to str
        Where launchers leave their ids.
    ranks : Ranks
        Of this process; ranks of one launcher without an id share a key on their node.
    """
    shared = run_id if run_id is not None else _job_id(environment, ranks)
    if shared is not None:
        return safe_name(shared)
    return _key_by_parent(environment) if ranks.are_several else new_run_key()


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
    if run_id is not None or _job_id(environment, ranks) is not None:
        return None
    return (
        f"this node has {here} of {ranks.world_size} ranks and the launcher gives the job no id: each node is recorded "
        "as a run of its own. The same run_id= on all of them makes them one"
    )


def _job_id(environment: Mapping[str, str], ranks: Ranks) -> str | None:
    """Return what a job is called on all its nodes and after a restart."""
    if environment.get("TORCHELASTIC_RUN_ID", "") not in _NO_ELASTIC_ID:
        return f"elastic-{environment['TORCHELASTIC_RUN_ID']}"
    if environment.get("SLURM_JOB_ID"):
        return f"slurm-{environment['SLURM_JOB_ID']}"
    if not ranks.are_several:
        return None
    if environment.get(_OPENMPI_JOB_KEY):
        return f"openmpi-{environment[_OPENMPI_JOB_KEY]}"
    namespace = environment.get(_NAMESPACE, "")
    # Process ids come again: the day keeps jobs of other days apart.
    return f"openmpi-{namespace}-{utc_text()[:10]}" if namespace.startswith(_OWN_NAMESPACE) else None


def as_ancestor(session: str, role: str, folder: str | None) -> Ancestor:
    """Describe this process, which tracks a run, to those below it."""
    pid = os.getpid()
    return Ancestor(session, pid, process_started(pid), role, host_name(), folder or "")


def ancestor(environment: Mapping[str, str]) -> Ancestor | None:
    """Return the process above this one that tracks; None without one, or if it has ended or is on another host."""
    found = read_session(environment.get(SESSION_VARIABLE, ""))
    if found is None or found.host != host_name():
        return None
    return found if is_process_alive(found.pid, found.started) else None


def read_session(text: str) -> Ancestor | None:
    """Read the environment variable of a tracked run; None for what is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or not parts[0] or whole_number(parts[1]) is None:
        return None
    session, pid, started, role, host, folder = parts
    return Ancestor(session, int(pid), whole_number(started), role, host, folder)


def _key_by_parent(environment: Mapping[str, str]) -> str:
    from hashlib import sha256

    parent = os.getppid()
    facts = (host_name(), parent, process_started(parent), environment.get(_NAMESPACE))
    return f"ranks-{sha256(repr(facts).encode()).hexdigest()[:16]}"


def _launcher(name: str, environment: Mapping[str, str]) -> str:
    if name != "torchrun" or "TORCHELASTIC_RUN_ID" in environment:
        return name
    return "accelerate" if "ACCELERATE_MIXED_PRECISION" in environment else "environment"
