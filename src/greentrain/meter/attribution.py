"""Whose energy is it: how what a computer draws is divided among the runs that are there at one moment.

Pure arithmetic. What is used goes to who uses it; what is idle is divided among the runs by what they may use. Whatever
runs there are, their shares of one moment add up to at most 1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

EXCLUSIVE, SM_TIME, MEMORY, EQUAL = "exclusive", "sm_time", "memory", "equal"
DEVICE_METHODS = (EXCLUSIVE, SM_TIME, MEMORY, EQUAL)
"""How a device is divided among those that use it, the surest way first."""


class Allotment(NamedTuple):
    """What a run may use of a computer.

    Attributes
    ----------
    part : float
        The part of the computer, 0 to 1.
    pool : str
        Who grants it: runs of one container, job or set of CPUs have this part together and not each.
    """

    part: float = 1.0
    pool: str = ""


class Presence(NamedTuple):
    """When a run was there, and what it may use.

    Attributes
    ----------
    since, until : float
        From and to, of ``time.monotonic``; infinite where it goes on. [s]
    allotment : Allotment
        What it may use.
    """

    since: float
    until: float
    allotment: Allotment


class DeviceUse(NamedTuple):
    """What processes use of a device over some time.

    Attributes
    ----------
    own, others : sequence of int
        Ids of the run's processes on the device, and of all others.
    sm_time : mapping of int to float
        Time on the device's processors by process, in any unit; empty where the driver does not tell.
    memory : mapping of int to float
        Memory on the device by process, in any unit; empty where the driver does not tell.
    runs : int
        Runs that have chosen the device, this one among them.
    is_whole : bool
        Whether every process on the device can be told to be the run's or not.
    """

    own: Sequence[int] = ()
    others: Sequence[int] = ()
    sm_time: Mapping[int, float] = {}
    memory: Mapping[int, float] = {}
    runs: int = 1
    is_whole: bool = True


def attributed_share(own: float, used: float, capacity: float, allotted: float, idle_weight: float) -> float:
    """Attribute a resource: what is used by use, what is idle by what was allotted.

    ``(own + w a (capacity - used)) / (used + w (capacity - used))``, the weight w being what idle capacity costs
    compared with used.

    Parameters
    ----------
    own, used, capacity : float
        What the run uses, what all use, and what there is, in one unit.
    allotted : float
        Part of the idle capacity that falls to the run, 0 to 1, by `mean_allotment`.
    idle_weight : float
        Cost of what is idle over cost of what is used.

    Returns
    -------
    float
        The share, 0 to 1.
    """
    used = min(max(used, 0.0), capacity)
    own = min(max(own, 0.0), used)
    idle = idle_weight * (capacity - used)
    return min(1.0, (own + allotted * idle) / (used + idle)) if used + idle > 0 else allotted


def fair_use(own: float, others: Sequence[float | None], used: float) -> float:
    """Return which part of a run's own use counts, where all runs state more than is used at all: 0 to 1.

    Parameters
    ----------
    own : float
        What the run uses, as it has stated it to the others.
    others : sequence of float or None
        What each of the other runs states in the same unit; None of one that has not stated anything yet, for which
        the mean of all that is stated is kept free.
    used : float
        What all processes use.
    """
    stated = [max(own, 0.0), *(max(other, 0.0) for other in others if other is not None)]
    wanted = sum(stated) * (len(others) + 1) / len(stated)
    return min(1.0, max(used, 0.0) / wanted) if wanted > 0 else 1.0


def unstated_use(own: float, others: Sequence[float | None], used: float) -> float:
    """Return what counts of a run's use in the time before it stated any: at most an equal part of what is left.

    The runs that have stated theirs have taken it by `fair_use`, so that all together count at most what is used.

    Parameters
    ----------
    own : float
        What the run uses.
    others : sequence of float or None
        What each of the other runs states in the same unit; None of one that has not stated anything yet either.
    used : float
        What all processes use.
    """
    stated = [max(other, 0.0) for other in others if other is not None]
    unstated = len(others) - len(stated) + 1
    wanted = sum(stated) * (1 + unstated / len(stated)) if stated else 0.0
    taken = sum(stated) * (min(1.0, max(used, 0.0) / wanted) if wanted > 0 else 1.0)
    return min(max(own, 0.0), max(0.0, used - taken) / unstated)


def mean_allotment(own: Allotment, since: float, until: float, others: Iterable[Presence]) -> float:
    """Return the part of what is idle that falls to a run, on average between two moments.

    Runs of one pool have equal parts of what the pool grants; where pools grant more than there is, all get less in
    proportion. So the parts of all runs add up to at most 1 at every moment, and to 1 where any may use everything.

    Parameters
    ----------
    own : Allotment
        What the run may use.
    since, until : float
        The two moments, of ``time.monotonic``. [s]
    others : iterable of Presence
        The other runs of the computer.
    """
    seen = [each for each in others if each.since <= until and each.until >= since]
    if until <= since:
        return _part(own, Counter([own, *(each.allotment for each in seen)]))
    changes = chain.from_iterable(
        ((max(each.since, since), 1, each.allotment), (min(each.until, until), -1, each.allotment)) for each in seen
    )
    there: Counter[Allotment] = Counter([own])
    total, last = 0.0, since
    for moment, change, allotment in sorted(changes):
        if moment > last:
            total += (moment - last) * _part(own, there)
            last = moment
        there[allotment] += change
        if not there[allotment]:
            del there[allotment]
    return (total + (until - last) * _part(own, there)) / (until - since)


def _part(own: Allotment, there: Mapping[Allotment, int]) -> float:
    return own.part / there[own] / max(1.0, sum(allotment.part for allotment in there))


class IdlePart:
    """A run's part of what is idle, from one reading to the next.

    A run that becomes known late, by when its part was given to others already, is made up for: they get less.

    Parameters
    ----------
    own : Allotment
        What the run may use.
    since_mono : float
        Its start, of ``time.monotonic``. [s]
    """

    def __init__(self, own: Allotment, since_mono: float) -> None:
        self._own = own
        self._started = self._reached = since_mono
        self._known: Mapping[str, Presence] = {}
        self._taken_seconds = self._owed_seconds = 0.0
        self._seconds = 0.0

    @property
    def mean(self) -> float:
        """The part, 0 to 1, on average since the last restart."""
        taken = max(0.0, self._taken_seconds - self._owed_seconds)
        if self._seconds > 0:
            return min(1.0, taken / self._seconds)
        return mean_allotment(self._own, self._reached, self._reached, self._known.values())

    def reach(self, now_mono: float, others: Mapping[str, Presence]) -> None:
        """Go on until now [s], with the other runs that are known by now, by name."""
        late = [name for name in others.keys() - self._known.keys() if others[name].since < self._reached]
        if late and self._reached > self._started:
            since = max(self._started, min(others[name].since for name in late))
            before = [run for name, run in others.items() if name not in late]
            given = mean_allotment(self._own, since, self._reached, before)
            due = mean_allotment(self._own, since, self._reached, others.values())
            self._owed_seconds += (given - due) * (self._reached - since)
        if now_mono > self._reached:
            mean = mean_allotment(self._own, self._reached, now_mono, others.values())
            self._taken_seconds += mean * (now_mono - self._reached)
            self._seconds += now_mono - self._reached
            self._reached = now_mono
        self._known = others

    def restart(self) -> None:
        """Begin the next interval; what is still owed is kept."""
        if self._seconds > 0:
            self._owed_seconds = max(0.0, self._owed_seconds - self._taken_seconds)
            self._taken_seconds = self._seconds = 0.0


def device_share(use: DeviceUse) -> tuple[float, str]:
    """Return a run's share of a device, and how it was found.

    Alone on a device a run has all of it. Of one that others use too it has the part of its processes in the time on
    the device's processors; where that is not known or none works, in the memory; where that is not known either, all
    that share it have equal parts.

    Parameters
    ----------
    use : DeviceUse
        What processes use of it.

    Returns
    -------
    share : float
        0 to 1.
    method : str
        One of `DEVICE_METHODS`.
    """
    if not use.is_whole or not (use.own or use.others):
        return (1.0 / use.runs, EQUAL) if use.runs > 1 or use.others else (1.0, EXCLUSIVE)
    if not use.others:
        return 1.0, EXCLUSIVE
    for amounts, method in ((use.sm_time, SM_TIME), (use.memory, MEMORY)):
        own = sum(amounts.get(pid, 0.0) for pid in use.own)
        whole = own + sum(amounts.get(pid, 0.0) for pid in use.others)
        if whole > 0:
            return own / whole, method
    return len(use.own) / (len(use.own) + len(use.others)), EQUAL
