"""``greentrain report``: any result in any form, to stdout or to a file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from greentrain.cli.result_source import Origin, only_result, tracked_run, tracked_runs
from greentrain.cli.terminal import confirm, error_line, write
from greentrain.errors import Contradiction, InputError, either
from greentrain.reporting.build_data import SIZES, report_data_of
from greentrain.reporting.forms import FORMS, PICTURES
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from pathlib import Path

    from greentrain.cli.options import Said

_STDOUT = "-"
_BY_SUFFIX = {
    ".html": "html", ".htm": "html", ".md": "markdown", ".txt": "text", ".json": "json", ".csv": "csv", ".tex": "latex",
}  # fmt: skip


def print_report(said: Said, described: Said, of_form: Said) -> int:
    """Write a report.

    Parameters
    ----------
    said : dict of str to str
        The options by keyword, as typed; ``id`` is the run's.
    described, of_form : dict of str to str
        Those of them that describe a run to estimate, and those that single forms take.
    """
    try:
        return _print_report(said, described, of_form)
    except InputError as error:
        if error.parameter != "result":
            raise
        return error_line(error.message(), 1)  # nothing is wrong with what was typed


def _print_report(said: Said, described: Said, of_form: Said) -> int:
    if "schema" in said:
        return _print_schema(said.get("format", "json"))
    picture = _picture(said)
    output = said.get("output") if said.get("output") != _STDOUT else None
    are_pictures_asked_for = said.get("format") in PICTURES
    format = _format(None if are_pictures_asked_for else said.get("format"), output)
    if output is not None and not _may_write(output, "force" in said):
        return error_line(f"{output} exists and is not a report of ours; --force overwrites it", 1)
    made_at = _made_at(said.get("made_at"))
    data = report_data_of(_result(said, described), title=said.get("title"), made_at=made_at)
    if output is not None or not are_pictures_asked_for:
        _put(_report(data, format, said, of_form), output)
    if picture is None:
        return 0
    from greentrain.cli.chart_files import write_pictures

    return write_pictures(data, said["charts"], picture, "force" in said)


def _print_schema(format: str) -> int:
    if format != "json":
        raise Contradiction("format", format, "has no schema; {schema} is that of the form json")
    from greentrain.reporting.forms.json_schema import schema_text

    write(schema_text())
    return 0


def _picture(said: dict[str, str]) -> str | None:
    """Take the kind of pictures that the charts are to be; None where none are wanted."""
    format, kind = said.get("format"), said.get("chart_format")
    if kind is not None and kind not in PICTURES:
        raise InputError("chart_format", kind, f"must be {either(PICTURES)}")
    if "charts" not in said:
        if format in PICTURES:
            raise Contradiction("format", format, "is a kind of picture; give the folder for the charts with {charts}")
        if kind is not None:
            raise Contradiction("chart_format", kind, "counts only beside {charts}")
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

        replace_file(output, text.encode("utf-8"))


def _report(data: ReportData, format: str, said: Said, of_form: Said) -> str:
    from greentrain.reporting.report import report

    sizes: dict[str, Any] = {name: said[name] for name in SIZES if name in said} if data.kind != "estimate" else {}
    return report(data, format, **sizes, **of_form)


def _format(format: str | None, output: str | None) -> str:
    """Take the form that was asked for, or the one that the file's ending stands for."""
    if output is not None and os.path.isdir(output):  # noqa: PTH112 -- loading pathlib takes as long as a short form
        raise InputError("output", output, "is a folder; give a file in it")
    if format is None and output is not None:
        suffix = output[output.rfind(".") :].lower()
        if suffix not in _BY_SUFFIX:
            raise Contradiction("output", output, "does not tell the form by its ending; give {format}")
        format = _BY_SUFFIX[suffix]
    format = format or "text"
    if format not in FORMS:
        from greentrain.reporting.report import form_of

        form_of(format)
    return format


def _result(said: Said, described: Said) -> Any:
    """Find the result to report: a tracked run, a project, the validation, or what is described."""
    if "references" in said and "validation" not in said:
        raise Contradiction("references", said["references"], "counts only beside {validation}")
    home = said.get("home")
    origins = (
        Origin("id", "the id of a run", lambda: tracked_run(said["id"], home)),
        Origin("project", "{project}", lambda: tracked_runs(said["project"], home)),
        Origin("validation", "{validation}", lambda: _validation(said.get("references")), is_switch=True),
    )
    is_named = any(origin.option in said for origin in origins)
    if is_named:  # the size is then that of what was named
        described = {name: value for name, value in described.items() if name not in SIZES}
    if not described and not is_named:
        rule = "describe a run, its {hours} too, or name what to report: the {id} of a run, {project} or {validation}"
        raise Contradiction("gpu", None, rule)
    return only_result(said, origins, described)


def _validation(references: str | None) -> object:
    from greentrain.validation import validate

    return validate(references, claims=True)


def _made_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    if text == "now":
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InputError("made_at", text, "must be now, or a time with its zone such as 2026-11-22T11:00Z") from None


def _may_write(output: str, force: bool) -> bool:
    """Whether a file may be written: it is new, a report of ours, or the user agrees to lose it.

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
    from greentrain.reporting.provenance_mark import LOOKED_AT, is_ours

    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return is_ours(file.read(LOOKED_AT))
    except OSError:
        return False
