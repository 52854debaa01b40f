"""Ranks, launchers and keys, from the environment alone."""

import time

import pytest

from greentrain.tracking import Ranks
from greentrain.tracking.distributed import launch_of, ranks_of, separate_runs_warning

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
    ("environment", "expected"),
    [
        ({}, (None, (0, 0))),
        ({"TORCHELASTIC_RUN_ID": "abc", "SLURM_JOB_ID": "1"}, ("elastic-abc", (0, 0))),
        ({"TORCHELASTIC_RUN_ID": "none", "SLURM_JOB_ID": "12"}, ("slurm-12", (0, 0))),
        ({"SLURM_JOB_ID": "12", "SLURM_RESTART_COUNT": "2"}, ("slurm-12", (2, 0))),
        ({"TORCHELASTIC_RUN_ID": "abc", "TORCHELASTIC_RESTART_COUNT": "3"}, ("elastic-abc", (0, 3))),
        ({"SLURM_JOB_ID": "8", "SLURM_ARRAY_JOB_ID": "2", "SLURM_ARRAY_TASK_ID": "1"}, ("slurm-2_1", (0, 0))),
        ({"PBS_JOBID": "4711.pbs01"}, ("pbs-4711.pbs01", (0, 0))),
        ({"PBS_JOBID": "4711[2].pbs01", "PBS_ARRAY_INDEX": "2"}, ("pbs-4711_2.pbs01", (0, 0))),
        ({"LSB_JOBID": "77", "LSB_JOBINDEX": "0"}, ("lsf-77", (0, 0))),
        ({"LSB_JOBID": "77", "LSB_JOBINDEX": "3"}, ("lsf-77_3", (0, 0))),
        ({"JOB_ID": "5", "SGE_TASK_ID": "undefined", "RESTARTED": "1"}, ("sge-5", (1, 0))),
        ({"JOB_ID": "5", "SGE_TASK_ID": "4"}, ("sge-5_4", (0, 0))),
        ({"JOB_ID": "of something else"}, (None, (0, 0))),
        ({"FLUX_JOB_ID": "ƒ2vkW8X"}, ("flux-f2vkW8X", (0, 0))),
        ({"AWS_BATCH_JOB_ID": "4c1-e:2", "AWS_BATCH_JOB_ATTEMPT": "1"}, ("aws-batch-4c1-e_2", (1, 0))),
    ],
)
def test_a_job_has_one_id_as_its_batch_system_writes_it(
    environment: dict[str, str], expected: tuple[str | None, tuple[int, int]]
) -> None:
    """With the task of an array, and how often it was started again; ``none`` is how torchrun writes no id."""
    found = launch_of(environment, Ranks())
    assert (found.job, found.attempt) == expected


def test_ranks_without_an_id_have_a_job_on_their_node() -> None:
    """They have one parent; a process without ranks has no job."""
    ranks = Ranks(0, 0, 4, None, "environment")

    assert launch_of({}, ranks) == launch_of({}, ranks._replace(rank=3, local_rank=3))
    assert str(launch_of({}, ranks).job).startswith("ranks-")
    assert launch_of({}, Ranks()).job is None


def test_open_mpi_names_a_job_on_all_its_nodes() -> None:
    """Version 4 by a random key; version 5 by a name that comes again, which the day keeps apart."""
    ranks = Ranks(0, 0, 4, None, "openmpi")
    day = time.strftime("%Y-%m-%d", time.gmtime())
    third, fourth = {"PMIX_NAMESPACE": "1357119489"}, {"OMPI_MCA_orte_precondition_transports": "9af6-15"}
    fifth = {"PMIX_NAMESPACE": "prterun-login1-15429@1"}

    assert launch_of(third | fourth, ranks).job == "openmpi-9af6-15"
    assert launch_of(fifth, ranks).job == f"openmpi-prterun-login1-15429@1-{day}"
    assert launch_of(fourth, ranks._replace(world_size=1)).job is None
    assert str(launch_of(third, ranks).job).startswith("ranks-")


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
