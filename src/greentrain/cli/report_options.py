"""``greentrain report``: its options, named as the keywords of the library, stated once."""

from __future__ import annotations

from greentrain.cli.options import ESTIMATE_OPTIONS, OUTPUT, Argument, Command, Option
from greentrain.errors import either
from greentrain.light_typing import TYPE_CHECKING
from greentrain.reporting.forms import FORMS, PICTURES

if TYPE_CHECKING:
    from greentrain.cli.options import Said

REPORT, FORM, RESULT = "Report", "What single forms take", "Instead of a described run"

FORM_OPTIONS = (
    Option("template", "FILE", "html, markdown, text: a Jinja2 template of your own.", FORM),
    Option("checklist", "KIND", "latex: only the sentence for neurips or acl.", FORM),
    Option("final", "NAMES", "latex: the runs that the paper reports, with commas between.", FORM),
    Option("training_type", "KIND", "model-card: pre-training or fine-tuning.", FORM),
    Option("market_based_kg", "KG", "ghg: market-based emissions as your contracts give them.", FORM),
    Option("scope", "N", "ghg: scope of the electricity, 2 or 3.", FORM),
    Option("functional_unit", "KIND", "sci: run, token or flop. [run]", FORM),
    Option("activity", "KIND", "cyclonedx, spdx, boamps: training or fine-tuning. [training]", FORM),
    Option("spec_version", "V", "cyclonedx: 1.6 or 1.7. [1.6]", FORM),
    Option("namespace", "URI", "spdx: beginning of the identifiers.", FORM),
    Option("task_family", "NAME", "boamps: what the model is for.", FORM),
    Option("infrastructure", "KIND", "boamps: publicCloud, privateCloud, onPremise or other.", FORM),
)
_REPORT_OPTIONS = (
    Option("output", "FILE", "Write to this file, all of it or nothing; also -o. [stdout]", REPORT, letter="-o"),
    Option("format", "KIND", f"{either(tuple(FORMS))}; {either(PICTURES)} for the charts alone. "
           "[by the file's ending, else text]", REPORT),
    Option("title", "TEXT", "Headline instead of the run's own.", REPORT),
    Option("made_at", "TIME", "State when the report is made: now, or 2026-11-22T11:00Z.", REPORT),
    Option("charts", "DIR", "Write the charts into this folder, as pictures.", REPORT),
    Option("chart_format", "KIND", "svg or png, for charts beside a report. [svg]", REPORT),
    Option("force", "", "Overwrite files that are not a report of ours.", REPORT),
    Option("schema", "", "Print the JSON Schema of the form json, and nothing else.", REPORT),
    Option("project", "NAME", "All tracked runs of a project, failed ones included.", RESULT),
    Option("home", "DIR", "Data folder of the tracked runs. [the user's own]", RESULT),
    Option("validation", "", "Published footprints against our estimates.", RESULT),
    Option("references", "FILE", "CSV file with records of your own, for --validation.", RESULT),
)  # fmt: skip
DESCRIBED = tuple(option for option in ESTIMATE_OPTIONS if option.group != OUTPUT)
REPORT_OPTIONS = (*_REPORT_OPTIONS, *FORM_OPTIONS, *DESCRIBED)


def report(said: Said) -> int:
    """Report an estimate, a tracked run, a project or the validation, in any form.

    Example: greentrain report --gpu V100 --hours 96 --location FR -o report.html
    """
    from greentrain.cli.report import print_report

    return print_report(said, _said_of(DESCRIBED, said), _said_of(FORM_OPTIONS, said))


def _said_of(options: tuple[Option, ...], said: Said) -> Said:
    return {option.name: said[option.name] for option in options if option.name in said}


COMMAND = Command(report, REPORT_OPTIONS, (Argument("id", "ID", "Id of a tracked run, or its beginning."),))
