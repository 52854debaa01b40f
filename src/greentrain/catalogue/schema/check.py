"""The check of a user's folder of profiles: every row of every file, and all that is wrong at once."""

from collections.abc import Iterator
from pathlib import Path

from greentrain.catalogue.names import fold, nearest
from greentrain.catalogue.schema.columns import OWN_FILES, SCHEMAS, Problem, advice
from greentrain.catalogue.schema.references import reference_problems
from greentrain.catalogue.schema.rules import row_faults
from greentrain.catalogue.table_files import CsvTable, read_own_table
from greentrain.errors import DataError, InputError, UnknownName

_PARAMETER = "profiles"
_KNOWN = ", ".join(OWN_FILES)


def check_profiles(folder: str | Path) -> tuple[Problem, ...]:
    """Check every file of a folder of profiles.

    Parameters
    ----------
    folder : path
        Folder with files in the schema of the shipped ones.

    Returns
    -------
    tuple of Problem
        All that is wrong, by file and row; empty when nothing is.

    Raises
    ------
    UnknownName
        If there is no such folder.
    InputError
        If it is no folder, cannot be read, or holds none of the known files.
    """
    if not str(folder).strip():
        raise InputError(_PARAMETER, str(folder), "must name a folder")
    problems: list[Problem] = []
    own: dict[str, CsvTable] = {}
    for path in _csv_files(Path(folder)):
        if path.name not in OWN_FILES:
            rule = f"unknown file{advice(path.name, OWN_FILES) or f'; known are {_KNOWN}'}"
            problems.append(Problem(path.name, None, None, rule))
            continue
        try:
            table = read_own_table(str(path))
        except DataError as error:
            problems.append(Problem(path.name, error.row, None, error.rule))
            continue
        problems += table_problems(path.name, table)
        own[path.name] = _with_whole_rows(table)
    problems += reference_problems(own)
    return tuple(sorted(problems, key=lambda problem: (problem.file, problem.row or 0)))


def refuse_bad_profiles(folder: str | Path) -> None:
    """Refuse a folder of profiles in which anything is wrong.

    Parameters
    ----------
    folder : path
        The user's folder.

    Raises
    ------
    UnknownName, InputError
        As `check_profiles`.
    DataError
        For the first problem; its rule counts the others.
    """
    problems = check_profiles(folder)
    if not problems:
        return
    first, *others = problems
    more = f" (and {len(others)} more; 'greentrain profiles check {folder}' lists them)" if others else ""
    raise DataError(str(Path(folder) / first.file), f"{first.rule}{more}", first.row, first.column)


def table_problems(file: str, table: CsvTable) -> Iterator[Problem]:
    """Check a table by the schema of its file, all but its references to other tables.

    Parameters
    ----------
    file : str
        Name of the file, one of ``SCHEMAS``.
    table : CsvTable
        Its text, with line numbers.
    """
    schema = SCHEMAS[file]
    yield from header_problems(file, table.header)
    is_usable = set(schema.required_columns) <= set(table.header)
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in zip(table.lines, table.rows, strict=True):
        if len(cells) != len(table.header):
            yield Problem(file, line, None, _wrong_count(len(cells), len(table.header)))
        elif is_usable:
            row = dict(zip(table.header, cells, strict=True))
            yield from (Problem(file, line, *fault) for fault in row_faults(file, row))
            key = tuple(row[column] for column in schema.key if column in row)
            if key in seen:
                same = f"the same {' and '.join(schema.key)} as in row {seen[key]}"
                yield Problem(file, line, schema.key[0], f"{same}: {', '.join(filter(None, key))}")
            seen.setdefault(key, line)


def header_problems(file: str, header: tuple[str, ...]) -> Iterator[Problem]:
    """Check which columns a file has."""
    schema = SCHEMAS[file]
    for position, column in enumerate(header):
        if not column:
            yield Problem(file, 1, None, f"column {position + 1} has no name")
        elif column in header[:position]:
            yield Problem(file, 1, column, "the column appears twice")
        elif column not in schema.columns:
            missing = [name for name in schema.columns if name not in header]
            hint = _separator_hint(column) or advice(column, missing) or advice(column, schema.columns)
            yield Problem(file, 1, column, f"unknown column{hint}")
    required = schema.required_columns
    for column in required:
        if column not in header:
            yield Problem(file, 1, column, f"the column is missing; a file needs {', '.join(required)}")


def _wrong_count(cells: int, columns: int) -> str:
    hint = "; put a cell that holds a comma in double quotes" if cells > columns else ""
    return f"{cells} cells where the header has {columns}{hint}"


def _separator_hint(column: str) -> str:
    return "; separate columns by commas" if ";" in column or "\t" in column else ""


def _csv_files(folder: Path) -> list[Path]:
    """List the CSV files of a folder, or refuse the folder."""
    try:
        if not folder.exists():
            near = nearest(folder.name, {fold(name): str(folder.parent / name) for name in _siblings(folder)})
            raise UnknownName(_PARAMETER, str(folder), "no such folder", near)
        if not folder.is_dir():
            raise InputError(_PARAMETER, str(folder), "is a file; name the folder that holds it")
        files = sorted(path for path in folder.iterdir() if _is_csv(path))
    except OSError as error:
        raise InputError(_PARAMETER, str(folder), f"cannot be read: {error.strerror}") from None
    if not any(path.name in OWN_FILES for path in files):
        rule = f"holds no file that greentrain knows{_meant(files)}; known are {_KNOWN}"
        raise InputError(_PARAMETER, str(folder), rule)
    return files


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and not path.name.startswith(".")


def _siblings(folder: Path) -> Iterator[str]:
    if folder.parent.is_dir():
        yield from (path.name for path in folder.parent.iterdir() if path.is_dir())


def _meant(files: list[Path]) -> str:
    """Return which known file a misspelt one may be, as a part of a message."""
    for path in files:
        if near := nearest(path.name, {fold(name): name for name in OWN_FILES}):
            return f" ({path.name} may be meant as {near[0]})"
    return ""


def _with_whole_rows(table: CsvTable) -> CsvTable:
    """Leave out the rows that have a wrong number of cells: which cell is whose cannot be known."""
    width = len(table.header)
    whole = [(row, line) for row, line in zip(table.rows, table.lines, strict=True) if len(row) == width]
    return CsvTable(table.header, tuple(row for row, _ in whole), tuple(line for _, line in whole))
