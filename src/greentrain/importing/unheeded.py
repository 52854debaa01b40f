"""What an import states of runs that the history holds already: they stay as they are, and the audit says so."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from greentrain.importing.anonymise import Anonymiser
from greentrain.importing.gate import SAME_WORK
from greentrain.importing.import_sums import STORED
from greentrain.importing.imported_run import ImportedRun, device_facts
from greentrain.importing.site_map import SiteMap
from greentrain.importing.store import ImportStore
from greentrain.numbers import counted
from greentrain.record import Record

_AT_ONCE = 20_000
"""So many known runs are compared at once with what is stated. [1]"""


class SharedFacts(Record):
    """What a user states of all runs of an import.

    Attributes
    ----------
    location, project : str or None
        Where they ran that do not say it, and what they belong to.
    gpu : str
        What accelerators without a name are.
    is_kept : bool
        Whether runs in doubt count.
    site : SiteMap
        What the site says of itself.
    anonymiser : Anonymiser or None
        Hashes names.
    replaces : bool
        Whether runs that are known are taken anew.
    given : frozenset of str
        Which options say so.
    """

    location: str | None
    project: str | None
    gpu: str
    is_kept: bool
    site: SiteMap
    anonymiser: Anonymiser | None
    replaces: bool
    given: frozenset[str]


def unheeded(
    store: ImportStore,
    runs: Iterable[ImportedRun],
    known_runs: int,
    given: Collection[str],
    in_another_zone: Collection[str],
) -> dict[str, int]:
    """Return on how many known runs each option of an import has no effect.

    Parameters
    ----------
    store : ImportStore
        What is known.
    runs : iterable of ImportedRun
        Those of the import.
    known_runs : int
        So many of them are known at most. [1]
    given : collection of str
        The options that were given.
    in_another_zone : collection of str
        Ids of runs that are known by the times of another zone.
    """
    if not given and not in_another_zone:
        return {}
    every = (run for run in runs if STORED in run.flags and (given or run.id in in_another_zone))
    known = islice(every, known_runs)  # once all of them are found, no other run is read
    found: dict[str, int] = {}
    while wanted := {run.id: run for run in islice(known, _AT_ONCE)}:
        for facts in store.facts_of(wanted):
            for name in _differing(wanted[facts["id"]], facts, given, is_elsewhen=facts["id"] in in_another_zone):
                found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _differing(
    run: ImportedRun, facts: Mapping[str, Any], given: Collection[str], *, is_elsewhen: bool
) -> Iterator[str]:
    """Yield the options by which a run would be another one than it is stored as."""
    if is_elsewhen and run.stated.started != facts["started"]:
        yield "time_zone"
    changed = set()
    if run.location is not None and run.location != facts["location"]:
        changed.add("location" if "location" in given else "map")
    if not facts["witnesses"] and [*map(device_facts, run.devices)] != facts["devices"]:
        changed.add("gpu" if "gpu" in given and any(not device.written for device in run.devices) else "map")
    if run.site_pue != facts["site_pue"]:
        changed.add("map")
    if run.stated.project != facts["project"]:
        changed.add("project")
    if run.is_doubted and run.is_kept and not facts["is_kept"] and SAME_WORK not in facts["flags"]:
        changed.add("keep_flagged")
    yield from changed & {*given}


def unheeded_note(found: Mapping[str, int]) -> Iterator[str]:
    """Say which options have no effect on how many runs, and what changes that."""
    if found:
        each = ", ".join(f"--{name.replace('_', '-')} on {counted(number, 'run')}" for name, number in found.items())
        yield f"Without effect, since the history holds them already: {each}; --replace takes them anew as stated now."
