"""Sources in text: their line in a bibliography, their address, and their numbers after what rests on them."""

from collections.abc import Callable, Mapping
from typing import Any

from greentrain.reporting.document.blocks import Cell, Document
from greentrain.reporting.document.render_text import wrapped

_PREFIXES = {"arXiv:": "https://arxiv.org/abs/", "doi:": "https://doi.org/"}


def source_line(source: Mapping[str, Any]) -> str:
    """Write title, year, address and licence of a source."""
    parts = (source["title"], str(source["year"] or ""), source["url"], source["licence"])
    return ", ".join(part for part in parts if part)


def sources_group(sources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write the sources under their ids, with a heading, for the terminal."""
    lines = [
        line for key, source in sources.items() for line in wrapped(f"[{key}] {source_line(source)}", "  ", " " * 6)
    ]
    return ["Sources", *lines] if lines else []


def address(source: Mapping[str, Any]) -> str | None:
    """Return the web address of a source; None where it is no address that a browser follows."""
    url: str = source["url"]
    for prefix, start in _PREFIXES.items():
        if url.startswith(prefix):
            url = start + url.removeprefix(prefix)
    is_one = url.startswith(("https://", "http://")) and url.isprintable() and not set(url) & set(" \"'<>`")
    return url if is_one else None


def cited(cell: Cell, document: Document, escape: Callable[[str], str], opening: str = "[", closing: str = "]") -> str:
    """Write a piece of text with the numbers of its sources after it, in brackets."""
    known = sorted({document.numbers[ref] for ref in cell.refs if ref in document.numbers})
    marks = f"{opening}{', '.join(map(str, known))}{closing}" if known else ""
    return " ".join(filter(None, (escape(cell.text), marks)))
