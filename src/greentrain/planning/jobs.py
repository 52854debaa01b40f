"""Jobs of a file: what they will emit together, and what a change of the file changes."""

import csv
import json
import os
import tomllib
from collections.abc import Mapping
from typing import Any

from greentrain.errors import DataError, InputError, path_text
from greentrain.estimation import Estimate, estimate
from greentrain.footprint import Footprint
from greentrain.interval import Interval
from greentrain.planning.axes import NAMES
from greentrain.planning.paired import Terms, paired_ratio, ratio_of_terms, terms_of
from greentrain.record import Record
from greentrain.summation import total

_JOBS = "jobs"
_NAME = "name"
_KG = "operational_kg"


class JobChange(Record):
    """A job, before and after.

    Attributes
    ----------
    name : str
        As the file names it.
    before, after : Estimate or None
        None where the job is new, or gone.
    ratio : Interval or None
        Emissions after over before, in which what both share cancels. [1]
    """

    name: str
    before: Estimate | None
    after: Estimate | None
    ratio: Interval | None

    @property
    def is_clear(self) -> bool:
        """Whether the change is larger than what is not known: a job that comes or goes always is."""
        return self.ratio is None or self.ratio.low > 1 or self.ratio.high < 1


class JobPlan(Record):
    """The jobs of a file, with those of another version of it.

    Attributes
    ----------
    jobs : tuple of JobChange
        In the order of the file, those that are gone last.
    total : Footprint or None
        Of all jobs; None where there is none.
    before : Footprint or None
        Of all jobs of the other version; None without one.
    ratio : Interval or None
        Emissions of all over those of the other version. [1]
    """

    jobs: tuple[JobChange, ...]
    total: Footprint | None
    before: Footprint | None
    ratio: Interval | None

    @property
    def operational_kg(self) -> Interval | None:
        """Emissions of all jobs. [kg CO2e]"""
        return None if self.total is None else self.total.operational_kg

    @property
    def facility_energy_kwh(self) -> Interval | None:
        """Energy of all jobs. [kWh]"""
        return None if self.total is None else self.total.facility_energy_kwh

    @property
    def is_clear(self) -> bool:
        """Whether the emissions of all change by more than what is not known."""
        return self.ratio is not None and (self.ratio.low > 1 or self.ratio.high < 1)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        rows = [
            {
                "name": job.name,
                "operational_kg": job.after and job.after.operational_kg._asdict(),
                "facility_energy_kwh": job.after and job.after.facility_energy_kwh._asdict(),
                "before_kg": job.before and job.before.operational_kg._asdict(),
                "ratio": job.ratio and job.ratio._asdict(),
                "is_clear": job.is_clear,
            }
            for job in self.jobs
        ]
        kg, kwh = self.operational_kg, self.facility_energy_kwh
        before = None if self.before is None else self.before.operational_kg
        totals = {
            "operational_kg": kg and kg._asdict(), "facility_energy_kwh": kwh and kwh._asdict(),
            "before_kg": before and before._asdict(), "ratio": self.ratio and self.ratio._asdict(),
            "is_clear": self.is_clear,
        }  # fmt: skip
        return {"kind": "jobs", "jobs": rows, "totals": totals}


def plan_jobs(
    path: str | os.PathLike[str],
    *,
    base: str | os.PathLike[str] | None = None,
    profiles: str | os.PathLike[str] | None = None,
) -> JobPlan:
    """Estimate the jobs of a file, and what changes from another version of it.

    Parameters
    ----------
    path : path
        TOML with a table ``[jobs.NAME]`` per job, JSON with an object ``jobs``, or CSV with a column ``name``. Keys and
        columns are keywords of `estimate`.
    base : path, optional
        The other version.
    profiles : path, optional
        Folder of your own profiles.

    Raises
    ------
    DataError
        If a file cannot be read, or a job cannot be estimated; it is named.
    """
    after = _estimates(path_text("jobs", path), profiles)
    before = None if base is None else _estimates(path_text("base", base), profiles)
    names = dict.fromkeys([*after, *(before or ())])
    jobs = tuple(_change(name, (before or {}).get(name), after.get(name), before is not None) for name in names)
    ratio = _ratio_of_totals(after, before) if before and after else None
    return JobPlan(jobs, _sum(after), None if before is None else _sum(before), ratio)


def _change(name: str, before: Estimate | None, after: Estimate | None, is_compared: bool) -> JobChange:
    ratio = paired_ratio(after, before) if is_compared and before is not None and after is not None else None
    return JobChange(name, before, after, ratio)


def _sum(jobs: Mapping[str, Estimate]) -> Footprint | None:
    return total(jobs.values()) if jobs else None


def _ratio_of_totals(after: Mapping[str, Estimate], before: Mapping[str, Estimate]) -> Interval:
    """Divide two sums: terms count by the share of their job, those with one key add up, what both share cancels."""
    sums = [sum(job.operational_kg.best for job in jobs.values()) for jobs in (after, before)]
    return ratio_of_terms(sums[0] / sums[1], _terms_of_sum(after), _terms_of_sum(before))


def _terms_of_sum(jobs: Mapping[str, Estimate]) -> Terms:
    whole = sum(job.operational_kg.best for job in jobs.values())
    found: Terms = {}
    for name, job in jobs.items():
        share = job.operational_kg.best / whole
        for identity, (below, above) in terms_of(job, _KG).items():
            key = (name, *identity) if identity[0] == "own" else identity
            old = found.get(key, (0.0, 0.0))
            found[key] = (old[0] + share * below, old[1] + share * above)
    return found


def _estimates(path: str, profiles: Any) -> dict[str, Estimate]:
    found = {}
    for name, keywords in read_jobs(path).items():
        try:
            found[name] = estimate(**keywords, profiles=profiles)
        except InputError as error:
            raise DataError(path, f"job {name!a}: {error}") from None
    return found


def read_jobs(path: str) -> dict[str, dict[str, Any]]:
    """Read the jobs of a file by their names.

    Raises
    ------
    DataError
        If it cannot be read, or holds something that is no keyword.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 -- paths are text here
            listed = _parsed(path, file.read())
    except UnicodeDecodeError:
        raise DataError(path, "must be UTF-8 text") from None
    found: dict[str, dict[str, Any]] = {}
    for number, (name, keywords) in enumerate(listed, 1):
        named = str(name or keywords.get(_NAME) or f"job {number}")
        if named in found:
            raise DataError(path, f"has two jobs named {named!a}")
        given = {key: value for key, value in keywords.items() if key != _NAME and value not in (None, "")}
        for key in given:
            if key not in NAMES:
                raise DataError(path, f"job {named!a}: {key!a} is no keyword of estimate", column=key)
        found[named] = given
    return found


def _parsed(path: str, text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        if path.lower().endswith(".csv"):
            return [(row.get(_NAME) or "", dict(row)) for row in csv.DictReader(text.splitlines())]
        whole = json.loads(text) if path.lower().endswith(".json") else tomllib.loads(text)
    except (ValueError, csv.Error, RecursionError) as error:
        raise DataError(path, f"cannot be read: {str(error)[:200]}") from None
    jobs = whole.get(_JOBS) if isinstance(whole, dict) else whole
    listed = jobs if isinstance(jobs, list) else []
    pairs = list(jobs.items()) if isinstance(jobs, dict) else [("", job) for job in listed]
    if not pairs or not all(isinstance(keywords, dict) for _, keywords in pairs):
        raise DataError(path, "must hold jobs: a table [jobs.NAME] with keywords of estimate for each")
    return pairs
