"""A validation as text for a terminal of 80 columns, plain ASCII: summary per tier, what fails first, then the rest."""

import textwrap
from collections.abc import Callable, Sequence
from math import exp
from typing import Any

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION
from greentrain.csv_text import rows_csv
from greentrain.interval import Interval
from greentrain.numbers import percent, rounded
from greentrain.reporting.terminal.claims import claims_text
from greentrain.validation.report import RecordResult, ValidationReport

WIDTH = 80
Style = Callable[[str], str]
_ID, _PUBLISHED, _OURS = 32, 11, 23
TIER_TITLES = {
    "T1": "own arithmetic",
    "T2": "our chain",
    "T3": "metered energy",
    "T4": "traps",
}
_UNITS = {"kWh": ("kWh", "MWh", "GWh"), "kg": ("kg", "t", "kt")}


def validation_text(report: ValidationReport, bold: Style = str) -> str:
    """Write the summary of each tier, and the records: those that fail or fall outside first.

    Parameters
    ----------
    report : ValidationReport
        What to write.
    bold : callable, optional
        Marks the headline; returns its text unchanged where there is no colour.
    """
    blocks = [_summary(report, bold), _peers(report), _table(report), _excluded(report), _claims(report)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def validation_csv(report: ValidationReport) -> str:
    """Write one row per record and tier as CSV."""
    columns = tuple(_flat(RecordResult("id", "tier")))
    return rows_csv(columns, map(_flat, report.records))


def outcome(row: RecordResult) -> str:
    """Return the outcome of a record in one word."""
    if not row.is_compared:
        return "-"
    if row.tier == "T1":
        return "passed" if row.passed else "FAILED"
    if row.tier == "T4":
        return "noticed" if row.passed else "MISSED"
    return "inside" if row.covered else "outside"


def quantity(unit: str, published: float | None, ours: Interval | None) -> tuple[str, str]:
    """Write a published figure and our interval in the unit that suits its size.

    Parameters
    ----------
    unit : {'kWh', 'kg'}
        Unit of both.
    """
    known = [value for value in (published, ours.best if ours else None) if value]
    size = known[0] if known else 1.0
    step = 2 if size >= 1e7 else 1 if size >= 1e4 else 0
    text = "-" if published is None else f"{rounded(published / 1000**step)} {_UNITS[unit][step]}"
    if ours is None:
        return text, "-"
    low, best, high = (rounded(value / 1000**step) for value in ours)
    own_unit = f" {_UNITS[unit][step]}" if published is None else ""
    return text, (best if ours.is_exact else f"{best} ({low} to {high})") + own_unit


def wrapped(text: str, indent: str) -> list[str]:
    """Break a text into indented lines."""
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _summary(report: ValidationReport, bold: Style) -> list[str]:
    used = sum(not item.excluded for item in report.references)
    lines = [f"Validation of {used} published records (greentrain {__version__}, data {DATA_VERSION})"]
    for tier, summary in report.tiers.items():
        lines += _hanging(f"  {tier} {TIER_TITLES[tier]:<15}", tier_words(tier, summary), bold)
    return lines


def tier_words(tier: str, summary: dict[str, Any]) -> str:
    """Write the outcome of a tier."""
    words = _checked_words(tier, summary) if "passed" in summary else _covered_words(tier, summary)
    return f"{words}; {summary['unresolved']} cannot be compared" if summary["unresolved"] else words


def _hanging(label: str, words: str, bold: Style) -> list[str]:
    first, *rest = textwrap.wrap(words, WIDTH - len(label), break_on_hyphens=False)
    return [f"{label}{bold(first)}", *(f"{'':{len(label)}}{line}" for line in rest)]


def _checked_words(tier: str, summary: dict[str, Any]) -> str:
    what = "come out from their stated inputs" if tier == "T1" else "are noticed"
    return f"{summary['passed']} of {summary['n']} {what}"


def _covered_words(tier: str, summary: dict[str, Any]) -> str:
    what = "metered energies" if tier == "T3" else "published figures"
    words = f"{summary['covered']} of {summary['n']} {what} inside our 90 % interval"
    if not summary["n"]:
        return words
    error, bias = exp(summary["median_abs_log_ratio"]), exp(summary["bias_log"])
    width = exp(summary["mean_log_width"])
    share = percent(summary["coverage"])
    return f"{words} ({share}); median error x {error:.2f}, bias x {bias:.2f}, high over low {rounded(width)}"


def _peers(report: ValidationReport) -> list[str]:
    if not report.peers:
        return []
    lines = [f"{'Published methods on the T3 records':<54}{'n':>4}{'error':>8}{'ours':>7}{'bias':>7}"]
    for name, score in report.peers.items():
        title = f"{name}: {score.title}"
        mark = "*" if score.own else ""
        logs = (score.median_abs_log_ratio, score.our_median_abs_log_ratio, score.bias_log)
        error, ours, bias = (factor_words(exp(value)) for value in logs)
        lines.append(f"  {title[:52]:<52}{score.n:>4}{mark:<1}{error:>7}{ours:>7}{bias:>7}")
    lines += wrapped("Median error and bias as factors; 'ours' on the same records.", "  ")
    if any(score.own for score in report.peers.values()):
        lines += wrapped("* The method has constants from some of these very records.", "  ")
    return lines


def factor_words(value: float) -> str:
    """Write a factor of error with two decimals."""
    return f"{value:.2f}" if value < 1000 else f"{value:.0e}"


def _table(report: ValidationReport) -> list[str]:
    if not report.records:
        return []
    head = f"{'Record':<{_ID}}{'tier':<5}{'published':>{_PUBLISHED - 2}}  {'ours, 90 % interval':<{_OURS}} result"
    return [head, *(line for row in worst_first(report.records) for line in _lines(row, needs_reason(row)))]


def worst_first(rows: Sequence[RecordResult]) -> list[RecordResult]:
    """Order records: those that fail or fall outside, those that cannot be compared, the rest."""
    bad = sorted(
        (row for row in rows if _rank(row) == 0),
        key=lambda row: (outcome(row) not in ("FAILED", "MISSED"), row.tier != "T3", row.tier),
    )
    return [*bad, *(row for row in rows if _rank(row) == 1), *(row for row in rows if _rank(row) == 2)]


def needs_reason(row: RecordResult) -> bool:
    """Whether a reader asks why a record came out so."""
    return _rank(row) != 2


def _rank(row: RecordResult) -> int:
    if not row.is_compared:
        return 1
    return 0 if outcome(row) in ("FAILED", "MISSED", "outside") else 2


def _lines(row: RecordResult, with_reason: bool) -> list[str]:
    published, ours = figures(row)
    if len(ours) > _OURS:
        # Figures a million times apart are a slip in the file; their size is what matters.
        ours = f"about {float(ours.partition(' ')[0].replace(',', '')):.0e}"
    line = f"{_shortened(row.id):<{_ID}}{row.tier:<3}{published:>{_PUBLISHED}}  {ours:<{_OURS}} {outcome(row)}"
    return [line.rstrip(), *(wrapped(row.reason, "    ") if with_reason or row.tier == "T4" else [])]


def _shortened(name: str) -> str:
    """Cut a long id in the middle: ids differ at their end."""
    if len(name) < _ID:
        return name
    half = (_ID - 3) // 2
    return f"{name[:half]}..{name[-half:]}"


def figures(row: RecordResult) -> tuple[str, str]:
    """Write what was published of a record and what we make of it, energy first."""
    in_kwh = row.published_kwh is not None and (row.estimated_kwh is not None or row.published_kg is None)
    if row.tier == "T4":
        in_kwh = row.published_kg is None
    if in_kwh:
        return quantity("kWh", row.published_kwh, row.estimated_kwh)
    return quantity("kg", row.published_kg, row.estimated_kg)


def _excluded(report: ValidationReport) -> list[str]:
    left_out = [item for item in report.references if item.excluded]
    if not left_out:
        return []
    if len(report.references) == 1:
        return ["Not checked", *wrapped(left_out[0].excluded, "  ")]
    return [f"{len(left_out)} records with nothing to check are left out; --json gives the reasons."]


def _claims(report: ValidationReport) -> list[str]:
    return claims_text(report.claims).splitlines() if report.claims else []


def _flat(row: RecordResult) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row._asdict().items():
        if name.startswith("estimated_"):
            flat |= {f"{name}_{end}": value and getattr(value, end) for end in Interval._fields}
        else:
            flat[name] = ";".join(value) if isinstance(value, tuple) else value
    return flat
