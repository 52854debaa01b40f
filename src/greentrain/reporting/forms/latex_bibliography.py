"""The bibliography of a paper: greentrain and the publications that its numbers come from, as BibTeX."""

from typing import Any

from greentrain.reporting.escaping import latex
from greentrain.reporting.report_data import ReportData
from greentrain.reporting.scope_statements import grids

_OWN = ("user", "measurement", "greentrain_judgement")


def bibliography(data: ReportData) -> str:
    """Write the entries, in an environment that saves them as greentrain.bib when the paper is compiled."""
    keys = [key for item in data.inputs for key in item.source_ids]
    keys += _factor_keys(data)
    known = {key: data.sources[key] for key in dict.fromkeys(keys) if key in data.sources and key not in _OWN}
    entries = [_own_entry(data), *(_entry(key, source) for key, source in known.items())]
    return "\n".join([r"\begin{filecontents*}[overwrite]{greentrain.bib}", *entries, r"\end{filecontents*}"])


def cited(data: ReportData) -> str:
    """Cite the publications of the carbon intensities."""
    keys = [_key(key) for key in _factor_keys(data) if key in data.sources and key not in _OWN]
    return rf"~\cite{{{','.join(dict.fromkeys(keys))}}}" if keys else ""


def _factor_keys(data: ReportData) -> list[str]:
    return [key.strip() for _, grid in grids(data) for key in grid.source.split(";")]


def _key(key: str) -> str:
    """Make a key that BibTeX takes, of an id that may be a user's."""
    return "greentrain:" + "".join(
        char if char.isascii() and (char.isalnum() or char in "_-.") else "-" for char in key
    )


def _own_entry(data: ReportData) -> str:
    versions = data.versions
    fields = {
        "author": "{The greentrain authors}",
        "title": f"{{greentrain}} {latex(versions.greentrain)}, data {latex(versions.data)}",
        "year": versions.data[:4],
    }
    return _written("greentrain", fields)


def _entry(key: str, source: dict[str, Any]) -> str:
    fields = {"key": _field(key), "title": f"{{{_field(source['title'])}}}"}
    if source["year"]:
        fields["year"] = str(source["year"])
    if source["url"]:
        fields["note"] = _field(source["url"])
    return _written(_key(key), fields)


def _field(text: str) -> str:
    """Escape a text for a field: BibTeX counts braces even where LaTeX takes them for text, and wants them in pairs."""
    return latex(text).replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")


def _written(key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])
