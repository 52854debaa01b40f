"""How the energy that a foreign file states is known: by sensors, or by a model of its tool."""

from collections.abc import Collection, Iterable

from greentrain.importing.foreign_run import ENERGY_OF, ForeignRun

MEASURED, MODELLED, UNKNOWN = "measured", "modelled", "unknown"
_MODEL_THE_HOST = frozenset(("codecarbon", "eco2ai"))
"""Tools that take CPU and memory from load and size; neither's file says where a counter was read instead."""

_READ_THE_CPU = frozenset(("alumet", "perf", "perun", "pyjoules", "slurm", "slurm-json", "wattameter", "zeus"))
"""Tools whose energy of a CPU is that of its counter; others may model it."""

_HOST = ("cpu", "memory")


def qualities(run: ForeignRun, format: str, *, has_devices: bool) -> dict[str, str]:
    """Return how the energy of each part is known; a part without a reading is ``unknown``.

    Parameters
    ----------
    run : ForeignRun
        What the file states.
    format : str
        Name of its format.
    has_devices : bool
        Whether it had accelerators.
    """
    return _qualities(run, source_of(format, run.witnesses, run.notes), has_devices=has_devices)


def _qualities(run: ForeignRun, source: str, *, has_devices: bool) -> dict[str, str]:
    models_host = source in _MODEL_THE_HOST
    energy = {name: kwh for name, kwh in run.energy_kwh.items() if kwh is not None}
    # A tool that models writes zero for accelerators that are not there or that it cannot read.
    reads_gpu = "gpu" in energy and (energy["gpu"] > 0 or (has_devices and not models_host))
    # A tool that reads accelerators by a sensor may model the rest.
    host = MODELLED if models_host or reads_gpu else MEASURED
    return {"gpu": MEASURED if reads_gpu else UNKNOWN} | {name: host if name in energy else UNKNOWN for name in _HOST}


def basis_of(run: ForeignRun, format: str, devices: Collection[object]) -> str:
    """Return how the energy of a file is known, by what read the part that does the work.

    Parameters
    ----------
    run : ForeignRun
        What the file states.
    format : str
        Name of its format.
    devices : collection
        Its accelerators.
    """
    if run.boundary in ("node", "wall", "accelerator") or (devices and run.energy_kwh.get("gpu")):
        return MEASURED
    source = source_of(format, run.witnesses, run.notes)
    known = _qualities(run, source, has_devices=bool(devices))
    if source in _MODEL_THE_HOST and known["gpu"] == UNKNOWN and (run.energy_kwh or not devices):
        return "estimated"
    reads_what_works = not devices and known["cpu"] == MEASURED and source in _READ_THE_CPU
    return MEASURED if reads_what_works else "mixed"


def source_of(format: str, witnesses: Collection[object] | None, notes: Iterable[str] | None) -> str:
    """Name the format of the file whose energy a run has: its own, or that of a better meter."""
    if not witnesses:
        return format
    prefix, suffix = ENERGY_OF.split("{}")
    found = next((note for note in notes or () if note.startswith(prefix)), "")
    return found.removeprefix(prefix).removesuffix(suffix) or format
