"""One thing of the catalogue in full: every field, every year, every source."""

import textwrap
from typing import Any

from greentrain.catalogue import Accelerator, Catalogue, Cpu, Family, Instance, Location
from greentrain.interval import Interval
from greentrain.reporting.terminal.catalogue import SCHEMA_VERSION, plain_record, table_text, watts
from greentrain.reporting.terminal.estimate import WIDTH

Record = Accelerator | Cpu | Family | Instance


def record_text(catalogue: Catalogue, record: Record) -> str:
    """Write a profile: each field that is known, then its sources in full."""
    lines = [name_of(record)]
    for field, value in record._asdict().items():
        if value not in (None, "", ()):
            lines += _field(field, _words(value))
    return "\n".join(lines + sources_lines(catalogue, _source_ids(record))) + "\n"


def record_dict(catalogue: Catalogue, record: Record) -> dict[str, Any]:
    """Give a profile as plain data, with its sources."""
    kind = type(record).__name__.lower()
    sources = sources_dict(catalogue, _source_ids(record))
    return {"schema_version": SCHEMA_VERSION, "kind": kind, **plain_record(record), "sources": sources}


def grid_text(catalogue: Catalogue, location: Location) -> str:
    """Write a place: every year of its grid with basis and source, and the facility's figures of a region."""
    data = grid_dict(catalogue, location)
    rows = [
        (str(value["year"]), f"{value['g_per_kwh']:.10g}", f"{value['basis']}, {value['verified']} [{value['source']}]")
        for value in data["values"]
    ]
    lines = [table_text(f"{location.code}: {data['name']}", ("year", "g/kWh", "basis, verified [source]"), rows)]
    lines += [
        f"  {metric.upper()} {value['value']['best']:g} ({value['value']['low']:g} to {value['value']['high']:g})"
        f"{' L/kWh' if metric == 'wue' else ''}, {value['year']} [{value['source']}]"
        for metric, value in data["facility"].items()
    ]
    lines += [line for note in data["notes"] for line in _field("note", note)]
    return "\n".join(lines + _sources_lines(data["sources"])) + "\n"


def grid_dict(catalogue: Catalogue, location: Location) -> dict[str, Any]:
    """Give a place as plain data: every year of its grid, the facility's figures of a region, and the sources."""
    place, region = location
    series = [region.own_value] if region and region.own_value else catalogue.places.series(place.place)
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


def name_of(record: Record) -> str:
    """Give the name by which a profile is shown."""
    return record.instance if isinstance(record, Instance) else record.name


def sources_dict(catalogue: Catalogue, keys: list[str]) -> dict[str, Any]:
    """Give sources in full, by id."""
    return {key: plain_record(catalogue.source(key)) for key in dict.fromkeys(keys) if key}


def sources_lines(catalogue: Catalogue, keys: list[str]) -> list[str]:
    """Write sources in full."""
    return _sources_lines(sources_dict(catalogue, keys))


def _sources_lines(sources: dict[str, Any]) -> list[str]:
    lines = ["Sources"] if sources else []
    for key, source in sources.items():
        parts = (source["title"], str(source["year"] or ""), source["url"], source["licence"])
        lines += _fitted(f"  [{key}] {', '.join(part for part in parts if part)}", "      ")
    return lines


def _source_ids(record: Record) -> list[str]:
    cells = [value for field, value in record._asdict().items() if field.endswith("source")]
    return [key for cell in cells for key in str(cell).split(";")]


def _words(value: object) -> str:
    if isinstance(value, Interval):
        return watts(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _field(name: str, text: str) -> list[str]:
    return _fitted(f"  {name:<19} {text}", " " * 22)


def _fitted(line: str, indent: str) -> list[str]:
    return textwrap.wrap(
        line, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False, drop_whitespace=True
    )
