"""The charts of a report as pictures in a folder."""

from pathlib import Path

from greentrain.cli.atomic_write import replace_file
from greentrain.cli.terminal import confirm, error_line
from greentrain.errors import InputError
from greentrain.reporting.charts import charts_of
from greentrain.reporting.charts.pictures import pictures
from greentrain.reporting.charts.style import as_picture
from greentrain.reporting.report_data import ReportData

THEME = "light"
"""Of pictures: papers are white."""


def write_pictures(data: ReportData, folder: str, format: str, force: bool) -> int:
    """Draw every chart of report data into a folder, which is made if it is not there.

    Parameters
    ----------
    data : ReportData
        What is reported.
    folder : str
        Where the pictures go: ``headline.svg``, ``waterfall.svg`` ...
    format : {'svg', 'png'}
        Kind of picture.
    force : bool
        Whether pictures that are there may be overwritten without asking.
    """
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise InputError("charts", folder, "is a file; give a folder")
    charts = {chart.name: chart for chart in charts_of(data)}
    there = [f"{kind}.{format}" for kind in charts if (place / f"{kind}.{format}").exists()]
    if there and not force and not confirm(f"{folder} has {', '.join(there)} already. Overwrite?"):
        return error_line(f"{folder} has {', '.join(there)} already; --force overwrites", 1)
    drawn = pictures({kind: as_picture(chart.draw(THEME), THEME) for kind, chart in charts.items()}, format=format)
    place.mkdir(parents=True, exist_ok=True)
    for kind, content in drawn.items():
        replace_file(str(place / f"{kind}.{format}"), content)
    return 0
