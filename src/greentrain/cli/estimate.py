"""``greentrain estimate``: the options as text in, the result printed."""

from __future__ import annotations

from greentrain.cli.gate import GATE_NAMES, GATE_OPTIONS, gate_of
from greentrain.cli.options import ESTIMATE_OPTIONS, OUTPUT, Command, OptionValues
from greentrain.cli.terminal import bold_if_wanted, error_line, write, write_lines
from greentrain.errors import Contradiction, InputError, either
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.estimation import Estimate

_OF_SAVING = ("name", "project", "home")
FORMATS = ("table", "json", "csv")
_OUTPUT_OPTIONS = tuple(option.name for option in ESTIMATE_OPTIONS if option.group == OUTPUT)


def print_estimate(values: OptionValues) -> int:
    """Estimate energy, CO2e and water of a training run.

    Example: greentrain estimate --gpu V100 --hours 96 --location FR
    """
    from greentrain.estimation import estimate

    kind, limits = _format(values), gate_of(values)
    described = {name: value for name, value in values.items() if name not in (*_OUTPUT_OPTIONS, *GATE_NAMES)}
    for name in _OF_SAVING:
        if name in values and "save" not in values:
            raise Contradiction(name, values[name], "has an effect only with {save}")
    result = estimate(**described)
    put = write_lines if kind == "table" else write
    put(_written(result, kind, "explain" in values, "compare_methods" in values))
    if "save" in values:
        _save(described, values)
    return limits.code(result) if limits else 0


def _save(described: OptionValues, values: OptionValues) -> None:
    """Keep the estimate in the history, and say on stderr under which id."""
    from greentrain.history.history import History
    from greentrain.history.upkeep import save_estimate

    home = values.get("home")
    id = save_estimate(History(home), described, values.get("name"), values.get("project"))
    error_line(f"saved as {id}", 0)


def _format(values: OptionValues) -> str:
    kind: str = values.get("format", "json" if "json" in values else "table")
    if kind not in FORMATS:
        raise InputError("format", kind, f"must be {either(FORMATS)}")
    if kind == "csv" and "compare_methods" in values:
        raise Contradiction("compare_methods", None, "has no place in one row of CSV; use {format} table or json")
    return kind


def _written(result: Estimate, kind: str, explain: bool, compare: bool) -> str:
    if kind == "json":
        return (_json_with_methods(result) if compare else result.to_json()) + "\n"
    if kind == "csv":
        from greentrain.reporting.forms.estimate_csv import estimate_csv

        return estimate_csv(result)
    return _table(result, explain) + (_comparison(result) if compare else "")


def _json_with_methods(result: Estimate) -> str:
    from greentrain.plain_numbers import plain_json
    from greentrain.validation.comparison import compare_methods

    whole = result.to_dict() | {"methods": compare_methods(result).to_dict()}
    return plain_json(whole, indent=2)


def _comparison(result: Estimate) -> str:
    from greentrain.reporting.terminal.methods import comparison_text
    from greentrain.validation.comparison import compare_methods

    return f"\n{comparison_text(compare_methods(result))}"


def _table(result: Estimate, explain: bool) -> str:
    from greentrain.reporting.terminal.estimate import estimate_text

    text = estimate_text(result, bold_if_wanted())
    if not explain:
        return text
    from greentrain.reporting.terminal.explain import explain_text

    return f"{text}\n{explain_text(result)}"


_FIRST = ("gpu", "count", "hours", "location", "params", "tokens", "power", "pue", "explain", "json")
COMMAND = Command(print_estimate, (*ESTIMATE_OPTIONS, *GATE_OPTIONS), for_several="compare", first=_FIRST)
