"""What the training said of itself: its spans and what it logged."""

from collections.abc import Iterable, Iterator

from greentrain.history.session_journals import TrackerJournal
from greentrain.journal import fields
from greentrain.journal.records import Log, SpanRecord
from greentrain.journal.writer import Record


def speakers(trackers: Iterable[TrackerJournal]) -> list[TrackerJournal]:
    """Choose whose words count: rank 0's, so that four ranks that log the same are heard once.

    Where there is no rank 0, those that started a meter; else all.
    """
    everyone = list(trackers)
    first = [tracker for tracker in everyone if tracker.rank in (0, None)]
    return first or [tracker for tracker in everyone if tracker.is_main] or everyone


def spans_of(trackers: Iterable[TrackerJournal]) -> Iterator[SpanRecord]:
    """Give the spans in the order of their starts, session by session."""
    for tracker in trackers:
        ends = {fields.whole(item, "span"): item for item in tracker.records.get("span_end", ())}
        for record in tracker.records.get("span_start", ()):
            number = fields.whole(record, "span")
            if number is not None:
                yield _span(tracker, number, record, ends.get(number))


def _span(tracker: TrackerJournal, number: int, start: Record, end: Record | None) -> SpanRecord:
    clocks = [fields.number(record, "mono") for record in (start, end) if record is not None]
    seconds = None
    if len(clocks) == 2 and clocks[0] is not None and clocks[1] is not None:
        seconds = max(0.0, clocks[1] - clocks[0])
    return SpanRecord(
        session=tracker.session,
        span=number,
        parent=fields.whole(start, "parent"),
        name=fields.text(start, "name") or "",
        started=fields.moment(start) or tracker.started,
        ended=fields.moment(end) if end else None,
        seconds=seconds,
        error=fields.text(end, "error") if end else None,
        attributes=fields.mapping(start, "attributes"),
    )


def logs_of(trackers: Iterable[TrackerJournal]) -> Iterator[Log]:
    """Give what was logged, in order, session by session."""
    for tracker in trackers:
        for place, record in enumerate(tracker.records.get("log", ())):
            values = fields.mapping(record, "values")
            numbers = {fields.text({"": name}, "") or "": fields.number(values, name) for name in values}
            known = {name: value for name, value in numbers.items() if value is not None}
            yield Log(tracker.session, place, fields.moment(record) or tracker.started, known)
