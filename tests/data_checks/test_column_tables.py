"""The tables of columns in the README of each data folder: they are those of columns.csv."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from shipped import HARDWARE, PLACES

from greentrain.catalogue.schema import SCHEMAS
from greentrain.catalogue.schema.columns import Column, TableSchema

UPDATE = "GREENTRAIN_UPDATE_README"
KINDS = {
    "number": "number",
    "whole": "whole number",
    "year": "year",
    "text": "text",
    "slug": "lower-case letters, digits and hyphens",
    "token": "lower-case letters, digits, hyphens and underscores",
    "place_code": "capital letters, digits and hyphens",
    "country_code": "three capital letters",
    "list": "texts, separated by `;`",
    "sources": "ids of `sources.csv` or publications, separated by `;`",
}


def cell(column: Column) -> str:
    """Describe what a cell of a column may hold."""
    if column.kind == "choice":
        found = ", ".join(f"`{choice}`" for choice in column.choices)
    elif column.kind.startswith("reference"):
        table, *also = column.choices
        name = f"`{next(iter(SCHEMAS[f'{table}.csv'].key))}` of `{table}.csv`"
        several = ", several separated by `;`" if column.kind == "references" else ""
        found = " or ".join([name + several, *(f"`{choice}`" for choice in also)])
    elif column.kind in ("number", "whole", "year"):
        what = column.unit if column.unit not in ("", "1") else KINDS[column.kind]
        found = ", ".join(filter(None, [what, column.limits_text]))
    else:
        found = KINDS[column.kind]
    return f"{found}; blank is `{column.default}`" if column.default else found


def needed(column: Column) -> str:
    """Describe whether a cell has to be filled."""
    if column.is_key:
        return "key" if column.required else "key, may be blank"
    return {"yes": "yes", "column": "may be blank", "": ""}[column.required]


def row(column: Column, name: str, what: str) -> str:
    """Write the line of a column."""
    return f"| {name} | {needed(column)} | {what} | {column.meaning} |"


def rows_of(schema: TableSchema) -> Iterator[str]:
    """Write a line for each column of a file but those that most files share, and for each of its parameters."""
    for name, column in schema.columns.items():
        if name != schema.parameter_column and column not in SHARED:
            yield row(column, f"`{name}`", cell(column))
        elif column not in SHARED:
            yield row(column, f"`{name}`", "one of the following")
            for value, parameter in schema.parameters.items():
                yield row(parameter, f"`{name}` = `{value}`", cell(parameter))


SHARED = [SCHEMAS["accelerators.csv"].columns[name] for name in ("source", "verified", "notes")]
HEAD = "| column | needed | cell | meaning |\n| --- | --- | --- | --- |\n"


def tables(folder: Path) -> dict[str, str]:
    """Write the list of a folder's files, and their columns."""
    schemas = {file: schema for file, schema in SCHEMAS.items() if (folder / file).exists()}
    files = [f"| [`{file}`](#{file.replace('.', '')}) | {schema.meaning} |" for file, schema in schemas.items()]
    shared = "\n".join(row(column, f"`{column.name}`", cell(column)) for column in SHARED)
    sections = [f"### {file}\n\n{HEAD}" + "\n".join(rows_of(schema)) for file, schema in schemas.items()]
    return {
        "files": "| file | one row is |\n| --- | --- |\n" + "\n".join(files),
        "columns": "\n\n".join(
            [f"Most files end with these columns, which are not listed again:\n\n{HEAD}{shared}", *sections]
        ),
    }


@pytest.mark.parametrize("folder", [HARDWARE, PLACES], ids=["hardware_profiles", "data"])
def test_the_readme_lists_files_and_columns_as_declared(folder: Path) -> None:
    """Between its marks are the tables that columns.csv makes; they are written anew when that is asked for."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, table in tables(folder).items():
        start, end = f"<!-- {name}, written from columns.csv -->\n\n", f"\n\n<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        found, _, after = rest.partition(end)
        if os.environ.get(UPDATE):
            text = before + start + table + end + after
        else:
            assert found == table, f"run the tests once with {UPDATE}=1 to write the tables of {readme.name} anew"
    if os.environ.get(UPDATE):
        readme.write_text(text, encoding="utf-8")
