"""Decisions before a run: where, when and on what.

The names are loaded on first use.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.planning.axes import axes_of, places_of
    from greentrain.planning.comparison import Alternative, Comparison, compare
    from greentrain.planning.paired import paired_ratio, words_of_change
    from greentrain.planning.prices import Price, prices_of
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "planning.axes": "axes_of places_of",
            "planning.comparison": "Alternative Comparison compare",
            "planning.paired": "paired_ratio words_of_change",
            "planning.prices": "Price prices_of",
        },
    )

__all__ = [
    "Alternative", "Comparison", "Price", "axes_of", "compare", "paired_ratio", "places_of", "prices_of",
    "words_of_change",
]  # fmt: skip
