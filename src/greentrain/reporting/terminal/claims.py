"""Public claims and what becomes of them, as text for a terminal of 80 columns, plain ASCII."""

from collections.abc import Sequence
from string import ascii_uppercase

from greentrain.factors import Decomposition
from greentrain.interval import Interval
from greentrain.numbers import plain, rounded
from greentrain.reporting.document.blocks import Prose, table
from greentrain.reporting.document.render_text import group, joined, table_lines, width, wrapped
from greentrain.validation.claim_records import Yardstick
from greentrain.validation.claims import Check, ClaimResult, two_digits

_LABEL = 30
_MOST_COLUMNS = 3
_HEADS = ("hours", "power", "host", "PUE", "grid", "all")
_QUANTITIES = {"energy_kwh": ("energy", "kWh"), "emissions_kg": ("emissions", "kg")}


def claims_text(results: Sequence[ClaimResult]) -> str:
    """Write all claims, a summary first.

    Parameters
    ----------
    results : sequence of ClaimResult
        What to write.
    """
    passed = sum(result.passed for result in results)
    summary = f"{passed} of {len(results)} claims follow from their own inputs. The verdict on each claim follows.\n"
    rule = f"\n{'-' * width()}\n"
    return summary + rule + rule.join(map(claim_text, results))


def claim_text(result: ClaimResult) -> str:
    """Write one claim: verdict, recomputation, scenarios, factors, and in which sense it holds.

    Parameters
    ----------
    result : ClaimResult
        What to write.
    """
    groups = (
        _heading(result),
        wrapped(result.verdict),
        _recomputed(result),
        _scenarios(result),
        _factors(result),
        group("In which sense it holds", Prose(result.explanation)),
        _notes(result),
        _sources(result),
    )
    return joined(groups)


def _heading(result: ClaimResult) -> list[str]:
    claim = result.claim
    state = "recomputed" if result.passed else "NOT REPRODUCED"
    return [f"{claim.title} [{claim.id}]: {state}", *wrapped(f'"{claim.sentence}" [{claim.source}]')]


def _recomputed(result: ClaimResult) -> list[str]:
    letters = {f"times:{item.activity.id}": f"times {letter}" for letter, item in _lettered(result)}
    header = ("", "published", "recomputed", "off by", "")
    rows = [_check_cells(check, letters, result) for check in result.checks]
    return table_lines(table("Published, and from its own inputs", header, rows, (1, 2, 3), (36, 11, 11, 8, 1)))


def _check_cells(check: Check, letters: dict[str, str], result: ClaimResult) -> tuple[str, ...]:
    name, unit = _QUANTITIES.get(check.quantity, (letters.get(check.quantity, check.quantity), "x"))
    label = next(item.scenario.label for item in result.scenarios if item.scenario.id == check.scenario)
    write = two_digits if unit == "x" else plain
    off = f"{100 * check.difference:.2f} %"
    return (
        f"{label}: {name} [{unit}]",
        write(check.published),
        write(check.recomputed),
        off,
        "" if check.passed else "!",
    )


def _lettered(result: ClaimResult) -> list[tuple[str, Yardstick]]:
    return list(zip(ascii_uppercase, result.claim.meant, strict=False))


def _scenarios(result: ClaimResult) -> list[str]:
    heads = [f"x {letter}" for letter, _ in _lettered(result)[:_MOST_COLUMNS]]
    header = ("", "kWh", "kg CO2e", *heads)
    rows = [
        (
            item.scenario.label,
            rounded(item.energy_kwh.best) if item.energy_kwh else "-",
            rounded(item.emissions_kg.best),
            *(two_digits(found.ratio.best) for found in item.ratios[:_MOST_COLUMNS]),
        )
        for item in result.scenarios
    ]
    notes = [_span_text(item.emissions_kg) for item in result.scenarios]
    widths = (_LABEL, 9, 11, *(6 for _ in heads))
    shown = table("Under the assumptions of each", header, rows, range(1, len(header)), widths, notes)
    lines = [line for letter, item in _lettered(result) for line in _activity_lines(letter, item)]
    return [*table_lines(shown), *lines]


def _span_text(kg: Interval) -> str:
    return "" if kg.is_exact else f"90 % interval: {rounded(kg.low)} to {rounded(kg.high)} kg"


def _activity_lines(letter: str, item: Yardstick) -> list[str]:
    low, best, high = (rounded(value) for value in item.unit_kg)
    span = "" if item.unit_kg.is_exact else f" (sourced values: {low} to {high})"
    return wrapped(f"{letter}: {item.activity.label}: {best} kg{span} [{item.activity.source}]", "  ", "     ")


def _factors(result: ClaimResult) -> list[str]:
    rows = [
        (item.scenario.label, *map(two_digits, _ratios(over)))
        for item in result.scenarios
        if item is not result.published and (over := result.over_published(item)) is not None
    ]
    if not rows:
        return []
    widths = (_LABEL, *(7 for _ in _HEADS))
    shown = table("Each factor over the published", ("", *_HEADS), rows, range(1, len(widths)), widths)
    return [*table_lines(shown, gap=1), *wrapped("Host 1 in a published figure: its power holds the host.")]


def _ratios(over: Decomposition) -> tuple[float, ...]:
    """Return the ratios under the heads of the columns. [1]"""
    return over.device_hours, over.power_w, over.host_factor, over.pue, over.g_per_kwh, over.product


def _notes(result: ClaimResult) -> list[str]:
    notes = [("", result.claim.notes)]
    for item in result.scenarios:
        found = [item.scenario.notes, *item.notes] if item.scenario.kind == "published" else [item.scenario.notes]
        notes += [(f"{item.scenario.label}: ", note) for note in found]
    lines = [line for start, note in notes if note for line in wrapped(f"- {start}{note}", "  ", "    ")]
    return ["Notes", *lines] if lines else []


def _sources(result: ClaimResult) -> list[str]:
    lines = ["Sources"]
    for key in result.source_ids:
        source = result.catalogue.source(key)
        lines += wrapped(f"[{key}] {source.title}, {source.url}", "  ", " " * 6)
    return lines
