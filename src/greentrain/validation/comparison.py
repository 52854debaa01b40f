"""The same job by published methods and by ours, and why they differ, factor by factor."""

from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.estimation import Estimate
from greentrain.factors import Decomposition
from greentrain.units import W_PER_KW
from greentrain.validation.methods import METHODS, Job, MethodResult, described_job
from greentrain.validation.methods.method import settings_of

OURS = "greentrain"


class Compared(NamedTuple):
    """A method's result compared with ours.

    Attributes
    ----------
    result : MethodResult
        The method's.
    ratio : float
        Its emissions over ours. [1]
    split : Decomposition
        Its factors over ours; their product is ``ratio``. [1]
    """

    result: MethodResult
    ratio: float
    split: Decomposition

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        found = _result_dict(self.result)
        found["sources"] = list(self.result.sources)
        return found | {"ratio": self.ratio, "split": _factors_dict(self.split)}


class MethodComparison(NamedTuple):
    """One job by every method that applies to it.

    Attributes
    ----------
    ours : MethodResult
        Best values of the estimate.
    methods : tuple of Compared
        Each method as it comes, followed by its other settings.
    """

    ours: MethodResult
    methods: tuple[Compared, ...]
    catalogue: Catalogue

    @property
    def tools_kg(self) -> tuple[float, float]:
        """Smallest and largest result of the tools that people use. [kg CO2e]"""
        found = [item.result.kg for item in self.methods if item.result.kind == "tool"]
        return min(found), max(found)

    @property
    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What replaced an input that the job does not give, with the methods that it concerns."""
        found: dict[str, list[str]] = {}
        for item in self.methods:
            for note in item.result.notes:
                found.setdefault(note, []).append(item.result.name)
        return tuple((note, tuple(dict.fromkeys(names))) for note, names in found.items())

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Title, URL, year and licence of every source that the methods name."""
        keys = dict.fromkeys(key for item in self.methods for key in item.result.sources)
        return {key: self.catalogue.source(key).to_dict() for key in keys}

    def to_dict(self) -> dict[str, Any]:
        """Return the whole comparison as plain data, as ``--compare-methods --json`` has it under ``methods``."""
        low, high = self.tools_kg
        return {
            "ours": _result_dict(self.ours),
            "results": [item.to_dict() for item in self.methods],
            "tools_kg": {"low": low, "high": high},
            "sources": self.sources,
        }


def compare_methods(estimate: Estimate) -> MethodComparison:
    """Apply every published method to the job of an estimate, each with its own defaults.

    Parameters
    ----------
    estimate : Estimate
        What greentrain made of the job; methods see what the user stated of it, and the grid of the same place as they
        have it.

    Returns
    -------
    MethodComparison
        Ours and theirs, each difference split so that the ratios of the factors multiply to the ratio of the results.

    Examples
    --------
    >>> from greentrain import estimate
    >>> found = compare_methods(estimate("V100", hours=96, location="US", pue=1.58))
    >>> [round(kg, 2) for kg in found.tools_kg]
    [8.41, 23.91]
    """
    job, factors = described_job(estimate)
    ours = _ours(estimate, job, factors)
    found = (Compared(item, item.kg / ours.kg, item.factors.over(ours.factors)) for item in _results(job))
    return MethodComparison(ours, tuple(found), estimate.catalogue)


def _results(job: Job) -> list[MethodResult]:
    """Apply every method in every setting; a setting that changes nothing for this job is left out."""
    found: list[MethodResult] = []
    for method in METHODS.values():
        seen: set[tuple[float, float]] = set()
        for setting in settings_of(method.name):
            result = method.apply(job, setting)
            if result is not None and (result.kwh, result.kg) not in seen:
                seen.add((result.kwh, result.kg))
                found.append(result)
    return found


def _ours(estimate: Estimate, job: Job, factors: Decomposition) -> MethodResult:
    return MethodResult(
        name=OURS,
        setting="",
        known_as=OURS,
        title="this estimate, best values",
        kind="ours",
        power_w=estimate.it_energy_kwh.best * W_PER_KW / job.hours,
        kwh=estimate.facility_energy_kwh.best,
        g_per_kwh=factors.g_per_kwh,
        kg=estimate.operational_kg.best,
        factors=factors,
        sources=(),
        notes=(),
    )


def _result_dict(result: MethodResult) -> dict[str, Any]:
    """Return a result as plain data; its sources are in the comparison."""
    found = result._asdict()
    del found["sources"]
    return found | {"factors": _factors_dict(result.factors), "notes": list(result.notes)}


def _factors_dict(factors: Decomposition) -> dict[str, float]:
    """Return the factors of a method's power by the names that they have in JSON; the hours are the job's own."""
    return {
        "device": factors.device_w,
        "utilization": factors.utilization,
        "host": factors.host_factor,
        "pue": factors.pue,
        "grid": factors.g_per_kwh,
    }
