"""CEEMS: what its API answers of units, which are jobs, virtual machines and pods: energies in kWh, emissions in g.

A site decides what an energy is made of and how it is called. Where it has several for one thing they are of the same
joules: one counts, the others are named.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.slurm_jobs import ENDINGS, OF_SLURM, state_of
from greentrain.importing.values import amount, clock_seconds, moment, words
from greentrain.numbers import rounded
from greentrain.units import G_PER_KG

NAME = "ceems"
TITLE = "CEEMS's units"
WORDS = frozenset(("cluster_id", "resource_manager", "uuid", "started_at_ts", "total_cpu_energy_usage_kwh", "walltime"))
_KEYS = ('"data"', '"uuid"', '"resource_manager"')
_LOCAL_LENGTH = len("2026-01-31T12:00:00")
_SLURM = "slurm"
_STATES = {"succeeded": "completed", "failed": "failed", "running": "running", "active": "running"}
"""States of pods and virtual machines; those of jobs are Slurm's."""

_MODELS_PARTS = "rapl"
_BYTES_PER_GB = 1e9
_MS_PER_SECOND = 1e3
_SHARE = "Its energy of the host is the site's share for it, perhaps with a PUE: CEEMS's answer does not say which."
_ONE_OF = "Of several energies of one thing {} counts: {}."
_EMISSIONS = "Emissions that the site states: {}."


def recognises(head: str) -> bool:
    """Whether it is an answer that lists units of a resource manager."""
    return head.lstrip().startswith("{") and all(key in head for key in _KEYS)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each unit that ran."""
    for line, item in enumerate(file.json_items("data"), 1):
        file.tally.rows += 1
        run = _unit(item, options) if isinstance(item, dict) else None
        if run is None:
            file.tally.reject(line, "has no id, or no time that it took")
        elif not run.duration_seconds:
            file.tally.note("Units that have not run are left out.")
        else:
            yield run


def _unit(item: Mapping[str, Any], options: ReadOptions) -> ForeignRun | None:
    get, tags, given = item.get, _object(item.get("tags")), _object(item.get("allocation"))
    start, end = (_moment(item, name, options) for name in ("started_at", "ended_at"))
    id, cluster, state = words(_text(get("uuid"))), words(_text(get("cluster_id"))), state_of(_text(get("state")))
    seconds = _seconds(item, start, end)
    if id is None or seconds is None:
        return None
    is_job = get("resource_manager") == _SLURM
    keys = _keys(item, id, start) if is_job else (f"{NAME}:{cluster or ''}:{id}",)
    return ForeignRun(
        key=keys[0],
        other_keys=keys[1:],
        name=words(_text(get("name"))),
        user=words(_text(get("username") or get("usr"))),
        account=words(_text(get("project"))),
        partition=words(_text(tags.get("partition"))),
        status=ENDINGS[state] if state in ENDINGS else _STATES.get(state.casefold()),
        started=start,
        ended=end,
        duration_seconds=seconds,
        accelerators=_accelerators(given, get("alloc_gpus")),
        cpu_cores=amount(given.get("cpus") or given.get("vcpus") or get("alloc_cpus")) or None,
        memory_gb=(amount(given.get("mem")) or 0.0) / _BYTES_PER_GB or None,
        nodes=max(1, int(amount(given.get("nodes")) or 1)),
        flags=() if start else ("missing_time",),
        hosts=words(_text(tags.get("nodelist"))),
        jobs=(f"{OF_SLURM}{id}",) if is_job else (),
        cluster=cluster,
        **_energies(item),
    )


def _seconds(item: Mapping[str, Any], start: float | None, end: float | None) -> float | None:
    times = _object(item.get("total_time_seconds"))
    stated = amount(times.get("walltime") or item.get("total_walltime_seconds") or item.get("elapsed_raw"))
    return stated or clock_seconds(_text(item.get("elapsed"))) or (end - start if start and end else None)


def _energies(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a run that have its energies [kWh] and emissions [kg], and what to know of them."""
    host, gpu = (_energy(item.get(f"total_{part}_energy_usage_kwh")) for part in ("cpu", "gpu"))
    energies = {name: each[0] for name, each in (("gpu", gpu), ("cpu", host)) if each}
    emissions = _emissions(item)
    return {
        "energy_kwh": energies,
        "measured_energy_kwh": sum(energies.values()) or None,
        "boundary": "parts",
        "reported_kg": next(iter(emissions.values()), None),
        "notes": tuple(_notes(host, gpu, emissions)),
    }


def _keys(item: Mapping[str, Any], id: str, start: float | None) -> tuple[str, ...]:
    """Name a job as sacct's rows do, also where these have times of its zone without saying so."""
    local = moment(_text(item.get("started_at"))[:_LOCAL_LENGTH], None)
    moments = dict.fromkeys(int(each) for each in (start, local and local[0]) if each)
    return tuple(f"slurm:{id}:{each}" for each in moments) or (f"slurm:{id}:",)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _moment(item: Mapping[str, Any], name: str, options: ReadOptions) -> float | None:
    """Return a time of which it states the milliseconds since 1970, or else the text. [s]"""
    ms = amount(item.get(f"{name}_ts"))
    found = None if ms else options.moment(_text(item.get(name)))
    return ms / _MS_PER_SECOND if ms else found[0] if found else None


def _numbers(value: object) -> dict[str, float]:
    """Return numbers by the site's names for them; earlier versions have one without a name."""
    found = value if isinstance(value, dict) else {"": value}
    return {str(name): each for name, other in found.items() if (each := amount(other))}


def _energy(value: object) -> tuple[float, str] | None:
    """Return an energy [kWh], and what to say of it: that of whole computers before that of counters of parts."""
    found = sorted(_numbers(value).items(), key=lambda each: (_MODELS_PARTS in each[0].casefold(), each[0] != "total"))
    if not found:
        return None
    listed = ", ".join(f"{name} {rounded(kwh)} kWh" for name, kwh in found)
    return found[0][1], _ONE_OF.format(found[0][0], listed) if len(found) > 1 else ""


def _emissions(item: Mapping[str, Any]) -> dict[str, float]:
    """Return the emissions of host and accelerators together, by the site's names for its factors. [kg]"""
    found: dict[str, float] = {}
    for part in ("cpu", "gpu"):
        for name, grams in _numbers(item.get(f"total_{part}_emissions_gms")).items():
            found[name] = found.get(name, 0.0) + grams / G_PER_KG
    return found


def _notes(
    host: tuple[float, str] | None, gpu: tuple[float, str] | None, emissions: Mapping[str, float]
) -> Iterator[str]:
    if host:
        yield _SHARE
    yield from (each[1] for each in (host, gpu) if each and each[1])
    if len(emissions) > 1:
        yield _EMISSIONS.format(", ".join(f"{rounded(kg)} kg by {name}" for name, kg in emissions.items()))


def _accelerators(given: Mapping[str, Any], earlier: object) -> dict[str, float]:
    """Return the accelerators of a job, or those that a pod asked for by their resource, such as a slice."""
    number = amount(given.get("gpus") or earlier)
    if number:
        return {"": number}
    named = {str(name).rpartition("/")[2]: amount(count) for name, count in given.items() if "/" in str(name)}
    return {name.removeprefix("mig-") if name != "gpu" else "": count for name, count in named.items() if count}
