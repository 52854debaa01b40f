"""From a user's own measured runs to a profile that narrows the next estimates."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import exp, log, sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

from greentrain.catalogue import Accelerator, Catalogue, load_catalogue
from greentrain.catalogue.table_files import Row, read_own_table
from greentrain.csv_text import rows_csv
from greentrain.errors import GreentrainError, OwnErrors
from greentrain.history.metered_energy import coverage, least_w, mean_accelerator_w
from greentrain.history.recorded_run import accelerator_of
from greentrain.history.run import Run
from greentrain.history.run_summary import utc
from greentrain.interval import Interval, log_width

LEAST_RUNS = 3
"""Of one device; two do not show how much runs differ. [1]"""

FILE = "power_defaults.csv"
_SHORTEST_SECONDS = 60.0
_LEAST_COVERAGE = 0.9
_HIGHEST = 1.2
"""Of mean power over TDP; what is above is a fault of the measurement or of the profile. [1]"""

_SENSOR = log(1.05)
"""Half-width of what a board's own sensor may be wrong by, log units. [1]"""

OWN = "Own runs measured by greentrain"
IMPORTED = "Own runs imported"
"""With these the source of every row written here begins."""

_NOTES = {
    "utilization": "Mean power over TDP",
    "host_share": "Power at the wall less the accelerators' over their TDP",
    "unmetered_share": "Power at the wall over what sensors read, less 1,",
}
_COLUMNS = ("hardware_class", "parameter", "low", "best", "high", "unit", "basis", "source", "verified", "notes",
            "workload")  # fmt: skip
# Student's t, 95 % one-sided, for 2 to 30 degrees of freedom; for more the last is taken.
_STUDENT = (
    2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746,
    1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
)  # fmt: skip


class UtilizationSample(NamedTuple):
    """One run that can be used: its accelerator, its mean power over TDP, and the kind of training."""

    device: Accelerator
    utilization: float
    workload: str
    started: float
    origin: str = "tracked"


class Fit(NamedTuple):
    """A parameter of a class of hardware, fitted to measured runs.

    Attributes
    ----------
    hardware_class, workload : str
        What it applies to; a blank workload is any.
    parameter : {'utilization', 'host_share', 'unmetered_share'}
        Mean power over TDP, power of the host per accelerator over TDP, or what no sensor reads over what they do.
    value : Interval
        Its value, with the 90 % interval for the next run. [1]
    before : Interval
        What was used until now. [1]
    runs : int
        How many runs it follows from.
    devices : tuple of str
        Of which accelerators.
    source : str
        Whose runs, from when to when.
    """

    hardware_class: str
    workload: str
    parameter: str
    value: Interval
    before: Interval
    runs: int
    devices: tuple[str, ...]
    source: str


class Calibration(NamedTuple):
    """The outcome of a calibration.

    Attributes
    ----------
    file : str or None
        The table; None when there was nothing to write.
    fits : tuple of Fit
        What was written.
    notes : tuple of str
        What was left out, and why.
    """

    file: str | None
    fits: tuple[Fit, ...]
    notes: tuple[str, ...]


def calibrate(runs: Iterable[Run], output: str | os.PathLike[str], catalogue: Catalogue | None = None) -> Calibration:
    """Fit the mean power of accelerators to measured runs and write it as a profile.

    A host's power is not fitted: no meter here sees fans, network cards and losses of power supplies, which are part
    of it. A meter at the wall does, see `wall_meter.calibrate_by_wall`.

    Parameters
    ----------
    runs : iterable of Run
        Runs; those that were not measured well enough are left out.
    output : path
        Folder of profiles to write into; other rows of a table in it stay as they are.
    catalogue : Catalogue, optional
        What is known so far; by default the shipped tables and the user's own.

    Raises
    ------
    GreentrainError
        When no accelerator has three runs that can be used, or the folder cannot be written.
    """
    known = catalogue or load_catalogue()
    by_device, left_out = _samples(runs, known)
    enough = [item for items in by_device.values() if len(items) >= LEAST_RUNS for item in items]
    if not enough:
        raise GreentrainError(_too_few(by_device, left_out))
    fits, notes = _fitted(enough, known)
    notes += [
        f"{key}: {len(items)} of the {LEAST_RUNS} measured runs that are needed; left out."
        for key, items in by_device.items()
        if len(items) < LEAST_RUNS
    ]
    notes += [_left_out_text(left_out)] if left_out else []
    return write_profile(output, fits, notes)


def write_profile(output: str | os.PathLike[str], fits: list[Fit], notes: Iterable[str]) -> Calibration:
    """Write fits as a profile into a folder, beside the user's other rows.

    Raises
    ------
    GreentrainError
        When the folder cannot be written.
    """
    file = Path(output) / FILE
    kept, fits, more = _merge_own_rows(file, fits)
    if fits:
        _write(file, kept, fits)
    return Calibration(str(file) if fits else None, tuple(fits), (*notes, *more))


def _samples(runs: Iterable[Run], catalogue: Catalogue) -> tuple[dict[str, list[UtilizationSample]], Counter[str]]:
    """Group the runs that can be used by device, and count why the others cannot."""
    by_device: dict[str, list[UtilizationSample]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    for run in runs:
        found = _sample(run, catalogue)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            by_device[found.device.id].append(found)
    return by_device, left_out


def _sample(run: Run, catalogue: Catalogue) -> UtilizationSample | str:
    """Return the utilization of a run, or why it cannot be used."""
    device, watts = accelerator_of(run, catalogue), mean_accelerator_w(run)
    if run.status == "running":
        return "still running"
    if not run.is_counted:
        return "in no total"
    if device is None or not device.tdp_w:
        return "without an accelerator that is known"
    if watts is None or {node.quality["gpu"] for node in run.nodes} != {"measured"}:
        return "with an accelerator that was not measured"
    if run.duration_seconds < _SHORTEST_SECONDS:
        return f"shorter than {_SHORTEST_SECONDS:.0f} s"
    if coverage(run, "gpu") < _LEAST_COVERAGE:
        return f"measured for less than {100 * _LEAST_COVERAGE:.0f} % of its time"
    share = watts / device.tdp_w.best
    if share > _HIGHEST or watts < least_w(device):
        return "at a power that cannot be right"
    workload = run.estimate_inputs.get("workload")
    return UtilizationSample(device, share, workload if isinstance(workload, str) else "", run.started, run.origin)


def _too_few(by_device: dict[str, list[UtilizationSample]], left_out: Counter[str]) -> str:
    counts = ", ".join(f"{key} has {len(items)}" for key, items in sorted(by_device.items()))
    rule = f"at least {LEAST_RUNS} measured runs of one accelerator are needed"
    more = f". {_left_out_text(left_out)}".rstrip(".") if left_out else ""
    return f"{rule}; {counts or 'there is none'}{more}"


def _left_out_text(left_out: Counter[str]) -> str:
    return f"Left out: {', '.join(f'{_runs(number)} {why}' for why, number in left_out.most_common())}."


def _runs(number: int) -> str:
    return f"{number} run{'' if number == 1 else 's'}"


def _fitted(items: Sequence[UtilizationSample], catalogue: Catalogue) -> tuple[list[Fit], list[str]]:
    fits, notes = [], []
    groups: dict[tuple[str, str], list[UtilizationSample]] = defaultdict(list)
    for item in items:
        for workload in {"", item.workload}:
            groups[item.device.hardware_class, workload].append(item)
    for (hardware_class, workload), members in sorted(groups.items()):
        if len(members) < LEAST_RUNS:
            continue
        fit = _fit(hardware_class, workload, members, catalogue)
        if log_width(fit.value) < log_width(fit.before):
            fits.append(fit)
        else:
            notes.append(f"{_label(fit)}: your runs differ more than the default's interval is wide; it stays.")
    return fits, notes


def _fit(hardware_class: str, workload: str, members: Sequence[UtilizationSample], catalogue: Catalogue) -> Fit:
    default = workload and catalogue.hardware.default_for_workload(hardware_class, workload, "utilization")
    before = default or catalogue.hardware.default(hardware_class, "utilization")
    first, last = (utc(moment) or "" for moment in (min(m.started for m in members), max(m.started for m in members)))
    return Fit(
        hardware_class,
        workload,
        "utilization",
        next_run([item.utilization for item in members]),
        before.value,
        len(members),
        tuple(sorted({item.device.id for item in members})),
        f"{whose([item.origin for item in members])} {first[:10]} to {last[:10]}",
    )


def whose(origins: Sequence[str]) -> str:
    """Say who measured runs: greentrain, or other tools whose files were imported."""
    formats = sorted({origin.partition(":")[2] for origin in origins} - {""})
    if not formats:
        return OWN
    named = f"imported from {', '.join(formats)}"
    return f"Own runs {named}" if all(":" in origin for origin in origins) else f"{OWN} and {named}"


def next_run(values: Sequence[float]) -> Interval:
    """Return the 90 % interval in which the next run's value lies, from those of at least three runs.

    Log-normal; with few runs their spread is itself unsure, which Student's t accounts for. The sensor's error, which
    all of them share, is added.
    """
    logs = [log(value) for value in values]
    number = len(logs)
    student = _STUDENT[min(number - 1, 30) - 2]
    width = sqrt((student * stdev(logs) * sqrt(1 + 1 / number)) ** 2 + _SENSOR**2)
    best = min(exp(fmean(logs)), _HIGHEST)
    return Interval(best * exp(-width), best, min(best * exp(width), _HIGHEST))


def _label(fit: Fit) -> str:
    return f"{fit.hardware_class}{f', {fit.workload}' if fit.workload else ''}"


def _merge_own_rows(file: Path, fits: list[Fit]) -> tuple[list[Row], list[Fit], list[str]]:
    """Merge with the user's table: rows written here before are replaced, rows of another source stay."""
    rows = list(read_own_table(str(file)).records()) if file.exists() else []
    by_hand = {_key(row) for row in rows if not row.get("source", "").startswith((OWN, IMPORTED))}
    fresh = [fit for fit in fits if (fit.hardware_class, fit.workload, fit.parameter) not in by_hand]
    keys = {(fit.hardware_class, fit.workload, fit.parameter) for fit in fresh}
    notes = [f"{_label(fit)}: {file} has a row of another source; it stays." for fit in fits if fit not in fresh]
    return [row for row in rows if _key(row) not in keys], fresh, notes


def _key(row: Row) -> tuple[str, str, str]:
    return row.get("hardware_class", ""), row.get("workload", ""), row.get("parameter", "")


def _write(file: Path, kept: Sequence[Row], fits: Sequence[Fit]) -> None:
    """Write the table under another name first: an estimate in another process never sees half of it.

    It is a profile, not an export for spreadsheets: greentrain reads it back, where an apostrophe or an escape would
    be part of the value. So its texts are not guarded.
    """
    columns = dict.fromkeys((*_COLUMNS, *(name for row in kept for name in row)))
    text = rows_csv(tuple(columns), [*kept, *map(_row, fits)], guard=False)
    fresh = file.with_name(f".{FILE}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        with OwnErrors(OSError):
            fresh.unlink(missing_ok=True)
        raise GreentrainError(f"{file} cannot be written: {error.strerror}") from None


def _row(fit: Fit) -> Row:
    low, best, high = (f"{value:.4f}" for value in fit.value)
    notes = f"{_NOTES[fit.parameter]} of {_runs(fit.runs)} on {', '.join(fit.devices)}."
    values = (fit.hardware_class, fit.parameter, low, best, high, "1", "default", fit.source, "yes", notes)
    return dict(zip(_COLUMNS, (*values, fit.workload), strict=True))
