"""One job by published methods next to ours, as text for a terminal of 80 columns, plain ASCII."""

from greentrain.factors import Decomposition
from greentrain.numbers import rounded
from greentrain.reporting.document.blocks import bullets, table
from greentrain.reporting.document.render_text import field, group, joined, table_lines, wrapped
from greentrain.validation.comparison import MethodComparison
from greentrain.validation.methods import MethodResult

_HEADS = ("device", "utilization", "host", "PUE", "grid")
_LABEL = 33


def comparison_text(comparison: MethodComparison) -> str:
    """Write the results, the factors of each difference, and where the methods come from.

    Parameters
    ----------
    comparison : MethodComparison
        What to write.
    """
    notes = bullets(f"{', '.join(names)}: {note}." for note, names in comparison.notes)
    groups = (_results(comparison), _splits(comparison), _methods(comparison), group("On the methods", notes))
    return joined(groups)


def _results(comparison: MethodComparison) -> list[str]:
    header = ("", "kWh", "g/kWh", "kg CO2e", "over ours")
    rows = [_figures(comparison.ours, 1.0), *(_figures(item.result, item.ratio) for item in comparison.methods)]
    shown = table("The same job by published methods", header, rows, (1, 2, 3, 4), (_LABEL, 10, 7, 11, 9))
    low, high = comparison.tools_kg
    factor = rounded(high / low)
    text = f"The tools among them range from {rounded(low)} to {rounded(high)} kg CO2e, a factor of {factor}."
    return [*table_lines(shown), *wrapped(text)]


def _figures(result: MethodResult, ratio: float) -> tuple[str, ...]:
    return result.label, rounded(result.kwh), rounded(result.g_per_kwh), rounded(result.kg), rounded(ratio)


def _splits(comparison: MethodComparison) -> list[str]:
    rows = [
        (item.result.label, *map(rounded, _factors(item.split)), rounded(item.ratio)) for item in comparison.methods
    ]
    caption = "Why they differ: each factor over ours; the factors of a line multiply to 'all'"
    widths = (_LABEL, 6, 11, 6, 5, 6, 5)
    return table_lines(table(caption, ("", *_HEADS, "all"), rows, range(1, len(widths)), widths), gap=1)


def _factors(split: Decomposition) -> tuple[float, ...]:
    """Return the ratios under the heads of the columns. [1]"""
    return split.device_w, split.utilization, split.host_factor, split.pue, split.g_per_kwh


def _methods(comparison: MethodComparison) -> list[str]:
    lines = ["Methods"]
    titles: dict[str, tuple[str, list[str]]] = {}
    for item in comparison.methods:
        _, keys = titles.setdefault(item.result.name, (item.result.title, []))
        keys += [key for key in item.result.sources if key not in keys]
    for name, (title, keys) in titles.items():
        lines += field(name, f"{title} [{';'.join(keys)}]", 16)
    return lines
