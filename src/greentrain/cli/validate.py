"""``greentrain validate``: published footprints against what their inputs give, and against our own estimates."""

from typing import Annotated

import typer

from greentrain.cli.estimate import FORMATS
from greentrain.cli.terminal import bold_if_wanted, write
from greentrain.errors import InputError, either
from greentrain.validation.judge import validate
from greentrain.validation.report import ValidationReport


def validate_command(
    references: Annotated[str | None, typer.Option(metavar="FILE", help="CSV file with records of your own.")] = None,
    tier: Annotated[str | None, typer.Option(metavar="T", help="Only this tier: T1, T2, T3 or T4.")] = None,
    record: Annotated[str | None, typer.Option(metavar="ID", help="Only this record, explained in full.")] = None,
    claims: Annotated[bool, typer.Option("--claims", help="Recompute well-known claims too.")] = False,
    format_: Annotated[str | None, typer.Option("--format", metavar="KIND", help="table, json or csv. [table]")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
) -> int:
    """Check published training footprints, and how well our estimates meet them.

    T1: do the stated inputs give the published figures? T2: where do our defaults land? T3: does our interval hold
    metered energy? T4: are contradictions noticed? Exit code 1 when a T1 record or a claim
    fails.

    Example: greentrain validate --record patterson2021-gpt3
    """
    kind = format_ or ("json" if json_ else "table")
    if kind not in FORMATS:
        raise InputError("format", kind, f"must be {either(FORMATS)}")
    report = validate(references, tier=tier, record=record, claims=claims)
    write(_written(report, kind, record is not None))
    return 0 if report.passed else 1


def _written(report: ValidationReport, kind: str, single: bool) -> str:
    if kind == "json":
        return report.to_json() + "\n"
    from greentrain.reporting.validation_text import validation_csv, validation_text

    if kind == "csv":
        return validation_csv(report)
    if single and not report.claims:
        from greentrain.reporting.record_text import record_text

        return record_text(report)
    return validation_text(report, bold_if_wanted())
