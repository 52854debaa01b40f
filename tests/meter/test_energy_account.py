"""The run's account: shares, gaps, readings beyond physics, and the cut at the run's end."""

import pytest

from greentrain.meter import Component, Reading
from greentrain.meter.energy_account import EnergyAccount, ReadingGap
from greentrain.meter.process_share import Share
from greentrain.meter.recorder import quality_by_kind, quality_record

KWH = 1 / 3.6e6
WHOLE = Share(None, None)
MEASURED = {"gpu": "measured", "cpu": "measured", "memory": "measured"}


class Sleep:
    """A clock of the time that the computer was suspended. [s]"""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return it."""
        return self.seconds


def gpu(mono: float, joules: float, watts: float = 100.0) -> Reading:
    """Make a reading of a GPU."""
    return Reading(mono, {"gpu": joules * KWH}, {"gpu": watts})


def test_energy_from_the_first_moment() -> None:
    """A first reading half a second after the start counts that half second too."""
    account = EnergyAccount(1000.0, 1.0, Sleep())
    account.take(gpu(1000.5, 50.0), WHOLE, MEASURED)
    account.take(gpu(1001.5, 150.0), WHOLE, MEASURED)
    assert account.energy_kwh["gpu"] == pytest.approx(150 * KWH)
    assert account.power_w["gpu"] == pytest.approx(100.0)
    assert (account.missed_seconds, account.largest_gap_seconds) == (0.0, 0.0)


def test_share_of_cpu_and_memory_not_of_gpus() -> None:
    """A quarter of 40 J and half of 10 J are the run's; its GPUs are its own."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    reading = Reading(1.0, {"gpu": 100 * KWH, "cpu": 40 * KWH, "memory": 10 * KWH}, {"gpu": 1, "cpu": 1, "memory": 1})
    account.take(reading, Share(0.25, 0.5), MEASURED)
    assert account.energy_kwh == pytest.approx({"gpu": 100 * KWH, "cpu": 10 * KWH, "memory": 5 * KWH})
    assert account.shares() == pytest.approx(Share(0.25, 0.5))


def test_what_another_run_states_later_is_taken_off() -> None:
    """Of 10 J that the CPU drew the run counted half, 5 J; a tenth of all was another run's, so 4 J are left."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    account.take(Reading(1.0, {"cpu": 10 / 3.6e6}, {"cpu": 10.0}), Share(0.5, None), {"cpu": "measured"})
    account.take_back("cpu", 0.1)
    account.take_back("gpu", 0.1)
    assert account.energy_kwh == {"cpu": pytest.approx(4 / 3.6e6)}


def test_share_beyond_the_whole_is_clamped() -> None:
    """A process cannot use more than the computer: a share of 2.8 counts as 1, of -1 as 0."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    account.take(Reading(1.0, {"cpu": 8 * KWH}, {"cpu": 8}), Share(2.8, None), MEASURED)
    assert account.energy_kwh["cpu"] == pytest.approx(8 * KWH)
    account.take(Reading(2.0, {"cpu": 16 * KWH}, {"cpu": 8}), Share(-1.0, None), MEASURED)
    assert account.energy_kwh["cpu"] == pytest.approx(8 * KWH)


def test_a_reading_beyond_physics_is_left_out_and_made_up_for() -> None:
    """100 W for 4 s; one reading shows 1e6 kWh more, one -5 kWh: left out, and the last one has all 400 J."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    for second, joules in ((1.0, 100.0), (2.0, 3.6e12), (3.0, -5 * 3.6e6), (4.0, 400.0)):
        account.take(gpu(second, joules), WHOLE, MEASURED)
    assert account.energy_kwh["gpu"] == pytest.approx(400 * KWH)
    assert (account.left_out, account.unread_seconds(4.0)) == (2, {})


def test_a_ceiling_is_that_of_the_hardware() -> None:
    """700 W are beyond a board of at most 600 W, and nothing is known of the two seconds that they lasted."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    for second, joules in ((1.0, 300.0), (2.0, 1000.0), (3.0, 1700.0)):
        account.take(gpu(second, joules), WHOLE, MEASURED, {"gpu": 600.0})
    assert account.energy_kwh["gpu"] == pytest.approx(300 * KWH)
    assert "gpu" not in account.power_w
    assert (account.left_out, account.unread_seconds(3.0)) == (2, {"gpu": 2.0})


def test_a_counter_that_jumps_goes_on_after_the_jump() -> None:
    """It shows 0.5 J after 300, and 100 W from there on: the second of the jump has no energy, the others 500 J."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    for second, joules in ((1.0, 100.0), (2.0, 200.0), (3.0, 300.0), (4.0, 0.5), (5.0, 100.5), (6.0, 200.5)):
        account.take(gpu(second, joules), WHOLE, MEASURED)
    assert account.energy_kwh["gpu"] == pytest.approx(500 * KWH)
    assert (account.left_out, account.unread_seconds(6.0)) == (1, {"gpu": 1.0})
    found = quality_record(account, parts(gpu="measured"), 6.0)
    assert (found["clamped"], found["unknown_share"]) == (1, 0.1667)


def test_late_reading_is_a_gap_that_only_a_counter_fills() -> None:
    """Ten seconds without a reading at an interval of one: nine are a gap; a counter counted on, a model did not."""
    for quality, joules in (("measured", 1100.0), ("modelled", 200.0)):
        account = EnergyAccount(0.0, 1.0, Sleep())
        account.take(gpu(1.0, 100.0), WHOLE, {"gpu": quality})
        gaps = account.take(gpu(11.0, 1100.0), WHOLE, {"gpu": quality})
        assert gaps == (ReadingGap(2.0, 11.0, 9.0, "late"),)
        assert account.energy_kwh["gpu"] == pytest.approx(joules * KWH)


def test_gaps_in_a_row_are_one() -> None:
    """A driver that answers every five seconds: four of each five are a gap, and two of them 8 s, the largest 4 s."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    account.take(gpu(1.0, 100.0), WHOLE, MEASURED)
    (first,) = account.take(gpu(6.0, 600.0), WHOLE, MEASURED)
    (second,) = account.take(gpu(11.0, 1100.0), WHOLE, MEASURED)
    assert first.followed_by(second, 1.0) == ReadingGap(2.0, 11.0, 8.0, "late")
    assert first.followed_by(second, 0.5) is None
    assert first.followed_by(second._replace(reason="suspended"), 1.0) is None
    assert (account.missed_seconds, account.largest_gap_seconds) == (8.0, 4.0)


def test_suspended_time_is_stated() -> None:
    """An hour asleep between two readings a second apart is a gap of 3,600 s and adds no energy."""
    sleep = Sleep()
    account = EnergyAccount(0.0, 1.0, sleep)
    account.take(gpu(1.0, 100.0), WHOLE, MEASURED)
    sleep.seconds = 3600.0
    assert account.take(gpu(2.0, 200.0), WHOLE, MEASURED) == (ReadingGap(1.0, 2.0, 3600.0, "suspended"),)
    assert account.energy_kwh["gpu"] == pytest.approx(200 * KWH)


def test_what_was_read_after_the_end_is_cut_off() -> None:
    """A last reading 0.2 s after the end gives back 0.2 s of the last interval's 100 W."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    account.take(gpu(1.0, 300.0), WHOLE, MEASURED)
    account.take(gpu(2.0, 400.0), WHOLE, MEASURED)
    account.close(1.8)
    assert account.energy_kwh["gpu"] == pytest.approx(380 * KWH)


def test_a_run_of_milliseconds_has_mean_power_times_its_length() -> None:
    """6 ms of a first reading over 300 ms at 20 W are 0.12 J."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    account.take(gpu(0.3, 6.0), WHOLE, MEASURED)
    account.close(0.006)
    assert account.energy_kwh["gpu"] == pytest.approx(0.12 * KWH)


def test_unread_time_before_the_end_is_a_gap() -> None:
    """A meter that fell silent 20 s before the end states it, and fills nothing."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    account.take(gpu(10.0, 1000.0), WHOLE, MEASURED)
    assert account.close(30.0) == (ReadingGap(10.0, 30.0, 20.0, "unmeasured"),)
    assert account.energy_kwh["gpu"] == pytest.approx(1000 * KWH)


def parts(**qualities: str) -> tuple[Component, ...]:
    """Make one component of each kind."""
    return tuple(Component(kind, "", "", "", quality) for kind, quality in qualities.items())


def test_quality_shares_add_up_to_one() -> None:
    """300 J measured, 100 J modelled and a component of three never read: 1/2, 1/6 and 1/3."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    kinds = parts(gpu="measured", memory="modelled", cpu="unknown")
    for second in (1, 2, 3, 4):
        energy = {"gpu": 75 * second * KWH, "memory": 25 * second * KWH}
        account.take(Reading(float(second), energy, {"gpu": 75, "memory": 25}), WHOLE, quality_by_kind(kinds))
    found = quality_record(account, kinds, 4.0)
    assert (found["measured_share"], found["modelled_share"], found["unknown_share"]) == (0.5, 0.1667, 0.3333)
    assert (found["samples"], found["confidence"]) == (4, "normal")


def test_confidence_is_low_with_few_readings_or_long_gaps() -> None:
    """Two readings are few; 20 s unread of 30 are much."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    for second in (1.0, 2.0):
        account.take(gpu(second, 100 * second), WHOLE, MEASURED)
    assert quality_record(account, parts(gpu="measured"), 2.0)["confidence"] == "low"
    for second in range(3, 11):
        account.take(gpu(float(second), 100.0 * second), WHOLE, MEASURED)
    assert quality_record(account, parts(gpu="measured"), 10.0)["confidence"] == "normal"
    account.close(30.0)
    found = quality_record(account, parts(gpu="measured"), 30.0)
    assert (found["confidence"], found["largest_gap_seconds"], found["unknown_share"]) == ("low", 20.0, 0.6667)


def test_nothing_known_is_unknown_altogether() -> None:
    """Without any energy the unknown share is 1."""
    found = quality_record(EnergyAccount(0.0, 1.0, Sleep()), parts(gpu="unknown"), 10.0)
    assert (found["measured_share"], found["modelled_share"], found["unknown_share"]) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("second", "quality"), [("modelled", "modelled"), ("unknown", "measured"), ("measured", "measured")]
)
def test_several_gpus_have_one_quality(second: str, quality: str) -> None:
    """Boards that are read are as good as the worst of them; one that is not read is in no sum and changes nothing."""
    mixed = (Component("gpu", "a", "", "", "measured"), Component("gpu", "b", "", "", second))
    assert quality_by_kind(mixed) == {"gpu": quality}


def test_a_gpu_that_is_not_read_makes_the_run_incomplete() -> None:
    """400 J measured of one board, another never read: half of the boards' time is unknown, the other half measured."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    boards = (Component("gpu", "a", "", "", "measured"), Component("gpu", "b", "", "", "unknown"))
    for second in (1.0, 2.0, 3.0, 4.0):
        account.take(gpu(second, 100 * second), WHOLE, quality_by_kind(boards))
    found = quality_record(account, boards, 4.0)
    assert (found["measured_share"], found["modelled_share"], found["unknown_share"]) == (0.5, 0.0, 0.5)


def test_gpus_that_are_lost_count_until_then() -> None:
    """One board read for 4 s of 8, then no more: half of its time is known."""
    account = EnergyAccount(0.0, 1.0, Sleep())
    for second in (1.0, 2.0, 3.0, 4.0):
        account.take(gpu(second, 100 * second), WHOLE, MEASURED)
    found = quality_record(account, parts(gpu="unknown"), 8.0)
    assert found["unknown_share"] == 0.5
