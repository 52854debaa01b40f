"""``greentrain validate``: published footprints against what their inputs give, and against our own estimates."""

from __future__ import annotations

from greentrain.cli.estimate import FORMATS
from greentrain.cli.options import Command, Option, OptionValues
from greentrain.cli.terminal import bar_if_wanted, bold_if_wanted, write, write_lines
from greentrain.errors import InputError, either
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.validation.report import ValidationReport

VALIDATE_OPTIONS = (
    Option("references", "FILE", "CSV file with records of your own.", group="Records"),
    Option("tier", "T", "Only this tier: T1, T2, T3 or T4.", group="Records"),
    Option("record", "ID", "Only this record, explained in full.", group="Records"),
    Option("claims", "", "Recompute well-known claims too.", group="Records"),
    Option("format", "KIND", "table, json or csv. [table]", group="Output"),
    Option("json", "", "Short for --format json.", group="Output"),
)


def print_validation(values: OptionValues) -> int:
    """Check published training footprints, and how well our estimates meet them.

    T1: do the stated inputs give the published figures? T2: where do our defaults land? T3: does our interval hold
    metered energy? T4: are contradictions noticed? Exit code 1 when a T1 record or a claim
    fails.

    Example: greentrain validate --record patterson2021-gpt3
    """
    from greentrain.validation.checks import validate

    kind = values.get("format") or ("json" if "json" in values else "table")
    if kind not in FORMATS:
        raise InputError("format", kind, f"must be {either(FORMATS)}")
    names = ("tier", "record", "claims")
    chosen = {name: values[name] for name in names if name in values}
    report = validate(values.get("references"), **chosen, progress=bar_if_wanted())
    put = write_lines if kind == "table" else write
    put(_written(report, kind, "record" in values))
    return 0 if report.passed else 1


def _written(report: ValidationReport, kind: str, single: bool) -> str:
    if kind == "json":
        return report.to_json() + "\n"
    from greentrain.reporting.terminal.validation import record_text, validation_csv, validation_text

    if kind == "csv":
        return validation_csv(report)
    if single and not report.claims:
        return record_text(report)
    return validation_text(report, bold_if_wanted())


COMMAND = Command(
    print_validation, VALIDATE_OPTIONS, short_help="Check published footprints, and our estimates of them."
)
