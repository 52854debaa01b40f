"""One published record in full: what it states, how it comes out, and its difference to ours factor by factor."""

from greentrain.numbers import as_given, rounded
from greentrain.reporting.terminal.validation import outcome, quantity, wrapped
from greentrain.validation.our_estimate import RatioToPublished
from greentrain.validation.reference import Reference
from greentrain.validation.report import RecordResult, ValidationReport

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


def record_text(report: ValidationReport) -> str:
    """Write the one record of a report with a full explanation.

    Parameters
    ----------
    report : ValidationReport
        The result of validating a single record.
    """
    (reference,) = report.references
    blocks = [_stated(reference)]
    blocks += [_outcome(row) for row in report.records]
    blocks += [_factors(report.decomposition), _links(reference), _left_out(reference)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _stated(reference: Reference) -> list[str]:
    lines = wrapped(f"{reference.id}: {reference.model}".rstrip(": "), "") + wrapped(_origin(reference), "  ")
    for field, words in _STATED.items():
        value = getattr(reference, field)
        if value not in (None, ""):
            text = str(value) if isinstance(value, (str, int)) else as_given(value)
            first, *rest = wrapped(text, " " * 21) or [""]
            lines += [f"  {words:<19}{first[21:]}", *rest]
    return lines


def _origin(reference: Reference) -> str:
    parts = (reference.laboratory or reference.organisation, reference.source, reference.source_url_or_id)
    return ", ".join(part for part in parts if part)


def _outcome(row: RecordResult) -> list[str]:
    lines = [f"{_QUESTIONS[row.tier]} {outcome(row)}"]
    energy = quantity("kWh", row.published_kwh, row.estimated_kwh)
    emissions = quantity("kg", row.published_kg, row.estimated_kg)
    if row.estimated_kwh is not None:
        at = f" ({row.boundary})" if row.boundary else ""
        lines.append(f"  energy{at}: published {energy[0]}, ours {energy[1]}")
    if row.estimated_kg is not None:
        lines.append(f"  CO2e: published {emissions[0]}, ours {emissions[1]}")
    if row.defaults:
        lines += wrapped(f"defaults used: {', '.join(row.defaults)}", "  ")
    return lines + wrapped(row.reason, "  ")


def _factors(split: RatioToPublished | None) -> list[str]:
    if split is None:
        return []
    title = f"Why our {split.quantity} is {split.ratio:.3g} x the published one, factor by factor"
    lines = [title, f"  {'':<34}{'published':>13}{'ours':>13}{'ratio':>9}"]
    for item in split.factors:
        *more, label = wrapped(item.name if item.unit == "1" else f"{item.name}, {item.unit}", "  ")
        lines += [*more, f"{label:<36}{_number(item.published):>13}{_number(item.ours):>13}{item.ratio:>9.3g}"]
    product = f"product, {split.unit}"
    lines.append(f"  {product:<34}{rounded(split.published):>13}{rounded(split.ours):>13}{split.ratio:>9.3g}")
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else rounded(value)


def _links(reference: Reference) -> list[str]:
    if not reference.links:
        return []
    return ["Contradicted by", *wrapped(", ".join(reference.links), "  "), *wrapped(reference.link_reason, "  ")]


def _left_out(reference: Reference) -> list[str]:
    return ["Not checked", *wrapped(reference.excluded, "  ")] if reference.excluded else []
