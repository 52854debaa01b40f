"""The result of a validation: one row per record and tier, and a summary per tier."""

from collections.abc import Sequence
from math import exp, log
from statistics import mean, median
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION
from greentrain.interval import Interval, log_width
from greentrain.numbers import counted, percent
from greentrain.plain_numbers import plain_json
from greentrain.record import Record
from greentrain.validation.our_estimate import RatioToPublished
from greentrain.validation.reference import TIERS, Reference

if TYPE_CHECKING:
    from greentrain.validation.claims import ClaimResult

SCHEMA_VERSION = 1
_TIER_WORDS = {
    "T1": "T1, own arithmetic",
    "T2": "T2, our chain",
    "T3": "T3, metered energy",
    "T4": "T4, traps",
}


class RecordResult(NamedTuple):
    """One record in one tier.

    Attributes
    ----------
    published_kwh, published_kg : float or None
        As the source printed it; in T3 of a log whose host is modelled, the accelerators' part. [kWh, kg CO2e]
    estimated_kwh, estimated_kg : Interval or None
        T1: from the stated inputs, exact. T2 and T3: our estimate at the record's boundary. [kWh, kg CO2e]
    boundary : str
        What the published energy covers; in T3, what the meter read.
    passed : bool or None
        T1: within tolerance. T3: inside our interval. T4: the trap was noticed. None where nothing could be compared,
        and in T2, which only shows where we land.
    covered : bool or None
        Whether our interval holds the published figure, energy first; None in T1 and T4, and where emissions of an
        unknown place would be compared.
    log_ratio : float or None
        Natural logarithm of ours over published, energy first. [1]
    reason : str
        Why it fails, cannot be compared, or which trap was noticed by what.
    traps : tuple of str
        Names of the traps that were noticed, in T4.
    defaults : tuple of str
        The defaults that our estimate used, in T2 and T3.
    is_placed : bool
        False in T2 where the place is unknown and only emissions are published.
    meter, laboratory, workload : str
        What read the energy, who published it, and the workload that our estimate assumed; blank but in T3.
    in_sample : bool or None
        Whether our defaults were fitted to runs of this laboratory or hold this figure; None but in T3.
    """

    id: str
    tier: str
    published_kwh: float | None = None
    estimated_kwh: Interval | None = None
    published_kg: float | None = None
    estimated_kg: Interval | None = None
    boundary: str = ""
    passed: bool | None = None
    covered: bool | None = None
    log_ratio: float | None = None
    reason: str = ""
    traps: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    is_placed: bool = True
    meter: str = ""
    laboratory: str = ""
    workload: str = ""
    in_sample: bool | None = None

    @property
    def is_compared(self) -> bool:
        """Whether there was anything to compare; a record that cannot be resolved has not."""
        return self.passed is not None or self.covered is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        row = self._asdict()
        for name in ("estimated_kwh", "estimated_kg"):
            row[name] = row[name]._asdict() if row[name] else None
        return row | {"traps": list(self.traps), "defaults": list(self.defaults)}


class IntervalTargets(NamedTuple):
    """How good the intervals of metered runs have to be, judged on laboratories that our defaults have not seen.

    Attributes
    ----------
    coverage : float
        Share of runs inside, at least. [1]
    width, width_of_workload : float
        High over low, at most, without and with the kind of training known. [1]
    error : float or None
        Mean relative error of the best value, at most. [1]
    """

    coverage: float
    width: float
    width_of_workload: float
    error: float | None


LIMITS = {
    "accelerator": IntervalTargets(0.85, 3.6, 2.2, None),
    "node": IntervalTargets(0.85, 1.6, 1.6, 0.10),
    "facility": IntervalTargets(0.85, 1.6, 1.6, 0.10),
}
"""By what the meter read; a facility is a node at the wall, times its stated PUE."""


class PeerScore(NamedTuple):
    """A published method on the same metered records.

    Attributes
    ----------
    n : int
        Records to which the method applies.
    own : int
        How many of them are in the method's own source, so that it is no test of them.
    median_abs_log_ratio, bias_log : float
        Median size and mean of the logarithm of the method's energy over the metered one. [1]
    our_median_abs_log_ratio : float
        The same of our best value, on the same records. [1]
    """

    title: str
    n: int
    own: int
    median_abs_log_ratio: float
    bias_log: float
    our_median_abs_log_ratio: float


class ValidationReport(Record):
    """Published footprints against what their inputs give, and against our own estimates.

    Attributes
    ----------
    records : tuple of RecordResult
        One row per record and tier.
    references : tuple of Reference
        The records, those left out included.
    peers : dict of str to PeerScore
        Published methods on the T3 records.
    claims : tuple of ClaimResult
        Well-known claims recomputed, if asked for.
    decomposition : RatioToPublished or None
        Ours against published factor by factor, where one record was asked for.

    Examples
    --------
    >>> validate(record="patterson2021-gpt3")
    <ValidationReport T1 1 of 1, T3 1 of 1, T4 1 of 1>
    """

    records: tuple[RecordResult, ...]
    references: tuple[Reference, ...]
    peers: dict[str, PeerScore]
    claims: "tuple[ClaimResult, ...]" = ()
    decomposition: RatioToPublished | None = None

    @property
    def failed(self) -> tuple[RecordResult, ...]:
        """The T1 records whose published figures do not follow from their stated inputs."""
        return tuple(row for row in self.records if row.tier == "T1" and row.passed is False)

    @property
    def passed(self) -> bool:
        """Whether every T1 record, and every claim that was asked for, follows from its own inputs."""
        return not self.failed and all(claim.passed for claim in self.claims)

    @property
    def tiers(self) -> dict[str, dict[str, Any]]:
        """The summary of each tier that has records."""
        summaries = {"T1": _checked, "T2": _placed, "T3": self._metered, "T4": self._noticed}
        rows = {tier: self.of_tier(tier) for tier in TIERS}
        return {tier: summaries[tier](rows[tier]) for tier in TIERS if rows[tier]}

    def of_tier(self, tier: str) -> tuple[RecordResult, ...]:
        """Return the rows of one tier.

        Examples
        --------
        >>> checked = validate(record="patterson2021-gpt3")
        >>> checked.of_tier("T1")[0].passed
        True
        """
        return tuple(row for row in self.records if row.tier == tier)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain data, as ``--json`` prints it.

        Examples
        --------
        >>> validate(record="patterson2021-gpt3").to_dict()["tiers"]["T1"]
        {'n': 1, 'passed': 1, 'unresolved': 0}
        """
        whole: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "kind": "validation",
            "greentrain_version": __version__,
            "data_version": DATA_VERSION,
            "tiers": self.tiers,
            "records": [row.to_dict() for row in self.records],
            "excluded": [{"id": item.id, "reason": item.excluded} for item in self.references if item.excluded],
            "claims": [claim.to_dict() for claim in self.claims],
        }
        return whole if self.decomposition is None else {**whole, "factors": self.decomposition.to_dict()}

    def to_json(self, indent: int | None = 2) -> str:
        """Return the whole report as JSON text, without NaN or infinity.

        Examples
        --------
        >>> import json
        >>> json.loads(validate(record="patterson2021-gpt3").to_json())["tiers"]["T1"]["passed"]
        1
        """
        return plain_json(self.to_dict(), indent=indent)

    def _metered(self, rows: Sequence[RecordResult]) -> dict[str, Any]:
        boundaries = {name: [row for row in rows if row.boundary == name] for name in LIMITS}
        laboratories = sorted({row.laboratory for row in rows if row.laboratory})
        return {
            **_compared(rows),
            "in_sample": _compared([row for row in rows if row.in_sample]),
            "out_of_sample": _compared([row for row in rows if not row.in_sample]),
            "by_boundary": {name: _limited(name, found) for name, found in boundaries.items() if found},
            "by_laboratory": {
                name: _compared([row for row in rows if row.laboratory == name]) for name in laboratories
            },
            "peers": {name: score._asdict() for name, score in self.peers.items()},
        }

    def _noticed(self, rows: Sequence[RecordResult]) -> dict[str, Any]:
        """Summarize T4: of how many records the file states the traps, and how many of these are noticed."""
        stating = {item.id for item in self.references if item.traps}
        stated = _checked([row for row in rows if row.id in stating])
        return {**_checked(rows), "stated": stated["n"], "stated_noticed": stated["passed"]}

    @property
    def used(self) -> int:
        """How many published records were used. [1]"""
        return sum(not item.excluded for item in self.references)

    def __repr__(self) -> str:
        parts = []
        for tier, summary in self.tiers.items():
            right = summary["passed"] if "passed" in summary else summary["covered"]
            has_ratio = summary.get("stated", summary["n"]) == summary["n"]
            parts.append(f"{tier} {right} of {summary['n']}" if has_ratio else f"{tier} {right} noticed")
        return f"<ValidationReport {', '.join(parts) or 'of no records'}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        from greentrain.html_table import table

        head = ("", "records", "right", "share", "median error", "bias")
        rows = [(_TIER_WORDS[tier], *_in_notebook(summary)) for tier, summary in self.tiers.items()]
        caption = f"{self.used:,} published records, each in the tiers that it has the figures for, data {DATA_VERSION}"
        below = "Right: its figures follow from its inputs (T1), lies in our 90 % interval (T2, T3), is noticed (T4)."
        left = len(self.records) - sum(summary["n"] for summary in self.tiers.values())
        if left:
            below += f" Not counted: {counted(left, 'comparison')} that cannot be made, or of an unknown place."
        return table(head, rows, caption, below)


def _checked(rows: Sequence[RecordResult]) -> dict[str, Any]:
    """Summarize a tier that is passed or not."""
    compared = [row for row in rows if row.is_compared]
    passed = sum(row.passed is True for row in compared)
    return {"n": len(compared), "passed": passed, "unresolved": len(rows) - len(compared)}


def _compared(rows: Sequence[RecordResult]) -> dict[str, Any]:
    """Summarize a tier in which our interval meets a published figure."""
    compared = [row for row in rows if row.is_compared]
    covered = sum(row.covered is True for row in compared)
    ratios = [row.log_ratio for row in compared if row.log_ratio is not None]
    widths = [log_width(interval) for row in compared if (interval := row.estimated_kwh or row.estimated_kg)]
    return {
        "n": len(compared),
        "covered": covered,
        "coverage": covered / len(compared) if compared else None,
        "median_abs_log_ratio": median(map(abs, ratios)) if ratios else None,
        "mean_abs_error": mean(abs(exp(ratio) - 1) for ratio in ratios) if ratios else None,
        "bias_log": mean(ratios) if ratios else None,
        "mean_log_width": mean(widths) if widths else None,
        "unresolved": len(rows) - len(compared),
    }


def _placed(rows: Sequence[RecordResult]) -> dict[str, Any]:
    """Summarize T2: emissions of unknown places are counted, not compared."""
    placed = [row for row in rows if row.is_placed]
    return {**_compared(placed), "unplaced": len(rows) - len(placed)}


def _limited(boundary: str, rows: Sequence[RecordResult]) -> dict[str, Any]:
    """Summarize T3 at one boundary, with its limits and whether they are kept."""
    found, limits = _compared(rows), LIMITS[boundary]
    widths = [limits.width_of_workload if row.workload else limits.width for row in rows if row.is_compared]
    width = exp(mean(map(log, widths))) if widths else limits.width
    kept = found["n"] > 0 and (
        found["coverage"] >= limits.coverage
        and exp(found["mean_log_width"]) <= width
        and (limits.error is None or found["mean_abs_error"] <= limits.error)
    )
    stated = {"coverage": limits.coverage, "width": width, "mean_abs_error": limits.error}
    return {**found, "limits": stated, "within_limits": kept if found["n"] else None}


def _in_notebook(summary: dict[str, Any]) -> tuple[str, ...]:
    right = summary["passed"] if "passed" in summary else summary["covered"]
    number = summary["n"]
    share = percent(right / number) if number and summary.get("stated", number) == number else ""
    logs = (summary.get("median_abs_log_ratio"), summary.get("bias_log"))
    return f"{summary['n']:,}", f"{right:,}", share, *("" if each is None else f"x {exp(each):.2f}" for each in logs)
