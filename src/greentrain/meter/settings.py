"""What a run hands to its meter: settings, as one line of JSON, and the environment variables that select GPUs.

The training process loads this module, so little is imported.
"""

from __future__ import annotations

import json

from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
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


class MeterSettings(NamedTuple):
    """The settings of a meter: all that a back-end is made from.

    Attributes
    ----------
    run_folder : str
        Folder of the run's journals.
    session : str
        The session's id, in every start record.
    run_pid : int
        The run's process.
    pid_started : int or None
        When that process started, by `process_started`.
    root_pid : int
        The process from which all of the run on this node descends: the launcher's where it started several ranks.
    started_mono : float
        The run's start, of ``time.monotonic``. [s]
    interval_seconds : float
        Time between readings. [s]
    environment : dict of str to str
        The run's variables that select GPUs.
    meter : str
        Name of the back-end, and after a colon its argument where it takes one: ``native``, ``replay:FILE``.
    announced : str
        The file by which other runs of the computer know this one; empty where they don't.
    journal : str
        The session's journal; empty where the run's process writes none.
    is_alone : bool
        Whether this process alone is measured, of several ranks on this node: others of them track other runs.
    """

    run_folder: str
    session: str
    run_pid: int
    pid_started: int | None
    root_pid: int
    started_mono: float
    interval_seconds: float
    environment: dict[str, str]
    meter: str
    announced: str = ""
    journal: str = ""
    is_alone: bool = False

    @property
    def argument(self) -> str:
        """What the user wrote after the back-end's name and a colon; empty where there is nothing."""
        return self.meter.partition(":")[2]

    def to_json(self) -> str:
        """Return the settings as the argument of the meter's process."""
        return json.dumps(self._asdict())


def from_json(text: str) -> MeterSettings:
    """Read the settings that `launch` wrote."""
    return MeterSettings(**json.loads(text))


def ranks_on_node(environment: Mapping[str, str]) -> int | None:
    """Return how many ranks the launcher started on this node; None where it does not state it."""
    return next((number for name in RANKS_ON_NODE if (number := whole_number(environment.get(name)))), None)


def whole_number(text: str | None) -> int | None:
    """Read a variable that holds a whole number; None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
