"""The numbers by which an import judges and parts foreign data, from import_limits.csv."""

from functools import cache

from greentrain.catalogue.table_files import shipped_table


@cache
def limit(parameter: str) -> float:
    """Return a limit or setting, in the unit of its row."""
    return _limits()[parameter]


@cache
def _limits() -> dict[str, float]:
    return {row["parameter"]: float(row["value"]) for row in shipped_table("import_limits").records()}
