"""A run of a foreign file with all that follows from it: its devices, its place, what is doubted, its footprint."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from greentrain.catalogue import Accelerator, Catalogue, Cpu, load_catalogue
from greentrain.errors import GreentrainError
from greentrain.footprint import Footprint
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.gate import DOUBTS, SAME_WORK, Finding, KnownDevice, verdict_of
from greentrain.importing.run_footprint import run_footprint
from greentrain.importing.values import utc_text
from greentrain.interval import Interval
from greentrain.record import Record, WithoutArithmetic
from greentrain.units import SECONDS_PER_HOUR

_NOT_STORED = ("places", "flags", "device_times", "board_w", "record_keys", "other_keys")
_STATED = tuple(name for name in ForeignRun._fields if name not in _NOT_STORED)
_OWN = (
    "id",
    "format",
    "file",
    "location",
    "is_kept",
    "site_pue",
    "tags",
    "other_ids",
    "given_name",
    "is_place_assigned",
)
_STATED_FACTS, _OWN_FACTS = attrgetter(*_STATED), attrgetter(*_OWN)
COLUMNS = (*_OWN, *_STATED, "flags", "findings", "devices")
"""What a stored run holds, a column each."""


class RunNumbers(NamedTuple):
    """What lists need of a footprint: how the energy is known, energy before PUE [kWh] and emissions [kg CO2e]."""

    basis: str | None
    it_energy_kwh: Interval | None
    operational_kg: Interval | None


def numbers_of(footprint: Footprint) -> RunNumbers:
    """Return what lists need of a footprint."""
    return RunNumbers(footprint.basis, footprint.it_energy_kwh, footprint.operational_kg)


class ImportedRun(WithoutArithmetic, Record, cached=True):
    """A run of a foreign file with its footprint.

    Attributes
    ----------
    id : str
        The same whenever and from whichever copy it is imported.
    format : str
        Name of the format.
    file : str
        Path of the file.
    stated : ForeignRun
        What the file states.
    devices : tuple of KnownDevice
        Its accelerators.
    location : str or None
        The place that its words resolved to.
    flags : tuple of str
        What was noticed.
    findings : tuple of Finding
        What is doubted, with the reasons.
    is_kept : bool
        Whether totals hold it although it is in doubt, as the user asked.
    site_pue : float or None
        PUE of where it ran, as the site's map states it. [1]
    tags : tuple of str
        The words that its user put on it.
    other_ids : tuple of str
        Ids by which it is known too.
    given_name : str or None
        The name that its user gave it in place of its file's.
    is_place_assigned : bool
        Whether an option or a map says where it ran, not its file.
    """

    id: str
    format: str
    file: str
    stated: ForeignRun
    devices: tuple[KnownDevice, ...]
    location: str | None
    flags: tuple[str, ...]
    findings: tuple[Finding, ...]
    is_kept: bool = False
    site_pue: float | None = None
    tags: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    given_name: str | None = None
    is_place_assigned: bool = False

    @cached_property
    def cpu(self) -> Cpu | None:
        """Its CPU, where the catalogue knows it."""
        return known_cpu(self.stated.cpu, load_catalogue())

    @property
    def footprint(self) -> Footprint | None:
        """Ours, worked out anew at each look: many runs would hold too much; None where too little is known."""
        return run_footprint(
            self.stated, self.devices, self.cpu, load_catalogue(), format=self.format, is_usable=self.is_usable,
            location=self.location, site_pue=self.site_pue,
        )  # fmt: skip

    @cached_property
    def numbers(self) -> RunNumbers:
        """What lists need of the footprint."""
        found = self.footprint
        return RunNumbers(None, None, None) if found is None else numbers_of(found)

    def looked_at(self) -> Footprint | None:
        """Return the footprint, and keep what lists need of it."""
        found = self.footprint
        if found is not None:
            self.keep(numbers_of(found))
        return found

    def keep(self, numbers: RunNumbers) -> None:
        """Keep what lists need of the footprint, where that was worked out elsewhere."""
        self.__dict__["numbers"] = numbers

    def labelled(self, name: str | None, tags: Iterable[str]) -> "ImportedRun":
        """Return it with the name, if there is one, and the words that its user gave it."""
        stated = self.stated._replace(name=name) if name else self.stated
        return self._replace(stated=stated, given_name=name, tags=tuple(tags))

    def placed(self, facts: Mapping[str, Any]) -> "ImportedRun":
        """Return it where it ran, and in the project, as was stated of an earlier record of it, unless it is now."""
        stated = self.stated if self.stated.project else self.stated._replace(project=facts.get("project"))
        pue = facts.get("site_pue") if self.site_pue is None else self.site_pue
        place = (self.location, self.is_place_assigned)
        if not self.location:
            place = facts.get("location"), bool(facts.get("is_place_assigned"))
        return self._replace(stated=stated, location=place[0], is_place_assigned=place[1], site_pue=pue)

    @property
    def is_usable(self) -> bool:
        """Whether the file's energy is the run's, or our estimate takes its place."""
        return not self.findings or all(finding.is_energy_usable for finding in self.findings)

    @property
    def is_doubted(self) -> bool:
        """Whether what the file states cannot be right as it stands."""
        return not DOUBTS.isdisjoint(self.flags)

    @property
    def verdict(self) -> str:
        """What is said of its energy: ok, suspect, implausible, or not checkable."""
        return verdict_of(self.stated, self.findings)

    @property
    def is_counted(self) -> bool:
        """Whether totals hold it."""
        return not self.is_doubted or (self.is_kept and SAME_WORK not in self.flags)

    @property
    def hours(self) -> float:
        """Time in which it ran. [h]"""
        return (self.stated.duration_seconds or 0.0) / SECONDS_PER_HOUR

    @property
    def gpu_hours(self) -> float:
        """Hours of boards. [h]"""
        return sum(device.boards for device in self.devices) * self.hours

    @property
    def cpu_core_hours(self) -> float:
        """Hours of cores. [h]"""
        return (self.stated.cpu_cores or 0.0) * self.hours

    @property
    def busy_gpu_hours(self) -> float | None:
        """Those of them in which they were busy; None where nobody measured. [h]"""
        return None if self.stated.gpu_load is None else self.gpu_hours * self.stated.gpu_load

    @property
    def busy_core_hours(self) -> float | None:
        """Hours of cores in which they were busy; None where nobody measured. [h]"""
        return None if self.stated.cpu_load is None else self.cpu_core_hours * self.stated.cpu_load

    @property
    def hardware(self) -> str | None:
        """Ids of its accelerators, or else of its CPU, as far as the catalogue knows them."""
        found = [device.profile.id for device in self.devices if device.profile]
        return ", ".join(found or ([self.cpu.id] if self.cpu and not self.devices else [])) or None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        run, found = self.stated, self.numbers
        return {
            "id": self.id, "name": run.name, "user": run.user, "account": run.account, "partition": run.partition,
            "cluster": run.cluster, "status": run.status, "started": utc_text(run.started),
            "ended": utc_text(run.ended), "duration_seconds": run.duration_seconds,
            "gpu": ", ".join(device.written for device in self.devices if device.written) or None,
            "hardware": self.hardware, "count": _plain(sum(device.number for device in self.devices)),
            "gpu_hours": self.gpu_hours, "cpu_core_hours": self.cpu_core_hours, "location": self.location,
            "basis": found.basis, "measured_energy_kwh": run.measured_energy_kwh,
            "reported_kg": run.reported_kg, "it_energy_kwh": ends(found.it_energy_kwh),
            "operational_kg": ends(found.operational_kg), "flags": list(self.flags), "verdict": self.verdict,
            "reasons": [finding.reason for finding in self.findings], "notes": list(run.notes),
            "busy_gpu_hours": self.busy_gpu_hours, "busy_core_hours": self.busy_core_hours,
            "origin": f"imported:{self.format}", "file": self.file, "project": run.project,
            "devices": [
                {"gpu": device.written or None, "hardware": device.profile.id if device.profile else None,
                 "count": _plain(device.number), "gpu_hours": device.boards * self.hours}
                for device in self.devices
            ],
        }  # fmt: skip

    def facts(self) -> tuple[Any, ...]:
        """Return what is stored of it, in the order of `COLUMNS`: its footprint follows from it anew."""
        devices = [device_facts(device) for device in self.devices]
        return (
            *_OWN_FACTS(self),
            *_STATED_FACTS(self.stated),
            self.flags,
            [tuple(finding) for finding in self.findings],
            devices,
        )


def restored(facts: Mapping[str, Any], catalogue: Catalogue) -> ImportedRun:
    """Make a run of what was stored of it.

    Raises
    ------
    ValueError, TypeError, KeyError
        Where it was altered since.
    """
    stated = {name: facts[name] for name in _STATED if facts.get(name) is not None}
    flags, findings = tuple(map(str, facts["flags"])), tuple(Finding(*each) for each in facts["findings"])
    listed = {name: tuple(stated.get(name, ())) for name in ("notes", "jobs", "witnesses")}
    run = ForeignRun(**{**stated, **listed, "flags": flags})
    devices = tuple(restored_device(catalogue, *each) for each in facts["devices"])
    return ImportedRun(
        str(facts["id"]), str(facts["format"]), str(facts["file"]), run, devices, facts.get("location"), flags,
        findings, bool(facts.get("is_kept")), facts.get("site_pue"),
        tuple(map(str, facts.get("tags") or ())), tuple(map(str, facts.get("other_ids") or ())),
        facts.get("given_name"), bool(facts.get("is_place_assigned")),
    )  # fmt: skip


def device_facts(device: KnownDevice) -> list[Any]:
    """Return what is stored of accelerators."""
    id = device.profile.id if device.profile else None
    return [device.written, device.number, id, device.fraction, device.asked]


def restored_device(
    catalogue: Catalogue, written: str, number: float, id: str | None, fraction: float, asked: str
) -> KnownDevice:
    """Make accelerators of what was stored of them."""
    profile: Accelerator | None = None
    if id is not None:
        try:
            profile, _ = catalogue.hardware.find_accelerator(id)
        except GreentrainError:  # a table of the user's that is no longer there
            profile = None
    return KnownDevice(written, number, profile, fraction, asked)


def known_cpu(name: str | None, catalogue: Catalogue) -> Cpu | None:
    """Find a CPU in the catalogue; None where it is not there."""
    try:
        return catalogue.hardware.find_cpu(name) if name else None
    except GreentrainError:
        return None


def ends(interval: Interval | None) -> dict[str, float] | None:
    """Return low, best and high; None where it is not known."""
    return None if interval is None else interval._asdict()


def _plain(value: float) -> float | int | None:
    return None if not value else int(value) if value == int(value) else value
