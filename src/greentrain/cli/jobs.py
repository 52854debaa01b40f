"""``greentrain jobs``: the jobs of a file, for a pull request that adds or changes some."""

from __future__ import annotations

from greentrain.cli.gate import GATE_OPTIONS, gate_of
from greentrain.cli.options import OWN_PROFILES, Argument, Command, Option, OptionValues
from greentrain.cli.terminal import write, write_json, write_lines
from greentrain.errors import InputError, either

FORMATS = ("table", "markdown", "json")


def print_jobs(values: OptionValues) -> int:
    """Estimate the jobs of a file, and what changes from another version of it.

    The file is TOML with a table [jobs.NAME] per job, JSON or CSV, with keywords of estimate.

    Example: greentrain jobs jobs.toml --base main.toml --max-kg 500
    """
    from greentrain.planning import plan_jobs
    from greentrain.reporting.terminal.jobs import jobs_markdown, jobs_text

    kind, gate = values.get("format", "table"), gate_of(values)
    if kind not in FORMATS:
        raise InputError("format", kind, f"must be {either(FORMATS)}")
    found = plan_jobs(values["jobs"], base=values.get("base"), profiles=values.get("profiles"))
    if kind == "json":
        write_json(found.to_dict())
    else:
        write(jobs_markdown(found)) if kind == "markdown" else write_lines(jobs_text(found))
    return gate.code(found) if gate else 0


_FILE = Argument("jobs", "FILE", "jobs.toml, .json or .csv.", is_required=True)
COMMAND = Command(
    print_jobs,
    (
        Option("base", "FILE", "Another version of the file, to compare with."),
        Option("format", "KIND", f"{either(FORMATS)}. [table]"),
        OWN_PROFILES,
        *GATE_OPTIONS,
    ),
    (_FILE,),
    short_help="Estimate the jobs of a file, and what changes.",
)
