"""A source of the bibliography in words, and whether its address can be followed."""

from typing import Any

_PREFIXES = {"arXiv:": "https://arxiv.org/abs/", "doi:": "https://doi.org/"}


def source_line(source: dict[str, Any]) -> str:
    """Write title, year, address and licence of a source."""
    parts = (source["title"], str(source["year"] or ""), source["url"], source["licence"])
    return ", ".join(part for part in parts if part)


def address(source: dict[str, Any]) -> str | None:
    """Give the web address of a source; None where it is no address that a browser follows."""
    url: str = source["url"]
    for prefix, start in _PREFIXES.items():
        if url.startswith(prefix):
            url = start + url.removeprefix(prefix)
    is_one = url.startswith(("https://", "http://")) and url.isprintable() and not set(url) & set(" \"'<>`")
    return url if is_one else None
