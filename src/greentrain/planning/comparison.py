"""Alternatives for one job, ranked by emissions: which are clearly worse than the best, and which nobody can tell."""

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from greentrain.errors import Contradiction, InputError
from greentrain.estimation import Estimate, estimate
from greentrain.footprint import QUANTITIES
from greentrain.interval import Interval, exact
from greentrain.numbers import counted
from greentrain.planning.axes import NAMES, PLACES_RULE, axes_of, combinations, parted, places_of
from greentrain.planning.paired import factors_of_change, paired_ratio, words_of_change
from greentrain.planning.prices import Price, cost_of, prices_of
from greentrain.record import Record, WithoutArithmetic

if TYPE_CHECKING:
    from typing import TypeAlias, TypedDict, TypeVar, Unpack

    _T = TypeVar("_T")
    OneOrMore: TypeAlias = _T | Sequence[_T] | None
    _Number = float | str

    class ComparedOptions(TypedDict, total=False):
        """The keywords of ``estimate``, each with a value or several."""

        count: OneOrMore[int | str]
        hours: OneOrMore[_Number]
        gpu_hours: OneOrMore[_Number]
        instance: OneOrMore[str]
        power: OneOrMore[_Number]
        utilization: OneOrMore[_Number]
        workload: OneOrMore[str]
        host_factor: OneOrMore[_Number]
        host_power: OneOrMore[_Number]
        cpu: OneOrMore[str]
        cpu_cores: OneOrMore[_Number]
        memory_gb: OneOrMore[_Number]
        location: OneOrMore[str]
        year: OneOrMore[int | str]
        grid_intensity: OneOrMore[_Number]
        pue: OneOrMore[_Number]
        site: OneOrMore[str]
        runs: OneOrMore[int | str]
        seeds: OneOrMore[int | str]
        failed_share: OneOrMore[_Number]
        params: OneOrMore[_Number]
        tokens: OneOrMore[_Number]
        active_params: OneOrMore[_Number]
        flops: OneOrMore[_Number]
        architecture: OneOrMore[str]
        precision: OneOrMore[str]
        mfu: OneOrMore[_Number]


_FREE_TEXT = ("gpu", "instance", "cpu", "location", "workload", "architecture", "precision", "site")
_WORDS = {"pue": "PUE", "mfu": "MFU", "count": "x", "gpu_hours": "accelerator-hours", "hours": "h"}
_NOUN_BEHIND = ("count", "gpu_hours", "hours", "runs", "seeds")
_MOST_NOTES = 6
_MOST_IN_NOTEBOOK = 40


class Alternative(Record):
    """One way to do the job.

    Attributes
    ----------
    said : dict
        The keywords that this alternative was described with.
    label : str
        What tells it from the others.
    estimate : Estimate
        Its result.
    rank : int
        Place in the order of the emissions, from 1.
    group : int
        From 1; those of a group cannot be told apart from its first.
    over_best : Interval
        Its emissions over those of the best; what both share cancels. [1]
    factors : dict of str to float
        By what the best values differ: hours, hardware, PUE, grid. [1]
    cost : float or None
        By the price that was stated, in its currency.
    """

    said: dict[str, Any]
    label: str
    estimate: Estimate
    rank: int
    group: int
    over_best: Interval
    factors: dict[str, float]
    cost: float | None = None

    @property
    def differs_from_best(self) -> bool:
        """Whether it is clearly worse: the interval of the ratio leaves out 1."""
        return self.over_best.low > 1

    @property
    def hours(self) -> float | None:
        """Wall-clock time of one run; None where only accelerator-hours are known. [h]"""
        return self.estimate.wall_clock_hours

    def cells(self, *, has_cost: bool = False) -> list[str | tuple[str, str] | None]:
        """Write the alternative as a row of a table for notebooks."""
        from greentrain.html_table import amount_and_ends

        apart = "clearly worse" if self.differs_from_best else "not told apart"
        times = ("1.00", "the best") if self.rank == 1 else (amount_and_ends(self.over_best, ""), apart)
        kg, kwh = self.estimate.operational_kg, self.estimate.facility_energy_kwh
        cost = [None if self.cost is None else f"{self.cost:,.2f}"] if has_cost else []
        return [
            self.label or "the run", amount_and_ends(kg, "kg CO2e"), *times, amount_and_ends(kwh, "kWh"), *cost,
        ]  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the alternative as plain data."""
        result = self.estimate
        found: dict[str, Any] = {
            "run": dict(result.run), "label": self.label, "rank": self.rank, "group": self.group,
        }  # fmt: skip
        found |= {name: getattr(result, name)._asdict() for name in QUANTITIES}
        found |= {"hours": self.hours, "gpu_hours": result.run["gpu_hours"], "cost": self.cost}
        found |= {"over_best": self.over_best._asdict(), "differs_from_best": self.differs_from_best}
        return found | {"factors_over_best": dict(self.factors), "notes": list(result.notes)}


class Comparison(WithoutArithmetic, Record):
    """Alternatives for one job, the lowest emissions first.

    Attributes
    ----------
    axes : dict of str to list
        What was varied: the keywords with several values.
    rows : tuple of Alternative
        In the order of their operational emissions.
    change : str
        What the way from the first that was named to the best does, in words; empty where there is one alternative.
    notes : tuple of str
        What was left out, and what the alternatives have in common to know about.

    Examples
    --------
    >>> found = compare("V100", hours=10, location=["PL", "SE"], year=2024)
    >>> [(row.label, row.differs_from_best) for row in found.rows]
    [('SE', False), ('PL', True)]
    """

    axes: dict[str, list[Any]]
    rows: tuple[Alternative, ...]
    change: str
    notes: tuple[str, ...]

    @property
    def best(self) -> Alternative:
        """The alternative with the lowest emissions."""
        return self.rows[0]

    @property
    def groups(self) -> list[list[Alternative]]:
        """The alternatives, those together that cannot be told apart from the first of them."""
        return [[row for row in self.rows if row.group == number] for number in range(1, self._last_group + 1)]

    @property
    def _last_group(self) -> int:
        return max(row.group for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data, as ``--json`` prints it.

        Examples
        --------
        >>> compare("V100", hours=10, location=["PL", "SE"]).to_dict()["axes"]
        {'location': ['PL', 'SE']}
        """
        rows = [row.to_dict() for row in self.rows]
        return {
            "kind": "comparison", "axes": dict(self.axes), "rows": rows, "change": self.change,
            "notes": list(self.notes),
        }  # fmt: skip

    def to_json(self, indent: int | None = 2) -> str:
        r"""Return the comparison as JSON text.

        Examples
        --------
        >>> compare("V100", hours=10, location=["PL", "SE"]).to_json()[:23]
        '{\n  "kind": "comparison'
        """
        from greentrain.plain_numbers import plain_json

        return plain_json(self.to_dict(), indent=indent)

    def __repr__(self) -> str:
        number = len(self.rows)
        return f"<Comparison of {number} alternative{'' if number == 1 else 's'}, best: {self.best.label or 'the one'}>"

    def _repr_html_(self) -> str:
        """Return a small table of the alternatives for notebooks, the best first."""
        from greentrain.html_table import table

        head = ["alternative", "operational", "times the best", "differs", "at the meter"]
        has_cost = any(row.cost is not None for row in self.rows)
        rows = [row.cells(has_cost=has_cost) for row in self.rows[:_MOST_IN_NOTEBOOK]]
        left_out = len(self.rows) - len(rows)
        more = f"{counted(left_out, 'alternative')} with higher emissions left out. " if left_out else ""
        caption = f"{counted(len(self.rows), 'alternative')}, the lowest emissions first"
        below = (
            f"{more}Below each figure is its 90 % interval. What two alternatives share cancels in times the best, "
            "which tells whether they differ."
        )
        return table([*head, *(["cost"] if has_cost else [])], rows, caption, below)


def compare(
    gpu: "OneOrMore[str]" = None,
    *,
    places: str | Sequence[str] | None = None,
    price: str | float | None = None,
    profiles: str | PathLike[str] | None = None,
    **described: "Unpack[ComparedOptions]",
) -> Comparison:
    """Compare ways to do one job: places, hardware, years, whatever `estimate` takes.

    Whether two alternatives differ is decided by the interval of their ratio, in which what both share cancels: the
    grid of two devices in one place, the device of one job in two places.

    Parameters
    ----------
    gpu : str or sequence of str, optional
        Accelerators, as in `estimate`.
    places : str or sequence of str, optional
        Lists of places in addition to ``location``: ``europe``, ``all``, ``centres``, ``cloud:aws``, a group such as
        ``EU27``, or a file with one place per line.
    price : float or str, optional
        Price per kWh, ``0.25``, or per accelerator-hour, ``2.10/gpu-hour``; with names where it differs,
        ``H100=3.2/gpu-hour,A100=1.8/gpu-hour``. In any currency.
    profiles : path, optional
        Folder of your own profiles.
    **described
        The keywords of `estimate`, each with one value or with several: a list, or text with commas or semicolons.

    Returns
    -------
    Comparison
        All combinations, ranked by operational emissions. One that cannot be is left out, with a note.

    Raises
    ------
    InputError
        If a value is invalid, or no combination is possible.

    Examples
    --------
    >>> found = compare(["A100", "H100"], hours=100, location=["PL", "SE"], year=2024)
    >>> [row.label for row in found.rows]
    ['A100, SE', 'H100, SE', 'A100, PL', 'H100, PL']
    >>> found.rows[1].over_best == found.rows[0].over_best
    False
    """
    _refuse_unknown(described)
    options: dict[str, Any] = {"gpu": gpu, **described}
    lists = [] if places is None else [places] if isinstance(places, str) else places
    if not isinstance(lists, Iterable):
        raise InputError("places", places, PLACES_RULE)
    listed = [place for word in lists for part in parted(word) for place in places_of(part, profiles)]
    if listed:
        options["location"] = [*_as_list(options.get("location")), *listed]
    axes = axes_of(options, profiles)
    found, notes = _estimates(axes, profiles)
    prices = [] if price is None else prices_of(price)
    rows = _ranked(found, prices)
    several = {name: values for name, values in axes.items() if len(values) > 1}
    return Comparison(several, _labelled(rows, several), _change(rows, several), (*notes, *_common_notes(rows)))


def _refuse_unknown(described: "ComparedOptions") -> None:
    for name in described:
        if name not in NAMES:
            raise TypeError(f"compare() got an unexpected keyword argument {name!r}")


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _estimates(axes: dict[str, list[Any]], profiles: Any) -> tuple[list[tuple[dict[str, Any], Estimate]], list[str]]:
    """Estimate every combination; those that contradict themselves are left out as long as another does not."""
    found = []
    left_out: dict[str, dict[str, Any]] = {}
    first: Contradiction | None = None
    for said in combinations(axes):
        try:
            found.append((said, estimate(**said, profiles=profiles)))
        except Contradiction as error:
            first = first or error
            left_out.setdefault(str(error), said)
    if not found:
        if first is None:  # nothing at all was named: estimate says what is needed
            estimate(profiles=profiles)
        raise first or InputError("gpu", None, "name what is to be compared")
    shown = [f"Left out: {reason}." for reason in left_out]
    more = len(shown) - _MOST_NOTES
    return found, shown if more <= 0 else [*shown[:_MOST_NOTES], f"Left out for such reasons: {more} more kinds."]


def _ranked(found: list[tuple[dict[str, Any], Estimate]], prices: list[Price]) -> list[Alternative]:
    ordered = sorted(found, key=lambda pair: pair[1].operational_kg.best)
    best = ordered[0][1]
    groups = _groups([result for _, result in ordered])
    rows = []
    for rank, (said, result) in enumerate(ordered, 1):
        ratio = exact(1.0) if result is best else paired_ratio(result, best)
        changed = factors_of_change(result, best)
        cost = cost_of(prices, result, said)
        rows.append(Alternative(said, "", result, rank, groups[rank - 1], ratio, changed, cost))
    return rows


def _groups(ordered: list[Estimate]) -> list[int]:
    """Number the groups of those that cannot be told apart from the first of them."""
    groups, number = [0] * len(ordered), 0
    while 0 in groups:
        number += 1
        leader = ordered[groups.index(0)]
        for place, result in enumerate(ordered):
            if not groups[place] and (result is leader or paired_ratio(result, leader).low <= 1):
                groups[place] = number
    return groups


def _labelled(rows: list[Alternative], several: dict[str, list[Any]]) -> tuple[Alternative, ...]:
    return tuple(row._replace(label=_label(row.said, several)) for row in rows)


def _label(said: dict[str, Any], several: dict[str, list[Any]]) -> str:
    """Name an alternative by what tells it from the others."""
    return ", ".join(_value_text(name, said[name]) for name in several)


def _value_text(name: str, value: Any) -> str:
    if name in _FREE_TEXT:
        return str(value)
    words = _WORDS.get(name, name.replace("_", " "))
    number = f"{value:.10g}"
    return f"{number} {words}" if name in _NOUN_BEHIND else number if name == "year" else f"{words} {number}"


def _change(rows: list[Alternative], several: dict[str, list[Any]]) -> str:
    """Write what the way from the first that was named to the best does; from the worst if the first is the best."""
    if len(rows) < 2:
        return ""
    first = {name: values[0] for name, values in several.items()}
    named = next((row for row in rows if all(row.said[name] == value for name, value in first.items())), rows[-1])
    start, end = rows[-1] if named is rows[0] else named, rows[0]
    ratio = paired_ratio(end.estimate, start.estimate)
    changed = factors_of_change(end.estimate, start.estimate)
    return words_of_change(_in_words(start, several), _in_words(end, several), ratio, changed)


def _in_words(row: Alternative, several: dict[str, list[Any]]) -> str:
    """Name an alternative in a sentence: ``A100 in Poland``."""
    rest = [_value_text(name, row.said[name]) for name in several if name != "location"]
    if "location" not in several:
        return ", ".join(rest)
    location = row.estimate.catalogue.places.find(row.said["location"])
    place = location.code if location.region else location.place.name
    return f"{', '.join(rest)} in {place}" if rest else place


def _common_notes(rows: list[Alternative]) -> list[str]:
    """List the notes of the alternatives, warnings first, those that most of them have before others."""
    warnings: dict[str, int] = {}
    notes: dict[str, int] = {}
    for row in rows:
        found = row.estimate.footprint
        for note in found.notes:
            kind = warnings if note in found.warnings else notes
            kind[note] = kind.get(note, 0) + 1
    ordered = [*sorted(warnings.items(), key=_rarest_last), *sorted(notes.items(), key=_rarest_last)]
    shown = [note if number == len(rows) else f"{note} ({number} of {len(rows)})" for note, number in ordered]
    more = len(shown) - _MOST_NOTES
    return shown if more <= 0 else [*shown[:_MOST_NOTES], f"{more} more notes are with the alternatives in --json."]


def _rarest_last(pair: tuple[str, int]) -> int:
    return -pair[1]
