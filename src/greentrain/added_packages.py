"""What other packages add to greentrain: meters, sinks and formats, each by the entry points of a group."""

from __future__ import annotations

from greentrain.errors import is_from_handler
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def added(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of a group, none of them loaded; none where a package of others is damaged."""
    from importlib.metadata import entry_points  # a training that names one of ours does without

    try:
        return tuple(entry_points(group=group))
    except Exception as error:  # it does not keep a training from starting, or a file from being read
        if is_from_handler(error):
            raise
        return ()
