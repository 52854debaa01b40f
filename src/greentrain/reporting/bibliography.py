"""BibTeX of what a paper cites: greentrain by its CITATION.cff, and the publications of the carbon intensities."""

from pathlib import Path
from typing import Any

from greentrain.reporting.escaping import latex
from greentrain.reporting.report_data import ReportData
from greentrain.reporting.scope_statements import grids

_OWN = ("user", "measurement", "greentrain_judgement")


def bibliography(data: ReportData) -> str:
    """Write the entries that are cited, in an environment that saves them as greentrain.bib when it is compiled."""
    entries = [_own_entry(data), *(_entry(key, data.sources[key]) for key in _cited_keys(data))]
    return "\n".join([r"\begin{filecontents*}[overwrite]{greentrain.bib}", *entries, r"\end{filecontents*}"])


def cited(data: ReportData) -> str:
    """Cite the publications of the carbon intensities."""
    keys = map(_key, _cited_keys(data))
    text = ",".join(dict.fromkeys(keys))
    return rf"~\cite{{{text}}}" if text else ""


def _cited_keys(data: ReportData) -> list[str]:
    keys = [key.strip() for _, grid in grids(data) for key in grid.source.split(";")]
    return [key for key in dict.fromkeys(keys) if key in data.sources and key not in _OWN]


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
        **citation_fields(_citation()),
    }
    return _entry_text("greentrain", fields)


def _citation() -> str:
    """Read CITATION.cff, which a wheel has in the package and a checkout at its root."""
    package = Path(__file__).parents[1]
    file = next(
        (at / "CITATION.cff" for at in (package, *package.parents[:2]) if (at / "CITATION.cff").is_file()), None
    )
    return file.read_text(encoding="utf-8") if file else ""


def citation_fields(citation: str) -> dict[str, str]:
    """Return the fields of BibTeX that a CITATION.cff has values for: url and doi, without an address its licence.

    Parameters
    ----------
    citation : str
        The text of the file, whose keys at the top level are each on a line of their own.
    """
    pairs = (line.partition(": ") for line in citation.splitlines() if line[:1].isalpha())
    found = {key: value.strip().strip("'\"") for key, _, value in pairs}
    url = found.get("url") or found.get("repository-code")
    # The usual styles do not know these two fields: a note is what every style prints.
    fields = {"url": url, "doi": found.get("doi"), "note": url}
    if not url and not fields["doi"] and "license" in found:
        fields["howpublished"] = f"Software under the {found['license']} license"
    return {name: _field(value) if name == "note" else value for name, value in fields.items() if value}


def _entry(key: str, source: dict[str, Any]) -> str:
    fields = {"key": _field(key), "title": f"{{{_field(source['title'])}}}"}
    if source["year"]:
        fields["year"] = str(source["year"])
    if source["url"]:
        fields["note"] = _field(source["url"])
    return _entry_text(_key(key), fields)


def _field(text: str) -> str:
    """Escape a text for a field: BibTeX counts braces even where LaTeX takes them for text, and wants them in pairs."""
    return latex(text).replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")


def _entry_text(key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])
