"""Published footprints checked: their own arithmetic, our default chain, our intervals, and their traps."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import log
from os import PathLike
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from greentrain.catalogue import Catalogue, load_catalogue
from greentrain.catalogue.names import fold, nearest
from greentrain.catalogue.table_files import shipped_table
from greentrain.errors import InputError, UnknownName, either
from greentrain.inputs import GRID_INTENSITY, PUE
from greentrain.interval import Interval, exact
from greentrain.progress import Telling
from greentrain.validation.names import find_hardware
from greentrain.validation.our_estimate import LOG_WITH_MODEL, Ours, decompose, estimated, metered_part, workload_of
from greentrain.validation.recompute import agreements, recompute
from greentrain.validation.reference import TIERS, Reference
from greentrain.validation.references import read_references
from greentrain.validation.report import PeerScore, RecordResult, ValidationReport
from greentrain.validation.traps import find_traps

if TYPE_CHECKING:
    from greentrain.progress import Progress
    from greentrain.validation.claims import ClaimResult


def validate(
    references: str | PathLike[str] | None = None,
    *,
    tier: str | None = None,
    record: str | None = None,
    claims: bool = False,
    progress: "Progress" = None,
) -> ValidationReport:
    """Check published training footprints, each in the tiers to which it belongs.

    T1 recomputes kWh and kg from all stated inputs. T2 shows where our default chain lands from hardware, count, hours,
    place, year and kind of training alone; emissions of unknown places are counted apart. T3 asks whether our interval
    holds metered energy, apart by what the meter read, by laboratory, and by whether our defaults have seen it. T4 asks
    whether contradictions and mixed scopes are noticed. Tiers are never pooled.

    Parameters
    ----------
    references : path, optional
        A CSV file of your own with the columns of the shipped records; None checks those.
    tier : {'T1', 'T2', 'T3', 'T4'}, optional
        Only this tier.
    record : str, optional
        Only the record with this id, with its factors.
    claims : bool, optional
        Recompute well-known claims too.
    progress : bool or callable, optional
        True shows how far it is on stderr; a class like ``tqdm`` is shown instead.

    Returns
    -------
    ValidationReport
        One row per record and tier. A record that cannot be resolved has the reason and stops no other.

    Raises
    ------
    InputError
        For a file, tier or record that there is not.
    DataError
        If the file lacks a column or a cell cannot be used.

    Examples
    --------
    >>> validate(record="patterson2021-gpt3", tier="T1").tiers["T1"]
    {'n': 1, 'passed': 1, 'unresolved': 0}
    """
    wanted = _checked_tier(tier)
    catalogue = load_catalogue()
    everything = read_references(references, catalogue=catalogue)
    chosen = everything if record is None else (_find(everything, record),)
    rows: list[RecordResult] = []
    with Telling(progress, len(chosen), "checking records") as tell:
        for reference in chosen:
            rows += _rows(reference, everything, wanted, catalogue)
            tell(1)
    metered = [metered_part(item) for item in chosen if "T3" in item.tiers and "T3" in wanted]
    single = chosen[0] if record is not None else None
    factors = decompose(single, estimated(single, catalogue)) if single else None
    checked: tuple[ClaimResult, ...] = ()
    if claims:
        from greentrain.validation.claims import check_claims

        checked = check_claims(catalogue)
    return ValidationReport(tuple(rows), chosen, _peers(metered, catalogue), checked, factors)


def _rows(
    reference: Reference, everything: Sequence[Reference], tiers: tuple[str, ...], catalogue: Catalogue
) -> Iterator[RecordResult]:
    checks: dict[str, Callable[[], RecordResult]] = {
        "T1": lambda: check_stated(reference),
        "T2": lambda: check_chain(reference, catalogue),
        "T3": lambda: check_metered(reference, catalogue),
        "T4": lambda: check_traps(reference, everything, catalogue),
    }
    for tier in TIERS:
        if tier in tiers and tier in reference.tiers and not reference.excluded:
            yield checks[tier]()


def check_stated(reference: Reference) -> RecordResult:
    """T1: compare the published figures with what the stated inputs give."""
    compared, stated = agreements(reference), recompute(reference)
    row = _row(reference, "T1")._replace(
        estimated_kwh=None if stated.energy_kwh is None else exact(stated.energy_kwh),
        estimated_kg=None if stated.co2e_kg is None else exact(stated.co2e_kg),
    )
    if not compared:
        return row._replace(reason="no published figure can be recomputed: an input is not stated")
    reasons = [
        f"{item.quantity} comes out as {item.recomputed:,.6g}, not {item.published:,.6g} (+- {item.tolerance:.3g})"
        for item in compared
        if not item.holds
    ]
    ratio = compared[0].recomputed / compared[0].published if compared[0].published else None
    log_ratio = log(ratio) if ratio else None
    return row._replace(passed=not reasons, log_ratio=log_ratio, reason="; ".join(reasons))


def check_chain(reference: Reference, catalogue: Catalogue) -> RecordResult:
    """T2: show where our default chain lands, and which defaults it used."""
    return _against(reference, estimated(reference, catalogue), "T2")


def check_metered(reference: Reference, catalogue: Catalogue) -> RecordResult:
    """T3: ask whether our interval holds the metered energy at the boundary of what the meter read."""
    metered = metered_part(reference)
    ours = estimated(metered._replace(location=""), catalogue, with_pue=True)
    if ours.estimate is not None and metered.published_energy_kwh is None and metered.meter == LOG_WITH_MODEL:
        ours = Ours(reason="its host is modelled, and what the accelerators drew is not stated: device_energy_kwh")
    row = _against(metered, ours, "T3")
    return row._replace(
        passed=row.covered,
        defaults=_defaults_of_energy(ours, row),
        meter=reference.meter,
        laboratory=reference.laboratory,
        workload=workload_of(reference) or "",
        in_sample=is_in_sample(reference, catalogue),
    )


def _defaults_of_energy(ours: Ours, row: RecordResult) -> tuple[str, ...]:
    """Return the defaults of an energy at the boundary of the meter: no grid, and of accelerators their own alone."""
    if ours.estimate is None:
        return row.defaults
    if row.boundary == "accelerator":
        inputs = (*ours.estimate.inputs, *ours.estimate.of_accelerators)
        return tuple(item.name for item in inputs if item.name == "utilization")
    beyond = {GRID_INTENSITY} if row.boundary == "facility" else {GRID_INTENSITY, PUE}
    return tuple(name for name in row.defaults if name not in beyond)


def is_in_sample(reference: Reference, catalogue: Catalogue) -> bool:
    """Whether our defaults have seen a metered record: its laboratory, or its figure as that of the device."""
    if fold(reference.laboratory) in _fitted_laboratories():
        return True
    name = find_hardware(reference.accelerator, catalogue, reference.accelerator_count).name
    profile = catalogue.hardware.find_accelerator(name)[0] if name else None
    own = profile.training_source.split(";") if profile and profile.training_w else []
    return bool(reference.source) and reference.source in own


@cache
def _fitted_laboratories() -> frozenset[str]:
    rows = shipped_table("power_evidence").records()
    return frozenset(fold(row["laboratory"]) for row in rows if row["use"] == "fit")


def check_traps(reference: Reference, everything: Sequence[Reference], catalogue: Catalogue) -> RecordResult:
    """T4: ask whether the record's traps are noticed, by name where the record names them."""
    found = find_traps(reference, everything, catalogue=catalogue)
    missed = [name for name in reference.traps if name not in found]
    reasons = [f"{name} was not noticed" for name in missed] + [
        f"{name}: {sentence}" for name, sentence in found.items()
    ]
    return _row(reference, "T4")._replace(
        passed=bool(found) and not missed, traps=tuple(found), reason="; ".join(reasons) or "no trap was noticed"
    )


def _against(reference: Reference, ours: Ours, tier: str) -> RecordResult:
    """Compare our estimate with the published energy, and where none is published with the emissions."""
    row = _row(reference, tier)
    if ours.energy_kwh is None and ours.co2e_kg is None:
        return row._replace(reason=ours.reason)
    # Where accelerator-hours are stated, the count that they are divided by changes nothing.
    used = ours.estimate.defaults if ours.estimate else ()
    defaults = tuple(item.name for item in used if item.weight and item.name != "count") or (GRID_INTENSITY,)
    in_kg = ours.co2e_kg if reference.published_co2e_kg is not None else None
    row = row._replace(estimated_kwh=ours.energy_kwh, estimated_kg=in_kg, defaults=defaults)
    if reference.published_energy_kwh and ours.energy_kwh:
        return row._replace(**_meeting(reference.published_energy_kwh, ours.energy_kwh))
    if not reference.published_co2e_kg or not ours.co2e_kg:
        return row._replace(reason="nothing is published that could be compared")
    row = row._replace(**_meeting(reference.published_co2e_kg, ours.co2e_kg))
    if ours.is_placed:
        return row
    return row._replace(covered=None, is_placed=False, reason=ours.reason or "no place is stated")


def _meeting(published: float, ours: Interval) -> dict[str, Any]:
    return {"covered": ours.low <= published <= ours.high, "log_ratio": log(ours.best / published)}


def _row(reference: Reference, tier: str) -> RecordResult:
    return RecordResult(
        reference.id,
        tier,
        published_kwh=reference.published_energy_kwh,
        published_kg=reference.published_co2e_kg,
        boundary=reference.energy_boundary,
    )


def _peers(metered: Sequence[Reference], catalogue: Catalogue) -> dict[str, PeerScore]:
    """Score the published methods on the metered records that we can resolve ourselves.

    A method that does not apply to most records (it needs a meter, or holds for a few devices whose means it was made
    from) cannot be compared on the same records and is left out.
    """
    from greentrain.validation.methods import METHODS

    ours = {row.id: row for item in metered if (row := check_metered(item, catalogue)).log_ratio is not None}
    scores = {}
    for name, method in METHODS.items():
        energies = [(item, method.energy_kwh(item, catalogue)) for item in metered if item.id in ours]
        known = [(item, kwh / item.published_energy_kwh) for item, kwh in energies if kwh and item.published_energy_kwh]
        if known:
            own = sum(method.takes_from(item, catalogue) for item, _ in known)
            errors = [log(ratio) for _, ratio in known]
            scores[name] = PeerScore(
                method.title, len(known), own, median(map(abs, errors)), mean(errors),
                median(abs(ours[item.id].log_ratio or 0.0) for item, _ in known),
            )  # fmt: skip
    return {name: score for name, score in scores.items() if score.n * 2 >= len(ours)}


def _checked_tier(tier: str | None) -> tuple[str, ...]:
    if tier is None:
        return TIERS
    if not isinstance(tier, str) or tier.upper() not in TIERS:
        raise InputError("tier", tier, f"must be {either(TIERS)}")
    return (tier.upper(),)


def _find(references: Sequence[Reference], key: str) -> Reference:
    by_name = {fold(reference.id): reference for reference in references}
    found = by_name.get(fold(key)) if isinstance(key, str) else None
    if found is None:
        near = nearest(str(key), {name: item.id for name, item in by_name.items()})
        raise UnknownName("record", key, "no such record", near)
    return found
