"""perun: its table of sensors, a row for each reading, and its text report, a row for each round and host."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from greentrain.importing.foreign_file import CsvText, ForeignFile, header_in
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.power_log import PowerLog
from greentrain.importing.values import LOCAL_TIME, amount, number, unit_of, words
from greentrain.units import WATT_SECONDS_PER_KWH

NAME = "perun"
TITLE = "perun's tables and reports"
WORDS = frozenset(("run id", "device_group", "sensor", "magnitude", "timestep", "perun", "runtime"))
_COLUMNS = ("run id", "device_group", "sensor", "unit", "magnitude", "timestep", "value")
_GROUPS = {"gpu": "gpu", "cpu": "cpu", "ram": "memory", "node": "node"}
"""Which part each group of sensors is; perun itself leaves sockets and others out, which hold parts of these."""

_QUANTITY = re.compile(r"_(?:POWER|ENERGY)$")
_REPORT = "PERUN REPORT"
_FACT = re.compile(r"\s*(App name|RUN ID|Run ID):\s*(.+)")
_AMOUNT = re.compile(r"(\d[\d.]*(?:e[-+]?\d+)?)\s*(\S+)", re.IGNORECASE)
_POWERS = {"gpu": "GPU_POWER", "cpu": "CPU_POWER", "memory": "DRAM_POWER"}
_ALL = "All"
_LEFT_OUT = "Sensors of sockets and of whatever is no part are left out, as perun does."
_DATED = re.compile(r".+_\d{4}-\d\d-\d\dT\d\d.*")


def recognises(head: str) -> bool:
    """Whether a header has its columns, or it is a report of it."""
    return _REPORT in head[:200] or header_in(head, _COLUMNS) is not None


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each round."""
    if header_in(file.head, _COLUMNS) is None:
        yield from _of_report(file, options)
    else:
        yield from _of_table(file)


def _of_table(file: ForeignFile) -> Iterator[ForeignRun]:
    logs: dict[str, PowerLog] = {}
    hosts: dict[str, set[str]] = {}
    for line, row in CsvText(file, _COLUMNS).rows():
        round, host = row["run id"].strip(), row.get("hostname", "").strip()
        time, value, magnitude = number(row["timestep"]), amount(row["value"]), amount(row["magnitude"])
        if (unit := unit_of(row["unit"].strip())) is None or unit[0] == "s":
            continue  # how busy it was, its memory and its clocks
        part = _GROUPS.get(row["device_group"].strip().casefold())
        if part is None:
            file.tally.note(_LEFT_OUT)
        elif time is None or value is None or not magnitude:
            file.tally.reject(line, "has no time, no value or no magnitude")
        else:
            log = logs.setdefault(round, PowerLog(f"{NAME}:{round}"))
            hosts.setdefault(round, set()).add(host)
            add = log.add_counter if unit[0] == "J" else log.add_power
            device = f"{host} {_QUANTITY.sub('', row['sensor'].strip())}"
            add(time, value * magnitude * unit[1], device, part=part)
    stem = Path(file.path).stem
    for round, log in logs.items():
        log.is_dated = False
        key = _key(stem, round) if _DATED.fullmatch(stem) else None
        nodes = ",".join(sorted(filter(None, hosts[round])))
        run = log.run(key=key, nodes=max(1, len(hosts[round])), hosts=words(nodes))
        if run is not None:
            yield run


def _key(stem: str, round: str) -> str:
    """Name a round by what the names of its files have in common."""
    return f"{NAME}:{stem}:{round}"


def _of_report(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    facts: dict[str, str] = {}
    header: list[str] = []
    rounds: dict[str, dict[str, dict[str, str]]] = {}
    for text in file.lines():
        if found := _FACT.match(text):
            facts[found[1].casefold()] = found[2].strip()
        cells = [cell.strip().removeprefix("Avg ") for cell in text.strip().strip("|").split("|")]
        if "Round #" in cells:
            header = cells if "Host" in cells else []
        elif header and len(cells) == len(header) and cells[0].isdecimal():
            row = dict(zip(header, cells, strict=True))
            if row.get("Device", _ALL) == _ALL:
                rounds.setdefault(row["Round #"], {})[row["Host"]] = row
    for round, rows in rounds.items():
        file.tally.rows += 1
        run = _of_round(facts, round, rows, options, is_only=len(rounds) == 1)
        if run is None:
            file.tally.reject(int(round[:9]), "its round has no energy or no time")
        else:
            yield run


def _of_round(
    facts: Mapping[str, str], round: str, rows: dict[str, dict[str, str]], options: ReadOptions, *, is_only: bool
) -> ForeignRun | None:
    """Make the run of a round of the row of all its hosts, or of its only one."""
    row = rows.pop(_ALL, None) or next(iter(rows.values()))
    joules, seconds = _value(row, "ENERGY", "J"), _value(row, "RUNTIME", "s")
    if joules is None or not seconds:
        return None
    powers = {part: _value(row, name, "W") for part, name in _POWERS.items()}
    energies = {part: watts * seconds / WATT_SECONDS_PER_KWH for part, watts in powers.items() if watts is not None}
    app, id = facts.get("app name", ""), facts.get("run id", "")
    start = options.moment(id) if is_only else None  # of several rounds nobody knows when each began
    return ForeignRun(
        key=_key(f"{app}_{id}", round),
        name=words(app),
        started=start[0] if start else None,
        ended=start[0] + seconds if start else None,
        duration_seconds=seconds,
        energy_kwh=energies,
        measured_energy_kwh=joules / WATT_SECONDS_PER_KWH,
        boundary="accelerator" if energies.keys() == {"gpu"} else "parts",
        nodes=max(1, len(rows)),
        hosts=words(",".join(sorted(rows))),
        flags=() if start else ("missing_time",),
        notes=() if start is None or start[1] or options.time_zone else (LOCAL_TIME,),
    )


def _value(row: Mapping[str, str], column: str, unit: str) -> float | None:
    found = _AMOUNT.fullmatch(row.get(column, ""))
    known = unit_of(found[2]) if found else None
    value = amount(found[1]) if found else None
    return value * known[1] if known and known[0] == unit and value is not None else None
