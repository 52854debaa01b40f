"""The comment that Princeton's jobstats leaves in Slurm's accounting: how busy each GPU was."""

import base64
import binascii
import json
import zlib
from typing import NamedTuple

from greentrain.importing.values import amount

MARK = "JS1:"
_LARGEST = 1 << 20
"""Bytes that a comment may hold when unpacked; a thousand nodes take 300,000. [B]"""

_GZIP = 31
UNREADABLE = "Its comment of jobstats cannot be read."


class Jobstats(NamedTuple):
    """GPUs of a job, all nodes together, which part of the time they were busy [1], CPU time [s], notes, time [s]."""

    gpus: int = 0
    gpu_load: float | None = None
    core_seconds: float | None = None
    notes: tuple[str, ...] = ()
    seconds: float | None = None


def jobstats(comment: str) -> Jobstats:
    """Read a comment; one that is none, short or damaged states no GPUs."""
    start = comment.find(MARK)
    if start < 0:
        return Jobstats()
    packed = (comment[start + len(MARK) :].split() or [""])[0]
    if packed in ("", "None", "Short"):
        return Jobstats()
    try:
        unpacker = zlib.decompressobj(_GZIP)
        text = unpacker.decompress(base64.b64decode(packed, validate=True), _LARGEST)
        found = None if unpacker.unconsumed_tail else json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        found = None
    nodes = found.get("nodes") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(nodes, dict):
        return Jobstats(notes=(UNREADABLE,))
    return _of_nodes(nodes)._replace(seconds=amount(found.get("total_time")))


def _of_nodes(nodes: dict[str, object]) -> Jobstats:
    known = [node for node in nodes.values() if isinstance(node, dict)]
    busy = [amount(node.get("total_time")) for node in known]
    core_seconds = sum(time for time in busy if time is not None) or None
    shares = [
        share
        for node in known
        if isinstance(each := node.get("gpu_utilization"), dict)
        for share in each.values()
        if isinstance(share, (int, float)) and 0 <= share <= 100
    ]
    if not shares:
        return Jobstats(core_seconds=core_seconds)
    load = sum(shares) / len(shares)
    note = f"jobstats: its GPUs were busy {load:.3g} % of the time."
    return Jobstats(len(shares), load / 100, core_seconds, (note,))
