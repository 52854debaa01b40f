"""What a foreign file states of one run, in one shape for all formats, and what a format has to offer."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from functools import partial
from typing import Any, Protocol

from greentrain.importing.device_times import DeviceTimes, TimeSpans
from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.values import as_written, moment
from greentrain.record import Record

BOUNDARIES = ("accelerator", "parts", "node", "wall")
"""What an energy covers: accelerators alone; CPU, accelerators and memory; whole computers, by a meter of their own or
at the plug."""

FLAGS = (
    "implausible_power",
    "implausible_intensity",
    "fallback_location",
    "gpu_unmetered",
    "cumulative_rows",
    "no_run_id",
    "duplicate",
    "steps_dropped",
    "gap",
    "unknown_hardware",
    "damaged",
    "missing_time",
    "no_tdp",
    "shared_node",
    "same_work",
    "witnesses_differ",
)
"""What an import notices of a run, a word each."""

ENERGY_OF = "Witness: its energy is that of {}."
"""Note of a run that took the energy of a better meter, with the name of that file's format."""

COMPLETED = (
    "name", "project", "user", "account", "partition", "status", "cpu", "accelerators", "reported_kg", "cluster",
    "cpu_cores", "memory_gb", "hosts", "gpu_load", "cpu_load",
)  # fmt: skip
"""What of a record is filled from another one of the same run; stores know it by its place here."""

RUNNING = "running"
STATUSES = ("completed", "failed", "stopped", RUNNING)


class ForeignRun(Record, kw_only=True):
    """One run as a foreign file states it; None or empty is what the file does not state.

    Attributes
    ----------
    key : str
        What makes it the same run in another file of this format.
    name, project, user, account, partition : str or None
        As the file writes them.
    status : {'completed', 'failed', 'stopped', 'running'} or None
        How it ended: by itself, with an error, by somebody or a limit.
    started, ended : float or None
        Seconds since 1970. [s]
    duration_seconds : float or None
        Time in which it ran, without the time between restarts. [s]
    accelerators : mapping of str to float
        How many of each type as the file writes it, slices as slices; an empty type where the file states none. [1]
    cpu : str or None
        CPU model.
    cpu_cores, memory_gb : float or None
        What it had, all nodes together. [1], [GB]
    nodes : int
        Computers that it ran on. [1]
    energy_kwh : mapping of str to float
        What the file records of ``gpu``, ``cpu``, ``memory`` or ``node``, before PUE. [kWh]
    measured_energy_kwh : float or None
        All of it, each joule once, before PUE. [kWh]
    boundary : {'accelerator', 'parts', 'node', 'wall'}
        What that energy covers.
    reported_kg : float or None
        Emissions that the file states. [kg CO2e]
    pue : float or None
        Power usage effectiveness that was inside the file's numbers. [1]
    places : tuple of str
        Words for its place, the closest first.
    flags : tuple of str
        What the reader noticed, of `FLAGS`.
    notes : tuple of str
        What else to know.
    gpu_load, cpu_load : float or None
        Which part of the time its accelerators, and its cores, were busy on average. [1]
    hosts : str or None
        The names of its nodes, as the file writes them.
    jobs : tuple of str
        Its batch job as greentrain names the runs that it tracks in one, ``slurm-2_1``, in each spelling.
    cluster : str or None
        The cluster that the job's number is of.
    device_times : tuple of DeviceTimes
        When its devices were read, of a log that may overlap with others.
    board_w : mapping of str to float
        Mean power of the accelerator of each type that drew the most, where each has readings of its own. [W]
    witnesses : tuple
        Of a run that took the energy of a better meter, what its own file states: its id, energy [kWh], boundary,
        energies of parts, accelerators, and more; then what it took of others.
    record_keys, other_keys : tuple of str
        What else makes it the same run: what its very records state, which counts more than its key, and whatever else,
        such as its key with times as the file writes them where a zone was stated for it.
    """

    key: str
    name: str | None = None
    project: str | None = None
    user: str | None = None
    account: str | None = None
    partition: str | None = None
    status: str | None = None
    started: float | None = None
    ended: float | None = None
    duration_seconds: float | None = None
    accelerators: Mapping[str, float] = {}
    cpu: str | None = None
    cpu_cores: float | None = None
    memory_gb: float | None = None
    nodes: int = 1
    energy_kwh: Mapping[str, float] = {}
    measured_energy_kwh: float | None = None
    boundary: str = "parts"
    reported_kg: float | None = None
    pue: float | None = None
    places: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gpu_load: float | None = None
    cpu_load: float | None = None
    hosts: str | None = None
    jobs: tuple[str, ...] = ()
    cluster: str | None = None
    device_times: tuple[DeviceTimes, ...] = ()
    board_w: Mapping[str, float] = {}
    witnesses: tuple[tuple[Any, ...], ...] = ()
    record_keys: tuple[str, ...] = ()
    other_keys: tuple[str, ...] = ()


class ReadOptions(Record):
    """What a user adds to a file.

    Attributes
    ----------
    time_zone : tzinfo or None
        Of times without a zone; None takes UTC and says so.
    columns : tuple of str
        Names of the columns of a file without a header.
    covered : mapping of str to TimeSpans
        When other runs hold the readings of a device, by its label: they are left out.
    is_day_first : bool
        How dates such as ``05/07/2024`` are meant in this file.
    """

    time_zone: tzinfo | None = None
    columns: tuple[str, ...] = ()
    covered: Mapping[str, TimeSpans] = {}
    is_day_first: bool = False

    def keys(self, key: Callable[[Callable[[float], float]], str]) -> tuple[str, tuple[str, ...]]:
        """Return what makes a run the same in another file, and what does so where another zone is stated for that.

        Parameters
        ----------
        key : callable
            Makes it of a function that gives the moments [s] as they stand in it.
        """
        zone, known = self.time_zone, key(float)
        clock = known if zone is None else key(partial(as_written, zone=zone))
        return known, () if clock == known else (clock,)

    def moment(self, cell: str, *, fold: int = 0) -> tuple[float, bool] | None:
        """Read a time as `greentrain.importing.values.moment` does, with what is stated here."""
        return moment(cell, self.time_zone, fold=fold, is_day_first=self.is_day_first)


class ForeignFormat(Protocol):
    """A form of files: a module for each of ours, an object by the entry point of another package.

    Attributes
    ----------
    NAME : str
        As ``--format`` takes it.
    TITLE : str
        As a sentence names it.
    WORDS : frozenset of str
        Columns or keys that such a file has, in lower case: they name the nearest forms of an unknown file.

    With ``ANYWHERE = True`` it is also looked for at the end of a file of no other form. With ``MONTH_FIRST = True``
    its dates have the month before the day, whatever else they could mean.
    """

    NAME: str
    TITLE: str
    WORDS: frozenset[str]

    def recognises(self, head: str) -> bool:
        """Whether the first 64 KiB of a file are of this form."""
        ...

    def read(self, file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
        """Yield the runs of a file; rows and what is wrong with them are counted in the file's tally."""
        ...
