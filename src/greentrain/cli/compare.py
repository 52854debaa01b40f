"""``greentrain compare``: places, hardware, years or anything else side by side, before the energy is spent."""

from __future__ import annotations

import os

from greentrain.cli.options import AS_JSON, ESTIMATE_OPTIONS, OUTPUT, PLACE, Command, Option, OptionValues
from greentrain.cli.terminal import bold_if_wanted, write, write_lines
from greentrain.errors import InputError, either
from greentrain.light_typing import TYPE_CHECKING
from greentrain.reporting.forms import PICTURES

if TYPE_CHECKING:
    from typing import Any

TOP = 25
_OWN_PROFILES = "profiles"

CHART = Option("chart", "FILE", "Draw it into this file, .svg or .png.", OUTPUT)
DESCRIBED_BY_SEVERAL = tuple(
    option._replace(is_repeatable=option.name != _OWN_PROFILES) for option in ESTIMATE_OPTIONS if option.group != OUTPUT
)
COMPARE_OPTIONS = (
    *DESCRIBED_BY_SEVERAL,
    Option("places", "WHICH", "Also these: europe, all, centres, cloud:aws, EU27, or a file with a place per line.",
           PLACE, is_repeatable=True),
    Option("price", "P", "Per kWh (0.25) or accelerator-hour (2.10/gpu-hour); H100=3.2/gpu-hour,A100=1.8/gpu-hour.",
           "Money", is_repeatable=True),
    Option("top", "N", f"Show this many alternatives; JSON always has all. [{TOP}]", OUTPUT),
    CHART,
    AS_JSON._replace(group=OUTPUT),
)  # fmt: skip


def print_comparison(values: OptionValues) -> int:
    """Compare places, hardware, years or anything else: each option takes several values, by commas or repeated.

    Alternatives that cannot be told apart, since what is not known is larger than their difference, are one group.

    Example: greentrain compare --gpu A100,H100 --hours 100 --location PL,SE
    """
    from greentrain.estimation.ranges import Limits, checked_in
    from greentrain.planning import compare

    top = int(checked_in(Limits(1, 1e6, "alternatives", whole=True, inclusive=True), "top", values.get("top", TOP)))
    picture = picture_format(values.get("chart"))
    described = {name: value for name, value in values.items() if name not in ("top", "chart", "json")}
    if "price" in described:
        described["price"] = ";".join(described["price"])
    found = compare(**described)
    if "json" in values:
        write(found.to_json() + "\n")
    else:
        from greentrain.reporting.terminal.comparison import comparison_text

        write_lines(comparison_text(found, top, bold_if_wanted()))
    if picture is not None:
        draw_into(values["chart"], picture, found)
    return 0


def picture_format(path: str | None) -> str | None:
    """Return the kind of picture that a file's ending names; None where there is no file.

    Raises
    ------
    InputError
        If it names none.
    """
    if path is None:
        return None
    kind = path.rpartition(".")[2].lower()
    if kind not in PICTURES or os.path.isdir(path):  # noqa: PTH112 -- the words of a command are paths as text
        raise InputError("chart", path, f"must be a file that ends in {either([f'.{each}' for each in PICTURES])}")
    return kind


def draw_into(path: str, kind: str, result: Any) -> None:
    """Draw a result into a file, all of it or nothing."""
    from greentrain.cli.atomic_write import replace_file
    from greentrain.reporting.charts import chart
    from greentrain.reporting.charts.pictures import pictures

    replace_file(path, pictures({"chart": chart(result)}, format=kind)["chart"])


_FIRST = ("gpu", "count", "hours", "location", "params", "tokens", "places", "price", "chart", "json")
COMMAND = Command(
    print_comparison, COMPARE_OPTIONS, short_help="Compare places, hardware, years or anything else.", first=_FIRST
)
