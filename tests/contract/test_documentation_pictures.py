"""The charts in the documentation are those that its script draws."""

import runpy
from pathlib import Path

import pytest

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.mark.slow
def test_the_pictures_of_the_documentation_are_up_to_date() -> None:
    """To the byte, and each has its file; ``python docs/pictures/draw.py`` draws them anew."""
    drawn = runpy.run_path(str(PICTURES / "draw.py"))["drawn"]()
    kept = {path.name: path.read_bytes() for path in PICTURES.glob("*.svg")}

    assert drawn.keys() == kept.keys()
    assert [name for name, picture in drawn.items() if picture != kept[name]] == []
