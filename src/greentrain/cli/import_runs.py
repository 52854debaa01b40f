"""``greentrain import``: what foreign files hold, audited."""

from __future__ import annotations

from greentrain.cli.options import AS_JSON, Argument, Command, Option, OptionValues
from greentrain.cli.terminal import write, write_json
from greentrain.errors import InputError
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from greentrain.importing import FileAudit, ImportAudit

_DRY_RUN = "dry_run"
IMPORT_OPTIONS = (
    Option("format", "NAME", "Format, or columns of a file without a header, by commas. [by its content]"),
    Option(_DRY_RUN, "", "Show what the files hold, and store nothing."),
    Option("location", "PLACE", "Where the runs ran that do not say it."),
    Option("time_zone", "ZONE", "Of times without one: Europe/Berlin. [UTC]"),
    Option("keep_flagged", "", "Count runs in doubt in totals too."),
    AS_JSON,
)
_PROBLEMS_SHOWN = 3


def import_command(values: OptionValues) -> int:
    """Read runs of other tools' files: codecarbon, Slurm's accounting, nvidia-smi.

    Exit code: 1 if a file could not be read.

    Example: greentrain import emissions.csv --dry-run
    """
    from greentrain.importing import import_runs

    if _DRY_RUN not in values:
        raise InputError(_DRY_RUN, None, "has to be given: imported runs cannot be stored in the history yet")
    own = ("json", _DRY_RUN)
    audit = import_runs(**{name: value for name, value in values.items() if name not in own})
    if "json" in values:
        write_json(audit.to_dict())
    else:
        write("".join(f"{line}\n" for line in _lines(audit)))
    return 1 if any(file.error for file in audit.files) else 0


def _lines(audit: ImportAudit) -> Iterator[str]:
    from greentrain.errors import printable

    for file in audit.files:
        yield from (printable(line) for line in _of_file(file))
    for run in audit.runs:
        for finding in run.findings:
            yield printable(f"  {run.stated.name or run.id}: {finding.flag}. {finding.reason}")
    yield from _totals(audit)


def _of_file(file: FileAudit) -> Iterator[str]:
    if file.error is not None:
        yield file.error
    if file.format is None:
        return
    yield (
        f"{file.path}: {file.format}, {_counted(file.rows, 'row')}, {_counted(file.runs, 'run')}; "
        f"{file.imported:,} new, {file.duplicates:,} known, {file.flagged:,} in doubt, "
        f"{_counted(file.rejected, 'row')} rejected"
    )
    for note, number in file.notes.items():
        yield f"  {note} ({number:,})"
    for line, reason in file.problems[:_PROBLEMS_SHOWN]:
        yield f"  line {line}: {reason}"


def _totals(audit: ImportAudit) -> Iterator[str]:
    from greentrain.numbers import rounded

    totals = audit.to_dict()["totals"]
    left_out = len(audit.runs) - totals["runs"]
    yield (
        f"{_counted(totals['runs'], 'run')}: {rounded(totals['gpu_hours'])} GPU-hours, "
        f"{rounded(totals['cpu_core_hours'])} core-hours, {rounded(totals['measured_energy_kwh'])} kWh in the files"
    )
    for name, unit in (("it_energy_kwh", "kWh before PUE"), ("operational_kg", "kg CO2e")):
        ends = totals[name]
        if ends is not None:
            yield f"  {rounded(ends['best'])} {unit} (90 % interval {rounded(ends['low'])} to {rounded(ends['high'])})"
    if left_out:
        yield f"In doubt and in no total: {_counted(left_out, 'run')}; --keep-flagged adds what is left out."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


COMMAND = Command(
    import_command,
    IMPORT_OPTIONS,
    (Argument("paths", "PATH...", "Files and folders.", is_required=True, takes_many=True),),
)
