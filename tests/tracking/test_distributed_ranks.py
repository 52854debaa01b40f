"""Ranks, launchers and keys, from the environment alone."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from greentrain.journal import host_name, process_started, safe_name
from greentrain.tracking import Ranks
from greentrain.tracking.distributed import (
    SESSION_VARIABLE,
    TRACKER,
    WRAPPER,
    Ancestor,
    ancestor,
    ranks_of,
    read_session,
    run_key,
    separate_runs_warning,
)

TORCHRUN = {"RANK": "5", "LOCAL_RANK": "1", "WORLD_SIZE": "8", "GROUP_RANK": "1", "TORCHELASTIC_RUN_ID": "job7"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Ranks()),
        (TORCHRUN, Ranks(5, 1, 8, 1, "torchrun")),
        ({"SLURM_PROCID": "3", "SLURM_LOCALID": "0", "SLURM_NTASKS": "4"}, Ranks(3, 0, 4, None, "slurm")),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_LOCAL_RANK": "2"}, Ranks(2, 2, None, None, "openmpi")),
        ({"MPI_LOCALRANKID": "1", "PMI_RANK": "1", "PMI_SIZE": "2"}, Ranks(1, 1, 2, None, "mpi")),
        ({**TORCHRUN, "SLURM_LOCALID": "0"}, Ranks(5, 1, 8, 1, "torchrun")),
        ({"LOCAL_RANK": "-1"}, Ranks()),
        ({"LOCAL_RANK": "first"}, Ranks()),
        ({"LOCAL_RANK": "0"}, Ranks(None, 0, None, None, "environment")),
    ],
)
def test_the_first_launcher_with_a_local_rank_counts(environment: dict[str, str], expected: Ranks) -> None:
    """A torchrun inside a Slurm job is torchrun; nonsense counts as absent."""
    assert ranks_of(environment) == expected


@pytest.mark.parametrize(("local_rank", "meters"), [(None, True), (0, True), (1, False), (7, False)])
def test_one_process_of_a_node_meters(local_rank: int | None, meters: bool) -> None:
    """Local rank 0, and whoever has no rank."""
    assert Ranks(local_rank=local_rank).meters is meters


@pytest.mark.parametrize(
    ("run_id", "environment", "expected"),
    [
        ("mine", {"SLURM_JOB_ID": "1"}, "mine"),
        (None, {"TORCHELASTIC_RUN_ID": "abc", "SLURM_JOB_ID": "1"}, "elastic-abc"),
        (None, {"TORCHELASTIC_RUN_ID": "none", "SLURM_JOB_ID": "12"}, "slurm-12"),
        (None, {"SLURM_JOB_ID": "12"}, "slurm-12"),
    ],
)
def test_a_logical_run_has_one_key(run_id: str | None, environment: dict[str, str], expected: str) -> None:
    """The user's id, else the launcher's; ``none`` is how torchrun writes no id."""
    assert run_key(run_id, environment, Ranks()) == expected


def test_ranks_without_an_id_share_a_key_on_their_node() -> None:
    """They have one parent; a process without ranks gets a key of its own."""
    ranks = Ranks(0, 0, 4, None, "environment")

    assert run_key(None, {}, ranks) == run_key(None, {}, ranks._replace(rank=3, local_rank=3))
    assert run_key(None, {}, ranks).startswith("ranks-")
    assert run_key(None, {}, Ranks()) != run_key(None, {}, Ranks())


def test_open_mpi_names_a_job_on_all_its_nodes() -> None:
    """Version 4 by a random key; version 5 by a name that comes again, which the day keeps apart."""
    ranks = Ranks(0, 0, 4, None, "openmpi")
    day = time.strftime("%Y-%m-%d", time.gmtime())
    third, fourth = {"PMIX_NAMESPACE": "1357119489"}, {"OMPI_MCA_orte_precondition_transports": "9af6-15"}
    fifth = {"PMIX_NAMESPACE": "prterun-login1-15429@1"}

    assert run_key(None, third | fourth, ranks) == "openmpi-9af6-15"
    assert run_key(None, fifth, ranks) == safe_name(f"openmpi-prterun-login1-15429@1-{day}")
    assert run_key(None, fourth, ranks._replace(world_size=1)) != "openmpi-9af6-15"
    assert run_key("mine", fourth, ranks) == "mine"
    assert run_key(None, third, ranks).startswith("ranks-")


@pytest.mark.parametrize(
    ("environment", "ranks", "run_id", "says"),
    [
        ({"MPI_LOCALNRANKS": "2"}, Ranks(0, 0, 4, None, "mpi"), None, True),
        ({"LOCAL_WORLD_SIZE": "2"}, Ranks(2, 0, 4, 1, "environment"), None, True),
        ({"MPI_LOCALNRANKS": "2"}, Ranks(1, 1, 4, None, "mpi"), None, False),  # the other rank of the node warns
        ({"MPI_LOCALNRANKS": "4"}, Ranks(0, 0, 4, None, "mpi"), None, False),  # one node
        ({}, Ranks(0, 0, 4, None, "mpi"), None, False),  # how many are here is not known
        ({"MPI_LOCALNRANKS": "2"}, Ranks(0, 0, 4, None, "mpi"), "mine", False),
        ({"MPI_LOCALNRANKS": "2", "SLURM_JOB_ID": "7"}, Ranks(0, 0, 4, None, "mpi"), None, False),
    ],
)
def test_nodes_that_nothing_joins_are_told_of(
    environment: dict[str, str], ranks: Ranks, run_id: str | None, says: bool
) -> None:
    """By local rank 0 of each node, where more ranks run elsewhere and neither user nor launcher gives an id."""
    found = separate_runs_warning(run_id, environment, ranks)
    expected = (
        "this node has 2 of 4 ranks and the launcher gives the job no id: each node is recorded as a run of its own. "
        "The same run_id= on all of them makes them one"
    )
    assert found == (expected if says else None)


def here(**changes: object) -> Ancestor:
    """Describe this process as one that tracks."""
    found = Ancestor("abc", os.getpid(), process_started(os.getpid()), TRACKER, host_name(), "/a:b/c")
    return found._replace(**changes)  # type: ignore[arg-type]


def test_the_session_survives_the_environment() -> None:
    """Also with colons in the folder, and where no start is known."""
    for session in (here(), here(started=None), here(folder=""), here(role=WRAPPER)):
        assert read_session(session.text()) == session


@pytest.mark.parametrize("text", ["", "abc", "abc:1", "abc:x:1:tracker:host:/f", ":1:1:tracker:host:/f", "1"])
def test_what_is_no_session_is_none(text: str) -> None:
    """A variable of that name with other content is ignored."""
    assert read_session(text) is None


def test_an_ancestor_counts_while_it_lives_on_this_host() -> None:
    """Another host's, a dead one's and a reused process id do not."""
    with subprocess.Popen([sys.executable, "-c", "pass"]) as dead:
        dead.wait()
    assert ancestor({SESSION_VARIABLE: here().text()}) == here()
    assert ancestor({SESSION_VARIABLE: here(host="elsewhere").text()}) is None
    assert ancestor({SESSION_VARIABLE: here(started=1).text()}) is None
    assert ancestor({SESSION_VARIABLE: here(pid=dead.pid, started=None).text()}) is None
    assert ancestor({}) is None


def test_runs_join_the_wrapper_and_what_they_were_before_an_exec(tmp_path: Path) -> None:
    """Below another tracker they record nothing."""
    assert here(role=WRAPPER, pid=1).is_joined_by_runs
    assert here().is_joined_by_runs
    assert not here(pid=1).is_joined_by_runs
    assert not here(role=WRAPPER, folder="").is_joined_by_runs
