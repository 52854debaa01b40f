"""A validation as text of 80 columns, plain ASCII: each tier, what fails first, then the rest; one record in full."""

from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING, Any

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION
from greentrain.csv_text import rows_csv
from greentrain.interval import Interval
from greentrain.numbers import as_given, counted, percent, rounded
from greentrain.reporting.document.blocks import Prose, table
from greentrain.reporting.document.render_text import INDENT, cut, field, group, joined, table_lines, width, wrapped
from greentrain.reporting.terminal.claims import claims_text
from greentrain.validation.our_estimate import RatioToPublished
from greentrain.validation.reference import Reference
from greentrain.validation.report import PeerScore, RecordResult, ValidationReport

if TYPE_CHECKING:
    from greentrain.reporting.document.render_text import Style


_ID, _PUBLISHED, _OURS = 31, 9, 23
_LEAST_ID, _BESIDE_ID = 16, 37
"""Columns of an id on a narrow terminal, and what the others take beside it, their intervals on two lines."""
_METHOD = 52
_TIER = 18
_WORDS = len(INDENT) + _TIER
TIER_TITLES = {
    "T1": "own arithmetic",
    "T2": "our chain",
    "T3": "metered energy",
    "T4": "traps",
}
_STATED = {
    "accelerator": "hardware",
    "accelerator_count": "count",
    "wall_hours": "wall-clock hours",
    "accelerator_hours": "accelerator-hours",
    "power_w_per_accelerator": "power, W each",
    "power_basis": "power basis",
    "cpu_dram_power_w": "host power, W",
    "pue": "PUE",
    "grid_g_per_kwh": "grid, g/kWh",
    "location": "place",
    "year": "year",
    "published_energy_kwh": "energy, kWh",
    "energy_boundary": "energy covers",
    "meter": "read by",
    "device_energy_kwh": "accelerators', kWh",
    "published_co2e_kg": "CO2e, kg",
    "co2e_scope": "CO2e scope",
    "embodied_kg": "embodied, kg",
    "verified": "verified",
    "notes": "notes",
}
_QUESTIONS = {
    "T1": "T1: do the stated inputs give the published figures?",
    "T2": "T2: where do our defaults land?",
    "T3": "T3: does our interval hold the metered energy?",
    "T4": "T4: is its trap noticed?",
}
_UNITS = {"kWh": ("mWh", "Wh", "kWh", "MWh", "GWh", "TWh"), "kg": ("mg", "g", "kg", "t", "kt", "Mt")}
_BASE = 2
"""Which of the units is the base unit; each is 1,000 of the one before."""
BOUNDARY_TITLES = {
    "accelerator": "accelerators alone",
    "node": "computers, before PUE",
    "facility": "facility, with PUE",
}
_SAMPLE_TITLES = {
    "in_sample": "used in the fit of our defaults",
    "out_of_sample": "not used in the fit of our defaults",
}


def validation_text(report: ValidationReport, bold: "Style" = str) -> str:
    """Write the summary of each tier, and the records: those that fail or fall outside first.

    Parameters
    ----------
    report : ValidationReport
        What to write.
    bold : callable, optional
        Marks the headline; returns its text unchanged where there is no colour.
    """
    claims = claims_text(report.claims).splitlines() if report.claims else []
    blocks = (_summary(report, bold), _metered(report), _peers(report), _table(report), _excluded(report), claims)
    return joined(blocks)


def record_text(report: ValidationReport) -> str:
    """Write the one record of a report with a full explanation.

    Parameters
    ----------
    report : ValidationReport
        The result of validating a single record.
    """
    (reference,) = report.references
    groups = [_stated(reference), *map(_outcome_group, report.records)]
    groups += [_factors(report.decomposition), _links(reference), group("Not checked", Prose(reference.excluded))]
    return joined(groups)


def _stated(reference: Reference) -> list[str]:
    title = f"{reference.id}: {reference.model}".rstrip(": ")
    lines = [*wrapped(title, ""), *wrapped(_origin(reference), breaks_words=True)]
    for name, label in _STATED.items():
        value = getattr(reference, name)
        if value not in (None, ""):
            lines += field(
                label, str(value) if isinstance(value, (str, int)) else as_given(value), 19, breaks_words=True
            )
    return lines


def _origin(reference: Reference) -> str:
    parts = (reference.laboratory or reference.organisation, reference.source, reference.source_url_or_id)
    return ", ".join(part for part in parts if part)


def _outcome_group(row: RecordResult) -> list[str]:
    lines = [f"{_QUESTIONS[row.tier]} {outcome(row)}"]
    energy = quantity("kWh", row.published_kwh, row.estimated_kwh)
    emissions = quantity("kg", row.published_kg, row.estimated_kg)
    if row.estimated_kwh is not None:
        at = f" ({row.boundary})" if row.boundary else ""
        lines.append(f"  energy{at}: published {energy[0]}, ours {energy[1]}")
    if row.estimated_kg is not None:
        lines.append(f"  CO2e: published {emissions[0]}, ours {emissions[1]}")
    if row.defaults:
        lines += wrapped(f"defaults used: {', '.join(row.defaults)}")
    return [*lines, *wrapped(row.reason, breaks_words=True)]


def _factors(split: RatioToPublished | None) -> list[str]:
    if split is None:
        return []
    title = f"Why our {split.quantity} is {rounded(split.ratio)} x the published one, factor by factor"
    rows = [
        (
            item.name if item.unit == "1" else f"{item.name}, {item.unit}",
            _number(item.published),
            _number(item.ours),
            rounded(item.ratio),
        )
        for item in split.factors
    ]
    rows.append((f"product, {split.unit}", rounded(split.published), rounded(split.ours), f"{rounded(split.ratio)}"))
    return table_lines(table(title, ("", "published", "ours", "ratio"), rows, (1, 2, 3), (34, 11, 11, 7)))


def _number(value: float | None) -> str:
    return "-" if value is None else rounded(value)


def _links(reference: Reference) -> list[str]:
    if not reference.links:
        return []
    return group("Contradicted by", Prose(", ".join(reference.links)), Prose(reference.link_reason))


def validation_csv(report: ValidationReport) -> str:
    """Write one row per record and tier as CSV."""
    columns = tuple(_flat(RecordResult("id", "tier")))
    return rows_csv(columns, map(_flat, report.records))


def outcome(row: RecordResult) -> str:
    """Return the outcome of a record in one word."""
    if not row.is_compared:
        return "-" if row.is_placed else "no place"
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
    step = _step(known[0]) if known else _BASE
    text = "-" if published is None else f"{rounded(published / _size(step))} {_UNITS[unit][step]}"
    if ours is None:
        return text, "-"
    if published is None:
        return text, f"{_interval(ours, step)} {_UNITS[unit][step]}"
    shown = _interval(ours, step)
    if len(shown) > _OURS:
        # Figures a thousand times apart are a slip in the file, or of a run that was hardly metered.
        step = _step(ours.best)
        shown = f"{_interval(ours, step)} {_UNITS[unit][step]}"
    return text, shown


def _interval(value: Interval, step: int) -> str:
    low, best, high = (rounded(each / _size(step)) for each in value)
    return best if value.is_exact else f"{best} ({low} to {high})"


def _step(value: float) -> int:
    """Choose the unit in which a value is read best: 9,990 kWh, 10.0 MWh; 0.100 kg, 99.0 g."""
    steps = range(1, len(_UNITS["kWh"]))
    return sum(value >= (0.1 if step <= _BASE else 10.0) * _size(step) for step in steps)


def _size(step: int) -> float:
    return 1000.0 ** (step - _BASE)


def _summary(report: ValidationReport, bold: "Style") -> list[str]:
    lines = [f"Validation of {report.used} published records (greentrain {__version__}, data {DATA_VERSION})"]
    for tier, summary in report.tiers.items():
        first, *rest = field(f"{tier} {TIER_TITLES[tier]}", tier_text(tier, summary), _TIER)
        lines += [f"{first[:_WORDS]}{bold(first[_WORDS:])}", *rest]
    return lines


def tier_text(tier: str, summary: dict[str, Any]) -> str:
    """Write the outcome of a tier."""
    words = _checked_text(tier, summary) if "passed" in summary else _covered_text(tier, summary)
    if unplaced := summary.get("unplaced"):
        words += f"; {unplaced} of unknown places are not counted"
    return f"{words}; {summary['unresolved']} cannot be compared" if summary["unresolved"] else words


def _checked_text(tier: str, summary: dict[str, Any]) -> str:
    if tier == "T1":
        return f"{summary['passed']} of {summary['n']} come out from their stated inputs"
    stated, noticed = summary["stated"], summary["stated_noticed"]
    others = summary["passed"] - noticed
    if not stated:
        return f"noticed in {counted(others, 'record')}; the file states none"
    words = f"{noticed} of {stated} are noticed"
    return f"{words}, and {others} more that the file does not state" if others else words


def _covered_text(tier: str, summary: dict[str, Any]) -> str:
    what = "metered energies" if tier == "T3" else "published figures"
    words = f"{summary['covered']} of {summary['n']} {what} inside our 90 % interval"
    if not summary["n"]:
        return words
    error, bias = exp(summary["median_abs_log_ratio"]), exp(summary["bias_log"])
    width = exp(summary["mean_log_width"])
    share = percent(summary["coverage"])
    return f"{words} ({share}); median error x {error:.2f}, bias x {bias:.2f}, high over low {rounded(width)}"


def metered_groups(summary: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return title and summary of each part of T3: by what was metered, by what our defaults have seen, by laboratory.

    Parameters
    ----------
    summary : dict
        That of T3.
    """
    found = [(BOUNDARY_TITLES[name], part) for name, part in summary["by_boundary"].items()]
    found += [(title, summary[name]) for name, title in _SAMPLE_TITLES.items()]
    return found + [(name, part) for name, part in summary["by_laboratory"].items() if part["n"]]


def group_cells(title: str, part: dict[str, Any]) -> tuple[str, ...]:
    """Write a part of T3: records, inside, mean error, bias, high over low, and its limits if it has any."""
    if not part["n"]:
        return title, "0", "-", "-", "-", "-", ""
    kept = {True: "yes", False: "no", None: ""}[part.get("within_limits")]
    bias, width = exp(part["bias_log"]), exp(part["mean_log_width"])
    error = percent(part["mean_abs_error"])
    return title, str(part["n"]), str(part["covered"]), error, f"{bias:.2f}", f"{width:.2f}", kept


GROUP_HEADER = ("", "n", "inside", "error", "bias", "width", "limits")
LIMITS_TEXT = (
    "Mean error and bias of our best values; width is high over low. Limits: 85 % inside; width at most 3.6 for "
    "accelerators (2.2 if the kind of training is known), 1.6 at the wall, and a mean error there of at most 10 %."
)


def _metered(report: ValidationReport) -> list[str]:
    summary = report.tiers.get("T3")
    if summary is None or not summary["n"]:
        return []
    rows = [group_cells(title, part) for title, part in metered_groups(summary)]
    widths = (42, 3, 6, 5, 4, 5, 6)
    lines = table_lines(table("Metered energy (T3), part by part", GROUP_HEADER, rows, (1, 2, 3, 4, 5, 6), widths))
    return [*lines, *wrapped(LIMITS_TEXT)]


def _peers(report: ValidationReport) -> list[str]:
    if not report.peers:
        return []
    header = ("", "n ", "error", "ours", "bias")
    rows = [_peer_cells(name, score) for name, score in report.peers.items()]
    caption = "Published methods on the T3 records"
    lines = table_lines(table(caption, header, rows, (1, 2, 3, 4), (_METHOD, 3, 5, 5, 5)))
    lines += wrapped("Median error and bias as factors; 'ours' on the same records.")
    if any(score.own for score in report.peers.values()):
        lines += wrapped("* The method has constants from some of these very records.")
    return lines


def _peer_cells(name: str, score: PeerScore) -> tuple[str, ...]:
    logs = (score.median_abs_log_ratio, score.our_median_abs_log_ratio, score.bias_log)
    title = cut(f"{name}: {score.title}", _METHOD)
    return title, f"{score.n}{'*' if score.own else ' '}", *(error_factor(exp(value)) for value in logs)


def error_factor(value: float) -> str:
    """Write a factor of error with two decimals."""
    return f"{value:.2f}" if value < 1000 else f"{value:.0e}"


def _table(report: ValidationReport) -> list[str]:
    if not report.records:
        return []
    rows = worst_first(report.records)
    notes = [row.reason if needs_reason(row) or row.tier == "T4" else "" for row in rows]
    header = ("Record", "tier", "published", " ours, 90 % interval", "result")
    return table_lines(table("", header, map(_cells, rows), (2,), (_ID, 4, _PUBLISHED, _OURS + 1, 8), notes), "", gap=1)


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


def _cells(row: RecordResult) -> tuple[str, ...]:
    published, ours = figures(row)
    if len(ours) > _OURS:
        best, _, rest = ours.partition(" (")
        ours = f"about {best}{rest.partition(')')[2]}"
    return _shortened(row.id), row.tier, published, f" {ours}", outcome(row)


def _shortened(name: str) -> str:
    """Cut a long id in the middle: ids differ at their end."""
    most = min(max(width() - _BESIDE_ID, _LEAST_ID), _ID)
    if len(name) <= most:
        return name
    half = (most - 2) // 2
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
        return ["Not checked", *wrapped(left_out[0].excluded)]
    return [f"{len(left_out)} records with nothing to check are left out; --json gives the reasons."]


def _flat(row: RecordResult) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row._asdict().items():
        if name.startswith("estimated_"):
            flat |= {f"{name}_{end}": value and getattr(value, end) for end in Interval._fields}
        else:
            flat[name] = ";".join(value) if isinstance(value, tuple) else value
    return flat
