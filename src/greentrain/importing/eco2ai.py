"""Eco2AI's ``emission.csv``: rows of one id are cumulative, unless they count epochs. Its PUE is 1 by default.

In a training each epoch has a row with what it used itself, and ``epoch: 3, loss: 0.2,`` as its number.
"""

import re
from collections.abc import Iterator, Mapping

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import LOCAL_TIME, amount, number, odd_cells, words

NAME = "eco2ai"
TITLE = "Eco2AI's emission.csv"
WORDS = frozenset(
    ("id", "project_name", "epoch", "start_time", "duration(s)", "power_consumption(kwh)", "co2_emissions(kg)")
)
_ENERGIES = ("power_consumption(kwh)", "power_consumption(kwth)")
"""Its energy, as it is called now and in early versions."""

_MASS, _TIME = "co2_emissions(kg)", "duration(s)"
_EPOCH = re.compile(r"\s*(?:epoch:\s*)?\d+")
_DEVICES = re.compile(r"(.*?)(?:^|[/ ]+)(\d+) device\(s\)")


def recognises(head: str) -> bool:
    """Whether a header has its energy and duration, units in brackets."""
    return _needed(head) is not None


def _needed(head: str) -> tuple[str, str] | None:
    return next(((name, _TIME) for name in _ENERGIES if header_in(head, (name, _TIME)) is not None), None)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield each run once, after the last row."""
    found: dict[str, ForeignRun] = {}
    rows: dict[str, int] = {}
    needed = _needed(file.head) or (_ENERGIES[0], _TIME)
    for line, row in CsvText(file, needed).rows():
        run = _row(row, needed[0], options)
        if run is None:
            file.tally.reject(line, "has neither a duration nor an energy")
            continue
        for note in odd_cells(row, needed):
            file.tally.note(note)
            run = run._replace(notes=(*run.notes, note))
        before = found.get(run.key)
        rows[run.key] = rows.get(run.key, 0) + 1
        if before is None:
            found[run.key] = run
        elif _EPOCH.match(row.get("epoch", "")):
            found[run.key] = _with(before, run)
        elif (run.duration_seconds or 0.0) >= (before.duration_seconds or 0.0):
            found[run.key] = run._replace(flags=tuple({*run.flags, "cumulative_rows"}))
    yield from found.values()


def _row(row: Mapping[str, str], energy: str, options: ReadOptions) -> ForeignRun | None:
    kwh, seconds = amount(row.get(energy)), amount(row.get(_TIME))
    if kwh is None and seconds is None:
        return None
    start = options.moment(row.get("start_time", ""))
    began = start[0] if start else None
    accelerators, name = _counted(row.get("gpu_name", ""))
    _, cpu = _counted(row.get("cpu_name", ""))
    id = words(row.get("id"))
    keys = options.keys(lambda at: f"{NAME}:{id or f'{began and at(began)}:{seconds}:{kwh}'}")
    return ForeignRun(
        key=keys[0],
        other_keys=keys[1],
        name=words(row.get("experiment_description")) or words(row.get("project_name")),
        project=words(row.get("project_name")),
        started=began,
        ended=None if began is None or seconds is None else began + seconds,
        duration_seconds=seconds,
        accelerators={name: accelerators} if accelerators else {},
        cpu=cpu or None,
        measured_energy_kwh=kwh,
        reported_kg=number(row.get(_MASS)),
        places=tuple(_places(words(row.get("region/country") or row.get("country")))),
        flags=(*(() if id else ("no_run_id",)), *(() if start else ("missing_time",))),
        notes=() if start is None or start[1] or options.time_zone else (LOCAL_TIME,),
    )


def _counted(text: str) -> tuple[float, str]:
    """Read ``NVIDIA A100 2 device(s)``, ``Xeon/1 device(s), TDP:61.0``, a number without a name, or a name alone."""
    found = _DEVICES.match(text.strip())
    if found is None:
        return (1.0, text.strip()) if words(text) else (0.0, "")
    return amount(found[2]) or 0.0, found[1].strip()


def _places(text: str | None) -> Iterator[str]:
    country, _, region = (text or "").partition("/")
    if region and country:
        yield f"{region}, {country}"
    if country:
        yield country


def _with(before: ForeignRun, run: ForeignRun) -> ForeignRun:
    """Add a row of another epoch."""
    sums = {
        name: (getattr(before, name) or 0.0) + (getattr(run, name) or 0.0)
        for name in ("measured_energy_kwh", "duration_seconds", "reported_kg")
    }
    return before._replace(ended=run.ended, **sums)
