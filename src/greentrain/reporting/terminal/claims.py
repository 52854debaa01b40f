"""Public claims and what becomes of them, as text for a terminal of 80 columns, plain ASCII."""

import textwrap
from collections.abc import Sequence
from string import ascii_uppercase

from greentrain.factors import Decomposition
from greentrain.numbers import plain, rounded
from greentrain.reporting.terminal.estimate import WIDTH
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
    summary = f"{passed} of {len(results)} claims follow from their own inputs. Whether they hold is said of each.\n"
    rule = f"\n{'-' * WIDTH}\n"
    return summary + rule + rule.join(map(claim_text, results))


def claim_text(result: ClaimResult) -> str:
    """Write one claim: verdict, recomputation, scenarios, factors, and in which sense it holds.

    Parameters
    ----------
    result : ClaimResult
        What to write.
    """
    blocks = [
        _heading(result),
        _wrapped(result.verdict),
        _recomputed(result),
        _scenarios(result),
        _factors(result),
        ["In which sense it holds", *_wrapped(result.explanation)],
        _notes(result),
        _sources(result),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _heading(result: ClaimResult) -> list[str]:
    claim = result.claim
    state = "recomputed" if result.passed else "NOT REPRODUCED"
    return [f"{claim.title} [{claim.id}]: {state}", *_wrapped(f'"{claim.sentence}" [{claim.source}]')]


def _recomputed(result: ClaimResult) -> list[str]:
    head = f"{'Published, and from its own inputs':<38}{'published':>13}{'recomputed':>13}{'off by':>10}"
    letters = {f"times:{item.activity.id}": f"times {letter}" for letter, item in _lettered(result)}
    return [head, *(line for check in result.checks for line in _check_lines(check, letters, result))]


def _check_lines(check: Check, letters: dict[str, str], result: ClaimResult) -> list[str]:
    name, unit = _QUANTITIES.get(check.quantity, (letters.get(check.quantity, check.quantity), "x"))
    label = next(item.scenario.label for item in result.scenarios if item.scenario.id == check.scenario)
    write = two_digits if unit == "x" else plain
    figures = f"{write(check.published):>13}{write(check.recomputed):>13}{100 * check.difference:>8.2f} %"
    mark = "" if check.passed else " !"
    return _row(f"{label}: {name} [{unit}]", f"{figures}{mark}", 36)


def _lettered(result: ClaimResult) -> list[tuple[str, Yardstick]]:
    return list(zip(ascii_uppercase, result.claim.meant, strict=False))


def _scenarios(result: ClaimResult) -> list[str]:
    shown = _lettered(result)[:_MOST_COLUMNS]
    heads = "".join(f"{'x ' + letter:>8}" for letter, _ in shown)
    lines = [f"{'Reckoned in each way':<{_LABEL + 2}}{'kWh':>11}{'kg CO2e':>13}{heads}"]
    for item in result.scenarios:
        energy = rounded(item.energy_kwh.best) if item.energy_kwh else "-"
        ratios = "".join(f"{two_digits(found.ratio.best):>8}" for found in item.ratios[:_MOST_COLUMNS])
        lines += _row(item.scenario.label, f"{energy:>11}{rounded(item.emissions_kg.best):>13}{ratios}", _LABEL)
        if not item.emissions_kg.is_exact:
            low, _, high = (rounded(value) for value in item.emissions_kg)
            lines.append(f"{f'90 % interval: {low} to {high} kg':>{_LABEL + 26}}")
    return lines + [line for letter, item in _lettered(result) for line in _activity_lines(letter, item)]


def _activity_lines(letter: str, item: Yardstick) -> list[str]:
    low, best, high = (rounded(value) for value in item.unit_kg)
    span = "" if item.unit_kg.is_exact else f" (sourced values: {low} to {high})"
    return _wrapped(f"{letter}: {item.activity.label}: {best} kg{span} [{item.activity.source}]", "     ")


def _factors(result: ClaimResult) -> list[str]:
    heads = "".join(f"{head:>8}" for head in _HEADS)
    lines = [f"{'Each factor over the published':<{_LABEL + 2}}{heads}"]
    for item in result.scenarios:
        ratios = result.over_published(item)
        if ratios is None or item is result.published:
            continue
        cells = "".join(f"{two_digits(ratio):>8}" for ratio in _ratios(ratios))
        lines += _row(item.scenario.label, cells, _LABEL)
    return [*lines, *_wrapped("Host 1 in a published figure: its power holds the host.")] if len(lines) > 1 else []


def _ratios(over: Decomposition) -> tuple[float, ...]:
    """Return the ratios under the heads of the columns. [1]"""
    return over.device_hours, over.power_w, over.host_factor, over.pue, over.g_per_kwh, over.product


def _notes(result: ClaimResult) -> list[str]:
    notes = [("", result.claim.notes)]
    for item in result.scenarios:
        found = [item.scenario.notes, *item.notes] if item.scenario.kind == "published" else [item.scenario.notes]
        notes += [(f"{item.scenario.label}: ", note) for note in found]
    lines = [line for start, note in notes if note for line in _wrapped(f"- {start}{note}", "    ")]
    return ["Notes", *lines] if lines else []


def _sources(result: ClaimResult) -> list[str]:
    lines = ["Sources"]
    for key in result.source_ids:
        source = result.catalogue.source(key)
        lines += _wrapped(f"[{key}] {source.title}, {source.url}", "      ")
    return lines


def _row(label: str, figures: str, width: int) -> list[str]:
    """Set a label beside its figures, on several lines where it is too long."""
    *above, last = textwrap.wrap(label, width)
    return [*(f"  {line}" for line in above), f"  {last:<{width}}{figures}"]


def _wrapped(text: str, rest: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="  ", subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
