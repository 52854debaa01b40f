"""Results as small tables for notebooks, with units; what users wrote is escaped, and no script is in them."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

from greentrain.errors import escaped
from greentrain.interval import Interval
from greentrain.numbers import best, least, percent, rounded, small_scale

LABELS = {
    "it_energy_kwh": ("energy of the computers, before PUE", "kWh"),
    "facility_energy_kwh": ("energy at the facility's meter", "kWh"),
    "operational_kg": ("operational, location-based", "kg CO2e"),
    "embodied_kg": ("embodied (making the hardware)", "kg CO2e"),
    "total_kg": ("operational and embodied", "kg CO2e"),
    "water_l": ("water consumed", "L"),
}
"""Words and unit of each quantity of a footprint."""

OF_ENERGY = ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "total_kg", "water_l")
"""What follows from the energy, and so lacks a part of the computers that the energy lacks."""
_LEFT, _NUMBER = ' style="text-align:left"', ' style="white-space:nowrap"'
_COLOURS = ("#D55E00", "#5F7F96", "#8FA9BA", "#808080")
_GAS = re.compile(r"CO2(?:e|(?![A-Za-z0-9]))")
_TIMES = re.compile(
    r"^x (?=\d)|(?<=[\d)]) x (?=\S)|(?<=[\d)])\u00a0x\u00a0(?=\S)|(?<=\S) x (?=[\d(]|TDP|PUE)|(?<=TDP) x (?=\S)"
)
"""A letter x that stands for the sign: beside a number, or in a formula."""
_BAR_PX, _BAR_HEIGHT_PX = 420, 14
_LEAST_SHARE = 0.005


def table(head: Iterable[object], rows: Iterable[Iterable[object]], caption: str = "", below: str = "") -> str:
    """Write a table.

    Parameters
    ----------
    head : iterable
        Titles of the columns.
    rows : iterable of iterable
        Cells; numbers get three significant digits, None a dash, and each item of a tuple a line.
    caption : str, optional
        What is in it, above the table.
    below : str, optional
        What has to be known of it, below the table.
    """
    title = f"<caption{_LEFT}>{text(caption)}</caption>" if caption else ""
    lines = [_cells(head, "th"), *(_cells(row, "td") for row in rows)]
    return f"<table>{title}{''.join(f'<tr>{line}</tr>' for line in lines)}</table>{paragraph(below)}"


def quantity_table(
    quantities: Mapping[str, Interval | None],
    caption: str = "",
    *,
    shares: Mapping[str, float] | None = None,
    is_least: bool = False,
    below: str = "",
) -> str:
    """Write the quantities of a footprint, one row each with unit and interval; one that is not known has a dash.

    Parameters
    ----------
    quantities : mapping of str to Interval or None
        By name, of those of `LABELS`.
    caption : str, optional
        Whose they are.
    shares : mapping of str to float, optional
        Parts of the energy, which a bar shows. [kWh]
    is_least : bool, optional
        Whether a part of the computers is in no figure.
    below : str, optional
        What has to be known of them.
    """
    rows = []
    for name, interval in quantities.items():
        words, unit = LABELS[name]
        before = least(is_least and name in OF_ENERGY)
        rows.append((words, *(amount_and_ends(interval, unit, before) if interval else (None, None))))
    return table(("", "best value", "90 % interval"), rows, caption) + bar(shares or {}) + paragraph(below)


def footprint_table(
    footprint: Any,
    caption: str = "",
    names: Iterable[str] = tuple(LABELS),
    *,
    is_least: bool = False,
    below: str = "",
) -> str:
    """Write a footprint with a bar of what its energy went into, and how it is known.

    Parameters
    ----------
    footprint : Footprint
        What to show.
    caption : str, optional
        Whose it is.
    names : iterable of str, optional
        Which quantities.
    is_least : bool, optional
        Whether a part of the computers is in no figure.
    below : str, optional
        What else has to be known of it.
    """
    how = "The energy is measured in part." if footprint.basis == "mixed" else f"The energy is {footprint.basis}."
    shares = {part.component: part.energy_kwh for part in footprint.breakdown}
    known = {name: getattr(footprint, name) for name in names}
    return quantity_table(known, caption, shares=shares, is_least=is_least, below=f"{how} {below}".rstrip())


def amount_and_ends(interval: Interval, unit: str, before: str = "") -> tuple[str, str]:
    """Write a best value with its unit, and the ends of its interval in the same unit."""
    base, *substance = unit.split(" ", 1)
    scale = small_scale(interval.best, base)
    shown = interval if scale.unit == base else interval.scaled(1 / scale.size)
    ends = "exact" if shown.is_exact else f"{rounded(shown.low)} to {rounded(shown.high)}"
    return " ".join([f"{before}{best(shown)}", scale.unit, *substance]).rstrip(), ends


def bar(shares: Mapping[str, float]) -> str:
    """Draw parts of a whole as one bar of SVG, and name them below it; of a whole of nothing there is none."""
    whole = sum(shares.values())
    known = {name: part / whole for name, part in shares.items() if whole > 0 and part / whole >= _LEAST_SHARE}
    if len(known) < 2:
        return ""
    at, drawn = 0.0, []
    for colour, share in zip(_COLOURS, known.values(), strict=False):
        place = f'x="{at:.1f}" width="{share * _BAR_PX:.1f}" height="{_BAR_HEIGHT_PX}"'
        drawn.append(f'<rect {place} fill="{colour}"/>')
        at += share * _BAR_PX
    named = [
        f'<span style="color:{colour}">&#9632;</span> {text(name)} {percent(share)}'
        for colour, (name, share) in zip(_COLOURS, known.items(), strict=False)
    ]
    size = f'width="{_BAR_PX}" height="{_BAR_HEIGHT_PX}" viewBox="0 0 {_BAR_PX} {_BAR_HEIGHT_PX}"'
    look = f'{size} role="img" aria-label="parts of the energy" style="display:block;max-width:100%"'
    return f"<svg {look}>{''.join(drawn)}</svg><small>{' &nbsp; '.join(named)}</small>"


def paragraph(words: str) -> str:
    """Write a remark in small letters; of none there is nothing."""
    return f"<p><small>{text(words)}</small></p>" if words else ""


def text(words: object) -> str:
    """Make words safe, control characters included, and set formulas and signs as people do."""
    return typeset(escape(escaped(str(words))))


def typeset(words: str, gas: str = "CO<sub>2</sub>e", times: str = " \N{MULTIPLICATION SIGN} ") -> str:
    """Set what plain text has no signs for: the formula of the gas, and the sign between factors.

    Parameters
    ----------
    words : str
        Text that is escaped already.
    gas, times : str
        How the formula, and the sign with blanks around it, are written. Default: as HTML has them.
    """
    whole = {"CO2e": gas, "CO2": gas.removesuffix("e")}
    named = _GAS.sub(lambda found: whole[found[0]], words)
    return _TIMES.sub(lambda found: times.lstrip() if found[0][0] == "x" else times.replace(" ", found[0][0]), named)


class IntervalBar(NamedTuple):
    """An interval on an axis that begins at zero, in percent of its length, as SVG has it."""

    left: str
    width: str
    best: str


def interval_bar(value: Interval, most: float) -> IntervalBar:
    """Place an interval on an axis from zero to the largest value."""
    low, best, high = (100 * min(max(end / most, 0.0), 1.0) if most else 0.0 for end in value)
    return IntervalBar(f"{low:.2f}%", f"{high - low:.2f}%", f"{best:.2f}%")


def _cells(values: Iterable[object], kind: str) -> str:
    return "".join(
        f"<{kind}{_look(value, kind) if number else _LEFT}>{_text(value)}</{kind}>"
        for number, value in enumerate(values)
    )


def _look(value: object, kind: str) -> str:
    """Keep an amount on one line; heads and words break, so that a table fits a page."""
    is_words = isinstance(value, str) and " " in value and not any(map(str.isdigit, value))
    return "" if kind == "th" or is_words else _NUMBER


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "<br>".join(map(_text, value))
    if value is None:
        return "-"
    return rounded(value) if isinstance(value, float) else text(value)
