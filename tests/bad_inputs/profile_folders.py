"""Folders of a user's own profiles, as the tests write them."""

from pathlib import Path

from greentrain.catalogue import check_profiles

HEADER = "id,name,hardware_class,tdp_w,source"
GOOD = "my-card,My card,workstation,300,https://example.org/card.pdf"


def write(folder: Path, **tables: str) -> Path:
    """Write tables, lines separated by newlines, as ``<name>.csv``."""
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    return folder


def problems_of(folder: Path) -> list[str]:
    """List the problems of a folder as text."""
    return [str(problem) for problem in check_profiles(folder)]


OUT_OF_RANGE = "is out of range: it must be"
ONE_THING = "a name may mean one thing only"
