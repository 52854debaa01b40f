"""A meter at the wall beside a run: from its readings to the user's own host power and unmetered share.

The readings are a file of a wall meter, a power strip (PDU), IPMI or Redfish, of the whole computer.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from math import inf, isfinite
from statistics import median

from greentrain.catalogue import Accelerator, Catalogue, load_catalogue
from greentrain.catalogue.table_files import CsvTable, read_own_table
from greentrain.errors import DataError, GreentrainError, path_text
from greentrain.history.calibrate import Calibration, Fit, whose, write_profile
from greentrain.history.metered_energy import coverage, metered_energy
from greentrain.history.recorded_run import RecordedRun, accelerator_of
from greentrain.history.run import Run
from greentrain.history.run_summary import utc
from greentrain.importing import ForeignFile, ReadOptions
from greentrain.importing.computer_meter import is_meter, meter_readings
from greentrain.importing.file_clock import zone_named
from greentrain.interval import Interval, with_relative_width
from greentrain.journal.fields import plain_values
from greentrain.journal.records import COMPONENTS
from greentrain.numbers import percent, rounded
from greentrain.units import SECONDS_PER_HOUR, W_PER_KW

_COLUMNS = ("timestamp", "watts")
_PARTS = {"gpu": "accelerators", "cpu": "CPU", "memory": "memory"}
_LEAST_SAMPLES = 2
_MOST_NAMED = 5
_LEAST_COVERAGE = 0.9
_HOLE = 3.0
"""Times the usual step between two readings that is a hole: what was drawn in it is not known. [1]"""

_LATEST = 4_102_444_800.0
"""2100-01-01: a later moment is in another unit than seconds. [s]"""

_METER = Interval(0.98, 1.0, 1.02)
_SENSORS = Interval(0.95, 1.0, 1.05)
_OTHER_RUNS = Interval(1 / 1.2, 1.0, 1.2)
"""By how much the same share of another run on the same computer may differ, assumed: one run does not show it. [1]"""

_SMALLEST = 0.1
"""A low end is never below this part of the best value: a share is not zero. [1]"""

_OVER_DEFAULT = 2.0
"""Times the high end of the default that a host may take; what is above is another load on the meter. [1]"""

_HOST_W, _UNREAD_W = 500.0, 300.0
"""What the host of a computer, and what no sensor reads of it, may take beside however small a device. [W]"""

_UNREAD = 1.0
"""The most that no sensor reads over what they do, of a computer that takes more than that. [1]"""

TimeRange = tuple[float, float]


def calibrate_by_wall(
    run: Run,
    readings: str | os.PathLike[str],
    output: str | os.PathLike[str],
    catalogue: Catalogue | None = None,
    *,
    time_zone: str | None = None,
) -> Calibration:
    """Compare what a wall meter read during a run with the run's sensors, and write both shares as a profile.

    Parameters
    ----------
    run : Run
        A run that has ended, whose accelerators or, without any, whose CPU sensors read.
    readings : path
        CSV file with the columns ``timestamp`` (ISO 8601, or seconds since 1970) and ``watts``, or a file of a power
        strip, IPMI or Redfish as `greentrain.import_runs` reads it. The meter is taken to feed the nodes of the run
        and nothing else.
    output : path
        Folder of profiles to write into; other rows of a table in it stay as they are.
    catalogue : Catalogue, optional
        What is known so far; by default the shipped tables and the user's own.
    time_zone : str, optional
        Of times without one, as ``Europe/Berlin``; UTC where it is not given.

    Raises
    ------
    GreentrainError
        When the file cannot be used, does not cover the run, or disagrees with its sensors.
    """
    known = catalogue or load_catalogue()
    device = _device(run, known)
    wall_w = _mean_w(read_wall_meter(readings, time_zone=time_zone), _times(run), os.fspath(readings))
    _check_feeds_all(run, wall_w)
    fits = [] if device is None else [_host_share(run, device, wall_w, known)]
    share, why_not = _unmetered_share(run, device, wall_w, known)
    fits += [share] if share else []
    if not fits:
        raise GreentrainError(f"nothing follows from the wall meter's readings: {why_not}")
    return write_profile(output, fits, [*_assumptions(run, wall_w, device), *([why_not] if why_not else [])])


def read_wall_meter(path: str | os.PathLike[str], *, time_zone: str | None = None) -> list[tuple[float, float]]:
    """Read the moments [s since 1970] and powers [W] of a wall meter's file.

    Parameters
    ----------
    path : path
        The file.
    time_zone : str, optional
        Of times without one; UTC where it is not given.

    Raises
    ------
    DataError
        Naming the row and the rule that it breaks.
    """
    name = path_text("wall", path)
    foreign, zone = _foreign_file(name), zone_named(time_zone)
    if foreign is not None:
        return _foreign_readings(foreign, zone)
    table = read_own_table(name)
    moments, powers = (_column(table, column, name) for column in _COLUMNS)
    found: list[tuple[float, float]] = []
    for cells, row in zip(table.rows, table.lines, strict=True):
        if len(cells) != len(table.header):
            raise DataError(name, f"has {len(cells)} cells, the header {len(table.header)}", row)
        before = found[-1][0] if found else 0.0
        moment, watts = _moment(cells[moments], name, row, zone, before), _watts(cells[powers], name, row)
        if found and moment < found[-1][0]:
            raise DataError(name, "is earlier than the row before; times must not go back", row, "timestamp")
        found.append((moment, watts))
    return found


def _foreign_file(path: str) -> ForeignFile | None:
    """Return a file of a meter that names its columns in its own way; None of our own form, or of no meter's."""
    try:
        file = ForeignFile(path)
    except (OSError, DataError):
        return None
    first = {cell.strip().casefold() for cell in file.head.split("\n", 1)[0].split(",")}
    return file if not first.issuperset(_COLUMNS) and is_meter(file.head) else None


def _foreign_readings(file: ForeignFile, zone: tzinfo | None) -> list[tuple[float, float]]:
    """Return the readings of the one device of a file in order; steps of a counter as their mean powers."""
    options = ReadOptions(zone, is_day_first=file.date_order().is_day_first)
    readings = sorted(meter_readings(file, options), key=lambda reading: reading.time)
    devices = sorted({reading.device for reading in readings})
    if len(devices) > 1:
        raise DataError(file.path, f"holds several devices, {', '.join(devices[:_MOST_NAMED])}: keep that of the run")
    powers = [(reading.time, reading.watts) for reading in readings if reading.watts is not None]
    if powers or not readings:
        return powers
    steps = [
        (later.time, ((later.joules or 0.0) - (before.joules or 0.0)) / (later.time - before.time))
        for before, later in pairwise(readings)
        if later.time > before.time
    ]
    return [(time, watts) for time, watts in ((readings[0].time, steps[0][1]), *steps) if watts >= 0] if steps else []


def _column(table: CsvTable, column: str, file: str) -> int:
    if table.header.count(column) != 1:
        rule = f"must have one column {column}; the first line names the columns {' and '.join(_COLUMNS)}"
        raise DataError(file, rule, 1)
    return table.column(column)


def _moment(text: str, file: str, row: int, zone: tzinfo | None, before: float) -> float:
    """Read a time; of an hour that a zone has twice, the second one where the first is before the last reading."""
    try:
        found = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            found = inf
        else:
            stated = moment if moment.tzinfo else moment.replace(tzinfo=zone or UTC)
            found = max(stated.timestamp(), stated.replace(fold=1).timestamp() if stated.timestamp() < before else 0.0)
    if not 0 < found < _LATEST:
        rule = f"{text!a} is no time: ISO 8601 such as 2026-11-22T11:00:00Z, or seconds since 1970"
        raise DataError(file, rule, row, "timestamp")
    return found


def _watts(text: str, file: str, row: int) -> float:
    try:
        found = float(text)
    except ValueError:
        found = inf
    if not (isfinite(found) and found >= 0):
        raise DataError(file, f"{text!a} must be a number of watts, at least 0", row, "watts")
    return found


def _device(run: Run, catalogue: Catalogue) -> Accelerator | None:
    """Return the accelerator of a run that can be used; None of one that has none.

    Raises
    ------
    GreentrainError
        With why it cannot be used.
    """
    has_accelerators = bool(run.accelerators) or run.estimate_inputs.get("gpu") is not None
    device = accelerator_of(run, catalogue) if has_accelerators else None
    working = "gpu" if has_accelerators else "cpu"
    why = ""
    if run.status == "running":
        why = "is still running"
    elif has_accelerators and (device is None or not device.tdp_w):
        why = "has no accelerator whose TDP is known, or several kinds"
    elif {node.quality[working] for node in run.nodes} != {"measured"}:
        why = f"has {'accelerators' if has_accelerators else 'a CPU'} that no sensor read on every node"
    elif has_accelerators and (fault := _not_believed(run)):
        why = f"has readings that cannot be used: {fault}"
    elif coverage(run, working) < _LEAST_COVERAGE:
        why = f"was measured for less than {percent(_LEAST_COVERAGE)} of its time"
    if why:
        raise GreentrainError(f"the run {run.id} {why}; a wall meter's readings cannot be compared with it")
    return device


def _not_believed(run: Run) -> str:
    """Return why the accelerators' readings are not all of the run's, or cannot be right; blank when they are."""
    stated = plain_values(run.estimate_inputs).get("count")
    metered = run.accelerators_at_once
    if run.reconciliation.believed == "estimate":
        return run.reconciliation.reasons[-1].removesuffix(" The estimate is used.").rstrip(".")
    if run.estimate is None and isinstance(stated, int) and stated > metered:
        return f"only {metered} of {stated} accelerators were measured"
    return ""


def _check_feeds_all(run: RecordedRun, wall_w: float) -> None:
    """Refuse a meter that read less than the sensors: losses of power supplies alone make it more.

    Raises
    ------
    GreentrainError
        When it did. What is modelled counts by the low end of its interval.
    """
    known = {name: _sensed_w(run, (name,)) for name in COMPONENTS}
    least_w = {
        name: value.best if all(node.quality[name] == "measured" for node in run.nodes) else value.low
        for name, value in known.items()
        if value is not None
    }
    if wall_w <= sum(least_w.values()):
        raise GreentrainError(
            f"the wall meter read {rounded(wall_w)} W on average, the sensors {rounded(sum(least_w.values()))} W of "
            f"{_listed(least_w)} alone: it does not feed all of the run, or its clock "
            f"differs"
        )


def _listed(names: Iterable[str]) -> str:
    *most, last = (_PARTS[name] for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def _times(run: RecordedRun) -> list[TimeRange]:
    """Return the times in which the run ran on any node, in order; between restarts it did not."""
    found: list[TimeRange] = []
    for begin, end in sorted((node.started, node.started + node.duration_seconds) for node in run.nodes):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def _mean_w(readings: Sequence[tuple[float, float]], times: Sequence[TimeRange], file: str) -> float:
    """Return the mean power at the wall while the run ran: linear between two readings. [W]"""
    inside = sum(any(begin <= moment <= end for begin, end in times) for moment, _ in readings)
    whole = sum(end - begin for begin, end in times)
    first, last = (utc(moment) for moment in (times[0][0], times[-1][1]))
    if not inside:
        raise DataError(file, f"has no reading in the time of the run, {first} to {last}")
    if inside < _LEAST_SAMPLES:
        raise DataError(file, f"has one reading in the time of the run; at least {_LEAST_SAMPLES} are needed")
    joules = seconds = 0.0
    for energy, length in _pieces(readings, times):
        joules, seconds = joules + energy, seconds + length
    if seconds < _LEAST_COVERAGE * whole:
        rule = f"covers {percent(seconds / whole)} of the run's time, {first} to {last}"
        raise DataError(file, f"{rule}; at least {percent(_LEAST_COVERAGE)} is needed")
    return joules / seconds


def _pieces(readings: Sequence[tuple[float, float]], times: Sequence[TimeRange]) -> Iterable[tuple[float, float]]:
    """Yield energy [J] and length [s] of what lies between two readings and in the run's time, holes left out."""
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(readings)]
    longest = _HOLE * median(steps)
    for (earlier, low), (later, high) in pairwise(readings):
        step = later - earlier
        if not 0 < step <= longest:
            continue
        for begin, end in times:
            since, until = max(begin, earlier), min(end, later)
            if until > since:
                middle = low + (high - low) * ((since + until) / 2 - earlier) / step
                yield middle * (until - since), until - since


def _sensed_w(run: RecordedRun, names: tuple[str, ...]) -> Interval | None:
    """Return the mean power that the sensors of all nodes read of these components; None where one was not. [W]"""
    shares = [coverage(run, name) for name in names]
    energy = metered_energy(run.nodes, names)
    if energy is None or not all(shares):
        return None
    # What was not read of a component's time is taken to be as the rest.
    known = [(run.energy_kwh[name] or 0.0, share) for name, share in zip(names, shares, strict=True)]
    whole_kwh = sum(kwh / share for kwh, share in known)
    hours = run.duration_seconds / SECONDS_PER_HOUR
    return energy.scaled(whole_kwh / energy.best * W_PER_KW / hours) if energy.best else None


def _host_share(run: Run, device: Accelerator, wall_w: float, known: Catalogue) -> Fit:
    """Return the host's power per accelerator over its TDP.

    Raises
    ------
    GreentrainError
        When it is no more than what meter and sensors may err by.
    """
    sensed_w = _sensed_w(run, ("gpu",))
    assert device.tdp_w is not None
    assert sensed_w is not None
    rest_w = wall_w - sensed_w.best
    doubt_w = ((wall_w * (_METER.high - 1)) ** 2 + (sensed_w.best * (_SENSORS.high - 1)) ** 2) ** 0.5
    if rest_w <= doubt_w:
        raise GreentrainError(
            f"the wall meter read {rounded(wall_w)} W on average, the sensors {rounded(sensed_w.best)} W of the "
            f"accelerators: what is left for the host is within what both may be wrong by, {rounded(doubt_w)} W"
        )
    own = Interval(max(rest_w - doubt_w, _SMALLEST * rest_w), rest_w, rest_w + doubt_w)
    tdp_w = run.accelerators_at_once * device.tdp_w.best
    value = with_relative_width(rest_w / tdp_w, own, _OTHER_RUNS)
    return _fit(run, device.hardware_class, "host_share", value, device, known, _HOST_W / tdp_w)


def _unmetered_share(
    run: Run, device: Accelerator | None, wall_w: float, known: Catalogue
) -> tuple[Fit | None, str | None]:
    """Return what no sensor reads over what they do, or why that does not follow from the run."""
    names: tuple[str, ...] = ("cpu",) if device is None else ("gpu", "cpu")
    if any(run.energy_kwh[name] is None for name in names):
        return None, "The CPU was not read: what no sensor reads does not follow, the host's power does."
    names += ("memory",) if run.energy_kwh["memory"] is not None else ()
    sensed_w = _sensed_w(run, names)
    if sensed_w is None:
        return None, "The CPU was read in none of the run's time: what no sensor reads does not follow."
    best = wall_w / sensed_w.best - 1
    if best <= _METER.high - 1:
        watts = f"{rounded(sensed_w.best)} W of {_listed(names)} as read or modelled"
        return None, f"The meter read no more than {watts}, and 2 %: no share that no sensor reads follows."
    # The next run's sensors and models err as this one's do, so their error is in the share, and in no doubt of it.
    low, high = ((1 + best) * error - 1 for error in (_METER.low, _METER.high))
    own = Interval(max(low, _SMALLEST * best), best, high)
    hardware_class = device.hardware_class if device else "cpu"
    value = with_relative_width(best, own, _OTHER_RUNS)
    return _fit(run, hardware_class, "unmetered_share", value, device, known, _UNREAD_W / sensed_w.best), None


def _fit(
    run: Run,
    hardware_class: str,
    parameter: str,
    value: Interval,
    device: Accelerator | None,
    known: Catalogue,
    of_small: float,
) -> Fit:
    """Return a share as a row of a profile, unless it is higher than of any computer, and than of a small device.

    Raises
    ------
    GreentrainError
        Where it is.
    """
    before = known.hardware.default(hardware_class, parameter).value
    highest = max(_OVER_DEFAULT * before.high if parameter == "host_share" else _UNREAD, of_small)
    if value.best > highest:
        raise GreentrainError(
            f"a {parameter} of {rounded(value.best)} follows, at most {rounded(highest)} is possible: the wall meter "
            f"feeds more than the nodes of the run, accelerators of it were not read, or its unit is not watts"
        )
    day = (utc(run.started) or "")[:10]
    devices = (device.id,) if device else (run.hardware or "CPU",)
    source = f"{whose([run.origin])} {day}, and a wall meter"
    value = value._replace(high=min(value.high, highest))
    return Fit(hardware_class, "", parameter, value, before, 1, devices, source)


def _assumptions(run: Run, wall_w: float, device: Accelerator | None) -> Iterable[str]:
    number = len(run.hosts)
    nodes = "the node" if number == 1 else f"all {number} nodes"
    yield f"The meter read {rounded(wall_w)} W on average; it is taken to feed {nodes} of the run and nothing else."
    if device is None:
        yield "The run has no accelerators: of its host only what no sensor reads follows."
    yield "Another run is taken to differ by up to a factor of 1.2: one run does not show it."
