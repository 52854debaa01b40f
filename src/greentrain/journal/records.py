"""Types of what a journal records: the components that a meter reads, times without a reading, spans and logs."""

from __future__ import annotations

from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

COMPONENTS = ("gpu", "cpu", "memory")

SAVED_ESTIMATE = "estimated"
"""Origin of what was never run under a meter: an estimate that was saved."""
"""The kinds of components that a meter distinguishes, in the order of the journal."""

QUALITIES = ("measured", "modelled", "unknown")
"""How a component's energy is known, the best first."""

OWN_PROCESSES, OWN_JOB, ALLOTTED = "processes", "job", "allotment"
"""Whose use of CPU and memory is counted as the run's: its processes', or all that its scheduler's job uses."""

STATUSES = ("running", "completed", "failed", "interrupted", "killed", "unknown")
"""States of a run; ``interrupted`` by Ctrl-C, ``killed`` before it could record its end, ``unknown`` of one that ended
in order or by itself, but whose record does not hold how."""

UNFINISHED = ("failed", "interrupted", "killed")
"""The statuses of runs that ended without having done what they were started for."""


class Component(NamedTuple):
    """A component of a computer, and how it is read.

    Attributes
    ----------
    component : {'gpu', 'cpu', 'memory'}
        The kind.
    id : str
        Index or UUID of a GPU; empty where there is one only.
    name : str
        The name that the driver or system gives it.
    method : str
        How it is read.
    quality : {'measured', 'modelled', 'unknown'}
        How its energy is known; in a history the worst that it was during the run.
    reason : str
        Why it is unknown, or what to know of the model.
    """

    component: str
    id: str
    name: str
    method: str
    quality: str
    reason: str = ""


class Gap(NamedTuple):
    """A time in which a run was not measured, or not running.

    Attributes
    ----------
    host : str
        The node.
    started : float
        When, in seconds since 1970. [s]
    seconds : float
        How long. [s]
    reason : str
        ``suspended``, ``late``, ``unmeasured``, ``restart``.
    """

    host: str
    started: float
    seconds: float
    reason: str


DAMAGED = "damaged"
"""Flag of a record of which lines are altered, missing, repeated or out of order."""

IMPLAUSIBLE_POWER = "implausible_power"
"""Flag of a record of which readings below zero, or beyond what the hardware can draw, were left out."""

ASSUMED_TDP = "load x assumed W/thread"
"""Method of a CPU whose TDP is not known."""

NO_TDP = "no_tdp"
"""Flag of a run of which the TDP of a CPU is assumed."""

MISSING_TIME = "missing_time"
"""Flag of a record of a run of which no meter covered a part of the time."""

NOT_DRAWING = "suspended"
"""Reason of a gap in which the computer did not run."""

_LEAST_MISSING_SECONDS = 0.5
_LEAST_MISSING_SHARE = 0.001


def is_significant_gap(missing_seconds: float, whole_seconds: float) -> bool:
    """Return whether a time without a reading is not negligible, compared with the time of the run. [s]"""
    return missing_seconds > max(_LEAST_MISSING_SECONDS, _LEAST_MISSING_SHARE * whole_seconds)


class SpanRecord(NamedTuple):
    """A named part of a run; ``ended`` is None while it goes on or when its end was not recorded."""

    session: str
    span: int
    parent: int | None
    name: str
    started: float
    ended: float | None
    seconds: float | None
    error: str | None
    attributes: dict[str, Any]


class Log(NamedTuple):
    """Values that the training logged at a moment, in seconds since 1970."""

    session: str
    number: int
    moment: float
    values: dict[str, float]


def worst_quality(qualities: Iterable[str]) -> str:
    """Return how a kind of component is known, from its parts: as the worst of those that are known at all.

    A part of unknown energy is in no sum, and so does not affect how the sum is known; without any known part the
    kind is unknown.
    """
    known = [quality for quality in qualities if quality in QUALITIES[:2]]
    return max(known, key=QUALITIES.index, default=QUALITIES[-1])


def expects_accelerators(estimate_inputs: Mapping[str, Any], components: Iterable[object]) -> bool:
    """Return whether energy of accelerators is missing where none was measured.

    A meter also names accelerators that it cannot read: where it names none and the user named none, there are none.

    Parameters
    ----------
    estimate_inputs : mapping
        Keywords of ``greentrain.estimate``.
    components : iterable of str
        The kinds of components that the meter names.
    """
    return bool(estimate_inputs.get("gpu") or estimate_inputs.get("instance")) or "gpu" in components
