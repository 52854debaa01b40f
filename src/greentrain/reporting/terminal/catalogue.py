"""What the catalogue holds, as text of 80 columns and as plain data."""

from collections.abc import Sequence
from typing import Any

from greentrain.catalogue import Accelerator, Catalogue, Cpu, Family, Instance
from greentrain.catalogue.search import HardwareFound, PlacesFound
from greentrain.interval import Interval
from greentrain.numbers import as_given
from greentrain.reporting.terminal.estimate import WIDTH

SCHEMA_VERSION = 1
Cells = Sequence[str]


def hardware_text(found: HardwareFound) -> str:
    """List hardware, one section per kind."""
    sections = [
        (
            "Accelerators, per visible device",
            ("id", "name", "TDP W"),
            [_accelerator_cells(item) for item in found.accelerators],
        ),
        (
            "Names that cover several accelerators",
            ("name", "usual", "covers"),
            [_family_cells(item) for item in found.families],
        ),
        ("CPUs", ("id", "name", "TDP W"), [_cpu_cells(item) for item in found.cpus]),
        (
            "Cloud instance types",
            ("type", "provider", "accelerators"),
            [_instance_cells(item) for item in found.instances],
        ),
    ]
    return "\n\n".join(table_text(title, head, rows) for title, head, rows in sections if rows) + "\n"


def places_text(catalogue: Catalogue, found: PlacesFound) -> str:
    """List places with their latest grid value, and cloud regions with the place whose grid they have."""
    latest = catalogue.places.latest_values()
    places = [
        (place.place, place.name, f"{value.g_per_kwh:.0f} ({value.year}, {value.basis})")
        for place in found.places
        if (value := latest.get(place.place))
    ]
    regions = [
        (
            region.code,
            region.name,
            f"{region.own_value.g_per_kwh:.0f} own" if region.own_value else f"as {region.place}",
        )
        for region in found.regions
    ]
    sections = [
        ("Places", ("code", "name", "g CO2e/kWh"), places),
        ("Cloud regions", ("code", "name", "grid"), regions),
    ]
    return "\n\n".join(table_text(title, head, rows) for title, head, rows in sections if rows) + "\n"


def table_text(title: str, head: Cells, rows: Sequence[Cells]) -> str:
    """Write a table whose first column is whole and whose middle columns are cut to fit the width."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    spare = WIDTH - 2 - 2 * (len(widths) - 1)
    widths[-1] = min(widths[-1], max(12, spare - widths[0] - 16))
    widths[1] = max(8, min(widths[1], spare - widths[0] - sum(widths[2:])))
    lines = [f"{title} ({len(rows)})"]
    lines += [
        "  " + "  ".join(_cell(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]
    return "\n".join(lines)


def hardware_dict(found: HardwareFound) -> dict[str, Any]:
    """Give a search's result as plain data."""
    lists = {name: [plain_record(item) for item in items] for name, items in found._asdict().items()}
    return {"schema_version": SCHEMA_VERSION, "kind": "profiles", **lists}


def places_dict(catalogue: Catalogue, found: PlacesFound) -> dict[str, Any]:
    """Give a search's result as plain data, each place with its latest grid value."""
    latest = catalogue.places.latest_values()
    places = [
        {**plain_record(place), "latest": plain_record(value) if (value := latest.get(place.place)) else None}
        for place in found.places
    ]
    regions = [{"code": region.code, **plain_record(region)} for region in found.regions]
    return {"schema_version": SCHEMA_VERSION, "kind": "grids", "places": places, "regions": regions}


def plain_record(record: Any) -> Any:
    """Turn a record into plain data, all the way down."""
    if hasattr(record, "_asdict"):
        return {name: plain_record(value) for name, value in record._asdict().items()}
    return list(record) if isinstance(record, tuple) else record


def watts(interval: Interval | None) -> str:
    """Write a power, with its interval where sources disagree."""
    if interval is None:
        return "-"
    text = as_given(interval.best)
    return text if interval.is_exact else f"{text} ({interval.low:g} to {interval.high:g})"


def _cell(text: str, width: int) -> str:
    return f"{text if len(text) <= width else text[: width - 2] + '..':<{width}}"


def _accelerator_cells(item: Accelerator) -> Cells:
    return (item.id, item.name, watts(item.tdp_w))


def _family_cells(item: Family) -> Cells:
    return (item.name, item.usual or "(ambiguous)", ", ".join(item.members))


def _cpu_cells(item: Cpu) -> Cells:
    return (item.id, item.name, watts(item.tdp_w))


def _instance_cells(item: Instance) -> Cells:
    part = "" if item.fraction_of_device == 1 else f" x {item.fraction_of_device:.3g}"
    return (item.instance, item.provider, f"{item.accelerator_count} x {item.accelerator}{part}")
