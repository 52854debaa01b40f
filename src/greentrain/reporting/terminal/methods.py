"""One job by published methods beside ours, as text for a terminal of 80 columns, plain ASCII."""

import textwrap
from collections.abc import Iterable

from greentrain.factors import Decomposition
from greentrain.numbers import rounded
from greentrain.reporting.terminal.estimate import WIDTH
from greentrain.validation.comparison import MethodComparison
from greentrain.validation.methods import MethodResult

_HEADS = ("device", "utilization", "host", "PUE", "grid")
_WIDTHS = (7, 12, 7, 6, 7)
_LABEL = 33


def comparison_text(comparison: MethodComparison) -> str:
    """Write the results, the factors of each difference, and where the methods come from.

    Parameters
    ----------
    comparison : MethodComparison
        What to write.
    """
    blocks = [_results(comparison), _splits(comparison), _methods(comparison), _notes(comparison)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _results(comparison: MethodComparison) -> list[str]:
    head = f"{'The same job by published methods':<35}{'kWh':>12}{'g/kWh':>9}{'kg CO2e':>13}{'over ours':>11}"
    lines = [head, _result_line(comparison.ours, 1.0)]
    lines += [_result_line(item.result, item.ratio) for item in comparison.methods]
    low, high = comparison.tools_kg
    factor = rounded(high / low)
    text = f"The tools among them range from {rounded(low)} to {rounded(high)} kg CO2e, a factor of {factor}."
    return [*lines, *textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")]


def _result_line(result: MethodResult, ratio: float) -> str:
    figures = f"{rounded(result.kwh):>12}{rounded(result.g_per_kwh):>9}{rounded(result.kg):>13}{rounded(ratio):>11}"
    return f"  {result.label:<{_LABEL}}{figures}"


def _splits(comparison: MethodComparison) -> list[str]:
    lines = [
        "Why they differ: each factor over ours; the factors of a line multiply to 'all'",
        f"{'':<{_LABEL + 2}}{_cells(_HEADS)}{'all':>6}",
    ]
    return lines + [
        f"  {item.result.label:<{_LABEL}}{_cells(map(rounded, _factors(item.split)))}{rounded(item.ratio):>6}"
        for item in comparison.methods
    ]


def _factors(split: Decomposition) -> tuple[float, ...]:
    """Return the ratios under the heads of the columns. [1]"""
    return split.device_w, split.utilization, split.host_factor, split.pue, split.g_per_kwh


def _cells(texts: Iterable[str]) -> str:
    return "".join(f"{text:>{width}}" for text, width in zip(texts, _WIDTHS, strict=True))


def _methods(comparison: MethodComparison) -> list[str]:
    lines = ["Methods"]
    titles: dict[str, tuple[str, list[str]]] = {}
    for item in comparison.methods:
        _, keys = titles.setdefault(item.result.name, (item.result.title, []))
        keys += [key for key in item.result.sources if key not in keys]
    for name, (title, keys) in titles.items():
        text = f"{name:<16}{title} [{';'.join(keys)}]"
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent=" " * 18, break_long_words=False)
    return lines


def _notes(comparison: MethodComparison) -> list[str]:
    lines = ["On the methods"] if comparison.notes else []
    for note, names in comparison.notes:
        text = f"- {', '.join(names)}: {note}."
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines
