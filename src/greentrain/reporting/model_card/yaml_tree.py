"""YAML of others as a tree: each part with its place in the text, in time and memory that grow with the text alone.

PyYAML builds Python values, for which a few aliases stand for gigabytes, and which raise whatever they like for a date
or a number that there is not. Here its events are put together, and what no card needs is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import yaml

LONGEST_CHARACTERS = 1_000_000
"""Of the text. [1]"""
MOST_NODES = 50_000
"""Of keys, values, lists and mappings, each alias counted as all that it stands for. [1]"""
MOST_FROM_ALIASES = 10_000
"""Of those that aliases stand for. [1]"""
DEEPEST = 100
"""Of lists and mappings inside each other. [1]"""
_LONGEST_NUMBER = 400
"""Characters of a number or a time; converting one costs the square of its length. [1]"""
_PREFIX = "tag:yaml.org,2002:"
TEXT, MERGE = f"{_PREFIX}str", f"{_PREFIX}merge"
_UNCONVERTED = (TEXT, MERGE, f"{_PREFIX}value")
_LIST, _MAPPING = f"{_PREFIX}seq", f"{_PREFIX}map"
_CONVERTED = {f"{_PREFIX}{name}" for name in ("null", "bool", "int", "float", "timestamp", "binary")}


class NotYaml(ValueError):
    """A text that is not YAML, or more than a card may hold; the message goes on from its name: ``is not YAML``."""


class Node(NamedTuple):
    """A scalar, a list or a mapping, and where it is.

    Attributes
    ----------
    tag : str
        What it is: ``str``, ``int`` ... ``seq`` or ``map`` of YAML.
    value : str or tuple
        The text of a scalar, the items of a list, or the pairs of key and value of a mapping.
    start, end : int
        Place in the text.
    line : int
        Line in the text, from 0.
    is_flow : bool
        Whether a list or mapping is written in brackets.
    size : int
        How many nodes it is, with all in it. [1]
    """

    tag: str
    value: Any
    start: int
    end: int
    line: int
    is_flow: bool = False
    size: int = 1

    @property
    def is_mapping(self) -> bool:
        """Whether it holds keys with values."""
        return self.tag == _MAPPING

    @property
    def is_list(self) -> bool:
        """Whether it holds items in order."""
        return self.tag == _LIST


@lru_cache(maxsize=4)
def yaml_tree(text: str) -> Node | None:
    """Read YAML as a tree; None for one without content.

    Raises
    ------
    NotYaml
        If it is no YAML, or more than a card may hold.
    """
    import yaml  # which a card without front matter does not need

    if len(text) > LONGEST_CHARACTERS:
        raise NotYaml(f"is longer than {LONGEST_CHARACTERS:,} characters")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Tree().built(yaml.parse(text, Loader=loader))
    except (yaml.YAMLError, UnicodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise NotYaml(f"is not YAML{_in_line(mark.line) if mark else ''}") from None


def meaning(node: Node | None) -> Any:
    """Return what a tree says, without where: equal for two texts that mean the same."""
    if node is None:
        return None
    if node.is_mapping:
        return {(key.tag, key.value): meaning(value) for key, value in node.value}
    return node.tag, ([meaning(item) for item in node.value] if node.is_list else node.value)


def converted(node: Node) -> Any:
    """Return a scalar as Python has it: 300, 2.6e-05, None, text."""
    from yaml import ScalarNode
    from yaml.constructor import SafeConstructor

    if node.tag not in _CONVERTED:
        return node.value
    return SafeConstructor().construct_object(ScalarNode(node.tag, node.value))


def members(node: Node | None) -> dict[str, Node]:
    """Return the values of a mapping by their keys, those that it merges from others too; nothing for anything else."""
    own: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    for name, value in node.value if node is not None and node.is_mapping else ():
        if name.tag == MERGE:
            for source in value.value if value.is_list else (value,):
                merged = members(source) | merged
        else:
            own[name.value] = value
    return merged | own


def scalars(node: Node) -> Iterator[str]:
    """Yield the texts of all scalars in a tree."""
    if node.is_mapping:
        for name, value in node.value:
            yield name.value
            yield from scalars(value)
    elif node.is_list:
        for item in node.value:
            yield from scalars(item)
    else:
        yield node.value


class _Open(NamedTuple):
    """A list or mapping whose end is not read yet."""

    event: Any
    parts: list[Node]


class _Tree:
    """Puts the events of one document together."""

    def __init__(self) -> None:
        from yaml import ScalarNode
        from yaml.resolver import Resolver

        self._resolve: Any = partial(Resolver().resolve, ScalarNode)
        self._anchors: dict[str, Node | None] = {}
        self._open: list[_Open] = []
        self._root: Node | None = None
        self._count = self._from_aliases = 0

    def built(self, events: Iterator[yaml.Event]) -> Node | None:
        from yaml import events as kinds

        documents = 0
        for event in events:
            if isinstance(event, kinds.ScalarEvent):
                self._add(self._scalar(event), event.anchor)
            elif isinstance(event, kinds.AliasEvent):
                self._add(self._alias(event))
            elif isinstance(event, kinds.CollectionStartEvent):
                self._begin(event)
            elif isinstance(event, kinds.CollectionEndEvent):
                self._finish(event)
            elif isinstance(event, kinds.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _not_yaml(event)
        return self._root

    def _add(self, node: Node, anchor: str | None = None) -> None:
        self._count += node.size
        if self._count > MOST_NODES:
            raise NotYaml(f"has more than {MOST_NODES:,} keys and values")
        if anchor is not None:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self._root = node

    def _scalar(self, event: Any) -> Node:
        tag, start = event.tag, event.start_mark
        if tag in (None, "!"):
            tag = self._resolve(event.value, event.implicit)
        node = Node(tag, event.value, start.index, event.end_mark.index, start.line)
        if tag in _CONVERTED:
            self._check(node)
        elif tag not in _UNCONVERTED:
            raise _not_yaml(event)
        return node

    @staticmethod
    def _check(node: Node) -> None:
        """Refuse a number or a time that there is not, as the 45th of a month."""
        is_short = node.tag in (f"{_PREFIX}null", f"{_PREFIX}binary") or len(node.value) <= _LONGEST_NUMBER
        try:
            if is_short:
                converted(node)
                return
        except Exception:
            pass
        raise NotYaml(f"is not YAML{_in_line(node.line)}")

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:  # there is no such anchor, or it is around the alias
            raise _not_yaml(event)
        self._from_aliases += node.size
        if self._from_aliases > MOST_FROM_ALIASES:
            raise NotYaml(f"has aliases for more than {MOST_FROM_ALIASES:,} keys and values")
        return node._replace(start=event.start_mark.index, end=event.end_mark.index, line=event.start_mark.line)

    def _begin(self, event: Any) -> None:
        if len(self._open) >= DEEPEST:
            raise NotYaml(f"is nested deeper than {DEEPEST} levels{_in_line(event.start_mark.line)}")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(event, []))

    def _finish(self, event: Any) -> None:
        start, parts = self._open.pop()
        tag = _MAPPING if type(start).__name__ == "MappingStartEvent" else _LIST
        if start.tag not in (None, "!", tag):
            raise _not_yaml(start)
        value = tuple(zip(parts[::2], parts[1::2], strict=True)) if tag == _MAPPING else tuple(parts)
        if tag == _MAPPING:
            _check_keys(parts[::2])
        size = 1 + sum(part.size for part in parts)
        self._count -= size - 1
        begin, end = start.start_mark, event.end_mark
        self._add(Node(tag, value, begin.index, end.index, begin.line, start.flow_style, size), start.anchor)


def _check_keys(keys: list[Node]) -> None:
    """Refuse a key that is there twice, of which readers take the first or the last, and one that is no text."""
    seen = set()
    for key in keys:
        if key.is_mapping or key.is_list:
            raise NotYaml(f"has a list or mapping as a key{_in_line(key.line)}")
        if (key.tag, key.value) in seen:
            raise NotYaml(f"has {key.value[:80]} twice")
        seen.add((key.tag, key.value))


def _not_yaml(event: Any) -> NotYaml:
    return NotYaml(f"is not YAML{_in_line(event.start_mark.line)}")


def _in_line(line: int) -> str:
    """Say in which line of the card something is, the line of dashes before it being the first."""
    return f", line {line + 2}"
