"""Who a process is in a distributed run: its rank, its launcher, the run that it shares, the run that it is part of."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from greentrain.lean import NamedTuple
from greentrain.tracking.run_folder import host_name, new_run_key, process_started, safe_name

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


class Ranks(NamedTuple):
    """The place of a process in a distributed run; None where its launcher does not say."""

    rank: int | None = None
    local_rank: int | None = None
    world_size: int | None = None
    node_rank: int | None = None
    launcher: str | None = None

    @property
    def meters(self) -> bool:
        """Whether this process is the one of its node that starts the meter."""
        return not self.local_rank


class Ancestor(NamedTuple):
    """The process above this one that tracks already."""

    session: str
    pid: int
    started: int | None
    role: str
    host: str
    folder: str

    def text(self) -> str:
        """Write it as the environment variable holds it."""
        return f"{self.session}:{self.pid}:{self.started or ''}:{self.role}:{self.host}:{self.folder}"

    @property
    def is_joined_by_runs(self) -> bool:
        """Whether a run below has a journal of its own: below the command wrapper, and after an ``exec``."""
        return bool(self.folder) and (self.role == WRAPPER or self.pid == os.getpid())


def ranks_of(environment: Mapping[str, str]) -> Ranks:
    """Read the ranks from the environment; the first launcher that names a local rank counts."""
    for launcher, *variables in _LAUNCHERS:
        rank, local_rank, world_size, node_rank = (_whole(environment.get(name)) for name in variables)
        if local_rank is not None:
            return Ranks(rank, local_rank, world_size, node_rank, _launcher(launcher, environment))
    return Ranks()


def run_key(run_id: str | None, environment: Mapping[str, str], ranks: Ranks) -> str:
    """Give the key of a run: the same for all its nodes, ranks and restarts wherever anything says so.

    Parameters
    ----------
    run_id : str or None
        What the user said.
    environment : mapping of str to str
        Where launchers leave their ids.
    ranks : Ranks
        Of this process; ranks of one launcher without an id share a key on their node.
    """
    if run_id is not None:
        return safe_name(run_id)
    if environment.get("TORCHELASTIC_RUN_ID", "") not in _NO_ELASTIC_ID:
        return safe_name(f"elastic-{environment['TORCHELASTIC_RUN_ID']}")
    if environment.get("SLURM_JOB_ID"):
        return safe_name(f"slurm-{environment['SLURM_JOB_ID']}")
    if ranks.local_rank is not None and (ranks.world_size or 1) > 1:
        return _key_by_parent(environment)
    return new_run_key()


def ancestor(environment: Mapping[str, str]) -> Ancestor | None:
    """Give the process above this one that tracks; None when there is none, it has ended, or it is on another host."""
    found = read_session(environment.get(SESSION_VARIABLE, ""))
    if found is None or found.host != host_name():
        return None
    return found if _is_alive(found.pid, found.started) else None


def read_session(text: str) -> Ancestor | None:
    """Read the environment variable of a tracked run; None for what is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or not parts[0] or _whole(parts[1]) is None:
        return None
    session, pid, started, role, host, folder = parts
    return Ancestor(session, int(pid), _whole(started), role, host, folder)


def _is_alive(pid: int, started: int | None) -> bool:
    now = process_started(pid)
    if now is not None or sys.platform == "linux":
        return now is not None and started in (None, now)
    if sys.platform == "win32":  # there, signal 0 would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


def _key_by_parent(environment: Mapping[str, str]) -> str:
    from hashlib import sha256

    parent = os.getppid()
    facts = (host_name(), parent, process_started(parent), environment.get("PMIX_NAMESPACE"))
    return f"ranks-{sha256(repr(facts).encode()).hexdigest()[:16]}"


def _launcher(name: str, environment: Mapping[str, str]) -> str:
    if name != "torchrun" or "TORCHELASTIC_RUN_ID" in environment:
        return name
    return "accelerate" if "ACCELERATE_MIXED_PRECISION" in environment else "environment"


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
