"""``greentrain estimate``: the options as text in, the result printed."""

from greentrain.cli.terminal import bold_if_wanted, write
from greentrain.errors import InputError, either
from greentrain.estimation import Estimate, estimate

FORMATS = ("table", "json", "csv")
_OUTPUT_OPTIONS = ("explain", "format", "json")


def print_estimate(said: dict[str, str]) -> int:
    """Estimate a run and print it.

    Parameters
    ----------
    said : dict of str to str
        The options by keyword, as typed.
    """
    kind = _format(said)
    result = estimate(**{name: value for name, value in said.items() if name not in _OUTPUT_OPTIONS})  # type: ignore[arg-type]
    write(_written(result, kind, "explain" in said))
    return 0


def _format(said: dict[str, str]) -> str:
    kind = said.get("format", "json" if "json" in said else "table")
    if kind not in FORMATS:
        raise InputError("format", kind, f"must be {either(FORMATS)}")
    return kind


def _written(result: Estimate, kind: str, explain: bool) -> str:
    if kind == "json":
        return result.to_json() + "\n"
    if kind == "csv":
        from greentrain.reporting.flat import estimate_csv

        return estimate_csv(result)
    return _table(result, explain)


def _table(result: Estimate, explain: bool) -> str:
    from greentrain.reporting.text import estimate_text

    text = estimate_text(result, bold_if_wanted())
    if not explain:
        return text
    from greentrain.reporting.explain import explain_text

    return f"{text}\n{explain_text(result)}"
