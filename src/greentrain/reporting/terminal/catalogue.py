"""What the catalogue holds, lists and single entries, as text of 80 columns and as plain data."""

from collections.abc import Sequence
from typing import Any

from greentrain.catalogue import Accelerator, Catalogue, Cpu, Family, Instance, Location
from greentrain.catalogue.search import HardwareFound, PlacesFound
from greentrain.errors import InputError
from greentrain.estimation import estimate
from greentrain.interval import Interval
from greentrain.numbers import as_given, with_span
from greentrain.reporting.document.blocks import table
from greentrain.reporting.document.citations import sources_group
from greentrain.reporting.document.render_text import field, joined, table_lines
from greentrain.units import W_PER_KW

SCHEMA_VERSION = 1
_FIELD = 20
_DRAWS = ("accelerator_w", "with_host_w")
Cells = Sequence[str]
Entry = Accelerator | Cpu | Family | Instance


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
    return joined(_list(*section) for section in sections)


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
    return joined(_list(*section) for section in sections)


def _list(title: str, header: Cells, rows: Sequence[Cells]) -> list[str]:
    """Write a table whose first column is whole, and whose others are cut to fit the width."""
    return table_lines(table(f"{title} ({len(rows)})", header, rows), cuts=True) if rows else []


def hardware_dict(found: HardwareFound) -> dict[str, Any]:
    """Return a search's result as plain data."""
    lists = {name: [plain_record(item) for item in items] for name, items in found._asdict().items()}
    return {"schema_version": SCHEMA_VERSION, "kind": "profiles", **lists}


def places_dict(catalogue: Catalogue, found: PlacesFound) -> dict[str, Any]:
    """Return a search's result as plain data, each place with its latest grid value."""
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


def _accelerator_cells(item: Accelerator) -> Cells:
    return (item.id, item.name, watts(item.tdp_w))


def _family_cells(item: Family) -> Cells:
    return (item.name, item.usual or "(ambiguous)", ", ".join(item.members))


def _cpu_cells(item: Cpu) -> Cells:
    return (item.id, item.name, watts(item.tdp_w))


def _instance_cells(item: Instance) -> Cells:
    part = "" if item.fraction_of_device == 1 else f" x {item.fraction_of_device:.3g}"
    return (item.instance, item.provider, f"{item.accelerator_count} x {item.accelerator}{part}")


def record_text(catalogue: Catalogue, record: Entry, profiles: str | None = None) -> str:
    """Write a profile: each field that is known, what its accelerators draw by default, then its sources in full."""
    lines = [name_of(record)]
    for name, value in record._asdict().items():
        if value not in (None, "", ()):
            lines += field(name, _words(value), _FIELD)
    lines += _draws_lines(_devices(catalogue, record), profiles)
    sources = sources_group(sources_dict(catalogue, _source_ids(record)))
    return joined([[*lines, *sources]])


def record_dict(catalogue: Catalogue, record: Entry, profiles: str | None = None) -> dict[str, Any]:
    """Return a profile as plain data, with its sources, and what its accelerators draw by default."""
    kind = type(record).__name__.lower()
    data = {"schema_version": SCHEMA_VERSION, "kind": kind, **plain_record(record)}
    if devices := _devices(catalogue, record):
        data["power"] = [
            {"id": device.id, "tdp_w": plain_record(device.tdp_w)}
            | {name: plain_record(value) for name, value in zip(_DRAWS, _draws_w(device, profiles), strict=True)}
            for device in devices
        ]
    return {**data, "sources": sources_dict(catalogue, _source_ids(record))}


def _devices(catalogue: Catalogue, record: Entry) -> list[Accelerator]:
    """List the accelerators that a profile is of: of a family its members."""
    if isinstance(record, Family):
        return [catalogue.hardware.accelerator(key) for key in record.members]
    return [record] if isinstance(record, Accelerator) else []


def _draws_w(device: Accelerator, profiles: str | None) -> tuple[Interval | None, Interval | None]:
    """Return what an estimate takes an accelerator to draw, alone and with its share of the host [W]."""
    try:
        of_an_hour = estimate(device.id, hours=1, profiles=profiles)
    except InputError:  # no power is published: an estimate needs one that is given
        return None, None
    return of_an_hour.accelerator_energy_kwh.scaled(W_PER_KW), of_an_hour.it_energy_kwh.scaled(W_PER_KW)


def _draws_lines(devices: Sequence[Accelerator], profiles: str | None) -> list[str]:
    if not devices:
        return []
    rows = [(device.id, watts(device.tdp_w), *map(_rounded_watts, _draws_w(device, profiles))) for device in devices]
    title = "Power in an estimate, unless you know better, W (90 % interval)"
    return table_lines(table(title, ("id", "TDP", "draws on average", "with its host"), rows))


def _rounded_watts(interval: Interval | None) -> str:
    return "not known" if interval is None else with_span(interval)


def grid_text(catalogue: Catalogue, location: Location) -> str:
    """Write a place: every year of its grid with basis and source, and the facility's figures of a region."""
    data = grid_dict(catalogue, location)
    rows = [
        (str(value["year"]), f"{value['g_per_kwh']:.10g}", f"{value['basis']}, {value['verified']} [{value['source']}]")
        for value in data["values"]
    ]
    lines = _list(f"{location.code}: {data['name']}", ("year", "g/kWh", "basis, verified [source]"), rows)
    lines += [
        f"  {metric.upper()} {value['value']['best']:g} ({value['value']['low']:g} to {value['value']['high']:g})"
        f"{' L/kWh' if metric == 'wue' else ''}, {value['year']} [{value['source']}]"
        for metric, value in data["facility"].items()
    ]
    lines += [line for note in data["notes"] for line in field("note", note, _FIELD)]
    return joined([[*lines, *sources_group(data["sources"])]])


def grid_dict(catalogue: Catalogue, location: Location) -> dict[str, Any]:
    """Return a place as plain data: every year of its grid, the facility's figures of a region, and the sources."""
    place, region = location.place, location.region
    series = catalogue.places.intensities(location)
    figures = {
        metric: figure
        for metric in ("pue", "wue")
        if region and (figure := catalogue.facilities.figure(metric, region.provider, region.region, None))
    }
    notes = dict.fromkeys(value.notes for value in series if value.notes)
    named = [*(value.source for value in series), *(figure.source for figure in figures.values())]
    sources = [key for source in named for key in source.split(";")]
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "grid",
        "code": location.code,
        "name": f"{region.name}, {place.name}" if region else place.name,
        "place": plain_record(place),
        "values": [plain_record(value) for value in series],
        "facility": {metric: plain_record(figure) for metric, figure in figures.items()},
        "notes": list(notes),
        "sources": sources_dict(catalogue, sources),
    }


def name_of(record: Entry) -> str:
    """Return the name by which a profile is shown."""
    return record.instance if isinstance(record, Instance) else record.name


def sources_dict(catalogue: Catalogue, keys: list[str]) -> dict[str, Any]:
    """Return sources in full, by id."""
    return {key: plain_record(catalogue.source(key)) for key in dict.fromkeys(keys) if key}


def _source_ids(record: Entry) -> list[str]:
    cells = [value for field, value in record._asdict().items() if field.endswith("source")]
    return [key for cell in cells for key in str(cell).split(";")]


def _words(value: object) -> str:
    if isinstance(value, Interval):
        return watts(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
