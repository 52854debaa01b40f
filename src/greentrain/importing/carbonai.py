"""CarbonAI's table: a row for each step of a program, with energies in mWh and a PUE beside them."""

from collections.abc import Iterator, Mapping

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import LOCAL_TIME, amount, words
from greentrain.units import G_PER_KG

NAME = "carbonai"
MONTH_FIRST = True
"""As it writes them itself."""

TITLE = "CarbonAI's table"
WORDS = frozenset(("datetime", "total elapsed cpu time (sec)", "cumulative package energy (mwh)", "pue", "step"))
_TIME, _GPU_TIME = "total elapsed cpu time (sec)", "total elapsed gpu time (sec)"
_PARTS = {
    "cpu": "cumulative package energy (mwh)",
    "gpu": "cumulative gpu energy (mwh)",
    "memory": "cumulative dram energy (mwh)",
}
_NEEDED = ("datetime", _TIME, _PARTS["cpu"])
_MWH_PER_KWH = 1e6


def recognises(head: str) -> bool:
    """Whether a header has its energies."""
    return header_in(head, _NEEDED) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each row."""
    for line, row in CsvText(file, _NEEDED).rows():
        seconds = max(amount(row[_TIME]) or 0.0, amount(row.get(_GPU_TIME)) or 0.0)
        energies = {part: (amount(row.get(column)) or 0.0) / _MWH_PER_KWH for part, column in _PARTS.items()}
        if seconds and any(energies.values()):
            yield _run(row, seconds, {part: kwh for part, kwh in energies.items() if kwh}, options)
        else:
            file.tally.reject(line, "has no time that it took, or no energy")


def _run(row: Mapping[str, str], seconds: float, energies: Mapping[str, float], options: ReadOptions) -> ForeignRun:
    end, grams = options.moment(row["datetime"]), amount(row.get("co2 emitted (gco2e)"))
    kwh = sum(energies.values())
    keys = options.keys(lambda at: f"{NAME}:{at(end[0]) if end else ''}:{seconds}:{kwh:.9g}")
    return ForeignRun(
        key=keys[0],
        other_keys=keys[1],
        name=words(row.get("program name")),
        project=words(row.get("project name")),
        user=words(row.get("user id")),
        started=end[0] - seconds if end else None,
        ended=end[0] if end else None,
        duration_seconds=seconds,
        energy_kwh=energies,
        measured_energy_kwh=kwh,
        reported_kg=None if grams is None else grams / G_PER_KG,
        pue=amount(row.get("pue")),
        places=tuple(filter(None, (words(row.get(name)) for name in ("iso", "country")))),
        flags=() if end else ("missing_time",),
        notes=() if end is None or end[1] or options.time_zone else (LOCAL_TIME,),
    )
