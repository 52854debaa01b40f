"""The sections of a report of a validation."""

from collections.abc import Iterator
from math import exp

from greentrain.reporting.charts import charts_of
from greentrain.reporting.document.blocks import Block, Bullets, Cell, Prose, Section, table
from greentrain.reporting.report_data import ReportData
from greentrain.reporting.terminal.validation import (
    GROUP_HEADER,
    LIMITS_TEXT,
    TIER_TITLES,
    error_factor,
    figures,
    group_cells,
    metered_groups,
    needs_reason,
    outcome,
    tier_text,
    worst_first,
)
from greentrain.validation.report import RecordResult, ValidationReport


def validation_sections(data: ReportData) -> Iterator[Section]:
    """Return the sections of a validation."""
    report = data.validation
    assert report is not None
    yield Section("result", "Result", tuple(_result(data, report)))
    yield Section("metered", "Metered energy, part by part", tuple(_metered(report)))
    yield Section("peers", "Published methods on the same metered runs", tuple(_peers(report)))
    yield Section("records", "Records", tuple(_records(report)))
    yield Section("claims", "Claims", tuple(_claims(report)))
    yield Section("excluded", "Records that are left out", tuple(_excluded(report)))
    yield Section("method", "Method", (Bullets(tuple(Cell(sentence) for sentence in data.method)),))
    yield Section("versions", "Versions", tuple(_versions(data)))


def _result(data: ReportData, report: ValidationReport) -> Iterator[Block]:
    yield Prose(f"{report.used} published records, each in the tiers that it has the figures for.")
    rows = [(f"{tier} {TIER_TITLES[tier]}", tier_text(tier, summary)) for tier, summary in report.tiers.items()]
    yield table("Summary of each tier", ("tier", "result"), rows)
    yield from charts_of(data)


def _metered(report: ValidationReport) -> Iterator[Block]:
    summary = report.tiers.get("T3")
    if summary is None or not summary["n"]:
        return
    rows = [group_cells(title, part) for title, part in metered_groups(summary)]
    yield table(
        "By what was metered, by what the defaults have seen, by laboratory", GROUP_HEADER, rows, (1, 2, 3, 4, 5)
    )
    yield Prose(LIMITS_TEXT)


def _peers(report: ValidationReport) -> Iterator[Block]:
    if not report.peers:
        return
    rows = []
    for name, score in report.peers.items():
        known = (score.median_abs_log_ratio, score.our_median_abs_log_ratio, score.bias_log)
        rows.append(
            (f"{name}: {score.title}", str(score.n), str(score.own), *(error_factor(exp(one)) for one in known))
        )
    header = ("method", "records", "its own", "error", "our error", "bias")
    yield table("Median error and bias of the energy, as factors", header, rows, (1, 2, 3, 4, 5))
    yield Prose("Our error is that of our best values on the same records. Of its own records a method had constants.")


def _records(report: ValidationReport) -> Iterator[Block]:
    sources = {item.id: item.source for item in report.references}
    rows = [_row(row, sources.get(row.id, "")) for row in worst_first(report.records)]
    header = ("record", "tier", "published", "ours, 90 % interval", "result", "why")
    if rows:
        yield table("Those that fail or fall outside first", header, rows, (2, 3))


def _row(row: RecordResult, source: str) -> tuple[str | Cell, ...]:
    published, ours = figures(row)
    if "-" not in (published, ours) and not ours[-1].isalpha():
        ours = f"{ours} {published.rpartition(' ')[2]}"
    cited = Cell(published, (source,) if source else ())
    why = row.reason if needs_reason(row) or row.tier == "T4" else ""
    return row.id, row.tier, cited, ours, outcome(row), why


def _claims(report: ValidationReport) -> Iterator[Block]:
    for result in report.claims:
        yield Prose(f'{result.claim.title}: "{result.claim.sentence}"')
        yield Prose(result.verdict)


def _excluded(report: ValidationReport) -> Iterator[Block]:
    rows = [(item.id, item.excluded) for item in report.references if item.excluded]
    if rows:
        yield table("Nothing of them can be checked", ("record", "why"), rows)


def _versions(data: ReportData) -> Iterator[Block]:
    yield Prose(f"greentrain {data.versions.greentrain}, data {data.versions.data}.")
