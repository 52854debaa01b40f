"""codecarbon's ``emissions.csv`` of all generations, and its files of tasks.

Rows of one run are cumulative: the last one holds the whole. Rows of a file of tasks are parts. Energies hold the PUE
since there is a column for it. Powers are momentary, and in an early generation energies: they are never read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count, product
from typing import Any

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.limits import limit
from greentrain.importing.values import LOCAL_TIME, amount, as_written, clock_seconds, number, odd_cells, words

NAME = "codecarbon"
TITLE = "codecarbon's emissions.csv"
WORDS = frozenset(("timestamp", "project_name", "run_id", "duration", "emissions", "energy_consumed", "cpu_energy"))
_NEEDED = ("timestamp", "duration", "emissions")
_PARTS = {"cpu": "cpu_energy", "gpu": "gpu_energy", "memory": "ram_energy"}
_AMOUNTS = ("duration", "energy_consumed", *_PARTS.values())
_HOST = ("project_name", "experiment_name", "experiment_id", "os", "cpu_model", "gpu_model")
_MOST_RUNS, _MOST_TYPES, _KEPT = 1024, 6, 256
_BY, _DIGITS = " x ", re.compile(r"\d{1,3}$")
_TASKS = "It is the sum of the tasks in a file of tasks."


def recognises(head: str) -> bool:
    """Whether a header has a time, a duration and emissions, and none of Eco2AI's units."""
    return header_in(head, _NEEDED) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield each run, after its last row or when many others had rows since."""
    table = CsvText(file, _NEEDED)
    runs = _Runs(options, adds="task_name" in table.columns)
    for line, row in table.rows():
        found = _row(row, options)
        for note in () if _is_whole(found) else odd_cells(row, _AMOUNTS if _has_no_time(found) else _AMOUNTS[1:]):
            file.tally.note(note)
            found = None if found is None else found._replace(notes=(*found.notes, note))
        if found is None:
            file.tally.reject(line, "has neither a duration nor an energy")
        else:
            runs.take(found, words(row.get("run_id")))
            yield from runs.left_behind()
    yield from runs.rest()


def _has_no_time(found: ForeignRun | None) -> bool:
    return found is None or found.duration_seconds is None


def _is_whole(found: ForeignRun | None) -> bool:
    """Whether all amounts of a row were read."""
    if found is None or None in (found.duration_seconds, found.measured_energy_kwh):
        return False
    return len(found.energy_kwh) == len(_PARTS)


def _row(row: Mapping[str, str], options: ReadOptions) -> ForeignRun | None:
    """Make a run of one row; None where nothing follows from it."""
    ended, has_zone = options.moment(row["timestamp"]) or (None, True)
    duration = clock_seconds(row["duration"])
    pue = max(1.0, number(row.get("pue")) or 1.0)
    parts = {name: kwh for name, column in _PARTS.items() if (kwh := amount(row.get(column))) is not None}
    accelerators, kg = _accelerators(row), number(row["emissions"])
    total = (
        amount(row.get("energy_consumed")) if duration is None else _total(row, parts, has_devices=bool(accelerators))
    )
    if duration is None and total is None:
        return None
    flags = (*(("fallback_location",) if _is_fallback(row) else ()), *(("missing_time",) if ended is None else ()))
    return ForeignRun(
        key=f"{':'.join(row.get(name, '').strip() for name in _HOST)}",
        name=words(row.get("project_name") or row.get("experiment_name")),
        project=words(row.get("project_name") or row.get("experiment_name")),
        started=ended - duration if duration is not None and ended is not None and ended > duration else None,
        ended=ended,
        duration_seconds=duration,
        accelerators=accelerators,
        cpu=words(row.get("cpu_model")),
        cpu_cores=amount(row.get("cpu_count")) or None,
        memory_gb=amount(row.get("ram_total_size")) or None,
        energy_kwh={name: kwh / pue for name, kwh in parts.items()},
        measured_energy_kwh=None if total is None else total / pue,
        reported_kg=kg,
        pue=pue,
        places=_places(row),
        flags=flags,
        notes=() if has_zone or options.time_zone else (LOCAL_TIME,),
    )


def _total(row: Mapping[str, str], parts: Mapping[str, float], *, has_devices: bool) -> float | None:
    """Return the energy of a row; that of its parts where it states no other and they are all there. [kWh]"""
    if words(row.get("energy_consumed")) is None and {"cpu", "memory", *(["gpu"] if has_devices else [])} <= {*parts}:
        return sum(parts.values())
    return amount(row.get("energy_consumed"))


def _accelerators(row: Mapping[str, str]) -> dict[str, float]:
    model, count = words(row.get("gpu_model")), amount(row.get("gpu_count"))
    if not count and model is None:
        return {}
    if found := _types(model or "", count):
        return found
    return {model or "": count or 1.0}


@lru_cache(maxsize=_KEPT)
def _types(text: str, count: float | None) -> dict[str, float]:
    """Read ``2 x NVIDIA A1001 x Tesla T4``: codecarbon puts nothing between types; their numbers give the count."""
    pieces = text.split(_BY)
    first = amount(pieces[0])
    if not 2 <= len(pieces) <= _MOST_TYPES + 1 or not first:
        return {}
    if len(pieces) == 2:
        return {pieces[1]: count or first}
    ends = [found[0] if (found := _DIGITS.search(piece)) else "" for piece in pieces[1:-1]]
    lengths = product(*(range(1, len(end) + 1) for end in ends))
    read = ([int(end[-length:]) for end, length in zip(ends, each, strict=True)] for each in lengths)
    numbers = next((each for each in read if all(each) and first + sum(each) == count), None)
    if numbers is None:
        return {}
    names = [piece.removesuffix(str(number)) for piece, number in zip(pieces[1:], (*numbers, ""), strict=True)]
    return {name.strip(" ,;"): float(number) for name, number in zip(names, (first, *numbers), strict=True)}


def _is_fallback(row: Mapping[str, str]) -> bool:
    """Whether the place is the one that codecarbon writes where it finds none."""
    stated = (number(row.get("latitude")), number(row.get("longitude")))
    return stated == (limit("fallback_latitude"), limit("fallback_longitude"))


def _places(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the row says of its place, a cloud's region first."""
    if _is_fallback(row):
        return ()
    provider, cloud = words(row.get("cloud_provider")), words(row.get("cloud_region"))
    country = words(row.get("country_name") or row.get("country"))
    region = words(row.get("region"))
    found = [f"{provider}:{cloud}"] if provider and cloud else []
    found += [f"{region}, {country}"] if region and country else []
    return (*found, *(word for word in (words(row.get("country_iso_code")), country) if word))


class _Runs:
    """The runs of a file so far, those that got a row last behind the others.

    Of a file with many runs only some are kept: a row of one that was left behind is another record of that run, of
    which an import keeps the one that holds more. Tasks, which are parts of runs, are kept to the end.
    """

    def __init__(self, options: ReadOptions, *, adds: bool) -> None:
        self._options, self._adds = options, adds
        self._by_key: dict[Any, tuple[ForeignRun, int]] = {}
        self._nameless: dict[tuple[str, int], list[Any]] = {}
        self._starts: dict[Any, tuple[str, int]] = {}
        self._records: dict[Any, list[ForeignRun]] = {}
        self._names: dict[str, int] = {}
        self._made = count()

    def take(self, row: ForeignRun, run_id: str | None) -> None:
        """Add a row to the run that it is of."""
        key: Any = run_id if run_id is not None else self._key_of_nameless(row)
        known, rows = self._by_key.pop(key, (None, 0))
        if known is None:
            flags = row.flags if run_id else (*row.flags, "no_run_id")
            whole = row._replace(key=f"{NAME}:{run_id}" if run_id else self._named(row), flags=flags)
        else:
            whole = (_added if self._adds else _later)(known, row)
        if run_id is None:  # the first and the last of its rows, in whatever order they are
            every = sorted((*self._records.get(key, ()), row), key=lambda each: each.duration_seconds or 0.0)
            self._records[key] = [every[0], *every[1:][-1:]]
        self._by_key[key] = whole, rows + 1

    def left_behind(self) -> Iterator[ForeignRun]:
        """Yield the run that has been without a row for longest, once there are too many."""
        if len(self._by_key) > _MOST_RUNS and not self._adds:
            yield self._without(next(iter(self._by_key)))

    def rest(self) -> Iterator[ForeignRun]:
        """Yield the other runs."""
        for key in [*self._by_key]:
            yield self._without(key)

    def _without(self, key: Any) -> ForeignRun:
        run, rows = self._by_key.pop(key)
        self._names.pop(run.key, None)
        if key in self._starts:
            start = self._starts.pop(key)
            self._nameless[start].remove(key)
            if not self._nameless[start]:
                del self._nameless[start]
        if key in self._records:
            run = run._replace(**self._keys_of(self._records.pop(key)))
        if rows == 1:
            return run
        if self._adds:
            return run._replace(notes=(*run.notes, _TASKS))
        return run._replace(flags=(*run.flags, "cumulative_rows"))

    def _named(self, row: ForeignRun) -> str:
        """Name a row without a run's id; those that start together and are of several runs are numbered."""
        name = f"{NAME}:{_start_key(row)}"
        self._names[name] = number = self._names.get(name, 0) + 1
        return name if number == 1 else f"{name}:{number}"

    def _keys_of(self, rows: Sequence[ForeignRun]) -> dict[str, tuple[str, ...]]:
        """Return how a run without an id is known too: by what its rows state, and by the start of each of them."""
        zone = self._options.time_zone
        written = [
            row if zone is None or row.ended is None
            else row._replace(started=row.started and as_written(row.started, zone), ended=as_written(row.ended, zone))
            for row in rows
        ]  # fmt: skip
        starts = dict.fromkeys(f"{NAME}:{_start_key(row)}" for row in (*rows, *written))
        return {"record_keys": tuple(map(_record_key, written)), "other_keys": tuple(starts)}

    def _key_of_nameless(self, row: ForeignRun) -> Any:
        """Return the key of the run whose start and project a row has and that it goes on; else a new one."""
        step = limit("same_start_s")
        place = int((row.started or row.ended or 0.0) // step)
        near = [key for each in (place, place - 1, place + 1) for key in self._nameless.get((row.key, each), ())]
        known = [key for key in near if self._is_of(key, row, step)]
        if known:
            return min(known, key=lambda key: abs(_mean_kw(self._by_key[key][0]) - _mean_kw(row)))
        key = (next(self._made), row.key)
        self._nameless.setdefault((row.key, place), []).append(key)
        self._starts[key] = row.key, place
        return key

    def _is_of(self, key: Any, row: ForeignRun, step: float) -> bool:
        """Whether a row is one of a run, or goes on from the last one."""
        is_known = any(_record_key(row) == _record_key(each) for each in self._records.get(key, ()))
        return is_known or _goes_on(self._by_key[key][0], row, step)


def _mean_kw(run: ForeignRun) -> float:
    return (run.measured_energy_kwh or 0.0) / (run.duration_seconds or 1.0)


def _record_key(row: ForeignRun) -> str:
    """Name a row by all that it states."""
    return f"{NAME}:{row.ended}:{row.duration_seconds}:{row.measured_energy_kwh}:{row.reported_kg}:{row.key}"


def _start_key(row: ForeignRun) -> str:
    """Name a row without a run's id by its start; one without a time by all that it states."""
    if row.ended is None:
        return f"{row.duration_seconds}:{row.measured_energy_kwh}:{row.reported_kg}:{row.key}"
    return f"{round(row.started or row.ended)}:{row.key}"


def _goes_on(run: ForeignRun, row: ForeignRun, step: float) -> bool:
    """Whether a row without a run's id is a later one of that run: the same start, more time, no less energy."""
    if None in (run.started, row.started, run.duration_seconds, row.duration_seconds):
        return False
    is_near = abs((run.started or 0.0) - (row.started or 0.0)) <= step
    is_longer = (row.duration_seconds or 0.0) != (run.duration_seconds or 0.0)
    more, less = (row, run) if (row.duration_seconds or 0.0) > (run.duration_seconds or 0.0) else (run, row)
    grows = (more.measured_energy_kwh or float("inf")) >= (less.measured_energy_kwh or 0.0)
    return is_near and is_longer and grows and (more.ended or 0.0) > (less.ended or 0.0)


def _later(known: ForeignRun, row: ForeignRun) -> ForeignRun:
    """Take the row that lasted longer; the energy of the other one where that states none."""
    first, last = sorted((known, row), key=lambda run: (run.duration_seconds or 0.0, run.measured_energy_kwh or 0.0))
    if last.measured_energy_kwh is None:
        last = last._replace(
            measured_energy_kwh=first.measured_energy_kwh, reported_kg=first.reported_kg, energy_kwh=first.energy_kwh
        )
    return last._replace(key=known.key, flags=known.flags, notes=tuple(dict.fromkeys((*first.notes, *last.notes))))


def _added(known: ForeignRun, row: ForeignRun) -> ForeignRun:
    """Add a task to the run."""
    names = {*known.energy_kwh, *row.energy_kwh}
    return known._replace(
        notes=tuple(dict.fromkeys((*known.notes, *row.notes))),
        started=_of(min, known.started, row.started),
        ended=_of(max, known.ended, row.ended),
        duration_seconds=_sum(known.duration_seconds, row.duration_seconds),
        energy_kwh={name: known.energy_kwh.get(name, 0.0) + row.energy_kwh.get(name, 0.0) for name in sorted(names)},
        measured_energy_kwh=_sum(known.measured_energy_kwh, row.measured_energy_kwh),
        reported_kg=_sum(known.reported_kg, row.reported_kg),
    )


def _of(choose: Any, *values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _sum(*values: float | None) -> float | None:
    return _of(sum, *values)
