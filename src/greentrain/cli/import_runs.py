"""``greentrain import``: runs of other tools' files into the history, with an audit."""

from __future__ import annotations

from greentrain.cli.options import AS_JSON, HOME, Argument, Command, Option, OptionValues
from greentrain.cli.terminal import bar_if_wanted, write, write_all
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from greentrain.importing import FileAudit, ImportAudit

_OTHERS = "Doubt and privacy"
IMPORT_OPTIONS = (
    Option("format", "NAME", "Format, or columns of a file without a header, by commas. [by its content]"),
    Option("dry_run", "", "Show what the files hold, and store nothing."),
    Option("by", "COLUMNS", "Sums by user, month, account, partition, place, hardware or several: user,month."),
    Option("location", "PLACE", "Where the runs ran that do not say it."),
    Option("gpu", "NAME", "What accelerators are that have no name in the files."),
    Option("map", "FILE", "What a site's GPU types, partitions and nodes are (TOML)."),
    Option("suggest_map", "", "Print a first map of what the files name, and store nothing."),
    Option("time_zone", "ZONE", "Of times without one: Europe/Berlin. [UTC]"),
    Option("project", "NAME", "Project that the runs belong to. [as the file says]"),
    Option("keep_flagged", "", "Count runs in doubt in totals too.", _OTHERS),
    Option("replace", "", "Take runs that are known already anew, as stated now.", _OTHERS),
    Option("anonymise", "", "Hash the names of users, accounts, jobs and nodes.", _OTHERS),
    AS_JSON,
    HOME,
)
_PROBLEMS_SHOWN = 3
_WIDEST_NAME = 24


def import_command(values: OptionValues) -> int:
    """Read runs of other tools' files into the history: codecarbon, Slurm, nvidia-smi, Prometheus and more.

    Exit code: 1 if a file could not be read.

    Example: greentrain import emissions.csv --dry-run
    """
    if "suggest_map" in values:
        return _suggest_map(values)
    from greentrain.history.history import History
    from greentrain.importing import import_runs

    chosen: dict[str, Any] = {name: value for name, value in values.items() if name != "json"}
    audit = import_runs(**chosen, progress=bar_if_wanted())
    if audit.stored:
        History(values.get("home"), progress=bar_if_wanted()).summaries()
    if "json" in values:
        write_all(audit.json_parts())
        write("\n")
    else:
        write_all(f"{line}\n" for line in _lines(audit, is_kept="keep_flagged" in values))
    return 1 if any(file.error for file in audit.files) else 0


def _suggest_map(values: OptionValues) -> int:
    from greentrain.errors import Contradiction
    from greentrain.importing import suggest_map

    for name in values:
        if name not in ("paths", "format", "suggest_map"):
            raise Contradiction(name, None, "excludes {suggest_map}, which imports nothing")
    write(suggest_map(values["paths"], format=values.get("format")))
    return 0


def _lines(audit: ImportAudit, *, is_kept: bool) -> Iterator[str]:
    from greentrain.errors import printable

    for file in audit.files:
        yield from (printable(line) for line in _of_file(file))
    for run in audit.runs:
        for finding in run.findings:
            yield printable(f"  {run.stated.name or run.id}: {finding.flag}. {finding.reason}")
    yield from _groups(audit)
    yield from _totals(audit, is_kept=is_kept)
    yield from audit.notes


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


def _totals(audit: ImportAudit, *, is_kept: bool) -> Iterator[str]:
    from greentrain.numbers import rounded

    totals = audit.totals
    yield (
        f"{_counted(totals.runs, 'run')}: {rounded(totals.gpu_hours)} GPU-hours, "
        f"{rounded(totals.cpu_core_hours)} core-hours, {rounded(totals.measured_energy_kwh)} kWh in the files"
    )
    for ends, unit in ((totals.it_energy_kwh, "kWh before PUE"), (totals.operational_kg, "kg CO2e")):
        if ends is not None:
            yield f"  {rounded(ends.best)} {unit} (90 % interval {rounded(ends.low)} to {rounded(ends.high)})"
    beside = sum("same_work" in run.flags for run in audit.runs)
    if beside:
        yield f"Beside the runs whose work they hold: {_counted(beside, 'record')}, in no total."
    left_out = sum(not run.is_counted for run in audit.runs) - beside or _flagged_alone(audit)
    if left_out and not is_kept:
        yield f"In doubt and in no total: {_counted(left_out, 'run')}; --keep-flagged adds what is left out."
    if audit.stored is not None:
        yield "They stand in 'greentrain history' from now on."


def _flagged_alone(audit: ImportAudit) -> int:
    """Count the runs in doubt where the audit holds sums alone."""
    return 0 if len(audit.runs) else sum(file.flagged for file in audit.files)


def _groups(audit: ImportAudit) -> Iterator[str]:
    """Yield a table of the sums by what was asked for."""
    from greentrain.errors import escaped
    from greentrain.numbers import rounded
    from greentrain.reporting.document.blocks import table
    from greentrain.reporting.document.render_text import cut, table_lines

    if not audit.groups:
        return
    by = tuple(audit.groups[0].by)
    rows = []
    for group in audit.groups:
        names = (cut(escaped(value or ""), _WIDEST_NAME) for value in group.by.values())
        kwh, kg = group.totals.it_energy_kwh, group.totals.operational_kg
        ends = "" if kg is None else f"{rounded(kg.low)} to {rounded(kg.high)}"
        best = ("" if each is None else rounded(each.best) for each in (kwh, kg))
        rows.append((*names, f"{group.totals.runs:,}", rounded(group.totals.gpu_hours), *best, ends))
    header = (*by, "runs", "GPU-h", "kWh", "kg CO2e", "90 % interval")
    yield from table_lines(table("", header, rows, range(len(by), len(by) + 5)), indent="")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


COMMAND = Command(
    import_command,
    IMPORT_OPTIONS,
    (
        Argument(
            "paths",
            "PATH...",
            "Files, folders, other homes of greentrain.",
            is_required=True,
            takes_many=True,
        ),
    ),
    short_help="Read runs of other tools' files into the history.",
    first=("dry_run", "by", "location", "gpu", "map", "suggest_map", "format", "time_zone", "json", "home"),
)
