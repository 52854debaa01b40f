"""The environment variables of a run that its meter must know; little enough to load in the training process."""

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
