"""``greentrain import``: runs of other tools' files into the history, with an audit."""

from __future__ import annotations

from greentrain.cli.options import AS_JSON, HOME, Argument, Command, Option, OptionValues, limit_options, most_listed
from greentrain.cli.terminal import bar_if_wanted, error_line, write, write_all, write_all_lines
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from greentrain.importing import ImportAudit

_OTHERS = "Doubt and privacy"
IMPORT_OPTIONS = (
    Option("format", "NAME", "Format, or columns of a file without a header, by commas. [by its content]"),
    Option("dry_run", "", "Show what the files hold, and store nothing."),
    Option("by", "COLUMNS", "Sums by user, month, account, partition, cluster, hardware or several: user,month."),
    Option("location", "PLACE", "Where the runs ran that do not say it."),
    Option("gpu", "NAME", "What accelerators are that have no name in the files."),
    Option("map", "FILE", "What a site's GPU types, partitions and nodes are (TOML)."),
    Option("suggest_map", "", "Print a first map of what the files name, and store nothing."),
    Option("time_zone", "ZONE", "Of times without one: Europe/Berlin. [UTC]"),
    Option("project", "NAME", "Project that the runs belong to. [as the file says]"),
    Option("keep_flagged", "", "Count runs in doubt in totals too.", _OTHERS),
    Option("replace", "", "Take runs that are known already anew, as stated now.", _OTHERS),
    Option("anonymise", "", "Hash the names of users, accounts, jobs and nodes.", _OTHERS),
    *limit_options("List so many of the largest groups of --by.", "List all groups, files and reasons; JSON has all."),
    AS_JSON,
    HOME,
)


def import_command(values: OptionValues) -> int:
    """Read runs of other tools' files into the history: codecarbon, Slurm, nvidia-smi, Prometheus and more.

    Exit code: 1 if a file, or every row of one, could not be read, or if no file of a known form was found.

    Example: greentrain import emissions.csv --dry-run
    """
    if "suggest_map" in values:
        return _suggest_map(values)
    from greentrain.history.history import History
    from greentrain.importing import import_runs
    from greentrain.numbers import counted

    most = _most_shown(values)
    chosen: dict[str, Any] = {name: value for name, value in values.items() if name not in ("json", "limit", "all")}
    audit = import_runs(**chosen, progress=bar_if_wanted())
    if audit.stored:
        History(values.get("home"), progress=bar_if_wanted()).summaries()
    if "json" in values:
        write_all(audit.json_parts())
        write("\n")
    else:
        from greentrain.reporting.terminal.imports import import_lines

        write_all_lines(f"{line}\n" for line in import_lines(audit, most, is_kept="keep_flagged" in values))
    if not any(file.format or file.error for file in audit.files):
        error_line(_nothing_found(audit, values["paths"]), 0)
        return 1
    unread = [file for file in audit.files if file.rejected >= file.rows > 0 and not file.runs and not file.error]
    for file in unread:
        error_line(f"{file.path}: none of its {counted(file.rows, 'row')} could be read", 0)
    return 1 if unread or any(file.error for file in audit.files) else 0


def _most_shown(values: OptionValues) -> int | None:
    from greentrain.errors import Contradiction

    if "limit" in values and "by" not in values:
        raise Contradiction("limit", values["limit"], "is of the groups that {by} makes")
    return most_listed(values, "group", "json")


def _nothing_found(audit: ImportAudit, paths: list[str]) -> str:
    """Say what was looked for where no file has a run."""
    from greentrain.errors import either
    from greentrain.importing import format_names
    from greentrain.numbers import counted

    files = f"{counted(len(audit.files), 'file')} of none of the known formats" if audit.files else "no file"
    return f"{files} in {', '.join(paths)}: {either(format_names())} are looked for"


def _suggest_map(values: OptionValues) -> int:
    from greentrain.errors import Contradiction
    from greentrain.importing import suggest_map

    for name in values:
        if name not in ("paths", "format", "suggest_map"):
            raise Contradiction(name, None, "excludes {suggest_map}, which imports nothing")
    write(suggest_map(values["paths"], format=values.get("format")))
    return 0


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
    first=(
        "dry_run",
        "by",
        "location",
        "gpu",
        "map",
        "suggest_map",
        "format",
        "time_zone",
        "json",
        "home",
    ),
)
