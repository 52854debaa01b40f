"""What records of one work make together: one of them is the run, with the energy of its best meter.

Beside that energy a run keeps what its own file states, and what it took of each other record, so that it is as before
once these are forgotten.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from greentrain.catalogue import load_catalogue
from greentrain.importing.foreign_run import ENERGY_OF, ForeignRun
from greentrain.importing.gate import SAME_WORK, Finding, flags_of, mean_w
from greentrain.importing.import_sums import STORED
from greentrain.importing.imported_run import ImportedRun, device_facts, restored_device
from greentrain.importing.limits import limit
from greentrain.importing.run_kinds import RunKinds
from greentrain.numbers import rounded

JOBS = ("slurm", "slurm-json", "ceems")
LOGS = ("nvidia-smi", "prometheus", "meter", "zeus", "powermetrics", "tegrastats", "wattameter", "alumet")
DIFFER = "witnesses_differ"
_MOST_NOTES = 8
_WITNESS = "Witness:"
_BOUNDARIES = {"wall": "a wall meter", "node": "the nodes' meters", "accelerator": "accelerators", "parts": "parts"}
_TAKEN = ("project", "user", "cpu")
"""What a run that does not state it takes of its witnesses."""


def may_hold_ranks(format: str) -> bool:
    """Whether processes of one training leave a record each in this format."""
    return format not in (*JOBS, *LOGS)


def rank_of(run: ImportedRun) -> int:
    """Return how little a record says of who ran what: 0 of a job, 2 of a log of powers."""
    return 1 if may_hold_ranks(run.format) else 0 if run.format in JOBS else 2


def start_of(run: ImportedRun) -> float:
    """Return when it began; 0 where that is not known. [s]"""
    return run.stated.started or 0.0


def end_of(run: ImportedRun) -> float:
    """Return when it ended; of one that goes on how far it is known. [s]"""
    return run.stated.ended or start_of(run) + (run.stated.duration_seconds or 0.0)


def count_of(run: ImportedRun) -> float:
    """Return how many accelerators it had. [1]"""
    return sum(run.stated.accelerators.values())


def beside(other: ImportedRun, owner: ImportedRun, how: str, others: Sequence[ImportedRun]) -> ImportedRun:
    """Return a record that stands beside the run that it is of, with others, in no total."""
    alike = [each for each in others if (each.format, each.stated.boundary) == (other.format, "accelerator")]
    has_more = bool(alike) and _most_at_once(alike, [count_of(each) for each in alike]) > count_of(owner)
    rest = "; it has more boards than the run had, and its energy is not taken" if has_more else ", and counts there"
    reason = f"It is the work of {owner.stated.name or owner.id} ({owner.format}), {how}{rest}."
    findings = (*(each for each in other.findings if each.flag != SAME_WORK), Finding(SAME_WORK, reason, True))
    return _with(other, other.stated, findings)


def _with(run: ImportedRun, stated: ForeignRun, findings: Sequence[Finding]) -> ImportedRun:
    judged = {finding.flag for finding in (*run.findings, *findings)}
    kept = (flag for flag in stated.flags if flag not in judged and flag != STORED)
    flags = tuple(dict.fromkeys((*kept, *flags_of(findings))))
    return run._replace(stated=stated._replace(flags=flags), flags=flags, findings=tuple(findings))


def joined(owner: ImportedRun, others: Sequence[ImportedRun], kinds: RunKinds) -> ImportedRun:
    """Return a run with the energy of its best meter, and what the others say of it."""
    owner = alone(owner)
    own = owner.stated
    best = _best(own, others, is_own_usable=owner.is_usable)
    energy = {} if best is None else best[1]
    notes = [*own.notes, *(f"{_WITNESS} {_said(other)}." for other in others[:_MOST_NOTES])]
    if best is not None:
        notes.append(ENERGY_OF.format(best[0]))
    first = min(others, key=rank_of)
    named = {name: getattr(first.stated, name) for name in _TAKEN if not getattr(own, name)}
    rows = (_own_row(owner), *map(_witness_row, others))
    stated = own._replace(**{**named, **energy}, notes=tuple(notes), witnesses=rows)
    kind = kinds.of(stated)
    judged = owner.findings if best is None else kind.gate.findings(stated)
    found = [*judged, *_differing(own, others, is_own_usable=owner.is_usable)]
    devices = owner.devices if stated.accelerators == own.accelerators else kind.devices
    return _with(owner._replace(devices=devices, location=owner.location or first.location), stated, found)


def rejoined(
    owner: ImportedRun, rows: Mapping[str, Sequence[Any]], records: Mapping[str, ImportedRun], kinds: RunKinds
) -> ImportedRun:
    """Return a run with what it took of some of its witnesses, as far as these are known."""
    others = [as_taken(records[id], row) for id, row in rows.items() if id in records]
    return joined(owner, others, kinds) if others else alone(owner)


def _own_row(owner: ImportedRun) -> tuple[Any, ...]:
    own = owner.stated
    taken = (*(getattr(own, name) for name in _TAKEN), owner.location)
    devices = [device_facts(device) for device in owner.devices]
    return (*_energies(owner.id, own), [tuple(finding) for finding in owner.findings], taken, devices)


def _energies(id: str, stated: ForeignRun) -> tuple[Any, ...]:
    return id, stated.measured_energy_kwh, stated.boundary, dict(stated.energy_kwh), dict(stated.accelerators)


def _witness_row(other: ImportedRun) -> tuple[Any, ...]:
    stated = other.stated
    return (*_energies(other.id, stated), stated.started, stated.ended, stated.duration_seconds)


def alone(run: ImportedRun) -> ImportedRun:
    """Return a run without what it has of its witnesses: as its own file states it."""
    if not run.stated.witnesses:
        return run
    _, kwh, boundary, parts, accelerators, *more = run.stated.witnesses[0]
    notes = tuple(note for note in run.stated.notes if not note.startswith(_WITNESS))
    stated = run.stated._replace(
        measured_energy_kwh=kwh, boundary=boundary, energy_kwh=parts, accelerators=accelerators, witnesses=(),
        notes=notes,
    )  # fmt: skip
    if not more:  # it was stored when no more was kept
        return _with(run, stated, tuple(finding for finding in run.findings if finding.flag != DIFFER))
    findings, taken, devices = more
    stated = stated._replace(**dict(zip(_TAKEN, taken, strict=False)))
    known = tuple(restored_device(load_catalogue(), *each) for each in devices)
    run = run._replace(location=taken[-1], devices=known)
    return _with(run, stated, tuple(Finding(*finding) for finding in findings))


def on_its_own(run: ImportedRun) -> ImportedRun:
    """Return a record that stood beside the run that it was of as one that counts by itself."""
    return _with(run, run.stated, tuple(finding for finding in run.findings if finding.flag != SAME_WORK))


def taken_of(owner: ImportedRun) -> dict[str, tuple[Any, ...]]:
    """Return what a run took of each record that stands beside it, by their ids."""
    return {str(row[0]): tuple(row) for row in owner.stated.witnesses[1:]}


def as_taken(record: ImportedRun, row: Sequence[Any]) -> ImportedRun:
    """Return a record as a run took it: of a log of many runs the part in its time."""
    _, kwh, boundary, parts, accelerators, started, ended, seconds = row
    return record._replace(
        stated=record.stated._replace(
            measured_energy_kwh=kwh, boundary=boundary, energy_kwh=parts, accelerators=accelerators, started=started,
            ended=ended, duration_seconds=seconds,
        )
    )  # fmt: skip


def _best(own: ForeignRun, others: Sequence[ImportedRun], *, is_own_usable: bool) -> tuple[str, dict[str, Any]] | None:
    """Return whose energy a run takes, and that; None where its own is the best, or no other covers it."""
    usable = [other for other in others if other.stated.measured_energy_kwh and other.is_usable]
    has_own = bool(own.measured_energy_kwh) and is_own_usable
    if has_own and own.boundary in ("node", "wall"):
        return None
    for boundaries in (("wall", "node"), ("accelerator",), ("parts",)):
        some = [other for other in usable if other.stated.boundary in boundaries]
        formats = dict.fromkeys(other.format for other in some)
        found = ((name, _energy_of(own, [other for other in some if other.format == name])) for name in formats)
        for name, energy in found:
            if energy:
                return name, energy
        if has_own and own.boundary in boundaries:
            return None
    return None


def _energy_of(own: ForeignRun, some: Sequence[ImportedRun]) -> dict[str, Any] | None:
    """Return the energy of a run by records of one kind, over all its time; None where they cover less than half."""
    seconds, boundary = own.duration_seconds or 0.0, some[0].stated.boundary
    whole = sum(own.accelerators.values()) if boundary == "accelerator" else own.nodes if boundary != "parts" else 1
    had = [(count_of(each) if boundary == "accelerator" else 1.0, each.stated.duration_seconds or 0.0) for each in some]
    covered = sum(number * time for number, time in had)
    if not whole or _most_at_once(some, [number for number, _ in had]) > whole or not seconds:
        return None
    if covered < limit("least_witnessed") * whole * seconds:
        return None
    scale = whole * seconds / covered
    parts: dict[str, float] = defaultdict(float)
    for each in some:
        for name, kwh in each.stated.energy_kwh.items():
            parts[name] += kwh * scale
    total = sum(each.stated.measured_energy_kwh or 0.0 for each in some) * scale
    found: dict[str, Any] = {"energy_kwh": dict(parts), "measured_energy_kwh": total, "boundary": boundary}
    names = [name for each in some for name in each.stated.accelerators]
    if boundary == "accelerator" and all(names) and not any(own.accelerators):
        types: dict[str, float] = defaultdict(float)
        for each in some:
            for name, number in each.stated.accelerators.items():
                types[name] += number * whole / sum(number for number, _ in had)
        found["accelerators"] = dict(types)
    return found


def _most_at_once(some: Sequence[ImportedRun], numbers: Sequence[float]) -> float:
    """Return how many devices records hold at one time; those that follow one another may hold the same ones. [1]"""
    pairs = list(zip(some, numbers, strict=True))
    return max(
        sum(number for other, number in pairs if start_of(other) <= start_of(each) < end_of(other)) for each in some
    )


def _said(other: ImportedRun) -> str:
    kwh, hours = other.stated.measured_energy_kwh, rounded(other.hours)
    what = "no energy" if kwh is None else f"{rounded(kwh)} kWh of {_BOUNDARIES[other.stated.boundary]}"
    return f"{other.format} states {what} in {hours} h"


def _differing(own: ForeignRun, others: Sequence[ImportedRun], *, is_own_usable: bool) -> Iterator[Finding]:
    """Yield that two mean powers of one work are more than a factor apart, accelerators by accelerators."""
    stated = [(other.format, other.stated) for other in others]
    stated += [("its own file", own)] if is_own_usable else []
    powers = [
        (name, mean_w(each.measured_energy_kwh, each.duration_seconds) / max(1.0, sum(each.accelerators.values())))
        for name, each in stated
        if each.measured_energy_kwh and each.duration_seconds
    ]
    if len(powers) < 2:
        return
    low, high = min(powers, key=lambda each: each[1]), max(powers, key=lambda each: each[1])
    if high[1] > limit("witnesses_apart") * low[1]:
        ratio = rounded(high[1] / low[1]) if low[1] else "infinitely many"
        yield Finding(DIFFER, f"{high[0]} states {ratio} times the mean power that {low[0]} states.", True)
