"""Draw the pictures of the documentation: ``python docs/pictures/draw.py``, after a number in them has changed."""

from pathlib import Path

from greentrain import chart, estimate
from greentrain.reporting.charts.pictures import pictures

FOLDER = Path(__file__).parent


def main() -> None:
    """Write each picture beside this file."""
    run = estimate("V100", hours=96, location="US", year=2024)
    figures = {kind: chart(run, kind) for kind in ("headline", "waterfall", "elsewhere", "methods")}
    for name, picture in pictures(figures).items():
        (FOLDER / f"{name}.svg").write_bytes(picture)


if __name__ == "__main__":
    main()
