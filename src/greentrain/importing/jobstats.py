"""The comment that Princeton's jobstats leaves in Slurm's accounting: how busy each GPU was."""

import base64
import binascii
import json
import zlib
from typing import NamedTuple

_MARK = "JS1:"
_LARGEST = 1 << 20
"""Bytes that a comment may hold when unpacked; a thousand nodes take 300,000. [B]"""

_GZIP = 31
_UNREADABLE = "Its comment of jobstats cannot be read."


class Jobstats(NamedTuple):
    """GPUs that a job held, all nodes together, and what to say of them."""

    gpus: int = 0
    notes: tuple[str, ...] = ()


def jobstats(comment: str) -> Jobstats:
    """Read a comment; one that is none, short or damaged states no GPUs."""
    start = comment.find(_MARK)
    if start < 0:
        return Jobstats()
    packed = (comment[start + len(_MARK) :].split() or [""])[0]
    if packed in ("", "None", "Short"):
        return Jobstats()
    try:
        unpacker = zlib.decompressobj(_GZIP)
        text = unpacker.decompress(base64.b64decode(packed, validate=True), _LARGEST)
        found = None if unpacker.unconsumed_tail else json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        found = None
    nodes = found.get("nodes") if isinstance(found, dict) else None
    if not isinstance(nodes, dict):
        return Jobstats(0, (_UNREADABLE,))
    return _of_nodes(nodes)


def _of_nodes(nodes: dict[str, object]) -> Jobstats:
    shares = [
        share
        for node in nodes.values()
        if isinstance(node, dict) and isinstance(each := node.get("gpu_utilization"), dict)
        for share in each.values()
        if isinstance(share, (int, float)) and 0 <= share <= 100
    ]
    if not shares:
        return Jobstats()
    return Jobstats(len(shares), (f"jobstats: its GPUs were busy {sum(shares) / len(shares):.3g} % of the time.",))
