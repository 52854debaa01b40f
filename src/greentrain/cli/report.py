"""``greentrain report``: any result in any form, to stdout or to a file; its charts as pictures in a folder."""

from __future__ import annotations

import os
import sys

from greentrain.cli.gate import GATE_OPTIONS, gate_of
from greentrain.cli.grid_options import GRID_OPTIONS
from greentrain.cli.options import ESTIMATE_OPTIONS, OUTPUT, Argument, Command, Option, OptionValues
from greentrain.cli.terminal import confirm, error_line, write
from greentrain.errors import Contradiction, InputError, either
from greentrain.light_typing import TYPE_CHECKING
from greentrain.reporting.forms import FORMS, PICTURES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from greentrain.reporting.report_data import ReportData

_STDOUT = "-"
_BY_SUFFIX = {
    ".html": "html", ".htm": "html", ".md": "markdown", ".txt": "text", ".json": "json", ".csv": "csv", ".tex": "latex",
}  # fmt: skip
_NO_NAME = r"[^\w.@+-]+"
"""What a name of a file does not hold."""
_LONGEST_NAME = 100
_MOST_NAMED = 20
"""Rows of a table that are named one by one. [1]"""
_RESERVED_NAMES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
)
"""Names that mean devices to Windows, whatever their ending."""

_FOLDER_OF_CHARTS = "give the folder for the charts with {charts}"
REPORT, FORM, RESULT = "Report", "Single forms", "Instead of a described run"

FORM_OPTIONS = (
    Option("template", "FILE", "html, markdown, text: a Jinja2 template of your own.", FORM),
    Option("checklist", "KIND", "latex: only the sentence for neurips or acl.", FORM),
    Option("memory", "TEXT", "latex: memory of the machines, which neurips asks for. [as far as known]", FORM),
    Option("storage", "TEXT", "latex: storage of the machines, which neurips asks for.", FORM),
    Option("final", "NAMES", "latex: the runs that the paper reports, with commas between.", FORM),
    Option("training_type", "KIND", "model-card: pre-training or fine-tuning.", FORM),
    Option("market_based_kg", "KG", "ghg: market-based emissions as your contracts give them.", FORM),
    Option(
        "market_intensity", "G_PER_KWH", "ghg: carbon intensity by your contracts, for each run and in total.", FORM
    ),
    Option("scope", "N", "ghg: scope of the electricity, 2 or 3.", FORM),
    Option("functional_unit", "KIND", "sci: run, token or flop. [run]", FORM),
    Option("activity", "KIND", "cyclonedx, spdx, boamps: training or fine-tuning. [training]", FORM),
    Option("spec_version", "V", "cyclonedx: 1.6 or 1.7. [1.6]", FORM),
    Option("namespace", "URI", "spdx: beginning of the identifiers.", FORM),
    Option("release_time", "DATE", "spdx: when the model was released. The AI profile is claimed with this and", FORM),
    Option("supplied_by", "NAME", "spdx: who distributes it,", FORM),
    Option("download_location", "URI", "spdx: where from, and", FORM),
    Option("package_version", "V", "spdx: its version.", FORM),
    Option("licence", "ID", "spdx: its licence, such as Apache-2.0. [no assertion]", FORM),
    Option("task_family", "NAME", "boamps: what the model is for.", FORM),
    Option("infrastructure", "KIND", "boamps, latex: publicCloud, privateCloud, onPremise or other.", FORM),
)
_REPORT_OPTIONS = (
    Option("output", "FILE", "Write to this file, all of it or nothing. [stdout]", REPORT, letter="-o"),
    Option("format", "KIND", f"{either(tuple(FORMS))}; {either(PICTURES)} for the charts alone, with --charts. "
           "[by the file's ending, else text]", REPORT),
    Option("title", "TEXT", "Headline instead of the run's own.", REPORT),
    Option("made_at", "TIME", "State when the report is made: now, or 2026-11-22T11:00Z.", REPORT),
    Option("charts", "DIR", "Write the charts into this folder, as pictures.", REPORT),
    Option("chart_format", "KIND", "svg or png, for the charts of a report. [svg]", REPORT),
    Option("force", "", "Overwrite files that are not a report of ours.", REPORT),
    Option("by", "COLUMNS", "Sums by month, place, hardware, user or any column.", REPORT),
    Option("each", "COLUMN", "One report for each value, such as each user, into the folder of --output.", REPORT),
    Option("schema", "", "Print the JSON Schema of the form json, and nothing else.", REPORT),
    Option("project", "NAME", "All tracked runs of a project, failed ones included.", RESULT),
    Option("home", "DIR", "Data folder of the tracked runs, or several. [the user's own]", RESULT, is_repeatable=True),
    Option("from_", "FILE", "A table of runs; options of a run hold for all of them.", RESULT),
    Option("validation", "", "Published footprints against our estimates.", RESULT),
    Option("references", "FILE", "CSV file with records of your own, for --validation.", RESULT),
)  # fmt: skip
DESCRIBED = tuple(option for option in ESTIMATE_OPTIONS if option.group != OUTPUT)
REPORT_OPTIONS = (*_REPORT_OPTIONS, *GATE_OPTIONS, *GRID_OPTIONS, *FORM_OPTIONS, *DESCRIBED)


def report(values: OptionValues) -> int:
    """Report an estimate, run, project, table or the validation, in any form.

    Example: greentrain report --gpu V100 --hours 96 --location FR -o paper.tex
    """
    try:
        return _print_report(values)
    except InputError as error:
        if error.parameter != "result":
            raise
        # Nothing is wrong with what was typed.
        return error_line(f"{values['from_']}: {error.rule}" if "from_" in values else error.message(), 1)


def _print_report(values: OptionValues) -> int:
    if "schema" in values:
        return _print_schema(values.get("format", "json"))
    if "each" in values:
        if gate_of(values):
            raise Contradiction("each", None, "excludes {max_kg} and {max_kwh}, which are of one result")
        return _write_each(values)
    picture = _picture(values)
    output = values.get("output") if values.get("output") != _STDOUT else None
    are_pictures_asked_for = values.get("format") in PICTURES
    format = _format(None if are_pictures_asked_for else values.get("format"), output)
    if output is not None and not _may_write(output, "force" in values):
        return error_line(f"{output} exists and is not a report of ours; --force overwrites it", 1)
    gate = gate_of(values)
    from greentrain.reporting.build_data import read_made_at, report_data_of

    made_at = read_made_at(values.get("made_at"))
    result = _result(values)
    data = report_data_of(result, title=values.get("title"), made_at=made_at, by=_columns_of(values, "by"))
    data = _with_hours(data, result, values)
    text = _text(data, format, values) if output is not None or not are_pictures_asked_for else None
    if picture is not None:
        _make_folder(values["charts"])
    if text is not None:
        _put(text, output)
        _name_untold(data, format, values)
    code = gate.code(data) if gate else 0
    if picture is None:
        return code
    return _write_pictures(data, values["charts"], picture, "force" in values) or code


def _name_untold(data: ReportData, format: str, values: OptionValues) -> None:
    """Name on stderr warnings for which a form has no place, and rows of a table that are in no sum."""
    for warning in () if FORMS[format].states_warnings else data.warnings:
        error_line(f"warning, for which the form {format} has no place: {warning}", 0)
    for row in data.failed_rows[:_MOST_NAMED]:
        error_line(f"{values['from_']}, {row}", 0)
    if len(data.failed_rows) > _MOST_NAMED:
        error_line(f"and {len(data.failed_rows) - _MOST_NAMED:,} more rows without a result", 0)


def _with_hours(data: ReportData, result: Any, values: OptionValues) -> ReportData:
    """Match runs with the series that was named, if any."""
    if values.keys().isdisjoint(option.name for option in GRID_OPTIONS):
        return data
    from greentrain.cli.history import series_of_runs
    from greentrain.history import History
    from greentrain.reporting.tracked_runs import with_hours

    if data.kind not in ("run", "project"):
        raise Contradiction("grid_series", None, f"is for runs that were recorded, and this is a {data.kind}")
    history = History(values.get("home"))
    runs = [history.get(run.id) for run in result] if data.kind == "project" else [result]  # a list has summaries
    matched: dict[str, Any] = {}
    for run, series in zip(runs, series_of_runs(values, runs), strict=True):
        matched |= with_hours(data, [run], series).hourly
    return data._replace(hourly=matched)


def _columns_of(values: OptionValues, name: str) -> tuple[str, ...]:
    """Return the names of columns in an option, which commas part."""
    return tuple(word.strip() for word in values.get(name, "").split(",") if word.strip())


def _given(options: tuple[Option, ...], values: OptionValues) -> OptionValues:
    return {option.name: values[option.name] for option in options if option.name in values}


def _print_schema(format: str) -> int:
    if format != "json":
        raise Contradiction("format", format, "has no schema; {schema} is that of the form json")
    from greentrain.reporting.forms.json import schema_text

    write(schema_text())
    return 0


def _picture(values: dict[str, str]) -> str | None:
    """Return the kind of pictures that the charts are to be; None where none are wanted."""
    format, kind = values.get("format"), values.get("chart_format")
    if kind is not None and kind not in PICTURES:
        raise InputError("chart_format", kind, f"must be {either(PICTURES)}")
    if "charts" not in values:
        if format in PICTURES:
            raise Contradiction("format", format, f"is a kind of picture; {_FOLDER_OF_CHARTS}")
        if kind is not None:
            raise Contradiction("chart_format", kind, "has an effect only with {charts}")
        return None
    if format not in PICTURES:
        return kind or PICTURES[0]
    if kind not in (None, format):
        raise Contradiction("chart_format", kind, f"contradicts {{format}} {format}")
    return format


def _put(text: str, output: str | None) -> None:
    if output is None:
        write(text)
    else:
        from greentrain.cli.atomic_write import replace_file

        replace_file(output, text.encode("utf-8", "backslashreplace"))


def _text(data: ReportData, format: str, values: OptionValues) -> str:
    """Write a report in its form, with the options that the form takes."""
    from greentrain.reporting.build_data import SIZES
    from greentrain.reporting.report import report

    is_described = data.kind == "estimate" or "from_" in values
    sizes: dict[str, Any] = {} if is_described else {name: values[name] for name in SIZES if name in values}
    if format == "text" and _is_for_terminal(values):
        from greentrain.reporting.build_data import with_stated_size
        from greentrain.reporting.document.render_text import fitted_lines, width
        from greentrain.reporting.forms.text import on_terminal

        columns = width()
        text = on_terminal(with_stated_size(data, sizes), columns)
        return "".join(f"{line}\n" for line in fitted_lines(text, columns))
    return report(data, format, **sizes, **_given(FORM_OPTIONS, values))


def _is_for_terminal(values: OptionValues) -> bool:
    """Whether nothing says what the report is to be, and somebody looks at it."""
    return (
        values.keys().isdisjoint(("format", "output", *(option.name for option in FORM_OPTIONS)))
        and sys.stdout.isatty()
    )


def _format(format: str | None, output: str | None) -> str:
    """Return the form that was asked for, or the one of the file's ending."""
    if output is not None and os.path.isdir(output):  # noqa: PTH112 -- loading pathlib takes as long as a short form
        raise InputError("output", output, "is a folder; give a file in it")
    if format is None and output is not None:
        suffix = output[output.rfind(".") :].lower()
        if suffix not in _BY_SUFFIX:
            from greentrain.reporting.forms import OTHER_WAYS

            if suffix[1:] in PICTURES:
                raise Contradiction(
                    "output", output, f"is a picture; {_FOLDER_OF_CHARTS} and {{chart_format}} {suffix[1:]}"
                )
            way = OTHER_WAYS.get(suffix[1:], "give {format}")
            raise Contradiction("output", output, f"has an ending that no form has; {way}")
        format = _BY_SUFFIX[suffix]
    format = format or "text"
    if format not in FORMS:
        from greentrain.reporting.report import form_of

        form_of(format)
    return format


def _result(values: OptionValues) -> Any:
    """Find the result to report: a tracked run, a project, the validation, or what is described."""
    from greentrain.cli.result_source import all_runs, only_result, tracked_run, tracked_runs
    from greentrain.reporting.build_data import SIZES

    if "references" in values and "validation" not in values:
        raise Contradiction("references", values["references"], "has an effect only with {validation}")
    home = values.get("home")
    if "from_" in values:
        return _table_source(values)
    finders = {
        "id": lambda: tracked_run(values["id"], home),
        "project": lambda: tracked_runs(values["project"], home),
        "validation": lambda: _validation(values.get("references")),
    }
    described = _given(DESCRIBED, values)
    is_named = not values.keys().isdisjoint(finders)
    if is_named:  # the size is then that of what was named
        described = {name: value for name, value in described.items() if name not in SIZES}
    if not described and not is_named and not values.keys().isdisjoint(("by", "home")):
        return all_runs(home)
    if not described and not is_named:
        named = "the {id} of a run, {project}, {from_}, {validation}, or all runs by {home} or {by}"
        rule = f"describe a run, its {{hours}} too, or name what to report: {named}"
        raise Contradiction("gpu", None, rule)
    return only_result(values, finders, described)


def _table_source(values: OptionValues) -> Any:
    """Return the table of runs that is named, with what all of its rows share."""
    from pathlib import Path

    from greentrain.reporting.described_runs import TableSource

    for name in ("id", "project", "validation"):
        if name in values:
            raise Contradiction(
                "from_", values["from_"], f"excludes {'the id of a run' if name == 'id' else f'{{{name}}}'}"
            )
    return TableSource(Path(values["from_"]), _given(DESCRIBED, values))


def _validation(references: str | None) -> object:
    from greentrain.validation import validate

    return validate(references, claims=True)


def _may_write(output: str, force: bool) -> bool:
    """Whether a file may be written: it is new, a report of ours, or the user confirms that it may be lost.

    Raises
    ------
    InputError
        If no file can be there at all.
    """
    from pathlib import Path

    path = Path(output)
    if not path.parent.is_dir():
        raise InputError("output", output, "lies in a folder that does not exist")
    if not path.exists():
        return True
    if not path.is_file():
        raise InputError("output", output, "is no regular file; leave {output} out to write to stdout")
    return force or _is_ours(path) or confirm(f"{output} exists and is not a report of ours. Overwrite it?")


def _is_ours(path: Path) -> bool:
    from greentrain.reporting.file_mark import LOOKED_AT, is_ours

    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return is_ours(file.read(LOOKED_AT))
    except OSError:
        return False


def _make_folder(folder: str) -> None:
    """Make the folder of the charts if it is not there, before anything is written.

    Raises
    ------
    InputError
        If there is a file.
    """
    from pathlib import Path

    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise InputError("charts", folder, "is a file; give a folder")
    place.mkdir(parents=True, exist_ok=True)


def _write_pictures(data: ReportData, folder: str, format: str, force: bool) -> int:
    """Draw every chart of report data into a folder.

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
    from pathlib import Path

    from greentrain.cli.atomic_write import replace_file
    from greentrain.reporting.charts import charts_of
    from greentrain.reporting.charts.pictures import pictures

    place = Path(folder)
    charts = {chart.name: chart for chart in charts_of(data)}
    there = [f"{kind}.{format}" for kind in charts if (place / f"{kind}.{format}").exists()]
    if there and not force and not confirm(f"{folder} has {', '.join(there)} already. Overwrite?"):
        return error_line(f"{folder} has {', '.join(there)} already; --force overwrites", 1)
    drawn = pictures({kind: chart.draw("light") for kind, chart in charts.items()}, format=format)
    for kind, content in drawn.items():
        replace_file(str(place / f"{kind}.{format}"), content)
    return 0


def _write_each(values: OptionValues) -> int:
    """Write one report for each value of a column, into a folder that is made if it is not there."""
    from greentrain.cli.atomic_write import replace_file
    from greentrain.reporting.build_data import read_made_at, report_data_of
    from greentrain.reporting.forms import FORMS
    from greentrain.reporting.report import form_of

    folder, format = _folder_of(values), values.get("format", "html")
    form_of(format)
    made_at, by = read_made_at(values.get("made_at")), _columns_of(values, "by")
    folder.mkdir(parents=True, exist_ok=True)
    written: set[str] = set()
    code = 0
    for label, part in _parts(values):
        try:
            data = report_data_of(part, made_at=made_at, by=by)
        except InputError as error:
            if error.parameter != "result":
                raise
            code = error_line(f"no report for {label!r}: {error.rule}", 1)  # of runs without any result
            continue
        data = data._replace(title=f"{values.get('title') or label}, {data.title}")
        name = _file_name(label, written)
        path = folder / f"{name}{FORMS[format].suffix}"
        if not _may_write(str(path), "force" in values):
            return error_line(f"{path} exists and is not a report of ours; --force overwrites it", 1)
        replace_file(str(path), _text(data, format, values).encode("utf-8", "backslashreplace"))
        _name_untold(data, format, values)
    write(f"{len(written)} {'report' if len(written) == 1 else 'reports'} in {folder}\n")
    return code


def _folder_of(values: OptionValues) -> Path:
    from pathlib import Path

    if "output" not in values:
        raise Contradiction("each", values["each"], "needs {output}, the folder for the reports")
    folder = Path(values["output"])
    if folder.exists() and not folder.is_dir():
        raise InputError("output", values["output"], "is a file; {each} writes several reports into a folder")
    return folder


def _parts(values: OptionValues) -> Iterable[tuple[str, Any]]:
    from greentrain.cli.result_source import all_runs, tracked_runs
    from greentrain.reporting.described_runs import split_runs, split_table

    if "from_" in values:
        return split_table(_table_source(values), values["each"])
    for name in ("id", "validation"):
        if name in values:
            raise Contradiction("each", values["each"], "parts several runs: name {from_} or {project}")
    home = values.get("home")
    found = tracked_runs(values["project"], home) if "project" in values else all_runs(home)
    return split_runs(found, values["each"])


def _file_name(label: str, taken: set[str]) -> str:
    """Return a name of a file for a value, which may hold anything, other than those that are taken."""
    import re

    plain = re.sub(_NO_NAME, "_", label).lstrip(".")[:_LONGEST_NAME] or "_"
    plain = f"_{plain}" if plain.partition(".")[0].casefold() in _RESERVED_NAMES else plain
    name, number = plain, 2
    while name.casefold() in taken:
        name, number = f"{plain}-{number}", number + 1
    taken.add(name.casefold())
    return name


_FIRST = ("output", "format", "project", "from_", "by", "charts", "gpu", "count", "hours", "location")
_ID = Argument("id", "ID", "Id of a tracked run, or its beginning; last.")
COMMAND = Command(report, REPORT_OPTIONS, (_ID,), short_help="Report any result, in any form.", first=_FIRST)
