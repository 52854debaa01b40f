"""Sums of results: what runs share is wrong in all of them alike, what is each run's own is independent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from greentrain.errors import InputError
from greentrain.footprint import QUANTITIES, SCOPES, Factor, Footprint, Part, log_variances, plain_terms, scaled
from greentrain.inputs import IT_ENERGY, METERED_ENERGY, Input, Inputs
from greentrain.interval import Interval, exact, sum_independent

_UNKNOWN = {
    "it_energy_kwh": "nothing is known of the energy; they are not in the sums",
    "facility_energy_kwh": "no PUE is known; only their IT energy is in the sums",
    "operational_kg": "no carbon intensity is known; they are not in the sum of the emissions",
    "embodied_kg": "the embodied emissions are not known; they are not in the sum of these",
    "water_l": "the water is not known; they are not in the sum of it",
}
"""What is missing where a quantity is not known but those before it are."""


def footprint_of(result: object) -> Footprint:
    """Return the footprint of a result: an estimate, a run that was tracked, a total, or a footprint itself.

    Raises
    ------
    InputError
        For anything else.
    """
    found = result if isinstance(result, Footprint) else getattr(result, "footprint", None)
    if not isinstance(found, Footprint):
        rule = "must hold results: estimates, tracked runs that have ended, or totals"
        raise InputError("results", f"with an item of type {type(result).__name__}", rule)
    return found


def total(results: Iterable[Any]) -> Footprint:
    """Add results up: estimates, tracked runs, and totals of them.

    What several runs share, such as the figures of a device, of a place's grid or of a site, is wrong in all of them by
    the same factor; what is each run's own, such as how busy its devices were, is independent of the others. So the
    interval of the sum is wider than for independent runs and narrower than the sum of the ends.

    Parameters
    ----------
    results : iterable
        Estimates, runs of the history, runs of this process that have ended, footprints, or any mixture of them.

    Returns
    -------
    Footprint
        The sum over those of which a quantity is known; a note counts those that are not in it.

    Raises
    ------
    InputError
        If there is no result, or something else among them.

    Examples
    --------
    >>> from greentrain import estimate, total
    >>> both = total([estimate("V100", hours=96, location="FR"), estimate("V100", hours=48, location="FR")])
    >>> round(both.facility_energy_kwh.best / estimate("V100", hours=144, location="FR").facility_energy_kwh.best, 6)
    1.0
    """
    if isinstance(results, (str, bytes)) or not isinstance(results, Iterable):
        rule = "must be a list of results; a single one is not added to anything"
        raise InputError("results", f"of type {type(results).__name__}", rule)
    listed: list[Any] = []
    items: list[Footprint] = []
    for result in results:  # one by one: the first that is none ends it, however many there are
        items.append(footprint_of(result))
        listed.append(result)
    if not items:
        raise InputError("results", None, "there is nothing to add up")
    if len(items) == 1:
        return items[0]
    whole = total_of(items)
    return whole._replace(notes=(*_twice_notes(listed), *whole.notes))


def _twice_notes(results: Iterable[Any]) -> Iterator[str]:
    """Warn of tracked runs that are there more than once, or together with an inner run, which is a part of them."""
    found: dict[str, list[bool]] = {}
    for result in results:
        key = getattr(result, "key", None) or getattr(result, "id", None)
        if isinstance(key, str):
            found.setdefault(key, []).append(getattr(result, "role", "") != "span")
    for key, is_whole in found.items():
        if len(is_whole) > 1 and any(is_whole):
            yield f"Run {key} is among the results more than once, or with a part of it: its energy counts as often."


def total_of(items: "list[Footprint]") -> Footprint:
    """Add footprints up; of none everything is unknown."""
    found = {name: _summed(items, name) for name in QUANTITIES if name != "total_kg"}
    sums = {name: interval for name, (interval, _) in found.items()}
    operational, embodied = sums["operational_kg"], sums["embodied_kg"]
    whole = sum_independent(operational, embodied) if operational is not None and embodied is not None else None
    is_of_facility = sums["facility_energy_kwh"] is not None
    known = [item for item in items if (item.facility_energy_kwh if is_of_facility else item.it_energy_kwh) is not None]
    bases, scopes = {item.basis for item in known}, {item.scope for item in known}
    return Footprint(
        **sums,
        total_kg=whole,
        inputs=Inputs(_merged(items)),
        breakdown=_summed_breakdown(items),
        basis=bases.pop() if len(bases) == 1 else "mixed" if bases else "estimated",
        scope=min(scopes, key=SCOPES.index, default="facility"),
        notes=(
            *_unknown_notes(items),
            *counted_texts(note for item in items for note in item.notes),
        ),
        warnings=tuple(counted_texts(warning for item in items for warning in item.warnings)),
        summed_factors={name: factors for name, (_, factors) in found.items()},
    )


def _summed(items: "list[Footprint]", quantity: str) -> tuple[Interval | None, tuple[Factor, ...]]:
    """Add up a quantity of several runs, with the terms of the sum's doubt.

    Each run's half-widths are parted among its factors; those of shared ones add up, those of own ones by their
    squares. So the ends of the sum lie between those of independent runs and the sums of the ends.
    """
    found = RunningSum(quantity)
    kept: _KeptTerms = {}  # while the list holds the runs, no two inputs have one id
    for item in items:
        found.add(item, kept)
    return found.whole()


class RunningSum:
    """A quantity of runs that are added one after the other, and not kept.

    Parameters
    ----------
    quantity : str
        One of `QUANTITIES`.
    """

    def __init__(self, quantity: str) -> None:
        self._quantity = quantity
        self._best: list[float] = []
        self._shared: dict[tuple[str, str], list[float]] = {}
        self._own: dict[tuple[str, str], list[float]] = {}

    def add(self, item: Footprint, kept: "_KeptTerms | None" = None) -> None:
        """Add a run; one of which the quantity is not known adds nothing.

        Parameters
        ----------
        item : Footprint
            That of the run.
        kept : dict, optional
            The terms of inputs by their ids, of runs that all live until the last is added: most of many share most.
        """
        value: Interval | None = getattr(item, self._quantity)
        if value is None:
            return
        self._best.append(value.best)
        for name, key, down, up in half_widths(item, self._quantity, kept):
            pair = (self._shared if key else self._own).setdefault((name, key), [0.0, 0.0])
            pair[0] += down if key else down * down
            pair[1] += up if key else up * up

    def add_sums(self, best: float, sums: Iterable[tuple[str, str, float, float]]) -> None:
        """Add runs that were added up before.

        Parameters
        ----------
        best : float
            The sum of their best values.
        sums : iterable of (str, str, float, float)
            Name and key of a factor, and the sums of the half-widths downward and upward; without a key, of the
            squares.
        """
        self._best.append(best)
        for name, key, down, up in sums:
            pair = (self._shared if key else self._own).setdefault((name, key), [0.0, 0.0])
            pair[0] += down
            pair[1] += up

    def sums(self) -> tuple[Any, list[tuple[str, str, Any, Any]]]:
        """Return what `add_sums` takes: the best values added up, None where there is no run, and the terms."""
        every = (*self._shared.items(), *self._own.items())
        terms = [(each[0], each[1], width[0], width[1]) for each, width in every]
        return sum(self._best) if self._best else None, terms

    def merge(self, other: "RunningSum") -> None:
        """Add the runs of another sum of this quantity."""
        best, terms = other.sums()
        if best is not None:
            self.add_sums(best, terms)

    def interval(self) -> Interval | None:
        """Return the sum alone; None where no run is known."""
        if not self._best:
            return None
        shared, own = self._shared.values(), self._own.values()
        widths = (sum(each[side] ** 2 for each in shared) + sum(each[side] for each in own) for side in (0, 1))
        return summed_interval(sum(self._best), *widths)

    def whole(self) -> tuple[Interval | None, tuple[Factor, ...]]:
        """Return the sum with the terms of its doubt; None and no terms where no run is known."""
        return summed(sum(self._best), self._shared, self._own) if self._best else (None, ())


TermSums: TypeAlias = "Mapping[tuple[str, str], Sequence[float]]"
"""By name and key: what adds up downward and upward."""


def summed(whole: float, shared: TermSums, own: TermSums) -> tuple[Interval, tuple[Factor, ...]]:
    """Return the interval of a sum and the terms of its doubt.

    Parameters
    ----------
    whole : float
        The sum of the best values.
    shared : mapping
        The sums of the half-widths by the factors that runs share.
    own : mapping
        The sums of their squares by those that are each run's own.
    """
    terms = [Factor(*name, down * down, up * up) for name, (down, up) in shared.items()]
    terms += [Factor(*name, down, up) for name, (down, up) in own.items()]
    down, up = (sum(getattr(term, side) for term in terms) for side in ("below", "above"))
    interval = summed_interval(whole, down, up)
    return interval, tuple(scaled(terms, log_variances(interval)))


_KeptTerms: TypeAlias = "dict[int, tuple[tuple[str, str, float, float], ...]]"


def half_widths(
    item: Footprint, quantity: str, kept: "_KeptTerms | None" = None
) -> Iterator[tuple[str, str, float, float]]:
    """Part the half-widths of a quantity of one run among its factors; `kept` is that of `RunningSum.add`.

    Yields
    ------
    name, key : str
        The input, and under which key its error is shared with other runs; an empty one for a run's own.
    down, up : float
        The factor's part of the half-width downward and upward, in the unit of the quantity.
    """
    interval: Interval | None = getattr(item, quantity)
    if interval is None or interval.is_exact:
        return
    low, best, high = interval
    factors = _terms(item, quantity, kept)
    below = above = 0.0
    for _, _, down, up in factors:
        below, above = below + down, above + up
    for name, key, down, up in factors:
        yield (
            name,
            key,
            (best - low) * (down / below) ** 0.5 if below else 0.0,
            ((high - best) * (up / above) ** 0.5 if above else 0.0),
        )


def _terms(item: Footprint, quantity: str, kept: "_KeptTerms | None") -> list[tuple[str, str, float, float]]:
    """Return the terms of a quantity's doubt up to a common factor of each side."""
    if item.summed_factors is None and quantity != "total_kg":
        found = [*plain_terms(item.inputs, quantity)] if kept is None else _terms_of(item, quantity, kept)
        if any(term[2] for term in found) and any(term[3] for term in found):
            return found
    return [(each.name, each.key, each.below, each.above) for each in item.factors(quantity)]


def _terms_of(item: Footprint, quantity: str, kept: "_KeptTerms") -> list[tuple[str, str, float, float]]:
    """Return the same as `plain_terms`, of each input once."""
    found: list[tuple[str, str, float, float]] = []
    for each in item.inputs:
        terms = kept.get(id(each))
        if terms is None:
            terms = kept[id(each)] = tuple(plain_terms((each,), quantity))
        found += terms
    return found


def summed_interval(best: float, below: float, above: float) -> Interval:
    """Return the interval of a sum, from its best value and the sums of the squares of its terms' half-widths."""
    down, up = below**0.5, above**0.5
    return Interval(best - down, best, best + up) if down or up else exact(best)


def _merged(items: Iterable[Footprint]) -> Iterator[Input]:
    return merged_inputs(item for each in items for item in each.inputs)


def merged_inputs(inputs: Iterable[Input]) -> Iterator[Input]:
    """Yield equal inputs of several runs once, with the widest interval; each run's own energy is in its own."""
    found: dict[tuple[str, float, str, str, str], Input] = {}
    for item in inputs:
        if item.name in (IT_ENERGY, METERED_ENERGY):
            continue
        key = (item.name, item.value.best, item.unit, item.basis, item.source)
        known = found.get(key)
        if known is None:
            found[key] = item
        elif item.value.low < known.value.low or item.value.high > known.value.high:
            low, high = min(item.value.low, known.value.low), max(item.value.high, known.value.high)
            found[key] = known._replace(value=Interval(low, known.value.best, high))
    yield from found.values()


def _summed_breakdown(items: Iterable[Footprint]) -> tuple[Part, ...]:
    sums: dict[str, list[float]] = {}
    for item in items:
        for part in item.breakdown:
            pair = sums.setdefault(part.component, [0.0, 0.0])
            pair[0] += part.energy_kwh
            pair[1] += part.operational_kg
    return tuple(Part(name, kwh, kg) for name, (kwh, kg) in sums.items())


def _unknown_notes(items: "list[Footprint]") -> Iterator[str]:
    """Count for each quantity how many runs are not in its sum, a run without energy in the first alone."""
    rest = items
    for name, words in _UNKNOWN.items():
        known = [item for item in rest if getattr(item, name) is not None]
        if len(known) < len(rest) and (known or name == "it_energy_kwh"):
            yield f"Of {len(rest) - len(known):,} of {len(items):,} runs {words}."
        rest = known or rest


def counted_texts(notes: Iterable[str]) -> Iterator[str]:
    """Yield each note once, with the number of runs that it holds for, the most frequent first."""
    numbers: dict[str, int] = {}
    for note in notes:
        numbers[note] = numbers.get(note, 0) + 1
    for note, number in sorted(numbers.items(), key=lambda pair: -pair[1]):
        yield note if number == 1 else f"{note} (in {number:,} runs)"
