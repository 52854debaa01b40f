"""The YAML block at the head of a model card: one of its keys set in place, all else left byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import InputError

if TYPE_CHECKING:
    import yaml

_BLOCK = re.compile(r"\A(\ufeff?\s*---(?:\r\n|\r|\n))(?:([\s\S]*?(?:\r\n|\r|\n)))??(---[ \t]*(?:\r\n|\r|\n|\Z))")
_LINE_END = re.compile(r"\r\n|\r|\n")


class Edit(NamedTuple):
    """A piece of text to be put in the place of another."""

    start: int
    end: int
    text: str


class FrontMatter(NamedTuple):
    """The YAML block of a card, between its two lines of dashes.

    Attributes
    ----------
    start, end : int
        Where the YAML is in the card.
    text : str
        The YAML, with the end of its last line; empty where the block is.
    after : int
        Where the rest of the card begins.
    """

    start: int
    end: int
    text: str
    after: int


def find_front_matter(card: str) -> FrontMatter | None:
    """Find the YAML block at the head of a card, by the rule by which the Hugging Face Hub finds it."""
    found = _BLOCK.match(card)
    if found is None:
        return None
    start = found.end(1)
    return FrontMatter(start, found.start(3), found[2] or "", found.end())


def line_end_of(card: str) -> str:
    """Return the line end that a card uses first; a line feed where it has none."""
    found = _LINE_END.search(card)
    return found[0] if found else "\n"


def with_mapping(card: str, key: str, values: Mapping[str, str]) -> str:
    """Set a mapping under a key of the front matter.

    Parameters
    ----------
    card : str
        The whole card.
    key : str
        The key, at the top level. A scalar below it becomes a mapping; keys of its own mapping other than those in
        ``values`` stay, as do comments.
    values : mapping of str to str
        Values as YAML, each on one line.

    Returns
    -------
    str
        The card; every other byte is as it was.

    Raises
    ------
    InputError
        If the front matter is not YAML, or is written in a way that cannot be edited safely.
    """
    eol = line_end_of(card)
    lines = [f"{key}:", *(f"  {name}: {value}" for name, value in values.items())]
    block = "".join(line + eol for line in lines)
    found = find_front_matter(card)
    if found is None:
        gap = "" if not card or card[0] in "\r\n" else eol
        return f"---{eol}{block}---{eol}{gap}{card}"
    edited = _edited(found.text, key, values, block, eol)
    _check(found.text, edited, key, values)
    return card[: found.start] + edited + card[found.end :]


def _edited(text: str, key: str, values: Mapping[str, str], block: str, eol: str) -> str:
    import yaml  # which a card without front matter does not need

    root = _compose(text)
    if root is None:
        return text + block
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise _refusal("the front matter must be a mapping, one key to a line")
    pairs = [(name, value) for name, value in root.value if name.value == key]
    if not pairs:
        return text + block
    if len(pairs) > 1:
        raise _refusal(f"the front matter has {key} twice")
    name, node = pairs[0]
    if isinstance(node, yaml.MappingNode):
        return _apply(text, _mapping_edits(text, node, values, eol))
    if isinstance(node, yaml.ScalarNode):
        return _apply(text, _scalar_edits(text, name, node, block, eol))
    raise _refusal(f"{key} in the front matter is a list; it must be a number or a mapping")


def _compose(text: str) -> yaml.Node | None:
    import yaml

    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 2}" if mark else ""
        raise _refusal(f"the front matter is not YAML{line}") from None


def _mapping_edits(text: str, node: yaml.MappingNode, values: Mapping[str, str], eol: str) -> list[Edit]:
    """Replace the values of keys that are there, add the others after the last one."""
    known = {name.value: (name, value) for name, value in node.value}
    edits = [_value_edit(text, *known[name], values[name]) for name in values if name in known]
    missing = [f"{name}: {value}" for name, value in values.items() if name not in known]
    if not missing:
        return edits
    if node.flow_style:
        place = _end(text, node.value[-1][1]) if node.value else node.start_mark.index + 1
        return [*edits, Edit(place, place, ("".join(f", {item}" for item in missing))[0 if node.value else 2 :])]
    indent = " " * node.value[0][0].start_mark.column
    place = _line_after(text, _end(text, node.value[-1][1]))
    return [*edits, Edit(place, place, "".join(f"{indent}{item}{eol}" for item in missing))]


def _value_edit(text: str, name: yaml.Node, node: yaml.Node, value: str) -> Edit:
    start, end = node.start_mark.index, _end(text, node)
    if end <= start:  # nothing is after the colon
        colon = text.index(":", name.end_mark.index) + 1
        return Edit(colon, colon, f" {value}")
    return Edit(start, end, value)


def _scalar_edits(text: str, name: yaml.Node, node: yaml.ScalarNode, block: str, eol: str) -> list[Edit]:
    """Take the scalar away and put the mapping's lines below; a comment behind it stays where it is."""
    colon = text.index(":", name.end_mark.index) + 1
    end = max(colon, _end(text, node))
    place = _line_after(text, end)
    return [Edit(colon, end, ""), Edit(place, place, block.split(eol, 1)[1])]


def _end(text: str, node: yaml.Node) -> int:
    """Where a node ends: the end of a block reaches to the next token, past comments that are not its own."""
    import yaml

    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(text, node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(text, node.value[-1])
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip())


def _line_after(text: str, place: int) -> int:
    found = _LINE_END.search(text, place)
    return found.end() if found else len(text)


def _apply(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, key=lambda item: -item.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _check(before: str, after: str, key: str, values: Mapping[str, str]) -> None:
    """Make sure that the edited block means what it meant before, and the new values, and nothing else."""
    import yaml

    try:
        old: dict[str, Any] = yaml.safe_load(before) or {}
        new: dict[str, Any] = yaml.safe_load(after) or {}
    except yaml.YAMLError:
        raise _refusal(f"the front matter cannot be edited safely; set {key} by hand") from None
    kept = old.get(key) if isinstance(old.get(key), dict) else {}
    wanted = {**(kept or {}), **{name: yaml.safe_load(value) for name, value in values.items()}}
    same = {name: repr(value) for name, value in old.items() if name != key}
    if new.get(key) != wanted or {name: repr(value) for name, value in new.items() if name != key} != same:
        raise _refusal(f"the front matter cannot be edited safely; set {key} by hand")


def _refusal(rule: str) -> InputError:
    return InputError("card", None, rule)
