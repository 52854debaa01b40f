"""Imported runs as rows of an index: what runs of one kind have in common stands once, numbers are packed.

A run whose footprint follows from its kind is worked out from the stored columns; only others are made whole.
"""

import json
import sqlite3
import struct
from array import array
from collections.abc import Mapping, Sequence
from math import nan
from operator import itemgetter
from pathlib import Path
from time import gmtime
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.footprint import RUN_QUANTITIES
from greentrain.history.imported_runs import IN_NO_TOTAL, HistoryImport, history_run, status_of, times
from greentrain.history.run_summary import doubt_terms
from greentrain.history.run_sums import month_of
from greentrain.history.summary_table import NUMBERS, OTHERS
from greentrain.importing import Finding, ImportStore
from greentrain.importing.energy_quality import source_of
from greentrain.importing.imported_run import restored
from greentrain.importing.linear_footprint import LinearFootprint, RunFootprints, known_amounts
from greentrain.importing.run_list import chunk_rows
from greentrain.importing.slurm_jobs import LOCAL_TIME
from greentrain.journal.records import COMPONENTS
from greentrain.progress import Telling
from greentrain.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from greentrain.progress import Progress

LABELS = ("project", "user", "account", "partition", "status")
"""What stands in a row of its own."""

COMMON = tuple(name for name in OTHERS if name not in ("id", "name", "energy_text", "shared", *LABELS))
"""What many runs have in common."""

REMARK = "remark"
"""What of `RunSummary.energy_text` stands behind the amounts and before the faults."""

_SAME = ("format", "cluster", "location", "is_kept", "site_pue", "cpu", "cpu_cores", "memory_gb", "boundary", "pue")
_OTHERS = (
    "id", "name", "devices", "findings", "flags", "started", "ended", "duration_seconds", "measured_energy_kwh",
    "energy_kwh", "gpu_load", "cpu_load", "tags", "notes", "witnesses", "jobs",
)  # fmt: skip
_LABELS_OF, _KIND_OF = itemgetter(*LABELS), itemgetter(*_SAME)
_UNITS = 10
"""How many numbers `LinearFootprint.taken` returns. [1]"""

_MOST_KINDS = 8192
PACKED = struct.Struct(f"<{len(NUMBERS)}d")
SIGN = 1 << 63
_INSERT_JOB = "INSERT INTO jobs VALUES (?, ?, ?, ?)"
_INSERT = f"INSERT INTO runs VALUES ({', '.join('?' * 16)})"


class _Kind(NamedTuple):
    """What runs of the same hardware, place and year have in common.

    Attributes
    ----------
    number : int
        Where the factors of the doubt are in the index.
    footprint : LinearFootprint or None
        From which theirs follow.
    common : dict
        What lists show, but for `LABELS`.
    facts : int
        Where that is in the index.
    boards, cores : float
        How many of them a run has.
    parts : frozenset of str
        Those of which an energy is known.
    """

    number: int
    footprint: LinearFootprint | None
    common: dict[str, Any]
    facts: int
    boards: float
    cores: float
    parts: frozenset[str]


class IndexRows:
    """Writes the runs of imports into an index.

    Parameters
    ----------
    database : sqlite3.Connection
        The index.
    store : ImportStore
        The imports.

    Attributes
    ----------
    months : set of (str or None)
        In which the runs began.
    """

    def __init__(self, database: sqlite3.Connection, store: ImportStore) -> None:
        self._database, self._store = database, store
        self._catalogue: Catalogue = load_catalogue()
        self._footprints = RunFootprints(self._catalogue)
        self._kinds: dict[Any, _Kind | None] = {}
        self._facts: dict[Any, int] = {}
        self._factors: dict[Any, int] = {}
        self.months: set[str | None] = set()

    def add(self, number: int, path: Path, progress: "Progress") -> None:
        """Add the runs of an import."""
        damaged, behind = 0, 0
        with Telling(progress, path.stat().st_size if path.exists() else None, "indexing imports") as tell:
            for place, line in self._store.chunks(path):
                rows, jobs = [], []
                for facts in chunk_rows(line, (*_SAME, *LABELS, *_OTHERS)):
                    try:
                        row = self._row(facts)
                        rows.append((number, place, *row))
                        is_assumed = LOCAL_TIME in facts["notes"]
                        jobs += [(job, row[0], number, is_assumed) for job in facts["jobs"] or ()]
                    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, struct.error):
                        damaged += 1
                self._database.executemany(_INSERT, rows)
                self._database.executemany(_INSERT_JOB, jobs)
                self.months.update(row[3] for row in rows)
                tell(place - behind)
                behind = place
        self._store.leave_out(path, damaged)

    def _row(self, facts: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the columns of a run, from its id on."""
        findings = [Finding(*each) for each in facts["findings"]]
        kwh = facts["measured_energy_kwh"] if all(finding.is_energy_usable for finding in findings) else None
        started, ended, seconds = times(facts["started"], facts["ended"], facts["duration_seconds"])
        hours = seconds / SECONDS_PER_HOUR
        kind = self._kind_of(facts, kwh, hours)
        if kind is None or kind.footprint is None:
            return self._whole_row(facts)
        amount = kwh or hours
        kg, taken = kind.footprint.taken(amount, hours)
        gpu_hours, core_hours = kind.boards * hours, kind.cores * hours
        loads = (facts["gpu_load"], facts["cpu_load"])
        numbers = (
            started, ended, seconds,
            *[facts["energy_kwh"].get(name, nan) if name in kind.parts else nan for name in COMPONENTS],
            *kind.footprint.it_energy_kwh(amount), *kind.footprint.facility_energy_kwh(amount), *kg,
            gpu_hours or nan, nan if loads[0] is None else gpu_hours * loads[0],
            core_hours or nan, nan if loads[1] is None else core_hours * loads[1],
        )  # fmt: skip
        faults = [finding.reason.rstrip(".") for finding in findings]
        faults += [] if kind.common["is_counted"] else [IN_NO_TOTAL]
        return self._columns(facts, kind, "; ".join(faults), numbers, taken)

    def _kind_of(self, facts: Mapping[str, Any], kwh: float | None, hours: float) -> _Kind | None:
        """Return the kind of a run of which so much energy can be believed; None where it is of none."""
        began = facts["ended"] if facts["started"] is None else facts["started"]
        key = (
            *_KIND_OF(facts), str(facts["devices"]), tuple(facts["flags"]), tuple(facts["tags"] or ()),
            tuple((name, bool(kwh)) for name, kwh in facts["energy_kwh"].items()),
            source_of(facts["format"], facts["witnesses"], facts["notes"]),
            facts["measured_energy_kwh"] is None, kwh is None, not kwh,
            RunFootprints.has_estimates(hours), None if began is None else gmtime(began).tm_year,
        )  # fmt: skip
        if key not in self._kinds:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            self._kinds[key] = self._kind(facts)
        return self._kinds[key]

    def _columns(
        self, facts: Mapping[str, Any], kind: _Kind, faults: str, numbers: Sequence[float], taken: Sequence[float]
    ) -> tuple[Any, ...]:
        id, month = facts["id"], month_of(numbers[0])
        number = int(id, 16)
        if f"{number:016x}" != id:
            raise ValueError(id)
        *named, stated = _LABELS_OF(facts)
        return (
            number - SIGN, month, numbers[0], *named, status_of(stated), kind.facts, kind.number, facts["name"], faults,
            PACKED.pack(*numbers), array("d", taken).tobytes(),
        )  # fmt: skip

    def _kind(self, facts: Mapping[str, Any]) -> "_Kind | None":
        """Work out what runs of one kind have in common; None where nothing is proportional to their energy or time."""
        run = restored(facts, self._catalogue)
        footprint = self._footprints.kind(run, *known_amounts(run))
        return None if footprint is None else self._numbered(history_run(run), footprint)

    def _numbered(self, run: HistoryImport, footprint: LinearFootprint | None) -> _Kind:
        """Write the factors of a run's doubt, and return what lists show of it besides its numbers and labels."""
        brief = run.brief
        remark = brief.energy_text.removeprefix(brief.amounts_text).removesuffix("; ".join(["", *run.faults]))
        if footprint is None:
            number = self._number("kinds", self._factors, brief.shared, brief.shared, None)
        else:
            number = self._factors.get(footprint) or self._number(
                "kinds", self._factors, footprint, *factors_of(footprint)
            )
        common = {name: getattr(brief, name) for name in COMMON} | {REMARK: remark}
        text = json.dumps(common)
        return _Kind(
            number,
            footprint,
            common,
            self._number("facts", self._facts, text, text),
            sum(device.boards for device in run.imported.devices),
            run.imported.stated.cpu_cores or 0.0,
            frozenset(name for name, kwh in run.energy_kwh.items() if kwh is not None),
        )

    def _number(self, table: str, known: dict[Any, int], key: Any, *values: Any) -> int:
        """Return the number of a row of a table; the latest ones are known, others may be there twice."""
        found = known.get(key)
        if found is None:
            if len(known) >= _MOST_KINDS:
                known.clear()
            marks = ", ".join("?" * len(values))
            plain = [json.dumps(value) if isinstance(value, dict) else value for value in values]
            row = self._database.execute(f"INSERT INTO {table} VALUES (NULL, {marks})", plain)
            found = known[key] = row.lastrowid or 0
        return found

    def _whole_row(self, facts: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the columns of a run that no other tells anything of."""
        run = history_run(restored(facts, self._catalogue))
        numbers = [nan if (each := getattr(run.brief, name)) is None else each for name in NUMBERS]
        return self._columns(facts, self._numbered(run, None), "; ".join(run.faults), numbers, run.brief.terms)


def factors_of(footprint: LinearFootprint) -> tuple[str, str]:
    """Return the factors that a footprint's doubt shares with others, and how its terms follow from what is taken.

    They are sums of products of the numbers that `LinearFootprint.taken` returns: each by its own factors.
    """
    shared, columns = "", list[tuple[float, ...]]()
    for place in range(_UNITS):
        unit = [float(place == each) for each in range(_UNITS)]
        shared, terms = doubt_terms(footprint.doubt(name, unit) for name in RUN_QUANTITIES)
        columns.append(terms)
    factors = [
        (term, place, factor) for place, terms in enumerate(columns) for term, factor in enumerate(terms) if factor
    ]
    return shared, json.dumps([len(columns[0]), factors])
