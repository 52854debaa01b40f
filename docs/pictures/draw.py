"""Draw the pictures of the documentation: ``python docs/pictures/draw.py``, after a number in them has changed."""

import sys
from math import sin
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from greentrain import History, chart, estimate, validate
from greentrain.importing import import_runs
from greentrain.reporting.charts.pictures import pictures

FOLDER = Path(__file__).parent
sys.path.append(str(FOLDER.parents[1] / "tests"))
JOBS = """\
JobIDRaw|JobName|User|State|Start|End|ElapsedRaw|NNodes|NCPUS|AllocTRES|ConsumedEnergyRaw
1|parser|ada|COMPLETED|2026-03-02T08:00:00|2026-03-03T08:00:00|86400|1|32|cpu=32,gres/gpu:a100=4|
2|parser|ada|FAILED|2026-03-09T08:00:00|2026-03-09T16:00:00|28800|1|32|cpu=32,gres/gpu:a100=4|
3|vision|bob|COMPLETED|2026-04-02T08:00:00|2026-04-05T08:00:00|259200|1|64|cpu=64,gres/gpu:h100=8|
4|speech|cem|COMPLETED|2026-04-12T08:00:00|2026-04-14T08:00:00|172800|1|16|cpu=16,gres/gpu:v100=2|
5|vision|bob|COMPLETED|2026-05-02T08:00:00|2026-05-04T20:00:00|216000|1|64|cpu=64,gres/gpu:h100=8|
6|parser|ada|CANCELLED by 7|2026-05-20T08:00:00|2026-05-20T20:00:00|43200|1|32|cpu=32,gres/gpu:a100=4|
7|speech|cem|COMPLETED|2026-05-22T08:00:00|2026-05-24T08:00:00|172800|1|16|cpu=16,gres/gpu:v100=2|
"""
"""A spring of a small cluster, made up."""


def main() -> None:
    """Write each picture beside this file."""
    for name, picture in drawn().items():
        (FOLDER / name).write_bytes(picture)


def drawn() -> dict[str, bytes]:
    """Draw all pictures; the same data are the same bytes, so that a test sees a picture that is out of date."""
    run = estimate("V100", hours=96, location="US", year=2024)
    figures = {kind: chart(run, kind) for kind in ("headline", "waterfall", "tornado", "elsewhere", "methods")}
    figures |= {"validation": chart(validate(), "validation")} | of_a_cluster() | of_a_run()
    return {f"{name}.svg": picture for name, picture in pictures(figures).items()}


def of_a_cluster() -> dict[str, Any]:
    """Draw what a cluster's accounting holds."""
    with TemporaryDirectory() as home:
        path = Path(home) / "sacct.txt"
        path.write_text(JOBS)
        import_runs(path, location="DE", home=home)
        return {kind: chart(History(home), kind) for kind in ("by_month", "by_hardware", "by_user")}


def of_a_run() -> dict[str, Any]:
    """Draw the power of an hour that a meter read: two epochs, each with a validation; made up too."""
    from journals_of_reports import write_run

    spans = (
        ("data", 0, 300),
        ("epoch 1", 300, 1740),
        ("validate", 1740, 1920),
        ("epoch 2", 1920, 3360),
        ("validate", 3360, 3600),
    )

    def watts(second: int) -> float:
        busy = {"data": 65.0, "validate": 180.0}
        name = next(name for name, begin, end in spans if begin <= second <= end)
        return busy.get(name, 270.0 + 14 * sin(second / 130))

    with TemporaryDirectory() as home:
        write_run(Path(home), "20260301T000000Z-aaaaaa", name="bert", spans=spans, gpu_w=watts)
        return {"power_over_time": chart(History(home).runs()[0], "power_over_time")}


if __name__ == "__main__":
    main()
