"""The runs of an import: the newest few hundred in memory, all others in a file of this moment, in chunks."""

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Any, overload
from weakref import finalize
from zlib import crc32

from greentrain.catalogue import load_catalogue
from greentrain.errors import OwnErrors
from greentrain.importing.foreign_run import COMPLETED, RUNNING
from greentrain.importing.imported_run import COLUMNS, ImportedRun, restored
from greentrain.importing.slurm_jobs import numbers_of
from greentrain.importing.temporary_room import temporary_room

RUNS_A_CHUNK = 512
IDENTITY = "duration_seconds", "measured_energy_kwh"
"""What tells of a stored run whether another record of it holds more."""

OTHERS = "other_ids"
"""By what else it is known."""

GOES_ON = "running"
"""Which of the runs went on, by their places among them."""

CLUSTERS = "clusters"
"""Whose jobs they are."""

HOLDS = "holds"
"""What of `COMPLETED` they state, a bit each."""

JOBS = "jobs"
"""Their jobs' numbers, in each spelling."""

CHECK = "check"
"""The CRC-32 of the line that holds them."""

_CHUNKS_AT_HAND = 4


class RunList(Sequence[ImportedRun]):
    """Runs one after the other, however many they are; compared with other sequences run by run.

    Parameters
    ----------
    settle : callable
        Gets each run once it will not change any more in memory.
    """

    def __init__(self, settle: Callable[[ImportedRun], object]) -> None:
        self._settle = settle
        self._newest: list[ImportedRun] = []
        self._starts = array("Q")
        self._file: IO[bytes] | None = None
        self._dropped: set[int] = set()
        self._at_hand: dict[int, list[ImportedRun]] = {}

    @property
    def is_rewritten(self) -> bool:
        """Whether runs were replaced that had settled."""
        return bool(self._dropped)

    @property
    def next_place(self) -> int:
        """The place of the run that is added next."""
        return len(self._starts) * RUNS_A_CHUNK + len(self._newest)

    def add(self, run: ImportedRun) -> int:
        """Append a run, and return its place."""
        if len(self._newest) == RUNS_A_CHUNK:
            self._spill()
        self._newest.append(run)
        return self.next_place - 1

    def at(self, place: int) -> ImportedRun:
        """Return the run at a place that `add` gave."""
        chunk, index = divmod(place, RUNS_A_CHUNK)
        return self._newest[index] if chunk == len(self._starts) else self._chunk(chunk)[index]

    def replace(self, place: int, run: ImportedRun) -> int:
        """Put a run in the place of another one, or of one that has settled behind all others; return its place."""
        chunk, index = divmod(place, RUNS_A_CHUNK)
        if chunk == len(self._starts):
            self._newest[index] = run
            return place
        self._dropped.add(place)
        return self.add(run)

    def put(self, place: int | None, run: ImportedRun) -> int:
        """Put a run in a place, or append it where it has none; return its place."""
        return self.add(run) if place is None else self.replace(place, run)

    def settle(self) -> None:
        """Settle the runs in memory: no more of them will come."""
        for run in self._newest:
            self._settle(run)

    def _spill(self) -> None:
        self.settle()
        with temporary_room():
            if self._file is None:
                self._file = TemporaryFile(buffering=0)  # noqa: SIM115 -- it goes with the list
                finalize(self, self._file.close)
            self._starts.append(self._file.seek(0, 2))
            _write_all(self._file, chunk_text(self._newest).encode())
        self._newest.clear()

    def _text(self, chunk: int) -> bytes:
        assert self._file is not None
        ends = [*self._starts[chunk : chunk + 2], self._file.seek(0, 2)]
        self._file.seek(ends[0])
        return self._file.read(ends[1] - ends[0])

    def _chunk(self, chunk: int) -> list[ImportedRun]:
        """Return the runs of a chunk; those that were looked at last are at hand."""
        if chunk not in self._at_hand:
            if len(self._at_hand) == _CHUNKS_AT_HAND:
                del self._at_hand[next(iter(self._at_hand))]
            self._at_hand[chunk] = self._read(chunk)
        return self._at_hand[chunk]

    def _read(self, chunk: int) -> list[ImportedRun]:
        catalogue = load_catalogue()
        _, text = self._text(chunk).splitlines()
        return [restored(facts, catalogue) for facts in chunk_rows(json.loads(text))]

    def _chunks(self) -> Iterator[list[ImportedRun]]:
        for chunk in range(len(self._starts)):
            first = chunk * RUNS_A_CHUNK
            whole = self._read(chunk)
            if self._dropped:
                whole = [run for place, run in enumerate(whole, first) if place not in self._dropped]
            yield whole
        yield self._newest

    def __iter__(self) -> Iterator[ImportedRun]:
        for chunk in self._chunks():
            yield from chunk

    def __len__(self) -> int:
        return self.next_place - len(self._dropped)

    @overload
    def __getitem__(self, place: int) -> ImportedRun: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ImportedRun]: ...
    def __getitem__(self, place: int | slice) -> ImportedRun | Sequence[ImportedRun]:
        if isinstance(place, slice):
            return tuple(self)[place]
        wanted = place + len(self) if place < 0 else place
        if not 0 <= wanted < len(self):
            raise IndexError("there is no such run")
        if not self._dropped:
            return self.at(wanted)
        return next(run for number, run in enumerate(self) if number == wanted)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, (str, bytes)):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<RunList of {len(self):,} runs>"

    def stored_lines(self, is_stored: Callable[[Sequence[str]], bool]) -> Iterator[str]:
        """Yield the lines that a store keeps: the runs whose flags say so, in chunks.

        Parameters
        ----------
        is_stored : callable
            Tells by the flags of a run whether it is kept.
        """
        for chunk in range(len(self._starts)):
            first, text = chunk * RUNS_A_CHUNK, self._text(chunk).decode()
            columns = json.loads(text.splitlines()[1])["columns"]
            places = [
                place
                for place, flags in enumerate(columns["flags"])
                if is_stored(flags) and first + place not in self._dropped
            ]
            if len(places) == RUNS_A_CHUNK:
                yield text
            elif places:
                yield chunk_lines({name: [column[place] for place in places] for name, column in columns.items()})
        if rest := [run for run in self._newest if is_stored(run.flags)]:
            yield chunk_text(rest)


def _write_all(file: IO[bytes], text: bytes) -> None:
    """Write to a file without a buffer, which may take less than it is given."""
    rest = memoryview(text)
    while rest:
        rest = rest[file.write(rest) :]


def chunk_text(runs: Iterable[ImportedRun]) -> str:
    """Write runs as two lines: what tells that they are there, and all that is stored of them."""
    return chunk_lines(dict(zip(COLUMNS, zip(*(run.facts() for run in runs), strict=True), strict=True)))


def chunk_lines(columns: dict[str, Sequence[Any]]) -> str:
    """Write the columns of some runs as two lines."""
    seconds, energies = (columns[name] for name in IDENTITY)
    # A longer record of a run is compared with what its own file held, not with the energy of another one's.
    own = [kept[0][1] if kept else kwh for kept, kwh in zip(columns["witnesses"], energies, strict=True)]
    known = {"ids": columns["id"], **dict(zip(IDENTITY, (seconds, own), strict=True))}
    known[GOES_ON] = [place for place, status in enumerate(columns["status"]) if status == RUNNING]
    if any(clusters := columns.get("cluster", ())):
        known[CLUSTERS] = clusters
    known[HOLDS] = _held(columns, len(columns["id"]))
    named = columns.get(JOBS, ())
    known[JOBS] = [" ".join(numbers_of(jobs or ())) for jobs in named] if any(named) else []
    if any(columns[OTHERS]):
        known[OTHERS] = columns[OTHERS]
    kept = _dumped({"columns": columns})
    return f"{_dumped(known | {CHECK: crc32(kept.encode())})}\n{kept}\n"


def _dumped(line: dict[str, Any]) -> str:
    return json.dumps(line, allow_nan=False, separators=(",", ":"))


def readable_ids(known: dict[str, Any], text: bytes) -> dict[str, Any] | None:
    """Return what tells of the runs of a line, as far as they can be read from it; None where it is damaged.

    Parameters
    ----------
    known : dict
        The line before it, which tells that they are there.
    text : bytes
        The line that holds them.
    """
    if known.get(CHECK) == crc32(text.rstrip(b"\n")):
        return known
    with OwnErrors(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        line = json.loads(text.decode(errors="replace"))
        if CHECK not in known:  # as versions before wrote it
            return known if "columns" in line else None
        rows = [row for row in chunk_rows(line, COLUMNS) if _is_whole(row)]
        if rows:
            return dict(json.loads(chunk_lines({name: [row[name] for row in rows] for name in COLUMNS}).split("\n")[0]))
    return None


def _is_whole(row: dict[str, Any]) -> bool:
    with OwnErrors(ValueError, TypeError, KeyError) as trouble:
        restored(row, load_catalogue())
    return trouble.error is None


def _held(columns: Mapping[str, Sequence[Any]], number: int) -> list[int]:
    """Return which of `COMPLETED` some runs state, a bit each, and whether jobs have several numbers."""
    found = [0] * number
    for place, name in enumerate(COMPLETED):
        for run, value in enumerate(columns.get(name, ())):
            found[run] |= bool(value) << place
    for run, jobs in enumerate(columns.get(JOBS, ())):
        found[run] |= (len(jobs or ()) > 1) << len(COMPLETED)
    return found


def chunk_rows(line: dict[str, Any], names: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield the runs of a line, with None for names that it lacks; a column of another length than the ids is none."""
    columns = line["columns"]
    ids = columns.get("id") if isinstance(columns, dict) else None
    if not isinstance(ids, list):
        return
    whole = {name: column for name, column in columns.items() if isinstance(column, list) and len(column) == len(ids)}
    whole |= {name: [None] * len(ids) for name in names if name not in whole}
    for values in zip(*whole.values(), strict=True):
        yield dict(zip(whole, values, strict=True))
