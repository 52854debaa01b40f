"""``greentrain budgets``: what is left of the budgets per project and year."""

from __future__ import annotations

from greentrain.cli.gate import EXCEEDED, end_of
from greentrain.cli.options import AS_JSON, HOMES, Command, Option, OptionValues
from greentrain.cli.terminal import error_line, write_json, write_lines
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.planning import YearUse


def print_budgets(values: OptionValues) -> int:
    """Show what runs have used of the budgets in greentrain.toml, what is left, and where the year leads.

    Exit code 3 where a budget is used up.

    Example: greentrain budgets --config greentrain.toml
    """
    from greentrain.history import History
    from greentrain.planning import CONFIG, budget_uses, read_budgets

    end = end_of(values)
    uses = budget_uses(History(values.get("home")), read_budgets(values.get("config", CONFIG)))
    if "json" in values:
        write_json({"kind": "budgets", "budgets": [use.to_dict() for use in uses]})
    else:
        write_lines(_text(uses))
    exceeded = [use for use in uses if use.is_exceeded(end)]
    for use in exceeded:
        project = "all projects" if use.budget.project == "*" else use.budget.project
        error_line(f"the budget of {project} for {use.budget.year}, {_amount(use, use.budget.amount)}, is used up", 0)
    return EXCEEDED if exceeded else 0


def _amount(use: YearUse, value: float) -> str:
    from greentrain.numbers import rounded

    return f"{rounded(value)} {use.budget.unit}"


def _text(uses: list[YearUse]) -> str:
    from greentrain.errors import escaped
    from greentrain.numbers import percent, rounded, with_span
    from greentrain.reporting.document.blocks import table
    from greentrain.reporting.document.render_text import joined, table_lines, wrapped

    rows = [
        (
            escaped(use.budget.project), str(use.budget.year), _amount(use, use.budget.amount), with_span(use.used),
            percent(use.used.best / use.budget.amount), rounded(use.left),
            "" if use.forecast is None else with_span(use.forecast),
        )
        for use in uses
    ]  # fmt: skip
    header = ("project", "year", "budget", "used", "share", "left", "forecast")
    note = "Forecast: the whole year, if it goes on so. Runs count in the year in which they began, failed ones too."
    return joined([table_lines(table("", header, rows, (4, 5))), wrapped(note, "")])


COMMAND = Command(
    print_budgets,
    (
        Option("config", "FILE", "TOML with tables [budgets.PROJECT]. [greentrain.toml]"),
        Option("at", "END", "Which end of what was used counts: low, best or high. [best]"),
        AS_JSON,
        HOMES,
    ),
)
