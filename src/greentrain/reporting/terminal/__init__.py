"""What the terminal shows: results, lists and entries as text as wide as it is, of 80 columns where there is none."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.reporting.terminal.claims import claim_text, claims_text
    from greentrain.reporting.terminal.history import history_text, totals_text
    from greentrain.reporting.terminal.imports import import_lines
    from greentrain.reporting.terminal.run import run_text, watch_text
    from greentrain.reporting.terminal.validation import quantity
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "reporting.terminal.claims": "claim_text claims_text",
            "reporting.terminal.history": "history_text totals_text",
            "reporting.terminal.imports": "import_lines",
            "reporting.terminal.run": "run_text watch_text",
            "reporting.terminal.validation": "quantity",
        },
    )

__all__ = [
    "claim_text", "claims_text", "history_text", "import_lines", "quantity", "run_text", "totals_text", "watch_text",
]  # fmt: skip
