"""Runs of other tools' files in the history: each stands in lists, totals and reports as a tracked one does."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from greentrain.estimation.site import UNKNOWN_SITE
from greentrain.footprint import Footprint
from greentrain.history.reconcile import Reconciliation
from greentrain.history.recorded_run import BOOKED, NodeMeasurement
from greentrain.history.run import Run
from greentrain.importing import ImportedRun, ImportStore
from greentrain.importing.energy_quality import UNKNOWN, qualities
from greentrain.inputs import METERED_ENERGY, UNMETERED_SHARE, Inputs
from greentrain.journal.records import COMPONENTS, Component

_STATUSES: Mapping[str | None, str] = {
    "running": "running", "completed": "completed", "failed": "failed", "stopped": "interrupted",
}  # fmt: skip
IN_NO_TOTAL = "in no total"
"""What is said last of a run that totals leave out."""

_UNKNOWN = Footprint(
    None, None, None, None, None, None, Inputs(()), (), "estimated", "node", ("Nothing is known of its energy.",)
)
_MOST_LISTED = 4096
"""Accelerators of a run that are listed one by one. [1]"""

_BELIEVED = {"measured": "measurement", "mixed": "both", "estimated": "estimate"}


def _believed(found: Footprint) -> str:
    """Return whose energy is adopted: what a file's tool modelled is adopted as what a tracked run's meter did."""
    if found.it_energy_kwh is None:
        return "nothing"
    return "measurement" if METERED_ENERGY in found.inputs and found.basis == "estimated" else _BELIEVED[found.basis]


class HistoryImport(Run, kw_only=True):
    """A run of another tool's file; its footprint is that of the import.

    Attributes
    ----------
    imported : ImportedRun
        What the file states of it, and what follows.
    """

    imported: ImportedRun

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """The import's own footprint: of the file's energy where that can be believed, else estimated."""
        found = self.imported.footprint or _UNKNOWN
        share = found.inputs.get(UNMETERED_SHARE)
        return Reconciliation(
            estimate=None,
            footprint=found,
            mean_accelerator_w=None,
            implied_utilization=None,
            implied_host_factor=None,
            believed=_believed(found),
            unmetered_share=share.value if share else None,
            reasons=tuple(finding.reason for finding in self.imported.findings),
            unfilled=(),
            site_notes=(),
        )

    @property
    def is_counted(self) -> bool:
        """Whether totals hold it: not where what the file states cannot be right."""
        return self.imported.is_counted

    @property
    def is_metered(self) -> bool:
        """Whether the file states an energy."""
        return self.imported.stated.measured_energy_kwh is not None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is doubted of the file's figures, and whether totals hold the run all the same."""
        reasons = tuple(finding.reason.rstrip(".") for finding in self.imported.findings)
        return reasons if self.is_counted else (*reasons, IN_NO_TOTAL)

    @property
    def coverage(self) -> str:
        """Nothing: a file holds the energy of all the time that it states."""
        return ""

    @property
    def unmetered_seconds(self) -> float:
        """None of it. [s]"""
        return 0.0

    @property
    def hardware(self) -> str | None:
        """The accelerators, or else the CPU, as the catalogue or the file names them, with their number."""
        devices = self.imported.devices
        named = [(device.number, device.profile.id if device.profile else device.written) for device in devices]
        found = " + ".join(f"{number:g} x {name or 'accelerator'}" for number, name in named)
        cores = self.imported.stated.cpu_cores
        return (
            found or self.imported.stated.cpu or (f"{cores:g} CPU core{'' if cores == 1 else 's'}" if cores else None)
        )

    @property
    def accelerators_at_once(self) -> int:
        """How many accelerators it had."""
        return round(sum(device.number for device in self.imported.devices))

    @property
    def gpu_hours(self) -> float | None:
        """Hours of boards; a slice is a part of one. [h]"""
        return self.imported.gpu_hours or None

    @property
    def cpu_core_hours(self) -> float | None:
        """Hours of cores. [h]"""
        return self.imported.cpu_core_hours or None

    @property
    def busy_gpu_hours(self) -> float | None:
        """Those of boards in which they were busy. [h]"""
        return self.imported.busy_gpu_hours

    @property
    def busy_core_hours(self) -> float | None:
        """Those of cores in which they were busy. [h]"""
        return self.imported.busy_core_hours

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, with what the file states."""
        return super().to_dict() | {"hosts": [], "imported": self.imported.to_dict()}


def imported_runs(home: str, left_out: list[str] | None = None) -> Iterator[HistoryImport]:
    """Yield the imported runs of a home, each once.

    Parameters
    ----------
    home : str
        The data folder.
    left_out : list of str, optional
        Gets a sentence for whatever cannot be read.
    """
    store = ImportStore(home)
    for run in store.runs():
        yield history_run(run)
    if left_out is not None:
        left_out += store.left_out


def status_of(stated: str | None) -> str:
    """Return the status of a run by what its file states."""
    return _STATUSES.get(stated, "unknown")


def times(began: float | None, ended: float | None, seconds: float | None) -> tuple[float, float, float]:
    """Return when a run began and ended, in seconds since 1970, and its time; what is not known is 0. [s]"""
    duration = seconds or 0.0
    started = began or max(0.0, (ended or 0.0) - duration)
    return started, ended or (started + duration if started else 0.0), duration


def history_run(run: ImportedRun) -> HistoryImport:
    """Return an imported run as the history has it."""
    stated = run.stated
    started, ended, duration = times(stated.started, stated.ended, stated.duration_seconds)
    node = _node(run, started, duration)
    return HistoryImport(
        id=run.id,
        **{name: getattr(stated, name) for name in ("name", "project", *BOOKED)},
        origin=f"imported:{run.format}",
        status=status_of(stated.status),
        started=started,
        ended=ended,
        duration_seconds=duration,
        nodes=(node,),
        energy_kwh=node.energy_kwh,
        is_complete=stated.boundary != "accelerator" and stated.measured_energy_kwh is not None and run.is_usable,
        site=UNKNOWN_SITE,
        folders=(),
        gaps=(),
        journal_notes=stated.notes,
        estimate_inputs={},
        location=run.location,
        journal_flags=run.flags,
        tags=run.tags,
        imported=run,
    )


def _node(run: ImportedRun, started: float, duration: float) -> NodeMeasurement:
    """Return what the file records as one node's measurement: all nodes of a run together."""
    stated = run.stated
    energies = dict.fromkeys(COMPONENTS, None) | {name: stated.energy_kwh.get(name) for name in COMPONENTS}
    quality = qualities(stated, run.format, has_devices=bool(run.devices))
    energies |= {name: None for name in COMPONENTS if quality[name] == UNKNOWN}
    parts = [
        Component("gpu", f"{place}.{number}", device.profile.name, "import", quality["gpu"])
        for place, device in enumerate(run.devices)
        if device.profile is not None and device.fraction == 1.0
        for number in range(min(_MOST_LISTED, int(device.number)))
    ]
    parts += [Component("cpu", "", stated.cpu, "import", quality["cpu"])] if stated.cpu else []
    return NodeMeasurement(
        host="",
        session=run.id,
        started=started,
        duration_seconds=duration,
        energy_kwh=energies,
        power_w=dict.fromkeys(COMPONENTS, None),
        quality=quality,
        components=tuple(parts),
        gaps=(),
        unmeasured=(),
        meter={},
        is_running=False,
        pue=None,
        g_per_kwh=None,
        notes=(),
    )
