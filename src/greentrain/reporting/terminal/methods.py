"""One job by published methods next to ours, as text for a terminal of 80 columns, plain ASCII."""

from greentrain.factors import Decomposition
from greentrain.numbers import Scale, ascii_unit, rounded, small_scale
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
    results = [comparison.ours, *(item.result for item in comparison.methods)]
    energy = small_scale(max(item.kwh for item in results), "kWh")
    mass = small_scale(max(item.kg for item in results), "kg")
    unit = f"{ascii_unit(mass)} CO2e"
    header = ("", ascii_unit(energy), "g/kWh", unit, "over ours")
    ratios = [1.0, *(item.ratio for item in comparison.methods)]
    rows = [_figures(item, ratio, energy, mass) for item, ratio in zip(results, ratios, strict=True)]
    shown = table("The same job by published methods", header, rows, (1, 2, 3, 4), (_LABEL, 10, 7, 11, 9))
    low, high = (kg / mass.size for kg in comparison.tools_kg)
    factor = rounded(high / low)
    text = f"The tools among them range from {rounded(low)} to {rounded(high)} {unit}, a factor of {factor}."
    return [*table_lines(shown), *wrapped(text)]


def _figures(result: MethodResult, ratio: float, energy: Scale, mass: Scale) -> tuple[str, ...]:
    amounts = rounded(result.kwh / energy.size), rounded(result.g_per_kwh), rounded(result.kg / mass.size)
    return result.label, *amounts, rounded(ratio)


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
