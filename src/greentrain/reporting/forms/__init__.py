"""The forms that a report can take: one file per form, loaded when it is asked for.

A form is a module with a function ``render(data, **options) -> str`` whose options are keyword-only. `FORMS` names
the module, the kinds of results that it takes and the ending of a file in it.
"""

from typing import NamedTuple

_FOOTPRINTS = ("estimate", "run", "project")
_ALL = (*_FOOTPRINTS, "validation")


class Form(NamedTuple):
    """One form.

    Attributes
    ----------
    module : str
        File of this folder that writes it.
    title : str
        What it is, in a few words.
    suffix : str
        Ending of a file in it.
    kinds : tuple of str
        Kinds of results that it takes.
    is_dated : bool
        Whether it must state when it was made.
    states_warnings : bool
        Whether it has a place for what doubts an input.
    """

    module: str
    title: str
    suffix: str
    kinds: tuple[str, ...] = _FOOTPRINTS
    is_dated: bool = False
    states_warnings: bool = True


OTHER_WAYS = {
    "pdf": "a browser prints html as PDF",
    **dict.fromkeys(("doc", "docx", "odt", "rtf"), "a word processor opens html"),
    **dict.fromkeys(("xls", "xlsx", "ods"), "a spreadsheet opens csv"),
}
"""How to come by what is no form."""

FORMS = {
    "html": Form("html", "a page that opens without network", ".html", _ALL),
    "markdown": Form("markdown", "sections and tables in Markdown", ".md", _ALL),
    "text": Form("text", "sections and tables in plain text", ".txt", _ALL),
    "json": Form("json", "everything, as data", ".json", _ALL),
    "csv": Form("csv", "one row per run, or per record of a validation", ".csv", _ALL),
    "latex": Form("latex", "a paragraph, a table and BibTeX for a paper", ".tex"),
    "model-card": Form("model_card", "front matter and section of a model card", ".md"),
    "gpai": Form("gpai", "EU AI Act, model documentation: computation and energy", ".md"),
    "ghg": Form("ghg", "rows of a greenhouse gas inventory", ".csv"),
    "sci": Form("sci", "ISO/IEC 21031 software carbon intensity", ".md"),
    "cyclonedx": Form("cyclonedx", "CycloneDX machine learning bill of materials", ".json"),
    "spdx": Form("spdx", "SPDX 3 AI package", ".json", is_dated=True),
    "boamps": Form("boamps", "BoAmps record", ".json"),
    "codecarbon": Form("codecarbon", "rows with codecarbon's column names", ".csv", states_warnings=False),
}

PICTURES = ("svg", "png")
"""What charts alone can be written as."""
