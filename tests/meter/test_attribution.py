"""Whose energy it is: shares worked out by hand, and the laws that no set of runs may break."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain.meter.attribution import (
    Allotment,
    DeviceUse,
    IdlePart,
    Presence,
    attributed_share,
    device_share,
    fair_use,
    mean_allotment,
    unstated_use,
)

ALL = Allotment()
QUARTER = Allotment(0.25, "container")


@pytest.mark.parametrize(
    ("own", "used", "allotted", "share"),
    [
        (50, 50, 1.0, 1.0),  # nobody else
        (25, 50, 1.0, 30 / 55),  # half of what is used, all that is idle
        (25, 50, 0.5, 27.5 / 55),  # two runs that work alike have half each
        (0, 100, 1.0, 0.0),  # the others use everything
        (0, 0, 1.0, 1.0),  # nobody works on a computer that is ours
        (0, 0, 0.25, 0.25),  # nobody works, and a quarter is ours
        (25, 100, 0.25, 0.25),  # a full node in four equal jobs
        (80, 50, 1.0, 1.0),  # clocks differ: never more than all
    ],
)
def test_attribution_by_hand(own: float, used: float, allotted: float, share: float) -> None:
    """Used capacity goes by use, idle capacity at a tenth of its weight by what was allotted."""
    assert attributed_share(own, used, 100.0, allotted, 0.1) == pytest.approx(share)


@given(
    st.floats(0, 1000), st.floats(0, 1000), st.floats(0.01, 1000), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1000)
)
def test_attribution_laws(
    own: float, used: float, capacity: float, allotted: float, weight: float, more: float
) -> None:
    """A share lies in 0 to 1 and never falls with one's own use."""
    share = attributed_share(own, used, capacity, allotted, weight)
    assert 0.0 <= share <= 1.0
    assert attributed_share(own + more, used, capacity, allotted, weight) >= share - 1e-12


@pytest.mark.parametrize(
    ("own", "others", "used", "part"),
    [
        (3, [1], 4, 1),
        (3, [3], 3, 0.5),
        (0, [0], 0, 1),
        (2, [2], 0, 0),
        (3, [None], 6, 1),  # 3 are kept free for the other
        (3, [None], 3, 0.5),
        (3, [1, None, None], 4, 0.5),  # 2 each for two that have not stated theirs: 8 wanted, 4 used
    ],
)
def test_runs_that_state_more_than_all_use(own: float, others: list[float | None], used: float, part: float) -> None:
    """Two that state 3 each where 3 were used count by half of it; who has stated nothing counts by the mean."""
    assert fair_use(own, others, used) == part


@pytest.mark.parametrize(
    ("own", "others", "used", "counted"),
    [
        (3, [], 4, 3),
        (5, [], 4, 4),  # no more than there is
        (3, [1], 4, 3),  # all that the other leaves
        (3, [2], 4, 2),
        (3, [4], 4, 2),  # the other keeps 4 free for it, and so has taken 2
        (3, [None], 4, 2),  # both have stated nothing
        (3, [2, None], 4, 1 + 1 / 3),  # 2 kept free for each of two: 6 wanted, 4 used, so the first has taken 4/3
    ],
)
def test_use_before_it_is_stated(own: float, others: list[float | None], used: float, counted: float) -> None:
    """Runs that have stated nothing yet have equal parts of what the others have not taken, and at most their own."""
    assert unstated_use(own, others, used) == pytest.approx(counted)


def here(allotment: Allotment = ALL, since: float = 0.0, until: float = inf) -> Presence:
    """Say that a run is there."""
    return Presence(since, until, allotment)


@pytest.mark.parametrize(
    ("own", "others", "part"),
    [
        (ALL, [], 1.0),
        (ALL, [here()], 1 / 2),
        (ALL, [here()] * 199, 1 / 200),
        (QUARTER, [], 0.25),  # a container has what it may use, and nobody has the rest
        (QUARTER, [here(QUARTER)] * 4, 0.05),  # five in one container have its quarter together
        (ALL, [here(QUARTER)], 0.8),  # 1 and 1/4 in proportion
        (QUARTER, [here()], 0.2),
        (Allotment(0.5, "cpus 0"), [here(Allotment(0.5, "cpus 1"))], 0.5),  # each has its own CPU
        (Allotment(0.5, "cpus 0"), [here(Allotment(0.5, "cpus 0"))], 0.25),
        (ALL, [here(since=5.0)], 0.75),  # there for the last half of the time
        (ALL, [here(until=2.5)], 0.875),  # for the first quarter
        (ALL, [here(since=11.0)], 1.0),  # later
        (ALL, [here(since=2.0, until=4.0), here(since=4.0, until=6.0)], 0.8),  # one after the other, 4 of 10 s
    ],
)
def test_what_falls_to_a_run_of_what_is_idle(own: Allotment, others: list[Presence], part: float) -> None:
    """Equal parts within a pool, in proportion over pools, as long as each was there: 10 s in all."""
    assert mean_allotment(own, 0.0, 10.0, others) == pytest.approx(part)


allotments = st.builds(Allotment, st.sampled_from([0.1, 0.25, 0.5, 1.0]), st.sampled_from("abc"))
presences = st.builds(
    lambda allotment, since, length: Presence(since, since + length, allotment),
    allotments, st.floats(-5, 12), st.one_of(st.floats(0, 20), st.just(inf)),
)  # fmt: skip


@given(st.lists(presences, min_size=1, max_size=12))
def test_idle_parts_add_up_to_at_most_all(runs: list[Presence]) -> None:
    """Every run takes its part of each second in which it is there; together they take no more than every second."""
    taken = 0.0
    for place, run in enumerate(runs):
        since, until = max(0.0, run.since), min(10.0, run.until)
        if until > since:
            others = runs[:place] + runs[place + 1 :]
            taken += mean_allotment(run.allotment, since, until, others) * (until - since)
    assert 0.0 <= taken <= 10.0 * (1 + 1e-9)


@given(
    st.lists(st.tuples(st.floats(0, 100), allotments), min_size=1, max_size=20),
    st.floats(0, 100),
    st.floats(0, 100),
    st.sampled_from([0.1, 1.0]),
)
def test_shares_of_one_moment_add_up_to_at_most_all(
    runs: list[tuple[float, Allotment]], strangers: float, idle: float, weight: float
) -> None:
    """Whatever runs use and may use, beside whatever strangers: never more than the computer, never less than used."""
    stated = sum(own for own, _ in runs)
    used = stated + strangers
    uses = [own for own, _ in runs]
    shares = []
    for place, (own, allotment) in enumerate(runs):
        others = [here(each) for _, each in runs[:place] + runs[place + 1 :]]
        part = mean_allotment(allotment, 0.0, 1.0, others)
        own *= fair_use(own, [*uses[:place], *uses[place + 1 :]], used)
        shares.append(attributed_share(own, used, used + idle, part, weight))
    assert min(shares) >= 0.0
    assert sum(shares) <= 1 + 1e-9
    if used + weight * idle > 0:
        assert sum(shares) >= stated / (used + weight * idle) - 1e-9


@given(st.lists(st.floats(0, 100), min_size=1, max_size=10), st.floats(0, 300))
def test_more_use_stated_than_there_was(runs: list[float], used: float) -> None:
    """Counted twice or at another moment: the runs' parts are cut in proportion, and add up to at most all."""
    shares = [
        attributed_share(own * fair_use(own, [sum(runs) - own], used), used, 300.0, 1 / len(runs), 0.1) for own in runs
    ]
    assert sum(shares) <= 1 + 1e-9


amounts = st.floats(0, 300)
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("announced"), st.integers(0, 7), amounts, st.floats(0.1, 5)),
        st.tuples(st.just("stated"), st.integers(0, 7), amounts, st.floats(0.1, 5)),
        st.tuples(st.just("ended"), st.integers(0, 7), amounts, st.floats(0.1, 5)),
    ),
    min_size=1,
    max_size=30,
)


@given(happenings, st.lists(amounts, min_size=30, max_size=30), st.sampled_from([0.1, 1.0]))
def test_runs_that_come_state_their_use_and_end(
    happened: list[tuple[str, int, float, float]], used: list[float], weight: float
) -> None:
    """Runs come at any moment and say late, or never, what they use, which need not add up: never more than all.

    A run that has stated nothing uses what it will, here 200, and all others know only that it is there.
    """
    stated: dict[int, float | None] = {}
    idle: dict[int, IdlePart] = {}
    since: dict[int, float] = {}
    now = 0.0
    for (what, run, amount, seconds), used_now in zip(happened, used, strict=False):
        if what == "ended":
            stated.pop(run, None)
        elif what == "announced" and run not in stated:
            stated[run], since[run], idle[run] = None, now, IdlePart(ALL, now)
        elif what == "stated" and run in stated:
            stated[run] = amount
        now += seconds
        shares = []
        for each, own in stated.items():
            others = [use for other, use in stated.items() if other != each]
            idle[each].reach(now, {str(other): here(since=since[other]) for other in stated if other != each})
            counted = unstated_use(200.0, others, used_now) if own is None else own * fair_use(own, others, used_now)
            shares.append(attributed_share(counted, used_now, 300.0, idle[each].mean, weight))
            idle[each].restart()
        assert all(share >= 0.0 for share in shares)
        assert sum(shares) <= 1 + 1e-9


def test_a_run_that_becomes_known_late_is_made_up_for() -> None:
    """Alone for 10 s, as it seemed: but another one was there from second 4 on, so 3 of the 10 s were too much.

    In the next 10 s the half, 5 s, is due, less 3 s: 0.2. After that it is half again.
    """
    part, late = IdlePart(ALL, 0.0), {"late": here(since=4.0)}
    part.reach(10.0, {})
    assert part.mean == 1.0
    part.restart()
    part.reach(20.0, late)
    assert part.mean == pytest.approx(0.2)
    part.restart()
    part.reach(30.0, late)
    assert part.mean == pytest.approx(0.5)


def test_what_is_owed_never_makes_a_part_negative() -> None:
    """Three that come to be known after 100 s were there all the time: 75 s are owed, 0.25 s due a second: 300 s."""
    part = IdlePart(ALL, 0.0)
    others = {str(number): here() for number in range(3)}
    part.reach(100.0, {})
    part.restart()
    means = []
    for second in range(101, 403):
        part.reach(float(second), others)
        means.append(part.mean)
        part.restart()
    assert means[:300] == [0.0] * 300
    assert means[-1] == pytest.approx(0.25)


@given(st.lists(presences, min_size=2, max_size=8), st.lists(st.floats(0.1, 30), min_size=1, max_size=6))
def test_idle_parts_that_are_reached_step_by_step(runs: list[Presence], looks: list[float]) -> None:
    """Readings at any moments give the same as one look at the end, and readings only ever add."""
    own, others = Allotment(), {str(number): run for number, run in enumerate(runs)}
    part, taken = IdlePart(own, 0.0), 0.0
    moments = sorted({*looks, 40.0})
    before = 0.0
    for moment in moments:
        part.reach(moment, {name: run for name, run in others.items() if run.since <= moment})
        assert 0.0 <= part.mean <= 1.0
        taken += part.mean * (moment - before)
        before = moment
        part.restart()
    assert taken == pytest.approx(40.0 * mean_allotment(own, 0.0, 40.0, runs))


@pytest.mark.parametrize(
    ("use", "share", "method"),
    [
        (DeviceUse(), 1.0, "exclusive"),  # nobody works on it, and one run has chosen it
        (DeviceUse(runs=2), 0.5, "equal"),  # two have
        (DeviceUse(own=(1, 2), runs=2), 1.0, "exclusive"),  # the other has no process there
        (DeviceUse((1,), (2,), {1: 30.0, 2: 10.0}, {1: 1.0, 2: 9.0}), 0.75, "sm_time"),
        (DeviceUse((1, 3), (2,), {1: 30.0, 3: 20.0, 2: 50.0}), 0.5, "sm_time"),
        (DeviceUse((1,), (2,), {1: 0.0, 2: 0.0}, {1: 1.0, 2: 3.0}), 0.25, "memory"),  # nobody works
        (DeviceUse((1,), (2,), {}, {1: 1.0, 2: 3.0}), 0.25, "memory"),
        (DeviceUse((1,), (2, 3)), 1 / 3, "equal"),
        (DeviceUse((), (2,), {2: 50.0}), 0.0, "sm_time"),  # chosen, and used by others alone
        (DeviceUse((), (2,)), 0.0, "equal"),
        (DeviceUse((), (2,), runs=3, is_whole=False), 1 / 3, "equal"),  # nobody knows whose process it is
        (DeviceUse(is_whole=False), 1.0, "exclusive"),
    ],
)
def test_share_of_a_device_by_hand(use: DeviceUse, share: float, method: str) -> None:
    """Alone all of it; else by time on its processors, by memory, or in equal parts."""
    assert device_share(use) == (pytest.approx(share), method)


@given(
    st.dictionaries(st.integers(1, 6), st.floats(0, 100)),
    st.dictionaries(st.integers(1, 6), st.floats(0, 1e12)),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
def test_shares_of_a_device_add_up_to_at_most_all(
    sm_time: dict[int, float], memory: dict[int, float], owners: list[int]
) -> None:
    """Of six processes each belongs to one of three runs or, number 3, to a stranger: at most 1, none below 0."""
    pids = range(1, 7)
    shares = []
    for run in range(3):
        own = [pid for pid in pids if owners[pid - 1] == run]
        others = [pid for pid in pids if owners[pid - 1] != run]
        shares.append(device_share(DeviceUse(own, others, sm_time, memory, 3))[0])
    assert min(shares) >= 0.0
    assert sum(shares) <= 1 + 1e-9
    if 3 not in owners:
        assert sum(shares) == pytest.approx(1.0)
