"""What an import found as text for a terminal: files, doubts by reasons, groups, sums and what is in none of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from greentrain.errors import escaped, printable
from greentrain.numbers import counted, rounded
from greentrain.reporting.document.blocks import table
from greentrain.reporting.document.render_text import cut, table_lines, wrapped
from greentrain.reporting.terminal.history import best_of, largest, others_lines

if TYPE_CHECKING:
    from greentrain.importing import FileAudit, ImportAudit, ImportDoubt, ImportGroup, ImportRemark

_PROBLEMS_SHOWN = 3
_DOUBTS_SHOWN = 8
_WITHOUT = "without energy"
_WIDEST_NAME = 24
_INTERRUPTED = {"stopped": "interrupted"}
"""Statuses of imports by the words that the history has for them."""

_IN_SUMS = ("rows", "runs", "imported", "duplicates", "flagged", "rejected")


def import_lines(audit: "ImportAudit", most: int | None, *, is_kept: bool) -> Iterator[str]:
    """Yield the lines of an audit, with so many files and groups at most.

    Parameters
    ----------
    audit : ImportAudit
        What was found.
    most : int or None
        Of files and of groups the most that are listed; None lists all of them.
    is_kept : bool
        Whether totals hold what is in doubt.
    """
    yield from _files(audit.files, most)
    doubts = audit.doubts if most is None else audit.doubts[:_DOUBTS_SHOWN]
    for doubt in doubts:
        yield from wrapped(printable(_doubt(doubt)), "  ", "    ")
    if len(doubts) < len(audit.doubts):
        rest = audit.doubts[len(doubts) :]
        yield f"  ... and {counted(len(rest), 'further reason')}: --all lists them"
    yield from _groups(audit.groups or (), most)
    yield from _totals(audit, is_kept=is_kept)
    yield from (line for note in audit.notes for line in wrapped(printable(note), "", "  "))


def _files(files: "Sequence[FileAudit]", most: int | None) -> Iterator[str]:
    """Yield what became of files, those with an error first where not all are listed."""
    if not any(file.format or file.error for file in files):
        return
    told = [file for file in files if file.format or file.error]
    if most is not None and len(told) > most:
        told.sort(key=lambda file: (file.error is None, -file.flagged - file.rejected, -file.runs))
    for file in told[:most]:
        yield from (printable(line) for line in _of_file(file))
    if len(told) < len(files):
        yield f"{counted(len(files) - len(told), 'further file')} of none of the known formats"
    if rest := told[most:] if most is not None else []:
        whole = {name: sum(getattr(file, name) for file in rest) for name in _IN_SUMS}
        yield f"... and {counted(len(rest), 'more file')}: {_counts(whole.__getitem__)}: --all lists them"


def _of_file(file: "FileAudit") -> Iterator[str]:
    if file.error is not None:
        yield from wrapped(file.error, "", "  ")
    if file.format is None:
        return
    yield f"{file.path}: {file.format}, {_counts(lambda name: int(getattr(file, name)))}"
    for note, number in file.notes.items():
        yield from wrapped(f"{note} ({number:,})", "  ", "    ")
    for line, reason in file.problems[:_PROBLEMS_SHOWN]:
        yield f"  line {line}: {reason}"


def _counts(of: Callable[[str], int]) -> str:
    return (
        f"{counted(of('rows'), 'row')}, {counted(of('runs'), 'run')}; {of('imported'):,} new, "
        f"{of('duplicates'):,} known, {of('flagged'):,} in doubt, {counted(of('rejected'), 'row')} rejected"
    )


def _doubt(doubt: "ImportDoubt") -> str:
    """Write what is doubted of one run, or of several with their sum and examples."""
    if doubt.runs == 1:
        return f"{doubt.names[0]}: {doubt.flag}. {doubt.reason}"
    kwh = f", {rounded(doubt.measured_energy_kwh)} kWh in the files" if doubt.measured_energy_kwh else ""
    return f"{doubt.runs:,} runs: {doubt.flag}{kwh}. {doubt.reason} Such as {', '.join(doubt.examples)}."


def _totals(audit: "ImportAudit", *, is_kept: bool) -> Iterator[str]:
    totals = audit.totals
    yield (
        f"{counted(totals.runs, 'run')}: {rounded(totals.gpu_hours)} GPU-hours, "
        f"{rounded(totals.cpu_core_hours)} core-hours, {rounded(totals.measured_energy_kwh)} kWh in the files"
    )
    for ends, unit in ((totals.it_energy_kwh, "kWh before PUE"), (totals.operational_kg, "kg CO2e")):
        if ends is not None:
            yield f"  {rounded(ends.best)} {unit} (90 % interval {rounded(ends.low)} to {rounded(ends.high)})"
    for remark in audit.remarks:
        yield from wrapped(printable(_remark(remark)), "", "  ")
    if audit.beside:
        yield f"Beside the runs whose work they hold: {counted(audit.beside, 'record')}, in no total."
    if audit.left_out and not is_kept:
        yield f"In doubt and in no total: {counted(audit.left_out, 'run')}; --keep-flagged adds what is left out."
    if audit.suspects:
        yield f"Suspect, and in the totals: {counted(audit.suspects, 'run')}."
    if audit.stored is not None:
        yield "They stand in 'greentrain history' from now on."


def _remark(remark: "ImportRemark") -> str:
    """Say of how many runs too little is known."""
    hours = [
        f", {rounded(number)} {unit}-hours"
        for number, unit in ((remark.gpu_hours, "GPU"), (remark.cpu_core_hours, "core"))
        if number
    ]
    names = [cut(escaped(name), _WIDEST_NAME) for name in remark.gpus[:3]]
    more = f" and {len(remark.gpus) - 3} more" if len(remark.gpus) > 3 else ""
    of = f" ({', '.join(names)}{more})" if names else ""
    where = "Of unknown hardware" if remark.is_in_sums else "In no sum of energy"
    return f"{where}: {counted(remark.runs, 'run')}{''.join(hours)}{of}. {remark.reason}"


def _groups(groups: "Sequence[ImportGroup]", most: int | None) -> Iterator[str]:
    """Yield a table of sums, of the groups with the most energy, and what the others add up to."""
    if not groups:
        return
    by = tuple(groups[0].by)
    chosen, rest = largest(groups, [best_of(group.totals.it_energy_kwh) for group in groups], most)
    header = [*by, "runs", "GPU-h", "kWh before PUE", "kg CO2e", "90 % interval"]
    rows = [list(_row(group)) for group in chosen]
    if any(group.totals.without_energy for group in chosen):
        header.insert(len(by) + 1, _WITHOUT)
        for row, group in zip(rows, chosen, strict=True):
            row.insert(len(by) + 1, f"{group.totals.without_energy:,}" if group.totals.without_energy else "")
    yield from table_lines(table("", header, rows, range(len(by), len(header))), indent="")
    sums = [group.totals for group in rest]
    hours, kwh = sum(each.gpu_hours for each in sums), sum(best_of(each.it_energy_kwh) for each in sums)
    energy = f"{rounded(hours)} GPU-hours, {rounded(kwh)} kWh before PUE"
    yield from others_lines(len(rest), sum(each.runs for each in sums), energy, sums)


def _word(name: str, value: str) -> str:
    return _INTERRUPTED.get(value, value) if name == "status" else value


def _row(group: "ImportGroup") -> tuple[str, ...]:
    names = (
        f"no {name}" if value is None else cut(escaped(_word(name, value)), _WIDEST_NAME)
        for name, value in group.by.items()
    )
    kwh, kg = group.totals.it_energy_kwh, group.totals.operational_kg
    ends = "" if kg is None else f"{rounded(kg.low)} to {rounded(kg.high)}"
    best = ("" if each is None else rounded(each.best) for each in (kwh, kg))
    return (*names, f"{group.totals.runs:,}", rounded(group.totals.gpu_hours), *best, ends)
