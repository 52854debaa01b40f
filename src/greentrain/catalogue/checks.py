"""The check of a user's folder of profiles: every row of every file, and all that is wrong at once."""

from collections.abc import Iterator
from pathlib import Path

from greentrain.catalogue.links import link_problems
from greentrain.catalogue.names import fold, nearest
from greentrain.catalogue.schema import SCHEMAS, Problem, table_problems
from greentrain.catalogue.schema_cells import advice
from greentrain.catalogue.table_files import CsvTable, read_own_table
from greentrain.errors import DataError, InputError, UnknownName

__all__ = ["Problem", "check_profiles", "refuse_bad_profiles"]

_PARAMETER = "profiles"


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
        if path.name not in SCHEMAS:
            rule = f"unknown file{advice(path.name, SCHEMAS) or f'; known are {_KNOWN}'}"
            problems.append(Problem(path.name, None, None, rule))
            continue
        try:
            table = read_own_table(str(path))
        except DataError as error:
            problems.append(Problem(path.name, error.row, None, error.rule))
            continue
        problems += table_problems(path.name, table)
        own[path.name] = _with_whole_rows(table)
    problems += link_problems(own)
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
        For the first problem; its rule says how many more there are.
    """
    problems = check_profiles(folder)
    if not problems:
        return
    first, *others = problems
    more = f" (and {len(others)} more; 'greentrain profiles check {folder}' lists them)" if others else ""
    raise DataError(str(Path(folder) / first.file), f"{first.rule}{more}", first.row, first.column)


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
    if not any(path.name in SCHEMAS for path in files):
        rule = f"holds no file that greentrain knows{_meant(files)}; known are {_KNOWN}"
        raise InputError(_PARAMETER, str(folder), rule)
    return files


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and not path.name.startswith(".")


def _siblings(folder: Path) -> Iterator[str]:
    if folder.parent.is_dir():
        yield from (path.name for path in folder.parent.iterdir() if path.is_dir())


def _meant(files: list[Path]) -> str:
    """Say which known file a misspelt one may be."""
    for path in files:
        if near := nearest(path.name, {fold(name): name for name in SCHEMAS}):
            return f" ({path.name} may be meant as {near[0]})"
    return ""


def _with_whole_rows(table: CsvTable) -> CsvTable:
    """Leave out the rows of which nothing can be said but that they have a wrong number of cells."""
    width = len(table.header)
    whole = [(row, line) for row, line in zip(table.rows, table.lines, strict=True) if len(row) == width]
    return CsvTable(table.header, tuple(row for row, _ in whole), tuple(line for _, line in whole))


_KNOWN = ", ".join(SCHEMAS)
