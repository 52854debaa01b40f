"""The environment variables of a run that its meter must know; little enough to load in the training process."""

from collections.abc import Mapping

CUDA = "CUDA_VISIBLE_DEVICES"
CUDA_ORDER = "CUDA_DEVICE_ORDER"
ROCR = "ROCR_VISIBLE_DEVICES"
HIP = "HIP_VISIBLE_DEVICES"
SLURM = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS")
SLURM_TASKS = "SLURM_STEP_TASKS_PER_NODE"

GPU_VARIABLES = (CUDA, CUDA_ORDER, ROCR, HIP, *SLURM, SLURM_TASKS)
"""Those that select GPUs."""

RANKS_ON_NODE = ("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS")
"""Those in which launchers state how many ranks they started on this node."""


def ranks_on_node(environment: Mapping[str, str]) -> int | None:
    """Give how many ranks the launcher started on this node; None where it does not say."""
    return next((number for name in RANKS_ON_NODE if (number := whole_number(environment.get(name)))), None)


def whole_number(text: str | None) -> int | None:
    """Read a variable that holds a whole number; None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
