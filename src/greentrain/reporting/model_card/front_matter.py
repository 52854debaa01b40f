"""The YAML block at the head of a model card: one of its keys set in place, all else left byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from greentrain.errors import InputError
from greentrain.reporting.model_card.yaml_tree import TEXT, Node, NotYaml, meaning, members, yaml_tree

_FIRST_DASHES = re.compile(r"\ufeff?\s*+---(?:\r\n|\r|\n)")
_LAST_DASHES = re.compile(r"---(?<![^\r\n]---)[ \t]*+(?:\r\n|\r|\n|\Z)")
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
    first = _FIRST_DASHES.match(card)
    last = first and _LAST_DASHES.search(card, first.end())
    if first is None or last is None:
        return None
    return FrontMatter(first.end(), last.start(), card[first.end() : last.start()], last.end())


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
    root = _root(text)
    if root is None:
        return text + block
    if not root.is_mapping or root.is_flow:
        raise _refusal("the front matter must be a mapping, one key to a line")
    found = next(((name, node) for name, node in root.value if name.value == key), None)
    if found is None:
        if key in members(root):  # merged from elsewhere
            raise _by_hand(key)
        return text + block
    name, node = found
    if node.is_list:
        raise _refusal(f"{key} in the front matter is a list; it must be a number or a mapping")
    edits = _mapping_edits(text, node, values, eol) if node.is_mapping else _scalar_edits(text, name, node, block, eol)
    return _apply(text, edits)


def _root(text: str) -> Node | None:
    try:
        return yaml_tree(text)
    except NotYaml as error:
        raise _refusal(f"the front matter {error}") from None


def _mapping_edits(text: str, node: Node, values: Mapping[str, str], eol: str) -> list[Edit]:
    """Replace the values of keys that are there, add the others after the last one."""
    known = {name.value: (name, value) for name, value in node.value}
    edits = [_value_edit(text, *known[name], values[name]) for name in values if name in known]
    missing = [f"{name}: {value}" for name, value in values.items() if name not in known]
    if not missing:
        return edits
    if node.is_flow:
        place = _end(text, node.value[-1][1]) if node.value else node.start + 1
        return [*edits, Edit(place, place, ("".join(f", {item}" for item in missing))[0 if node.value else 2 :])]
    first = node.value[0][0].start
    indent = " " * (first - 1 - max(text.rfind("\n", 0, first), text.rfind("\r", 0, first)))
    place = _line_after(text, _end(text, node.value[-1][1]))
    return [*edits, Edit(place, place, "".join(f"{indent}{item}{eol}" for item in missing))]


def _value_edit(text: str, name: Node, node: Node, value: str) -> Edit:
    start, end = node.start, _end(text, node)
    if end <= start:  # nothing is after the colon
        colon = text.index(":", name.end) + 1
        return Edit(colon, colon, f" {value}")
    return Edit(start, end, value)


def _scalar_edits(text: str, name: Node, node: Node, block: str, eol: str) -> list[Edit]:
    """Take the scalar away and put the mapping's lines below; a comment behind it stays where it is."""
    colon = text.index(":", name.end) + 1
    end = max(colon, _end(text, node))
    place = _line_after(text, end)
    return [Edit(colon, end, ""), Edit(place, place, block.split(eol, 1)[1])]


def _end(text: str, node: Node) -> int:
    """Where a node ends: the end of a block reaches to the next token, past comments that are not its own."""
    if (node.is_mapping or node.is_list) and not node.is_flow and node.value:
        return _end(text, node.value[-1][1] if node.is_mapping else node.value[-1])
    start, end = node.start, node.end
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
    try:
        old, new = meaning(yaml_tree(before)) or {}, meaning(yaml_tree(after))
    except NotYaml:
        raise _by_hand(key) from None
    name = TEXT, key
    kept = old.get(name) if isinstance(old.get(name), dict) else {}
    wanted = {**(kept or {}), **{(TEXT, part): meaning(yaml_tree(value)) for part, value in values.items()}}
    if new != {**old, name: wanted}:
        raise _by_hand(key)


def _by_hand(key: str) -> InputError:
    return _refusal(f"the front matter cannot be edited safely; set {key} by hand")


def _refusal(rule: str) -> InputError:
    return InputError("card", None, rule)
