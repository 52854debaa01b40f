"""The clocks of journals whose lines have no check value: times that cannot be are noticed and left out.

Records of 0.1.0 have none. Each record states the time of day and that of a clock which nobody sets; the latter stands
still while the computer is suspended.
"""

from collections.abc import Sequence

from greentrain.journal import fields
from greentrain.journal.writer import JournalRecord
from greentrain.units import HOURS_PER_YEAR, SECONDS_PER_HOUR

_LONGEST_SUSPENSION_SECONDS = HOURS_PER_YEAR * SECONDS_PER_HOUR
_LARGEST_CORRECTION_SECONDS = 120.0
"""Network time corrects by less within a run."""

_LONGEST_LEAD_SECONDS = 24 * SECONDS_PER_HOUR
"""What was written by hand or by another program may be less exact than what a meter writes."""


def is_unchecked(start: JournalRecord) -> bool:
    """Whether the lines of a journal have no check values."""
    return "line" not in start


def run_seconds(records: Sequence[JournalRecord]) -> tuple[float, bool]:
    """Return the time from the first to the newest record [s], and whether the clocks contradict each other.

    By the clock that nobody sets; by the time of day where the other one shows far more, which it never does.

    Parameters
    ----------
    records : sequence of dict
        Oldest first.
    """
    clocks = [clock for record in records if (clock := fields.number(record, "mono")) is not None]
    seconds = max(clocks) - min(clocks) if clocks else 0.0
    if not is_unchecked(records[0]):
        return seconds, False
    moments = [moment for record in records if (moment := fields.moment(record)) is not None]
    by_day = moments[-1] - moments[0]
    is_beyond = 0.0 <= by_day < seconds - _LARGEST_CORRECTION_SECONDS
    return by_day if is_beyond else seconds, is_beyond or are_apart(records)


def are_apart(records: Sequence[JournalRecord]) -> bool:
    """Whether two clocks differ in some of the records by more than any suspension explains."""
    offsets = [
        moment - clock
        for record in records
        if (moment := fields.moment(record)) is not None and (clock := fields.number(record, "mono")) is not None
    ]
    return bool(offsets) and max(offsets) - min(offsets) > _LONGEST_SUSPENSION_SECONDS


def within_clock(start: JournalRecord, readings: list[JournalRecord]) -> tuple[list[JournalRecord], bool]:
    """Take the time from readings that were made, as they say, more than a day after they were written.

    Returns
    -------
    readings : list of dict
        The same; those whose time cannot be have none.
    is_any_left_out : bool
        Whether there are any, or the clocks contradict each other.
    """
    if not is_unchecked(start):
        return readings, False
    odd = [number for number, record in enumerate(readings) if _is_ahead(start, record)]
    taken = [*readings]
    for number in odd:
        taken[number] = {**readings[number], "elapsed_seconds": None}
    return taken, bool(odd) or are_apart((start, *readings[-2:]))


def _is_ahead(start: JournalRecord, record: JournalRecord) -> bool:
    elapsed = fields.amount(record, "elapsed_seconds")
    begun, clock = fields.number(start, "mono"), fields.number(record, "mono")
    if elapsed is None or begun is None or clock is None:
        return False
    elapsed -= (fields.amount(start, "lag_seconds") or 0.0) + _LONGEST_LEAD_SECONDS
    return elapsed > clock - begun and elapsed > (fields.moment(record) or 0.0) - (fields.moment(start) or 0.0)
